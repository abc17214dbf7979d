"""Gaussian generative classifiers: a prior, a Gaussian per class, and Bayes' rule.

With one covariance for all classes the quadratic terms cancel, and the log-odds are linear
(catalogue GE-08, GE-10; Lee's lecture notes, "Modifying Model"):

    log p(C_k | x) = w_k' x + b_k + const,   w_k = Sigma^-1 mu_k,
    b_k = -mu_k' Sigma^-1 mu_k / 2 + log pi_k.

With a covariance of its own for each class they are quadratic (GE-07).  Estimates are those of
maximum likelihood: class means, and scatter divided by N, not N - 1 (DI-06, DI-07).
"""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import LinAlgError, svd
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.covariance import ledoit_wolf
from sklearn.preprocessing import StandardScaler

from probml._validation import check_choice, check_number, check_priors
from probml.classifiers._base import GenerativeClassifier, linear_scores
from probml.distributions import GaussianStatistics, MultivariateNormal
from probml.linalg import factor_spd
from probml.numerics import FloatArray

__all__ = ["LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"]


def _ledoit_wolf(X: FloatArray) -> FloatArray:
    """Ledoit-Wolf shrinkage of standardised features, brought back to their units."""
    if len(X) == 1:
        return np.zeros((X.shape[1], X.shape[1]))
    scaler = StandardScaler()
    covariance = ledoit_wolf(scaler.fit_transform(X))[0]
    rescaled: FloatArray = scaler.scale_[:, None] * covariance * scaler.scale_
    return rescaled


def _shrunk(covariance: FloatArray, shrinkage: float) -> FloatArray:
    """``(1 - s) Sigma + s (tr Sigma / d) I`` (catalogue GE-19)."""
    out = (1.0 - shrinkage) * covariance
    out.flat[:: len(out) + 1] += shrinkage * covariance.trace() / len(out)
    return out


class _GaussianClassifier(GenerativeClassifier):
    """What LDA and QDA share: their parameters, and the choice of a covariance estimator."""

    def _check_parameters(self, solvers: set[str], weight: FloatArray | None) -> None:
        check_choice("solver", self.solver, solvers)
        check_number("tol", self.tol, 0.0, 1.0, open_high=True)
        if isinstance(self.shrinkage, str):
            check_choice("shrinkage, unless None or a number,", self.shrinkage, {"auto"})
        elif self.shrinkage is not None:
            check_number("shrinkage", self.shrinkage, 0.0, 1.0)
        if self.covariance_estimator is not None and self.shrinkage is not None:
            raise ValueError(
                "covariance_estimator and shrinkage are two ways to regularise; set only one"
            )
        if self._needs_rows and weight is not None:
            raise ValueError(
                "sample_weight cannot be combined with shrinkage='auto' or a "
                "covariance_estimator, which take no weights; pass a number as shrinkage"
            )
        self._require_two_classes()

    @property
    def _needs_rows(self) -> bool:
        """Whether the covariance depends on more than the sufficient statistics."""
        return isinstance(self.shrinkage, str) or self.covariance_estimator is not None

    def _covariance_of_rows(self, X: NDArray[Any]) -> FloatArray:
        """Covariance of one class by an estimator that needs its rows."""
        X = X.astype(np.float64, copy=False)
        if self.covariance_estimator is None:
            return _ledoit_wolf(X)
        estimator = clone(self.covariance_estimator).fit(X)
        if not hasattr(estimator, "covariance_"):
            raise ValueError(
                f"covariance_estimator must have covariance_ after fit "
                f"({type(estimator).__name__} has not)"
            )
        covariance: FloatArray = estimator.covariance_
        return covariance

    def _regularised(self, covariance: FloatArray) -> FloatArray:
        return covariance if self.shrinkage is None else _shrunk(covariance, self.shrinkage)


class LinearDiscriminantAnalysis(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc, unused-ignore]
    TransformerMixin,  # type: ignore[misc, unused-ignore]
    _GaussianClassifier,
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
        that never vary within a class.

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

    def __init__(
        self,
        solver: str = "svd",
        shrinkage: float | str | None = None,
        priors: ArrayLike | None = None,
        n_components: int | None = None,
        store_covariance: bool = False,
        tol: float = 1e-4,
        covariance_estimator: Any = None,
    ) -> None:
        self.solver = solver
        self.shrinkage = shrinkage
        self.priors = priors
        self.n_components = n_components
        self.store_covariance = store_covariance
        self.tol = tol
        self.covariance_estimator = covariance_estimator

    def _fit(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        self._check_parameters({"svd", "lsqr", "eigen"}, weight)
        n_classes = len(self.classes_)
        if len(X) <= n_classes:
            raise ValueError(
                f"the number of samples must be more than the number of classes "
                f"(got n_samples = {len(X)} for {n_classes} classes)"
            )
        components = min(n_classes - 1, X.shape[1])
        if self.n_components is not None:
            check_number("n_components", self.n_components, 1, components, integer=True)
            components = self.n_components
        statistics = GaussianStatistics.of(X, y, n_classes, "pooled", weight)
        self.priors_ = check_priors(self.priors, statistics.counts)
        self.means_ = statistics.means
        covariance = self._pooled_covariance(X, y, statistics)
        if self.store_covariance or self.solver != "svd":
            self.covariance_ = covariance
        self._set_linear_form(covariance, components)

    def _pooled_covariance(
        self, X: Any, y: NDArray[np.intp], statistics: GaussianStatistics
    ) -> FloatArray:
        if self._needs_rows:
            shares = statistics.counts / statistics.counts.sum()
            parts = [self._covariance_of_rows(X[y == k]) for k in range(len(shares))]
            pooled: FloatArray = np.tensordot(shares, parts, axes=1)
            return pooled
        return self._regularised(statistics.scatter / statistics.counts.sum())

    def _set_linear_form(self, covariance: FloatArray, components: int) -> None:
        self._whitener, self._log_det = factor_spd(covariance, self.tol**2)
        if not self._whitener.shape[1]:
            raise ValueError(
                "no feature varies within a class, so the shared covariance is zero; "
                "add features or samples, or use GaussianNB with var_smoothing"
            )
        self.xbar_ = self.priors_ @ self.means_
        centres = (self.means_ - self.xbar_) @ self._whitener
        coef = centres @ self._whitener.T
        with np.errstate(divide="ignore"):
            self._log_priors = np.log(self.priors_)
        intercept = -0.5 * np.square(centres).sum(axis=1) + self._log_priors - coef @ self.xbar_
        if len(coef) == 2:
            coef, intercept = coef[1:] - coef[:1], intercept[1:] - intercept[:1]
        self.coef_, self.intercept_ = coef, intercept
        self._set_directions(centres, components)

    def _set_directions(self, centres: FloatArray, components: int) -> None:
        """Principal axes of the class centres in whitened space, weighted by the priors."""
        _, s, Vt = svd(np.sqrt(self.priors_)[:, None] * centres, full_matrices=False)
        self.scalings_ = self._whitener @ Vt[s > self.tol * s[0]].T
        variances = np.square(s)[:components]
        total = np.square(s).sum()
        self.explained_variance_ratio_ = variances / (total if total > 0 else 1.0)
        self._n_features_out = min(components, self.scalings_.shape[1])

    def _scores(self, X: Any) -> FloatArray:
        return linear_scores(X, self.coef_, self.intercept_)

    def _joint_log_likelihood(self, X: Any) -> FloatArray:
        Z = (X - self.xbar_) @ self._whitener
        centres = (self.means_ - self.xbar_) @ self._whitener
        constant = self._whitener.shape[1] * np.log(2.0 * np.pi) + self._log_det
        squares = np.square(Z[:, None, :] - centres).sum(axis=2)
        jll: FloatArray = -0.5 * (constant + squares) + self._log_priors
        return jll

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
            If a coordinate overflows.
        """
        rows = self._checked_rows(X)
        with np.errstate(over="ignore", invalid="ignore"):
            projected: FloatArray = (rows - self.xbar_) @ self.scalings_[:, : self._n_features_out]
        if not np.isfinite(projected).all():
            raise ValueError(
                "X holds values too large to be projected "
                f"(largest: {np.abs(rows).max():.3g}); rescale the features before fitting"
            )
        return projected


class QuadraticDiscriminantAnalysis(_GaussianClassifier):
    """Gaussian classes with a covariance each: quadratic log-odds in closed form.

    ``log p(C_k | x) = -log|Sigma_k| / 2 - (x - mu_k)' Sigma_k^-1 (x - mu_k) / 2 + log pi_k``
    up to a constant (catalogue GE-07), with ``Sigma_k`` the scatter of class k over N_k (DI-06),
    regularised to ``(1 - r) Sigma_k + r I``.  Features that are constant over the whole training
    set say nothing about the class and are left out.

    Parameters
    ----------
    solver : {"svd", "eigen"}
        Names of scikit-learn's solvers; both lead to one Cholesky factorisation per class.
    shrinkage : None, float in [0, 1] or "auto"
        Applied to every ``Sigma_k`` as in :class:`LinearDiscriminantAnalysis`.
    priors : array_like of shape (n_classes,), optional
        Class probabilities; by default their frequencies.
    reg_param : float in [0, 1]
        r above, applied after the shrinkage.
    store_covariance : bool
        Keep the regularised ``Sigma_k`` as `covariance_`.
    tol : float
        A class is rank-deficient if a direction has a standard deviation of at most `tol`, in
        units of the standard deviations of its features.
    covariance_estimator : estimator, optional
        Has `fit` and `covariance_`; estimates the covariance of each class.

    Attributes
    ----------
    means_ : ndarray of shape (n_classes, n_features)
        Class means.
    priors_ : ndarray of shape (n_classes,)
        Class probabilities.
    covariance_ : list of ndarray of shape (n_features, n_features)
        Only with `store_covariance`.
    classes_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    LinAlgError
        From `fit`: the covariance of a class is singular; raise `reg_param`.
    ValueError
        From `fit`: fewer than two classes, invalid priors or parameters.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0.0], [2.0], [5.0], [9.0], [10.0]])
    >>> model = QuadraticDiscriminantAnalysis().fit(X, ["a", "a", "b", "b", "b"])
    >>> model.predict([[1.0], [4.0], [8.0]]).tolist()
    ['a', 'b', 'b']
    """

    def __init__(
        self,
        *,
        solver: str = "svd",
        shrinkage: float | str | None = None,
        priors: ArrayLike | None = None,
        reg_param: float = 0.0,
        store_covariance: bool = False,
        tol: float = 1e-4,
        covariance_estimator: Any = None,
    ) -> None:
        self.solver = solver
        self.shrinkage = shrinkage
        self.priors = priors
        self.reg_param = reg_param
        self.store_covariance = store_covariance
        self.tol = tol
        self.covariance_estimator = covariance_estimator

    # Keyword-only and outside the signature: scikit-learn's conformance checks read a named
    # sample_weight as a promise to fit fewer rows than features, which this model must refuse.
    __metadata_request__fit: ClassVar[dict[str, None]] = {"sample_weight": None}

    def fit(self, X: ArrayLike, y: ArrayLike, **weights: ArrayLike | None) -> Self:  # type: ignore[override]
        """Fit the model; after an error the model is what it was before.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Training data, rows are samples; float64, float32 and uint8 are not copied.
        y : array_like of shape (n_samples,)
            Labels: integers or strings.
        sample_weight : array_like of shape (n_samples,), optional, keyword only
            A weight of k stands for k copies of a row, a weight of zero for none.

        Returns
        -------
        self
        """
        unknown = weights.keys() - {"sample_weight"}
        if unknown:
            raise TypeError(f"fit() takes X, y and sample_weight (got {sorted(unknown)})")
        return super().fit(X, y, weights.get("sample_weight"))

    def _fit(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        self._check_parameters({"svd", "eigen"}, weight)
        check_number("reg_param", self.reg_param, 0.0, 1.0)
        n_classes = len(self.classes_)
        statistics = GaussianStatistics.of(X, y, n_classes, "full", weight)
        self.priors_ = check_priors(self.priors, statistics.counts)
        self.means_ = statistics.means
        covariances = [self._class_covariance(X, y, statistics, k) for k in range(n_classes)]
        if self.store_covariance:
            self.covariance_ = covariances
        moves = np.ptp(self.means_, axis=0) > 0
        spreads = np.any([np.diagonal(S) > 0 for S in statistics.scatter], axis=0)
        self._varying = np.flatnonzero(moves | spreads)
        self._gaussians = [
            self._gaussian(mean[self._varying], S[np.ix_(self._varying, self._varying)], label)
            for mean, S, label in zip(self.means_, covariances, self.classes_, strict=True)
        ]
        with np.errstate(divide="ignore"):
            self._log_priors = np.log(self.priors_)

    def _class_covariance(
        self, X: Any, y: NDArray[np.intp], statistics: GaussianStatistics, k: int
    ) -> FloatArray:
        if self._needs_rows:
            covariance = self._covariance_of_rows(X[y == k])
        else:
            covariance = self._regularised(statistics.scatter[k] / statistics.counts[k])
        covariance = (1.0 - self.reg_param) * covariance
        covariance.flat[:: len(covariance) + 1] += self.reg_param
        return covariance

    def _gaussian(self, mean: FloatArray, covariance: FloatArray, label: Any) -> MultivariateNormal:
        try:
            return MultivariateNormal(mean, covariance, tol=self.tol**2)
        except LinAlgError as error:
            raise LinAlgError(
                f"the covariance matrix of class {label} is not full rank ({error}); "
                "set reg_param > 0 or shrinkage, drop duplicated features, or add samples"
            ) from error

    def _joint_log_likelihood(self, X: Any) -> FloatArray:
        X = X[:, self._varying]
        return self._log_priors + np.column_stack([g.log_prob(X) for g in self._gaussians])
