"""From scores to decisions, once for every classifier.

A classifier writes one function, the *scores* of its classes: log-probabilities up to a
constant per row.  What users call follows from it,

    log p(C_k | x) = log_softmax(s(x))_k,    prediction = argmax_k s_k(x),

so that rows sum to one, and nothing is NaN however far a point lies.  For a generative
classifier the scores are the joint log-likelihoods ``log f_k(x) + log pi_k``, and the line
above is Bayes' rule (catalogue GE-02, GE-03; Lee's lecture notes, "Bayes' theorem").
"""

import os
from abc import ABCMeta, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from probml._blocks import narrow_product
from probml._crew import shared, shares
from probml._labels import distinct
from probml._validation import check_sample_weight
from probml.classifiers._saving import read_state, write_state
from probml.numerics import FloatArray, exponential, log_softmax, logsumexp

__all__ = [
    "GenerativeClassifier",
    "ProbabilisticClassifier",
    "all_or_nothing",
    "linear_scores",
]

INPUT_DTYPES = (np.float64, np.float32, np.uint8)
"""What is taken as it is; every other type of number becomes float64."""

_FAR = np.logspace(100, -275, 16)
"""Where points go whose scores overflow, the first that serves: in units in which the training
data are not extreme, far enough for every posterior to be at its limit."""


@contextmanager
def all_or_nothing(estimator: object) -> Iterator[None]:
    """Restore every attribute of `estimator` if the block raises."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def linear_scores(X: Any, coef: NDArray[Any], intercept: NDArray[Any]) -> FloatArray:
    """Scores of a linear model in scikit-learn's layout.

    For more than two classes ``X @ coef.T + intercept``.  For two, `coef` has one row and
    ``z = X @ coef[0] + intercept[0]`` is the log-odds of the second class; the scores
    ``min(-z, 0), min(z, 0)`` have that difference, also where z is infinite.
    """
    z = narrow_product(X, coef.T)
    z += intercept
    return z if z.shape[1] > 1 else np.hstack([np.minimum(-z, 0.0), np.minimum(z, 0.0)])


def _pulled_back(X: Any, limit: float, origin: FloatArray | float) -> Any:
    """Rows moved towards `origin` along their ray until no entry is further off than `limit`."""
    X = X.astype(np.float64)
    if hasattr(X, "multiply"):
        largest = np.asarray(abs(X).max(axis=1).todense()).ravel()
        return X.multiply((limit / np.maximum(largest, limit))[:, None]).tocsr()
    ray = np.nan_to_num(X - origin, nan=np.nan)  # NaN stays what it was: a missing entry
    return origin + ray * (limit / np.fmax.reduce(abs(ray), axis=1, initial=limit))[:, None]


class ProbabilisticClassifier(ClassifierMixin, BaseEstimator, metaclass=ABCMeta):  # type: ignore[misc, unused-ignore]
    """Base of every classifier: a subclass writes `_fit` and `_scores`."""

    _accept_sparse: bool | str = False
    _block_entries = 1 << 21
    classes_: NDArray[Any]
    n_features_in_: int

    @abstractmethod
    def _fit(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        """Set the fitted attributes from checked data; `y` indexes `classes_`."""

    @abstractmethod
    def _scores(self, X: Any) -> FloatArray:
        """Log-probabilities of the classes up to a constant per row, (n_samples, n_classes)."""

    def _working_dtype(self, dtype: DTypeLike) -> DTypeLike:
        """The type in which `_scores` is handed rows of the given type."""
        return np.float64

    def _takes_gaps(self, training: bool) -> bool:
        """Whether rows may hold NaN for what is missing."""
        return False

    def _ensure_all_finite(self, training: bool) -> bool | str:
        """What is checked of rows before they are seen: scikit-learn's parameter of that name."""
        return "allow-nan" if self._takes_gaps(training) else True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self._takes_gaps(training=True)
        return tags

    @property
    def _near(self) -> FloatArray | float:
        """A point near the training data, towards which points are pulled whose scores overflow."""
        return 0.0

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the model; after an error the model is what it was before.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Training data, rows are samples; float64, float32 and uint8 are not copied.
        y : array_like of shape (n_samples,)
            Labels: integers or strings.
        sample_weight : array_like of shape (n_samples,), optional
            A weight of k stands for k copies of a row, a weight of zero for none.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the data or a parameter is not what was asked for; the message names it.
        """
        with all_or_nothing(self):
            X, y, weight = self._training_data(X, y, sample_weight)
            self.classes_, index = self._indexed(y)
            self._fit(X, index, weight)
        return self

    def _indexed(self, y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
        """The classes, and where each label stands among them."""
        return distinct(y)

    def _training_data(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool = True
    ) -> tuple[Any, NDArray[Any], FloatArray | None]:
        X, y = self._validated(X, y, reset=reset)
        check_classification_targets(y)
        weight = check_sample_weight(sample_weight, X.shape[0])
        if weight is not None and not weight.all():
            kept = weight > 0
            X, y, weight = X[kept], y[kept], weight[kept]
        return X, y, weight

    def _require_two_classes(self) -> None:
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least 2 classes "
                f"(got 1 class: {self.classes_[0]}); check y, and sample_weight for zeros"
            )

    def _checked_rows(self, X: ArrayLike, **further: Any) -> Any:
        check_is_fitted(self)
        return self._validated(X, reset=False, **further)

    def _finite(self, rows: Any) -> Any:
        """The rows, whose entries must be finite; NaN may be welcome.

        Predictions look at block after block, shortly before they use it: on the whole table
        this would take as long as a linear model does.
        """
        entries = rows.data if hasattr(rows, "tocsr") else rows
        if entries.dtype.kind == "f" and not np.isfinite(entries).all():
            assert_all_finite(
                rows,
                allow_nan=self._takes_gaps(training=False),
                estimator_name=type(self).__name__,
                input_name="X",
            )
        return rows

    def _validated(self, *arrays: Any, reset: bool, **further: Any) -> Any:
        # The test for finite entries sums them, which may overflow where each of them is finite.
        finite = self._ensure_all_finite(training=len(arrays) > 1)
        with np.errstate(over="ignore", invalid="ignore"):
            return validate_data(
                self,
                *arrays,
                dtype=INPUT_DTYPES,
                accept_sparse=self._accept_sparse,
                reset=reset,
                **{"ensure_all_finite": finite} | further,
            )

    def _pieces(self, rows: Any) -> list[slice]:
        n_rows, width = rows.shape
        if hasattr(rows, "tocsr"):  # its shape says nothing about the work
            width = 1 + rows.nnz // max(1, n_rows)
        return shares(n_rows, width, self._block_entries)

    def _all_scores(self, X: ArrayLike) -> FloatArray:
        rows = self._checked_rows(X, ensure_all_finite=False)
        dtype = self._working_dtype(rows.dtype)
        # Classes first: what follows takes the largest, and sums, over few classes of many rows.
        scores = np.empty((len(self.classes_), rows.shape[0])).T

        def score(block: slice) -> None:
            scores[block] = self._scores(self._finite(rows[block]).astype(dtype, copy=False))

        with np.errstate(over="ignore", invalid="ignore"):
            shared(score, self._pieces(rows))
            for limit in _FAR:
                far = ~np.isfinite(scores.max(axis=1))
                if not far.any():
                    break
                scores[far] = self._scores(_pulled_back(rows[far], limit, self._near))
        return scores

    def _log_probabilities(self, scores: FloatArray) -> FloatArray:
        return log_softmax(scores)

    def _labels(self, scores: FloatArray) -> NDArray[Any]:
        labels: NDArray[Any] = self.classes_[np.argmax(scores, axis=1)]
        return labels

    def _decisions(self, scores: FloatArray) -> FloatArray:
        difference: FloatArray = scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores
        return difference

    def predict_log_proba(self, X: ArrayLike) -> FloatArray:
        """Logarithms of the posterior probabilities, ``log p(C_k | x)``.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Rows are samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Natural logarithms; columns in the order of `classes_`.
        """
        return np.ascontiguousarray(self._log_probabilities(self._all_scores(X)))

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Posterior probabilities ``p(C_k | x)``; rows sum to one.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Rows are samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes_`.
        """
        return exponential(self.predict_log_proba(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Most probable class of each row; the first one where several are (catalogue GE-03).

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Rows are samples.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels.
        """
        return np.ascontiguousarray(self._labels(self._all_scores(X)))

    def decision_function(self, X: ArrayLike) -> FloatArray:
        """Log-odds of the second of two classes; for another number of classes, the scores.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Rows are samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            ``log p(C_2 | x) - log p(C_1 | x)`` for two classes, and otherwise log-probabilities
            up to a constant per row.
        """
        return np.ascontiguousarray(self._decisions(self._all_scores(X)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to one file, which :meth:`load` reads.

        The file is NPZ: arrays, and a JSON text.  It appears whole or not at all.

        Parameters
        ----------
        path : path-like
            Taken as it is; a file that was there is replaced.

        Raises
        ------
        ValueError
            If a parameter is an object, such as a `covariance_estimator`; pickle can keep it.
        NotFittedError
            If the model is not fitted.
        OSError
            If the file cannot be written; what was there is untouched.
        """
        check_is_fitted(self)
        state: Any = self.__getstate__()
        write_state(path, type(self).__name__, state)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The model that :meth:`save` wrote; nothing in the file is run.

        Parameters
        ----------
        path : path-like
            A file of a model of this class.

        Returns
        -------
        fitted model
            With the same parameters, predictions and, if it has any, statistics to add to.

        Raises
        ------
        ValueError
            If the file is damaged, of another format, or of another class.
        OSError
            If it cannot be read.
        """
        model = cls()
        for name, value in read_state(path, cls).items():
            setattr(model, name, value)
        return model


class GenerativeClassifier(ProbabilisticClassifier):
    """Base of the models of ``p(x, C_k)``: a subclass writes `_joint_log_likelihood`."""

    @abstractmethod
    def _joint_log_likelihood(self, X: Any) -> FloatArray:
        """``log f_k(x) + log pi_k`` of checked rows, (n_samples, n_classes)."""

    def _scores(self, X: Any) -> FloatArray:
        return self._joint_log_likelihood(X)

    def joint_log_likelihood(self, X: ArrayLike) -> FloatArray:
        """``log p(x, C_k) = log f_k(x) + log pi_k``, the primitive of a generative model.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Rows are samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Natural logarithms; ``-inf`` where the density underflows or the prior is zero.
        """
        rows = self._checked_rows(X, ensure_all_finite=False)
        jll = np.empty((rows.shape[0], len(self.classes_)))

        def fill(block: slice) -> None:
            some = self._finite(rows[block]).astype(np.float64, copy=False)
            jll[block] = self._joint_log_likelihood(some)

        with np.errstate(over="ignore", invalid="ignore"):
            shared(fill, self._pieces(rows))
        return jll

    predict_joint_log_proba = joint_log_likelihood

    def log_evidence(self, X: ArrayLike) -> FloatArray:
        """``log p(x) = log sum_k p(x, C_k)``; the lower, the less the row is like the data.

        Source: catalogue GE-01.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Rows are samples.

        Returns
        -------
        ndarray of shape (n_samples,)
            Natural logarithms; ``-inf`` where every density underflows.
        """
        return logsumexp(self.joint_log_likelihood(X))
