"""Linear discriminant analysis: Gaussian classes that share one covariance.

With one covariance the quadratic terms cancel, and the log-odds are linear (catalogue GE-08,
GE-10; Lee's lecture notes, "Modifying Model"):

    log p(C_k | x) = w_k' x + b_k + const,   w_k = Sigma^-1 mu_k,
    b_k = -mu_k' Sigma^-1 mu_k / 2 + log pi_k.

Estimates are those of maximum likelihood: class means, and scatter divided by N (DI-07).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import svd
from scipy.linalg.blas import dgemm
from sklearn import discriminant_analysis as theirs
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from probml._validation import check_number
from probml.classifiers._base import linear_scores
from probml.classifiers._discriminant import DiscriminantAnalysis
from probml.classifiers._mergeable import Rows, class_priors
from probml.distributions import GaussianMoments
from probml.linalg import SPDFactor, factor_spd
from probml.numerics import FloatArray

__all__ = ["LinearDiscriminantAnalysis"]


class LinearDiscriminantAnalysis(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc, unused-ignore]
    TransformerMixin,  # type: ignore[misc, unused-ignore]
    DiscriminantAnalysis,
):
    """Gaussian classes with one covariance: linear log-odds in closed form.

    ``x | C_k ~ N(mu_k, Sigma)`` and ``P(C_k) = pi_k`` give
    ``p(C_k | x) = softmax_k(w_k' x + b_k)`` with ``w_k = Sigma^-1 mu_k`` and
    ``b_k = -mu_k' Sigma^-1 mu_k / 2 + log pi_k`` (catalogue GE-08 to GE-10).  Sigma is the
    pooled scatter within classes over N (DI-07).  Where it is singular (constant pixels,
    duplicated columns, fewer rows than features) the model works in its range, as
    scikit-learn's ``solver="svd"`` does.

    Parameters
    ----------
    solver : {"svd", "lsqr", "eigen"}
        Names of scikit-learn's solvers; they have the same optimum, and all lead to one
        Cholesky factorisation (an eigendecomposition where Sigma is singular).
    shrinkage : None, float in [0, 1] or "auto"
        Sigma becomes ``(1 - s) Sigma + s (tr Sigma / d) I``; "auto" takes s from Ledoit and
        Wolf, per class, on standardised features.
    priors : array_like of shape (n_classes,), optional
        Class probabilities; by default their frequencies.  They do not reweight Sigma.
    n_components : int, optional
        Number of columns of `transform`; at most ``min(n_classes - 1, n_features)``.
    store_covariance : bool
        Keep `covariance_` with ``solver="svd"``, too.
    tol : float
        Directions whose standard deviation, in units of the within-class standard deviations,
        is at most `tol` count as outside the range of Sigma.
    covariance_estimator : estimator, optional
        Has `fit` and `covariance_`; estimates the covariance of each class.
    missing : {"raise", "marginalize"}
        What NaN means at prediction: an error, or an entry that is missing at random, which
        leaves the Gaussian marginal of the others.  Fits take no NaN.
        The covariance is then kept as with `store_covariance`.

    Attributes
    ----------
    coef_ : ndarray of shape (n_classes, n_features), or (1, n_features) for two classes
        Weights of the linear scores.
    intercept_ : ndarray of shape (n_classes,) or (1,)
        Intercepts of the linear scores.
    means_, priors_, xbar_, covariance_ : ndarray
        Class means, class probabilities, mean of the means under the priors, Sigma.
    scalings_ : ndarray of shape (n_features, rank)
        Discriminant directions, scaled to unit variance within classes.
    explained_variance_ratio_ : ndarray of shape (n_components,)
        Share of the variance between classes along each direction.
    classes_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        From `fit`: fewer than two classes, not more rows than classes, invalid priors, features
        that never vary within a class.  Streams refuse ``shrinkage="auto"``.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0.0], [2.0], [5.0], [9.0], [10.0]])
    >>> model = LinearDiscriminantAnalysis().fit(X, [2, 2, 1, 1, 1])
    >>> model.coef_.round(4).tolist(), model.intercept_.round(6).tolist()
    ([[-2.1875]], [9.438285])
    >>> model.predict_proba([[4.0]]).round(6).tolist()
    [[0.334415, 0.665585]]
    """

    _piece_entries = 1 << 19  # casts of such a piece stay in the cache
    _covariance = "pooled"
    _twin = theirs.LinearDiscriminantAnalysis
    _derived = frozenset(
        {
            "coef_",
            "intercept_",
            "means_",
            "priors_",
            "xbar_",
            "covariance_",
            "scalings_",
            "explained_variance_ratio_",
            "_marginals",
            "_whitener",
            "_log_det",
            "_log_priors",
            "_n_features_out",
        }
    )

    def __init__(
        self,
        solver: str = "svd",
        shrinkage: float | str | None = None,
        priors: ArrayLike | None = None,
        n_components: int | None = None,
        store_covariance: bool = False,
        tol: float = 1e-4,
        covariance_estimator: Any = None,
        *,
        missing: str = "raise",
    ) -> None:
        self.solver = solver
        self.shrinkage = shrinkage
        self.priors = priors
        self.n_components = n_components
        self.store_covariance = store_covariance
        self.tol = tol
        self.covariance_estimator = covariance_estimator
        self.missing = missing

    def _finalize(self, rows: Rows | None) -> None:
        self._check_parameters({"svd", "lsqr", "eigen"}, rows)
        components = self._checked_components()
        moments = self._statistics.finalize()
        self.priors_ = class_priors(self.priors, moments.counts, self.classes_)
        self.means_ = moments.means
        covariance = self._pooled_covariance(moments, rows)
        if self.store_covariance or self.solver != "svd" or self.missing == "marginalize":
            self.covariance_ = covariance
        self._set_linear_form(covariance, components)

    def _checked_components(self) -> int:
        most = min(len(self.classes_) - 1, self.n_features_in_)
        if self.n_components is None:
            return most
        check_number("n_components", self.n_components, 1, integer=True)
        if self.n_components > most:
            raise ValueError(
                "n_components cannot be larger than min(n_features, n_classes - 1) = "
                f"{most} (got {self.n_components})"
            )
        return self.n_components

    def _pooled_covariance(self, moments: GaussianMoments, rows: Rows | None) -> FloatArray:
        shares = moments.counts / moments.counts.sum()
        if self._needs_rows and rows is not None:
            parts = [self._covariance_of_rows(rows.X[rows.y == k]) for k in range(len(shares))]
            pooled: FloatArray = np.tensordot(shares, parts, axes=1)
            return pooled
        return self._regularised(moments.scatter / moments.counts.sum())

    def _set_linear_form(self, covariance: FloatArray, components: int) -> None:
        self._whitener, self._log_det = factor_spd(covariance, self.tol**2)
        if not self._whitener.shape[1]:
            raise ValueError(
                "no feature varies within a class, so the shared covariance is zero. "
                "The number of samples must be more than the number of classes, and some feature "
                "must vary; add features or samples, or use GaussianNB with var_smoothing"
            )
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            self.xbar_ = self.priors_ @ self.means_
            # not by `@`, whose threads (NumPy's) and those of the factorisation (SciPy's) would
            # wait for work side by side; BLAS counts columns first
            centres = dgemm(1.0, self._whitener.T, (self.means_ - self.xbar_).T).T
            coef = dgemm(1.0, self._whitener.T, centres.T, trans_a=1).T
            squares = np.square(centres).sum(axis=1)
            intercept = -0.5 * squares - coef @ self.xbar_
            self._log_priors = np.log(self.priors_)
            finite = np.isfinite(coef.sum(axis=1) + intercept).all()
        if not finite:
            raise ValueError(
                "X holds classes so far apart that squares overflow, in units of the variation "
                f"within them (largest mean: {np.abs(self.means_).max():.3g}); rescale the features"
            )
        intercept += self._log_priors
        if len(coef) == 2:
            coef, intercept = coef[1:] - coef[:1], intercept[1:] - intercept[:1]
        self.coef_, self.intercept_ = coef, intercept
        self._set_directions(centres, components)

    def _set_directions(self, centres: FloatArray, components: int) -> None:
        """Principal axes of the class centres in whitened space, weighted by the priors."""
        _, s, Vt = svd(np.sqrt(self.priors_)[:, None] * centres, full_matrices=False)
        self.scalings_ = dgemm(1.0, self._whitener.T, Vt[s > self.tol * s[0]].T, trans_a=1)
        variances = np.square(s)[:components]
        total = np.square(s).sum()
        self.explained_variance_ratio_ = variances / (total if total > 0 else 1.0)
        self._n_features_out = min(components, self.scalings_.shape[1])

    def _scores(self, X: Any) -> FloatArray:
        if not self._takes_gaps(False):
            return linear_scores(X, self.coef_, self.intercept_)
        return self._with_marginals(
            X, lambda X: linear_scores(X, self.coef_, self.intercept_), self._linear_in
        )

    def _joint_log_likelihood(self, X: Any) -> FloatArray:
        self._require_density()
        if not self._takes_gaps(False):
            return self._log_density(X)
        return self._with_marginals(X, self._log_density, self._log_density)

    def _marginal(self, seen: NDArray[np.intp]) -> SPDFactor:
        if "covariance_" not in vars(self):
            raise ValueError(
                "missing='marginalize' needs the covariance, which this model did not keep; "
                "fit it with that, or with store_covariance=True"
            )
        return factor_spd(self.covariance_[np.ix_(seen, seen)], self.tol**2)

    @property
    def _entries_of_factor(self) -> int:  # type: ignore[override]
        return self.n_features_in_**2

    def _whitened(self, X: FloatArray, seen: Any, whitener: FloatArray) -> Any:
        """Rows and class means in units of the deviations within classes."""
        origin = self.xbar_[seen]
        return (X - origin) @ whitener, (self.means_[:, seen] - origin) @ whitener

    def _linear_in(self, X: FloatArray, seen: Any, factor: SPDFactor) -> FloatArray:
        """Scores by some of the features; what is quadratic in X is the same in all classes."""
        Z, centres = self._whitened(X, seen, factor.whitener)
        scores: FloatArray = Z @ centres.T - 0.5 * np.square(centres).sum(axis=1)
        return scores + self._log_priors

    def _log_density(
        self, X: FloatArray, seen: Any = slice(None), factor: SPDFactor | None = None
    ) -> FloatArray:
        factor = SPDFactor(self._whitener, self._log_det) if factor is None else factor
        Z, centres = self._whitened(X, seen, factor.whitener)
        constant = factor.rank * np.log(2.0 * np.pi) + factor.log_det
        squares = np.square(Z[:, None, :] - centres).sum(axis=2)
        jll: FloatArray = -0.5 * (constant + squares) + self._log_priors
        jll[np.isnan(jll)] = -np.inf  # infinities of both signs have met
        return jll

    def _require_density(self) -> None:
        if "_whitener" not in vars(self):
            raise ValueError(
                "the covariance of this model stayed in scikit-learn; fit it there with "
                "store_covariance=True before it is moved"
            )

    def _sample_class(self, k: int, n: int, rng: np.random.Generator) -> FloatArray:
        self._require_density()
        # Sigma = W (W'W)^-2 W' on its range, if W W' is its pseudo-inverse.
        z = rng.standard_normal((n, self._whitener.shape[1]))
        rows: FloatArray = self.means_[k] + z @ np.linalg.pinv(self._whitener)
        return rows

    @property
    def n_parameters_(self) -> int:
        """Means, one covariance, class probabilities: ``K d + d (d + 1) / 2 + K - 1`` (GE-14)."""
        check_is_fitted(self)
        n_classes, d = self._layout
        return n_classes * d + d * (d + 1) // 2 + n_classes - 1

    def _import(self, fitted: Any) -> None:
        self.priors_, self.means_ = np.array(fitted.priors_), np.array(fitted.means_)
        components = min(len(self.classes_) - 1, self.n_features_in_)
        components = components if self.n_components is None else self.n_components
        if hasattr(fitted, "covariance_"):
            self.covariance_ = np.array(fitted.covariance_)
            self._set_linear_form(self.covariance_, components)
        else:
            self.xbar_, self.scalings_ = np.array(fitted.xbar_), np.array(fitted.scalings_)
            self.explained_variance_ratio_ = np.array(fitted.explained_variance_ratio_)
            self._n_features_out = min(components, self.scalings_.shape[1])
        self.coef_, self.intercept_ = np.array(fitted.coef_), np.array(fitted.intercept_)

    def _export(self, twin: Any) -> None:
        for name in sorted(self._derived & vars(self).keys()):
            if not name.startswith("_"):
                setattr(twin, name, vars(self)[name].copy())
        twin._max_components = twin._n_features_out = self._n_features_out

    def transform(self, X: ArrayLike) -> FloatArray:
        """Coordinates along the discriminant directions, centred at `xbar_`.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Rows are samples.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            Within classes the coordinates are uncorrelated and of unit variance.

        Raises
        ------
        ValueError
            If a coordinate overflows, or an entry is missing.
        """
        rows = self._checked_rows(X)
        if np.isnan(rows).any():
            raise ValueError("X must have no gaps to be projected (got NaN); impute them first")
        with np.errstate(over="ignore", invalid="ignore"):
            projected: FloatArray = (rows - self.xbar_) @ self.scalings_[:, : self._n_features_out]
        if not np.isfinite(projected).all():
            raise ValueError(
                "X holds values too large to be projected "
                f"(largest: {np.abs(rows).max():.3g}); rescale the features before fitting"
            )
        return projected
