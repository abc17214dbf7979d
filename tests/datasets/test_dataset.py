"""The container: read-only arrays, consistent shapes, scaling without wrap-around."""

from typing import Any

import numpy as np
import pytest

from probml.datasets import Dataset


def make(**changes: Any) -> Dataset:
    fields: dict[str, Any] = {
        "X_train": np.array([[0, 255], [128, 3]], dtype=np.uint8),
        "y_train": np.array([0, 1]),
        "X_test": np.array([[200, 100]], dtype=np.uint8),
        "y_test": np.array([1]),
        "name": "toy",
        "feature_shape": (2,),
        "class_names": ("no", "yes"),
        "scale": 255.0,
    }
    return Dataset(**fields | changes)


def test_arrays_and_checksums_are_read_only() -> None:
    X = np.zeros((2, 2))
    toy = make(X_train=X, sha256={"file": "00"})
    for array in (toy.X_train, toy.y_train, toy.X_test, toy.y_test):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(TypeError):
        toy.sha256["file"] = "11"  # type: ignore[index]
    assert X.flags.writeable, "the caller's own array stays as it was"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"X_train": np.zeros(2)}, r"X_train must be \(n_samples, n_features\)"),
        ({"y_test": np.zeros(2)}, r"X_test must be .* one label per row \(got X \(1, 2\), y \(2,"),
        ({"X_test": np.zeros((1, 3))}, r"both splits must have the same features \(got 2 and 3\)"),
    ],
)
def test_inconsistent_shapes_are_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make(**changes)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaled(dtype: type) -> None:
    X_train, X_test = make().scaled(dtype)
    assert X_train.dtype == X_test.dtype == dtype
    np.testing.assert_allclose(X_train, [[0, 1], [128 / 255, 3 / 255]], rtol=1e-6)
    np.testing.assert_allclose(X_test, [[200 / 255, 100 / 255]], rtol=1e-6)


def test_number_of_classes() -> None:
    assert make().n_classes == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"X_train": np.full((2, 2), 1e300)},
        {"X_test": np.full((1, 2), -1e300)},
        {"X_train": np.full((2, 2), 1e30), "scale": 1e-30},
        {"scale": 1e300},
        {"scale": 0.0},
    ],
)
def test_features_that_the_type_cannot_hold_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"toy: expected .* float32 can hold \(got: .*; use float"):
        make(**changes).scaled(np.float32)


def test_missing_values_are_not_the_business_of_scaling() -> None:
    X_train, _ = make(X_train=np.array([[np.nan, np.inf], [255.0, 0.0]])).scaled()
    np.testing.assert_array_equal(X_train, np.array([[np.nan, np.inf], [1, 0]], np.float32))
