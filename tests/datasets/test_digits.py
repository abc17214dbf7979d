"""The small digits: the promised arrays, and the same split in every release."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from probml.datasets import load_digits_dataset


def test_shapes_types_and_ranges() -> None:
    digits = load_digits_dataset()
    assert digits.X_train.shape == (1347, 64)
    assert digits.X_test.shape == (450, 64)
    assert digits.X_train.dtype == digits.X_test.dtype == np.uint8
    assert digits.y_train.dtype == digits.y_test.dtype == np.int64
    assert (digits.X_train.min(), digits.X_train.max()) == (0, 16)
    assert np.bincount(digits.y_train).tolist() == [
        133,
        136,
        133,
        137,
        136,
        136,
        136,
        134,
        131,
        135,
    ]
    assert (digits.name, digits.feature_shape, digits.scale) == ("digits", (8, 8), 16.0)
    assert digits.class_names == tuple("0123456789")
    assert digits.licence == "CC BY 4.0"


def test_split_is_scikit_learns() -> None:
    X, y = load_digits(return_X_y=True)
    expected = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
    digits = load_digits_dataset()
    for got, wanted in zip(
        (digits.X_train, digits.X_test, digits.y_train, digits.y_test), expected, strict=True
    ):
        np.testing.assert_array_equal(got, wanted)


def test_content_is_pinned() -> None:
    (checksum,) = load_digits_dataset().sha256.values()
    assert checksum == "723b472932c98ebdfe8015c6f0a6d0c3fed4766be3098fcf2e2132a9811a28bb"


def test_global_random_state_is_untouched() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - what must not move
    load_digits_dataset()
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
