"""Quadratic discriminant analysis: Gaussian classes with a covariance each.

    log p(C_k | x) = -log|Sigma_k| / 2 - (x - mu_k)' Sigma_k^-1 (x - mu_k) / 2 + log pi_k + const

(catalogue GE-07).  Estimates are those of maximum likelihood: class means, and the scatter of
each class divided by N_k, not N_k - 1 (DI-06).
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import LinAlgError, eigh
from sklearn import discriminant_analysis as theirs
from sklearn.utils.validation import check_is_fitted

from probml._validation import check_number
from probml.classifiers._discriminant import DiscriminantAnalysis
from probml.classifiers._mergeable import Rows, class_priors
from probml.distributions import GaussianStatistics, MultivariateNormal
from probml.numerics import FloatArray

__all__ = ["QuadraticDiscriminantAnalysis"]


class QuadraticDiscriminantAnalysis(DiscriminantAnalysis):
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
    missing : {"raise", "marginalize"}
        What NaN means at prediction: an error, or an entry that is missing at random, which
        leaves the Gaussian marginal of the others.  Fits take no NaN.

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

    covariance_: list[FloatArray]
    _piece_entries = 1 << 20
    _covariance = "full"
    _gaussians: list[Any]
    _twin = theirs.QuadraticDiscriminantAnalysis
    _derived = frozenset(
        {"means_", "priors_", "covariance_", "_varying", "_gaussians", "_marginals"}
    )

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
        missing: str = "raise",
    ) -> None:
        self.solver = solver
        self.shrinkage = shrinkage
        self.priors = priors
        self.reg_param = reg_param
        self.store_covariance = store_covariance
        self.tol = tol
        self.covariance_estimator = covariance_estimator
        self.missing = missing

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

    def _finalize(self, rows: Rows | None) -> None:
        self._check_parameters({"svd", "eigen"}, rows)
        check_number("reg_param", self.reg_param, 0.0, 1.0)
        statistics: GaussianStatistics = self._statistics
        counts = statistics.counts
        self.priors_ = class_priors(self.priors, counts, self.classes_)
        self.means_ = statistics.means
        squares = statistics.coarsened("diagonal").scatter
        seen = self.means_[counts > 0]
        moves = (seen != seen[0]).any(axis=0)
        self._set_varying(moves | (squares > 0).any(axis=0))
        if self.store_covariance:
            self.covariance_ = []
        self._gaussians = [self._of_class(k, rows) if n > 0 else None for k, n in enumerate(counts)]
        with np.errstate(over="ignore"):
            reached = np.isfinite(self._log_density(self._near[None, self._varying])).any()
        if not reached:
            raise ValueError(
                "X holds classes so far apart that squares overflow, in units of the variation "
                f"within them (largest mean: {np.abs(self.means_).max():.3g}); raise reg_param "
                "or rescale the features"
            )

    def _set_varying(self, varying: NDArray[np.bool_]) -> None:
        if not varying.any():
            raise ValueError(
                "X must have a feature that varies (got constants only), or there is no "
                "covariance; add features or samples"
            )
        self._varying = np.flatnonzero(varying)

    def _of_class(self, k: int, rows: Rows | None) -> MultivariateNormal:
        S = self._class_covariance(k, rows)
        if self.store_covariance:
            self.covariance_.append(S)
        v = self._varying
        try:
            return self._gaussian(self.means_[k, v], S[np.ix_(v, v)], self.classes_[k])
        except LinAlgError as error:
            if rows is None or (rows.y == k).sum() > 1:
                raise
            raise LinAlgError(
                f"y has only 1 sample in class {self.classes_[k]}; {error}"
            ) from error

    def _class_covariance(self, k: int, rows: Rows | None) -> FloatArray:
        if self._needs_rows and rows is not None:
            covariance = self._covariance_of_rows(rows.X[rows.y == k])
        else:
            statistics: GaussianStatistics = self._statistics
            covariance = self._regularised(statistics.class_scatter(k) / statistics.counts[k])
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
        X = X.T.take(self._varying, axis=0).T  # in Fortran's order, in which all classes take it
        if not self._takes_gaps(False):
            return self._log_density(X)
        return self._with_marginals(X, self._log_density, self._log_density)

    def _log_density(
        self, X: FloatArray, seen: Any = None, gaussians: list[Any] | None = None
    ) -> FloatArray:
        jll = np.full((len(X), len(self.classes_)), -np.inf)
        for k, gaussian in enumerate(self._gaussians if gaussians is None else gaussians):
            if gaussian is not None and self.priors_[k] > 0:
                density = gaussian.log_prob(X) if X.shape[1] else 0.0
                jll[:, k] = density + np.log(self.priors_[k])
        return jll

    def _marginal(self, seen: NDArray[np.intp]) -> list[Any]:
        """Of each class its Gaussian of the given ones among the features that vary."""
        if not len(seen):
            return self._gaussians
        return [
            None
            if gaussian is None
            else self._gaussian(
                gaussian.mean[seen], gaussian.covariance[np.ix_(seen, seen)], self.classes_[k]
            )
            for k, gaussian in enumerate(self._gaussians)
        ]

    @property
    def _entries_of_factor(self) -> int:  # type: ignore[override]
        return 3 * len(self.classes_) * len(self._varying) ** 2

    @property
    def _near(self) -> FloatArray:
        centre: FloatArray = self.priors_ @ self.means_
        return centre

    def _sample_class(self, k: int, n: int, rng: np.random.Generator) -> FloatArray:
        rows = np.tile(self.means_[k], (n, 1))
        rows[:, self._varying] = self._gaussians[k].sample(n, rng)
        return rows

    @property
    def n_parameters_(self) -> int:
        """Means, covariances, class probabilities: ``K d + K d (d + 1) / 2 + K - 1`` (GE-14)."""
        check_is_fitted(self)
        n_classes, d = self._layout
        return n_classes * d + n_classes * d * (d + 1) // 2 + n_classes - 1

    def _axes(self) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Variances along the principal axes of each class, largest first, and the axes."""
        check_is_fitted(self)
        for gaussian in self._gaussians:
            eigenvalues, V = eigh(gaussian.covariance)
            rotation = np.zeros((self.n_features_in_, len(eigenvalues)))
            rotation[self._varying] = V[:, ::-1]
            yield eigenvalues[::-1].copy(), rotation

    @property
    def scalings_(self) -> list[FloatArray]:
        """Variances along the principal axes of each class; computed when asked for."""
        return [variances for variances, _ in self._axes()]

    @property
    def rotations_(self) -> list[FloatArray]:
        """Principal axes of each class as columns; computed when asked for."""
        return [axes for _, axes in self._axes()]

    def _import(self, fitted: Any) -> None:
        self.priors_, self.means_ = np.array(fitted.priors_), np.array(fitted.means_)
        covariances = [
            (R * S) @ R.T for R, S in zip(fitted.rotations_, fitted.scalings_, strict=True)
        ]
        if hasattr(fitted, "covariance_"):
            self.covariance_ = [np.array(S) for S in fitted.covariance_]
        self._set_varying(np.any([S.diagonal() > 0 for S in covariances], axis=0))
        v = self._varying
        self._gaussians = [
            self._gaussian(mean[v], S[np.ix_(v, v)], label)
            for mean, S, label in zip(self.means_, covariances, self.classes_, strict=True)
        ]

    def _export(self, twin: Any) -> None:
        if None in self._gaussians:
            raise ValueError(
                "scikit-learn has no class without rows "
                f"(got none of {self.classes_[self._gaussians.index(None)]}); fit without it"
            )
        twin.priors_, twin.means_ = self.priors_.copy(), self.means_.copy()
        twin.scalings_, twin.rotations_ = map(list, zip(*self._axes(), strict=True))
        if "covariance_" in vars(self):
            twin.covariance_ = [S.copy() for S in self.covariance_]
