"""Naive Bayes for features that are present or absent, and for counts of events.

    log p(x, C_k) = log pi_k + sum_j log p(x_j | C_k)

(catalogue GE-11, GE-13; Lee's lecture notes, "If all dims independent").
"""

import warnings
from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import hstack
from sklearn import naive_bayes as theirs
from sklearn.utils.validation import assert_all_finite, check_is_fitted

from probml._blocks import narrow_product
from probml._validation import check_number, check_priors, real_numbers
from probml.classifiers._mergeable import MergeableClassifier, Rows
from probml.classifiers._missing import check_missing, check_observed
from probml.distributions import CountStatistics
from probml.numerics import FloatArray

__all__ = ["BernoulliNB", "MultinomialNB"]

_LARGEST_ALPHA = 1e100
"""Pseudo-counts beyond this would overflow in sums, and leave nothing of the data anyway."""

_SMALLEST_COUNT = 1e-300
"""Stands for a count of zero under alpha=0: its logarithm is finite, and its effect is not seen."""

_MOST_EVENTS = 2**62
"""Events that a random generator can count."""


class _DiscreteNB(MergeableClassifier):
    """Naive Bayes on counts, smoothed by `alpha` pseudo-counts (catalogue DI-09)."""

    _accept_sparse = "csr"
    _block_entries = 1 << 19
    _derived = frozenset(
        {
            "feature_log_prob_",
            "feature_count_",
            "class_count_",
            "class_log_prior_",
            "_absence_log_prob",
        }
    )

    def _empty_statistics(self, n_classes: int, n_features: int) -> CountStatistics:
        return CountStatistics(n_classes, n_features)

    def _counted(self, X: Any) -> Any:
        """What is counted of checked rows."""
        return X

    def _update(
        self, statistics: Any, X: Any, y: NDArray[np.intp], weight: FloatArray | None
    ) -> None:
        statistics.read(X, y, weight, self._counted)

    @property
    def _class_probabilities(self) -> FloatArray:
        priors: FloatArray = np.exp(self.class_log_prior_)
        priors /= priors.sum()
        return priors

    def _import(self, fitted: Any) -> None:
        statistics = CountStatistics(*np.shape(fitted.feature_count_))
        statistics.class_count = np.array(fitted.class_count_)
        statistics.feature_count = np.array(fitted.feature_count_)
        self._conclude(statistics)

    def _export(self, twin: Any) -> None:
        for name in ("feature_log_prob_", "feature_count_", "class_count_", "class_log_prior_"):
            setattr(twin, name, getattr(self, name).copy())

    def _finalize(self, rows: Rows | None) -> None:
        self.class_count_, self.feature_count_ = self._statistics.finalize()
        self._set_log_probabilities(self._checked_alpha())
        counts = self.class_count_
        uniform = np.full(len(counts), 1.0 / len(counts))
        fallback = None if self.fit_prior else uniform
        priors = check_priors(fallback if self.class_prior is None else self.class_prior, counts)
        with np.errstate(divide="ignore"):
            self.class_log_prior_ = np.log(priors)

    @abstractmethod
    def _set_log_probabilities(self, alpha: FloatArray) -> None:
        """Set `feature_log_prob_` from the counts."""

    def _checked_alpha(self) -> FloatArray:
        alpha = real_numbers("alpha", self.alpha)  # type: ignore[arg-type, unused-ignore]
        if alpha.shape not in ((), (self.n_features_in_,)):
            raise ValueError(
                f"alpha must be a number or have one entry per feature: expected shape "
                f"({self.n_features_in_},) (got {alpha.shape})"
            )
        if not ((alpha <= _LARGEST_ALPHA) & (alpha >= 0)).all():
            raise ValueError(
                f"alpha must be non-negative and at most {_LARGEST_ALPHA:g} (got {self.alpha!r})"
            )
        if not self.force_alpha and np.min(alpha) < 1e-10:
            warnings.warn(
                f"alpha is below 1e-10 (got {np.min(alpha)}), which is used instead; "
                "set force_alpha=True to keep it",
                UserWarning,
                stacklevel=2,
            )
            alpha = np.maximum(alpha, 1e-10)
        return alpha

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.poor_score = True
        return tags


def _log_counts(counts: FloatArray) -> FloatArray:
    logarithms: FloatArray = np.log(np.maximum(counts, _SMALLEST_COUNT))
    return logarithms


def _gaps(X: Any) -> Any:
    """1 where an entry is NaN, otherwise 0; of sparse rows in their structure."""
    if not hasattr(X, "tocsr"):
        return np.isnan(X).astype(np.float64)
    gaps = X.copy()
    gaps.data = np.isnan(X.data).astype(np.float64)
    return gaps


class BernoulliNB(_DiscreteNB):
    """Naive Bayes for features that are present or absent.

    ``P(x | C_k) = prod_j p_kj**x_j (1 - p_kj)**(1 - x_j)`` with
    ``p_kj = (N_kj + alpha) / (N_k + 2 alpha)`` (catalogue GE-13, DI-09).

    Parameters
    ----------
    alpha : float or array_like of shape (n_features,)
        Pseudo-counts, added to both outcomes of a feature.  With 0 an event that was never seen
        keeps a probability too small to notice (1e-300 counts), so that no table is NaN.
    force_alpha : bool
        If False, an `alpha` below 1e-10 is raised to it, with a warning.
    binarize : float or None
        Features above this threshold count as present; None if X is binary already.
    fit_prior : bool
        Estimate class probabilities by their frequencies; otherwise they are uniform.
    class_prior : array_like of shape (n_classes,), optional
        Class probabilities.
    missing : {"raise", "marginalize"}
        What NaN means: an error, or an entry that is missing at random.  Each p_kj then comes
        from the entries that are there, and a missing entry drops out of the product.

    Attributes
    ----------
    feature_log_prob_ : ndarray of shape (n_classes, n_features)
        ``log p_kj``.
    feature_count_, class_count_, class_log_prior_ : ndarray
        Counts, and logarithms of the class probabilities.
    classes_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        From `fit`: `alpha` is negative, `class_prior` is invalid, or X is not binary although
        `binarize` is None.

    Examples
    --------
    >>> X = [[1, 1]] + 4 * [[1, 0]] + 4 * [[0, 1]] + 4 * [[0, 0]]
    >>> y = [1] + 12 * [2]
    >>> BernoulliNB(alpha=0).fit(X, y).predict_proba([[1, 1]]).round(6).tolist()
    [[0.428571, 0.571429]]
    """

    _twin = theirs.BernoulliNB

    def __init__(
        self,
        *,
        alpha: float | ArrayLike = 1.0,
        force_alpha: bool = True,
        binarize: float | None = 0.0,
        fit_prior: bool = True,
        class_prior: ArrayLike | None = None,
        missing: str = "raise",
    ) -> None:
        self.alpha = alpha
        self.force_alpha = force_alpha
        self.binarize = binarize
        self.fit_prior = fit_prior
        self.class_prior = class_prior
        self.missing = missing

    def _takes_gaps(self, training: bool) -> bool:
        return self.missing == "marginalize"

    def _binary(self, X: Any) -> Any:
        """1 where a feature is present; 0 where it is absent or missing."""
        if self.binarize is None:
            values = X.data if hasattr(X, "tocsr") else X
            if ((values != 0) & (values != 1) & ~np.isnan(values)).any():
                raise ValueError(
                    "X must hold only 0 and 1 when binarize is None; set binarize to a threshold"
                )
            if not self._takes_gaps(False):
                return X
        threshold = 0.5 if self.binarize is None else self.binarize
        check_number("binarize", threshold, -np.inf)
        if not hasattr(X, "tocsr"):
            with np.errstate(over="ignore"):  # a threshold beyond single precision is infinite
                present: Any = threshold < X
            return present
        if threshold < 0:
            raise ValueError(
                f"binarize must be non-negative for sparse X (got {self.binarize}), where an "
                "absent entry is 0; pass X.toarray()"
            )
        present = X.copy()
        present.data = (X.data > threshold).astype(np.float64)
        return present

    @property
    def _statistics_kind(self) -> tuple[Any, ...]:
        return ("binary", self.binarize, self.missing)

    def _empty_statistics(self, n_classes: int, n_features: int) -> CountStatistics:
        return CountStatistics(n_classes, n_features * (2 if self._takes_gaps(True) else 1))

    def _counted(self, X: Any) -> Any:
        """Whether features are present and, where they may be missing, beside them whether so."""
        present = self._binary(X)
        if not self._takes_gaps(True):
            return present
        if hasattr(X, "tocsr"):
            return hstack([present, _gaps(X)], format="csr")
        return np.hstack([present, np.isnan(X)])

    def _set_log_probabilities(self, alpha: FloatArray) -> None:
        check_missing(self.missing)
        observed = self.class_count_[:, None]
        if self._takes_gaps(True):
            self.feature_count_, missing = np.hsplit(self.feature_count_, 2)
            observed = observed - missing
            if not np.min(alpha):
                check_observed(observed, self.class_count_, self.classes_)
        present = self.feature_count_
        absent = observed - present
        log_total = _log_counts(observed + 2.0 * alpha)
        self.feature_log_prob_ = _log_counts(present + alpha) - log_total
        self._absence_log_prob = _log_counts(absent + alpha) - log_total

    def _joint_log_likelihood(self, X: Any) -> FloatArray:
        ratio = self.feature_log_prob_ - self._absence_log_prob
        present = self._binary(X).astype(np.float64, copy=False)
        jll: FloatArray = narrow_product(present, ratio.T) + (
            self._absence_log_prob.sum(axis=1) + self.class_log_prior_
        )
        if self._takes_gaps(False):
            jll -= _gaps(X) @ self._absence_log_prob.T
        return jll

    def _sample_class(self, k: int, n: int, rng: np.random.Generator) -> FloatArray:
        p = np.exp(self.feature_log_prob_[k])
        rows: FloatArray = (rng.random((n, len(p))) < p).astype(np.float64)
        return rows

    @property
    def n_parameters_(self) -> int:
        """Probabilities of features and of classes: ``K d + K - 1``."""
        check_is_fitted(self)
        n_classes, d = self._layout
        return n_classes * d + n_classes - 1


class MultinomialNB(_DiscreteNB):
    """Naive Bayes for counts of events, such as words of a document.

    ``P(x | C_k)`` is proportional to ``prod_j theta_kj**x_j`` with
    ``theta_kj = (N_kj + alpha) / (sum_j N_kj + alpha d)`` (catalogue GE-11, DI-09).

    Parameters
    ----------
    alpha : float or array_like of shape (n_features,)
        Pseudo-counts.  With 0 an event that was never seen keeps a probability too small to
        notice (1e-300 counts), so that no table is NaN.
    force_alpha : bool
        If False, an `alpha` below 1e-10 is raised to it, with a warning.
    fit_prior : bool
        Estimate class probabilities by their frequencies; otherwise they are uniform.
    class_prior : array_like of shape (n_classes,), optional
        Class probabilities.

    Attributes
    ----------
    feature_log_prob_ : ndarray of shape (n_classes, n_features)
        ``log theta_kj``.
    feature_count_, class_count_, class_log_prior_ : ndarray
        Counts, and logarithms of the class probabilities.
    classes_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        A count is negative; from `fit` also if `alpha` is negative or `class_prior` is invalid.

    Examples
    --------
    >>> model = MultinomialNB().fit([[2, 0], [0, 2]], ["a", "b"])
    >>> model.predict_proba([[1, 0], [0, 0]]).round(6).tolist()
    [[0.75, 0.25], [0.5, 0.5]]
    """

    _twin = theirs.MultinomialNB

    def __init__(
        self,
        *,
        alpha: float | ArrayLike = 1.0,
        force_alpha: bool = True,
        fit_prior: bool = True,
        class_prior: ArrayLike | None = None,
    ) -> None:
        self.alpha = alpha
        self.force_alpha = force_alpha
        self.fit_prior = fit_prior
        self.class_prior = class_prior

    @property
    def _statistics_kind(self) -> tuple[Any, ...]:
        return ("counts",)

    def _ensure_all_finite(self, training: bool) -> bool | str:
        return not training  # then the least count tells of NaN, and sums of infinity

    def _counted(self, X: Any) -> Any:
        smallest = X.min()
        if np.isnan(smallest):
            with np.errstate(invalid="ignore", over="ignore"):
                assert_all_finite(X)
        if smallest < 0:
            raise ValueError(
                f"Negative values in data passed to MultinomialNB (smallest: {smallest}); "
                "it models counts: use GaussianNB for measurements"
            )
        return X

    def _set_log_probabilities(self, alpha: FloatArray) -> None:
        smoothed = self.feature_count_ + alpha
        total = smoothed.sum(axis=1, keepdims=True)
        self.feature_log_prob_ = _log_counts(smoothed) - _log_counts(total)

    def _joint_log_likelihood(self, X: Any) -> FloatArray:
        jll = narrow_product(self._counted(X), self.feature_log_prob_.T)
        return jll + self.class_log_prior_

    def _sample_class(self, k: int, n: int, rng: np.random.Generator) -> FloatArray:
        """Rows with as many events as the rows of the class had on average."""
        p = np.exp(self.feature_log_prob_[k])
        weight = self.class_count_ if self.class_count_[k] == 0 else self.class_count_[k]
        events = self.feature_count_ if self.class_count_[k] == 0 else self.feature_count_[k]
        length = round(float(events.sum() / np.sum(weight)))
        if length > _MOST_EVENTS:
            raise ValueError(
                f"rows of this class hold {length:.3g} events, more than can be drawn "
                f"({_MOST_EVENTS:.3g}); divide X by a constant before fitting"
            )
        return rng.multinomial(length, p / p.sum(), n).astype(np.float64)

    @property
    def n_parameters_(self) -> int:
        """Probabilities of events and of classes: ``K (d - 1) + K - 1``."""
        check_is_fitted(self)
        n_classes, d = self._layout
        return n_classes * (d - 1) + n_classes - 1

    @property
    def decision_function(self) -> Any:
        """Not offered: scikit-learn's checks fit whatever has one on negative data."""
        raise AttributeError("MultinomialNB has no decision_function; use predict_log_proba")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags
