"""Tables of pandas, backed by NumPy or by Arrow, and their names of columns."""

import numpy as np
import pandas as pd
import pytest
from problems import counts
from sklearn.base import clone

from probml.classifiers import (
    BernoulliNB,
    GaussianNB,
    LinearDiscriminantAnalysis,
    LogisticRegression,
    MLPClassifier,
    MultinomialNB,
    QuadraticDiscriminantAnalysis,
)

pytest.importorskip("pyarrow")

MODELS = [
    LinearDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(),
    GaussianNB(),
    BernoulliNB(binarize=1.5),
    MultinomialNB(),
    LogisticRegression(),
    MLPClassifier((4,), solver="lbfgs", max_iter=1000, alpha=0.1, random_state=0),
]
TYPES = {"a": np.int64, "b": np.float32, "c": np.float64, "d": np.uint8, "e": np.int8}
BACKENDS = {
    "numpy": lambda frame: frame.astype(TYPES),
    "nullable": lambda frame: frame.astype(TYPES).convert_dtypes(dtype_backend="numpy_nullable"),
    "arrow": lambda frame: frame.astype(TYPES).convert_dtypes(dtype_backend="pyarrow"),
}


def each(models):
    return pytest.mark.parametrize("model", models, ids=lambda m: type(m).__name__)


def table():
    X, y = counts(0)
    return pd.DataFrame(X, columns=list("abcde")), np.array(["fig", "pear", "plum"])[y]


@each(MODELS[:-1])  # a network may end elsewhere if a column is read in another precision
@pytest.mark.parametrize("backend", BACKENDS)
def test_mixed_columns_of_any_backend(model, backend):
    frame, y = table()
    expected = clone(model).fit(frame.to_numpy(), y).predict_proba(frame.to_numpy())
    mixed = BACKENDS[backend](frame)
    for labels in (y, pd.Series(y), pd.Series(y, dtype="string[pyarrow]")):
        fitted = clone(model).fit(mixed, labels)
        np.testing.assert_allclose(fitted.predict_proba(mixed), expected, atol=1e-9)
        assert fitted.predict(mixed).tolist() == fitted.classes_[expected.argmax(axis=1)].tolist()


@each(MODELS)
def test_names_of_columns_are_checked(model):
    frame, y = table()
    fitted = clone(model).fit(frame, y)
    assert fitted.feature_names_in_.tolist() == list("abcde")
    for other in (frame[list("edcba")], frame.rename(columns={"b": "z"}), frame[list("abcd")]):
        with pytest.raises(ValueError, match="feature names"):
            fitted.predict(other)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        fitted.predict(frame.to_numpy())


@each([GaussianNB(missing="marginalize"), BernoulliNB(binarize=1.5, missing="marginalize")])
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_missing_in_any_backend(model, backend):
    frame, y = table()
    holed = frame.to_numpy(copy=True)
    holed[::7, 1] = holed[1::5, 2] = np.nan
    mixed = BACKENDS[backend](frame)
    mixed.iloc[::7, 1] = mixed.iloc[1::5, 2] = np.nan if backend == "numpy" else pd.NA
    fitted = clone(model).fit(mixed, y)
    expected = clone(model).fit(holed, y).predict_proba(holed)
    np.testing.assert_allclose(fitted.predict_proba(mixed), expected, rtol=1e-9)


@each(MODELS[:5])
def test_a_memory_map_of_single_precision_is_not_copied(model, tmp_path):
    frame, y = table()
    X = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float32, (60, 5))
    X[:] = frame
    seen = []
    fitted = clone(model)
    update = fitted._update
    fitted._update = lambda statistics, X, *rest: (seen.append(X), update(statistics, X, *rest))
    fitted.fit(X, y)
    assert all(np.shares_memory(rows, X) for rows in seen)
    assert len(seen) == 1
    np.testing.assert_allclose(
        fitted.predict_proba(X), clone(model).fit(frame.to_numpy(), y).predict_proba(X), atol=1e-9
    )
