"""Naive Bayes: features that are independent given the class.

    log p(x, C_k) = log pi_k + sum_j log p(x_j | C_k)

(catalogue GE-11; Lee's lecture notes, "If all dims independent").  A fit is a finalised set of
sufficient statistics, and statistics of parts can be merged: `partial_fit` over any chunks
therefore gives the model that `fit` gives.
"""

import warnings
from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._validation import check_number, check_priors, real_numbers
from probml.classifiers._base import GenerativeClassifier, all_or_nothing
from probml.distributions import CountStatistics, GaussianStatistics, Normal
from probml.numerics import FloatArray

__all__ = ["BernoulliNB", "GaussianNB", "MultinomialNB"]

_LARGEST_ALPHA = 1e100
"""Pseudo-counts beyond this would overflow in sums, and leave nothing of the data anyway."""

_SMALLEST_COUNT = 1e-300
"""Stands for a count of zero under alpha=0: its logarithm is finite, and its effect is not seen."""


class _NaiveBayes(GenerativeClassifier):
    """A subclass writes `_statistics` (a monoid) and `_finalize`."""

    _merged: Any

    @abstractmethod
    def _statistics(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> Any:
        """Sufficient statistics of checked rows."""

    @abstractmethod
    def _finalize(self) -> None:
        """Set the fitted attributes from `_merged`."""

    def _fit(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        self._merged = self._statistics(X, y, weight)
        self._finalize()

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Add rows to the model; in any chunks and order the result is that of one `fit`.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Further rows.
        y : array_like of shape (n_samples,)
            Their labels.
        classes : array_like of shape (n_classes,), optional
            All labels that will ever come; required at the first call.
        sample_weight : array_like of shape (n_samples,), optional
            As for `fit`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `classes` is missing at the first call or differs later, a label is not among
            them, or the number of features changes; the model is then what it was before.
        """
        with all_or_nothing(self):
            first = not hasattr(self, "classes_")
            if first and classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit")
            known = self.classes_ if not first else np.unique(np.asarray(classes))
            if classes is not None and not np.array_equal(np.unique(np.asarray(classes)), known):
                raise ValueError(
                    f"classes must stay the same between calls: expected {known.tolist()} "
                    f"(got {np.unique(np.asarray(classes)).tolist()})"
                )
            X, y, weight = self._training_data(X, y, sample_weight, reset=first)
            strange = np.setdiff1d(y, known)
            if strange.size:
                raise ValueError(
                    f"y must hold labels of {known.tolist()} only (got {strange.tolist()}); "
                    "list every class at the first call"
                )
            self.classes_ = known
            part = self._statistics(X, np.searchsorted(known, y), weight)
            self._merged = part if first else self._merged.merge(part)
            self._finalize()
        return self


class GaussianNB(_NaiveBayes):
    """Gaussian classes with diagonal covariances.

    ``x_j | C_k ~ N(theta_kj, var_kj)``, independent over j (catalogue GE-12), with
    maximum-likelihood means and variances (1/N_k).  `epsilon_`, a share of the largest feature
    variance, is added to every variance.

    Parameters
    ----------
    priors : array_like of shape (n_classes,), optional
        Class probabilities; by default their frequencies.
    var_smoothing : float
        `epsilon_` is `var_smoothing` times the largest variance of a feature over all rows.

    Attributes
    ----------
    theta_, var_ : ndarray of shape (n_classes, n_features)
        Means and smoothed variances.
    class_count_, class_prior_ : ndarray of shape (n_classes,)
        Weight and probability of each class.
    epsilon_ : float
        What was added to the variances.
    classes_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        From `fit`: a variance is zero after smoothing while others are not.

    Examples
    --------
    >>> import numpy as np
    >>> model = GaussianNB().fit([[0.0], [1.0], [0.0], [1.0]], [0, 0, 1, 1])
    >>> model.predict_proba([[1e300]]).tolist()  # equal likelihoods leave the prior
    [[0.5, 0.5]]
    """

    def __init__(self, *, priors: ArrayLike | None = None, var_smoothing: float = 1e-9) -> None:
        self.priors = priors
        self.var_smoothing = var_smoothing

    def _statistics(
        self, X: Any, y: NDArray[np.intp], weight: FloatArray | None
    ) -> GaussianStatistics:
        return GaussianStatistics.of(X, y, len(self.classes_), "diagonal", weight)

    def _finalize(self) -> None:
        check_number("var_smoothing", self.var_smoothing, 0.0, open_high=True)
        counts, means, scatter = self._merged.counts, self._merged.means, self._merged.scatter
        total = counts.sum()
        self.class_count_, self.theta_ = counts, means
        self.class_prior_ = check_priors(self.priors, counts)
        grand_mean = counts @ means / total
        with np.errstate(over="ignore"):
            between = counts @ np.square(means - grand_mean)
            variance = (scatter.sum(axis=0) + between) / total
        if not np.isfinite(variance * self.var_smoothing).all():
            raise ValueError(
                "X holds classes so far apart that squares overflow "
                f"(largest mean: {np.abs(means).max():.3g}); rescale the features"
            )
        self.epsilon_ = float(self.var_smoothing * variance.max())
        self.var_ = scatter / np.where(counts > 0, counts, 1.0)[:, None] + self.epsilon_
        seen = counts > 0
        if not self.epsilon_:
            # A feature that never varies has the same likelihood in every class.
            self.var_[:, variance == 0] = 1.0
        if not (self.var_[seen] > 0).all():
            k, j = np.argwhere(seen[:, None] & (self.var_ == 0))[0]
            raise ValueError(
                f"feature {j} has variance 0 in class {self.classes_[k]}, so its density is "
                f"infinite; raise var_smoothing (got {self.var_smoothing})"
            )

    def _joint_log_likelihood(self, X: Any) -> FloatArray:
        jll = np.full((len(X), len(self.classes_)), -np.inf)
        for k in np.flatnonzero(self.class_prior_ * self.class_count_):
            density = Normal(self.theta_[k], self.var_[k])
            jll[:, k] = density.log_prob(X).sum(axis=1) + np.log(self.class_prior_[k])
        return jll


class _DiscreteNB(_NaiveBayes):
    """Naive Bayes on counts, smoothed by `alpha` pseudo-counts (catalogue DI-09)."""

    _accept_sparse = "csr"

    def _statistics(
        self, X: Any, y: NDArray[np.intp], weight: FloatArray | None
    ) -> CountStatistics:
        return CountStatistics.of(X, y, len(self.classes_), weight)

    def _finalize(self) -> None:
        self.class_count_ = self._merged.class_count
        self.feature_count_ = self._merged.feature_count
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

    def __init__(
        self,
        *,
        alpha: float | ArrayLike = 1.0,
        force_alpha: bool = True,
        binarize: float | None = 0.0,
        fit_prior: bool = True,
        class_prior: ArrayLike | None = None,
    ) -> None:
        self.alpha = alpha
        self.force_alpha = force_alpha
        self.binarize = binarize
        self.fit_prior = fit_prior
        self.class_prior = class_prior

    def _binary(self, X: Any) -> Any:
        if self.binarize is None:
            values = X.data if hasattr(X, "tocsr") else X
            if ((values != 0) & (values != 1)).any():
                raise ValueError(
                    "X must hold only 0 and 1 when binarize is None; set binarize to a threshold"
                )
            return X
        check_number("binarize", self.binarize, -np.inf)
        if not hasattr(X, "tocsr"):
            return self.binarize < X
        if self.binarize < 0:
            raise ValueError(
                f"binarize must be non-negative for sparse X (got {self.binarize}), where an "
                "absent entry is 0; pass X.toarray()"
            )
        present = X.copy()
        present.data = (X.data > self.binarize).astype(np.float64)
        return present

    def _statistics(
        self, X: Any, y: NDArray[np.intp], weight: FloatArray | None
    ) -> CountStatistics:
        return super()._statistics(self._binary(X), y, weight)

    def _set_log_probabilities(self, alpha: FloatArray) -> None:
        present = self.feature_count_
        absent = self.class_count_[:, None] - present
        log_total = _log_counts(self.class_count_[:, None] + 2.0 * alpha)
        self.feature_log_prob_ = _log_counts(present + alpha) - log_total
        self._absence_log_prob = _log_counts(absent + alpha) - log_total

    def _joint_log_likelihood(self, X: Any) -> FloatArray:
        ratio = self.feature_log_prob_ - self._absence_log_prob
        present = self._binary(X).astype(np.float64, copy=False)
        jll: FloatArray = present @ ratio.T + (
            self._absence_log_prob.sum(axis=1) + self.class_log_prior_
        )
        return jll


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

    def _statistics(
        self, X: Any, y: NDArray[np.intp], weight: FloatArray | None
    ) -> CountStatistics:
        smallest = X.min()
        if smallest < 0:
            raise ValueError(
                f"Negative values in data passed to MultinomialNB (smallest: {smallest}); "
                "it models counts: use GaussianNB for measurements"
            )
        return super()._statistics(X, y, weight)

    def _set_log_probabilities(self, alpha: FloatArray) -> None:
        smoothed = self.feature_count_ + alpha
        total = smoothed.sum(axis=1, keepdims=True)
        self.feature_log_prob_ = _log_counts(smoothed) - _log_counts(total)

    def _joint_log_likelihood(self, X: Any) -> FloatArray:
        jll: FloatArray = X @ self.feature_log_prob_.T + self.class_log_prior_
        return jll

    @property
    def decision_function(self) -> Any:
        """Not offered: scikit-learn's checks fit whatever has one on negative data."""
        raise AttributeError("MultinomialNB has no decision_function; use predict_log_proba")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags
