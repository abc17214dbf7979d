"""Gaussian naive Bayes: Gaussian features that are independent given the class.

    log p(x, C_k) = log pi_k + sum_j log N(x_j; theta_kj, var_kj)

(catalogue GE-11, GE-12; Lee's lecture notes, "If all dims independent").
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn import naive_bayes as theirs
from sklearn.utils.validation import check_is_fitted

from probml._blocks import narrow_product
from probml._validation import check_number
from probml.classifiers._mergeable import MergeableClassifier, Rows, class_priors
from probml.classifiers._missing import check_missing, check_observed
from probml.distributions import GaussianMoments, GaussianStatistics, Normal, ObservedStatistics
from probml.numerics import FloatArray

__all__ = ["GaussianNB"]

_MOVED = ("theta_", "var_", "class_count_", "class_prior_", "epsilon_")
"""Attributes that scikit-learn has, too."""

_MOST_CANCELLED = 1e5
"""Largest term of an expanded log-density that may cancel: an error of 1e-11."""


class GaussianNB(MergeableClassifier):
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
    missing : {"raise", "marginalize"}
        What NaN means: an error, or an entry that is missing at random.  Each mean and variance
        then comes from the entries that are there, and a missing entry drops out of the product
        of densities.

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
        From `fit`: a variance is zero after smoothing while others are not, or a feature is
        missing in all rows of a class.

    Examples
    --------
    >>> import numpy as np
    >>> model = GaussianNB().fit([[0.0], [1.0], [0.0], [1.0]], [0, 0, 1, 1])
    >>> model.predict_proba([[1e300]]).tolist()  # equal likelihoods leave the prior
    [[0.5, 0.5]]
    """

    _block_entries = 1 << 19
    _twin = theirs.GaussianNB
    _derived = frozenset((*_MOVED, "_centre", "_quadratic", "_linear", "_constant", "_expands"))

    def __init__(
        self,
        *,
        priors: ArrayLike | None = None,
        var_smoothing: float = 1e-9,
        missing: str = "raise",
    ) -> None:
        self.priors = priors
        self.var_smoothing = var_smoothing
        self.missing = missing

    def _takes_gaps(self, training: bool) -> bool:
        return self.missing == "marginalize"

    def _ensure_all_finite(self, training: bool) -> bool | str:
        # sums of a fit tell of NaN and infinity
        return "allow-nan" if self._takes_gaps(training) else not training

    @property
    def _statistics_kind(self) -> tuple[Any, ...]:
        return ("observed",) if self._takes_gaps(True) else ("gaussian", "diagonal")

    def _empty_statistics(self, n_classes: int, n_features: int) -> Any:
        if self._takes_gaps(True):
            return ObservedStatistics(n_classes, n_features)
        return GaussianStatistics(n_classes, n_features, "diagonal")

    @property
    def _class_probabilities(self) -> FloatArray:
        priors: FloatArray = self.class_prior_
        return priors

    def _finalize(self, rows: Rows | None) -> None:
        check_number("var_smoothing", self.var_smoothing, 0.0, open_high=True)
        check_missing(self.missing)
        observed, means, scatter = self._statistics.finalize()
        observed = observed.reshape(len(means), -1)  # one count for all features, or one for each
        counts = getattr(self._statistics, "class_count", observed[:, 0])
        check_observed(observed, counts, self.classes_)
        self.class_count_, self.theta_ = counts, means
        self.class_prior_ = class_priors(self.priors, counts, self.classes_)
        with np.errstate(over="ignore", invalid="ignore"):
            variance = _total_variance(observed, means, scatter.sum(axis=0))
            smoothing = variance * self.var_smoothing
        if not np.isfinite(smoothing).all():
            raise ValueError(
                "X holds classes so far apart that squares overflow "
                f"(largest mean: {np.abs(means).max():.3g}); rescale the features"
            )
        self.epsilon_ = float(smoothing.max())
        self.var_ = scatter / np.where(observed > 0, observed, 1.0) + self.epsilon_
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

        self._set_quadratic_form()

    def _set_quadratic_form(self) -> None:
        """Coefficients of the log-densities as polynomials about a centre.

        ``-(x - theta)^2 / 2 v = a z^2 + b z + c`` with z = x - centre: two matrix products serve
        all classes.  Where too much cancels about zero, less does about the mean of the classes,
        weighted by their precisions; where that is still too much, the squares are summed one by
        one.
        """
        live = self.class_count_ > 0
        theta, var = self.theta_[live], self.var_[live]
        share = var.min(axis=0) / var
        middle = theta[0] + (share * (theta - theta[0])).sum(axis=0) / share.sum(axis=0)
        precision, shift = np.zeros((2, *self.theta_.shape))
        for centre in (np.zeros_like(middle), middle):
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                precision[live], shift[live] = 1.0 / var, theta - centre
                cancelled = (precision * np.square(shift)).sum(axis=1)
            self._expands = bool(cancelled.max() <= _MOST_CANCELLED)
            if self._expands:
                break
        if not np.isfinite(cancelled).all():
            raise ValueError(
                "X holds classes so far apart that squares overflow, in units of the variation "
                f"within them (largest mean: {np.abs(theta).max():.3g}); raise var_smoothing "
                "or rescale the features"
            )
        with np.errstate(divide="ignore"):
            self._constant = np.log(self.class_prior_) - 0.5 * cancelled
        self._constant[live] -= 0.5 * np.log(2.0 * np.pi * var).sum(axis=1)
        self._centre = centre
        self._quadratic = np.ascontiguousarray(-0.5 * precision.T)
        self._linear = np.ascontiguousarray((precision * shift).T)

    def _joint_log_likelihood(self, X: Any) -> FloatArray:
        if not self._expands:
            return self._by_squares(X)
        incomplete = np.isnan(X).any(axis=1) if self._takes_gaps(False) else np.zeros(len(X), bool)
        if not incomplete.any():
            return self._by_expansion(X)
        jll = np.empty((len(X), len(self.classes_)))
        jll[~incomplete] = self._by_expansion(X[~incomplete])
        jll[incomplete] = self._by_squares(X[incomplete])
        return jll

    def _by_expansion(self, X: FloatArray) -> FloatArray:
        Z = X - self._centre if self._centre.any() else X
        jll = narrow_product(Z, self._linear)
        jll += narrow_product(np.square(Z), self._quadratic)
        jll += self._constant
        jll[np.isnan(jll)] = -np.inf  # the square of a far point beside its first power
        return jll

    def _by_squares(self, X: FloatArray) -> FloatArray:
        """Densities multiplied one by one; those of missing entries are left out."""
        gaps = np.isnan(X)
        jll = np.full((len(X), len(self.classes_)), -np.inf)
        for k in np.flatnonzero((self.class_prior_ > 0) & (self.class_count_ > 0)):
            density = Normal(self.theta_[k], self.var_[k])
            logs = density.log_prob(np.where(gaps, self.theta_[k], X))
            logs[gaps] = 0.0
            jll[:, k] = logs.sum(axis=1) + np.log(self.class_prior_[k])
        return jll

    @property
    def _near(self) -> FloatArray:
        centre: FloatArray = self._centre
        return centre

    def _sample_class(self, k: int, n: int, rng: np.random.Generator) -> FloatArray:
        rows: FloatArray = rng.normal(
            self.theta_[k], np.sqrt(self.var_[k]), (n, self.n_features_in_)
        )
        return rows

    @property
    def n_parameters_(self) -> int:
        """Means, variances, class probabilities: ``2 K d + K - 1`` (GE-14)."""
        check_is_fitted(self)
        n_classes, d = self._layout
        return 2 * n_classes * d + n_classes - 1

    def _import(self, fitted: Any) -> None:
        for name in _MOVED:
            setattr(self, name, np.array(getattr(fitted, name)))
        self.epsilon_ = float(self.epsilon_)
        scatter = np.maximum(self.var_ - self.epsilon_, 0.0) * self.class_count_[:, None]
        moments = GaussianMoments(self.class_count_, self.theta_, scatter)
        self._statistics = GaussianStatistics.from_moments(moments, "diagonal")
        self._set_quadratic_form()

    def _export(self, twin: Any) -> None:
        for name in _MOVED:
            setattr(twin, name, np.array(getattr(self, name)))
        twin.epsilon_ = self.epsilon_


def _total_variance(observed: FloatArray, means: FloatArray, scatter: FloatArray) -> FloatArray:
    """Variance of each feature over all rows: within classes, and between their means.

    `observed` is the weight of each class, by feature or for all of them, (n_classes, d or 1).
    """
    total = observed.sum(axis=0)
    first = np.broadcast_to((observed > 0).argmax(axis=0), means.shape[1:])
    pilot = np.take_along_axis(means, first[None, :], axis=0)
    share, shift = observed / total, np.where(observed > 0, means - pilot, 0.0)
    between = (share * np.square(shift - (share * shift).sum(axis=0))).sum(axis=0)
    variance: FloatArray = scatter / total + between
    return variance
