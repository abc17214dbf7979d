"""Calibration on training data, whatever the classes are called.

scikit-learn's calibrator numbers classes by their labels, and its ``method="temperature"`` takes
the labels themselves for those numbers.  Here classes are numbered in order of appearance, so a
renaming of the classes changes nothing but the order of the columns.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._validation import check_choice

__all__ = ["METHODS", "Calibrated", "check_method"]

METHODS = ("sigmoid", "isotonic", "temperature")


def check_method(method: str) -> None:
    """Make sure that this release of scikit-learn calibrates in this way.

    Raises
    ------
    ValueError
        If it does not; temperatures came with scikit-learn 1.8.

    Examples
    --------
    >>> check_method("isotonic")
    """
    from sklearn.calibration import CalibratedClassifierCV

    offered = CalibratedClassifierCV._parameter_constraints["method"][0].options
    check_choice("method of calibration", method, sorted(offered))


class Calibrated:
    """scikit-learn's ``CalibratedClassifierCV`` over an estimator, on renumbered classes.

    Parameters
    ----------
    estimator : object
        Unfitted classifier.
    method : {"sigmoid", "isotonic", "temperature"}
        How scores become probabilities; five folds of the training rows teach it.

    Raises
    ------
    ValueError
        If this release of scikit-learn lacks the method.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> X, y = np.arange(20.0)[:, None], np.repeat(["b", "a"], 10)
    >>> Calibrated(GaussianNB(), "sigmoid").fit(X, y).predict([[1.0], [18.0]]).tolist()
    ['b', 'a']
    """

    def __init__(self, estimator: Any, method: str) -> None:
        from sklearn.calibration import CalibratedClassifierCV

        check_method(method)
        self._model = CalibratedClassifierCV(estimator, method=method, cv=5)

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "Calibrated":
        """Fit estimator and calibrator on training rows."""
        self.classes_, first, codes = np.unique(y, return_index=True, return_inverse=True)
        appearance = np.argsort(np.argsort(first))
        self._columns = appearance
        self._model.fit(X, appearance[codes], sample_weight=sample_weight)
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Probabilities, with columns in the order of ``classes_``."""
        table: NDArray[Any] = self._model.predict_proba(X)[:, self._columns]
        return table

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The likeliest class of each row."""
        labels: NDArray[Any] = self.classes_[np.argmax(self.predict_proba(X), axis=1)]
        return labels
