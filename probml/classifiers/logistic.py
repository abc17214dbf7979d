"""Logistic regression, binary and softmax, by gradient descent.

The model writes the posterior directly, ``p(C_k | x) = softmax_k(w_k' x + b_k)``, and its
parameters minimise the mean cross-entropy plus an L2 penalty (catalogue LR-04, LR-09, LR-11),

    J(W, b) = (1 / sum_n v_n) sum_n v_n (-log p(y_n | x_n)) + (lambda / 2) ||W||^2,
    lambda = 1 / (C sum_n v_n),

with weights v_n and free intercepts.  The gradient is ``X'(P - T)``, as in linear regression
(LR-06).  The Hessian is nowhere above Boehning's bound (1992),

    H <= c (I - 11'/K) (x) Cov(X) + lambda I,    c = 1/2, for two classes 1/4,

whose inverse preconditions the descent: one Gram matrix, one Cholesky factor, no line search.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from probml._blocks import row_blocks
from probml._validation import check_choice, check_flag, check_number, check_sample_weight
from probml.classifiers._base import ProbabilisticClassifier, linear_scores
from probml.linalg import factor_spd, power_iteration
from probml.losses import binary_cross_entropy, l2_penalty, softmax_cross_entropy
from probml.numerics import FloatArray
from probml.optimize import accelerated_gradient_descent

__all__ = ["LogisticRegression"]

_SAME_OPTIMUM = ("gd", "lbfgs", "newton-cg", "newton-cholesky", "sag", "saga")

_LARGEST_GRAM = 4096
"""With more features than this a scalar step size replaces the Gram matrix."""


class LogisticRegression(ProbabilisticClassifier):
    """Linear log-odds fitted by maximum penalised likelihood.

    Minimises ``J = mean cross-entropy + ||W||^2 / (2 C n)``, the objective of scikit-learn
    (catalogue LR-09: C = 1 / (lambda n)); for two classes one weight vector and the sigmoid, for
    more the softmax.  Intercepts are never penalised.

    Parameters
    ----------
    penalty : "deprecated", "l2" or None
        As in scikit-learn before its version 1.8: None means ``C=inf``.
    C : float
        Inverse strength of the penalty; ``inf`` for none.
    l1_ratio : float
        0, the L2 penalty; other values raise.
    dual : bool
        False; the dual form raises.
    tol : float
        Stop when the largest absolute derivative of J is at most `tol`.
    fit_intercept : bool
        Whether the scores have a constant.
    intercept_scaling, n_jobs
        Taken for compatibility; without effect, as in scikit-learn for these solvers.
    class_weight : dict, "balanced" or None
        Factor on the weights of each class; "balanced" gives all classes the same total.
    random_state
        Without effect: the descent is deterministic.
    solver : {"gd", "lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"}
        Names with the same optimum; all lead to gradient descent.
    max_iter : int
        Largest number of steps.
    verbose : int
        Log every step at level INFO.
    warm_start : bool
        Start from the last solution instead of zero.

    Attributes
    ----------
    coef_ : ndarray of shape (n_classes, n_features), or (1, n_features) for two classes
        Weights.
    intercept_ : ndarray of shape (n_classes,) or (1,)
        Intercepts.
    n_iter_ : ndarray of shape (1,)
        Number of steps.
    loss_curve_ : list of float
        J at the start and after each step.
    classes_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        From `fit`: one class only, an invalid parameter, or features so large that J overflows.

    Warns
    -----
    ConvergenceWarning
        If `max_iter` steps were not enough for `tol`.

    Examples
    --------
    >>> X, y = [[-1.0], [0.0], [1.0], [2.0]], [0, 1, 0, 1]
    >>> model = LogisticRegression(tol=1e-8).fit(X, y)
    >>> model.coef_.round(4).tolist(), model.intercept_.round(4).tolist()
    ([[0.4529]], [-0.2264])
    """

    def __init__(
        self,
        penalty: str | None = "deprecated",
        *,
        C: float = 1.0,
        l1_ratio: float = 0.0,
        dual: bool = False,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        intercept_scaling: float = 1,
        class_weight: dict[Any, float] | str | None = None,
        random_state: Any = None,
        solver: str = "gd",
        max_iter: int = 100,
        verbose: int = 0,
        warm_start: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.penalty = penalty
        self.C = C
        self.l1_ratio = l1_ratio
        self.dual = dual
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.class_weight = class_weight
        self.random_state = random_state
        self.solver = solver
        self.max_iter = max_iter
        self.verbose = verbose
        self.warm_start = warm_start
        self.n_jobs = n_jobs

    def _check_parameters(self) -> None:
        if self.solver == "liblinear":
            raise ValueError(
                "solver='liblinear' penalises the intercept, which is another optimum; "
                "use solver='gd'"
            )
        check_choice("solver", self.solver, _SAME_OPTIMUM)
        check_number("l1_ratio", self.l1_ratio, 0.0, 1.0)
        check_flag("dual", self.dual)
        check_flag("fit_intercept", self.fit_intercept)
        l2 = self.penalty is None or self.penalty in ("deprecated", "l2")
        if not l2 or self.l1_ratio or self.dual:
            raise ValueError(
                "only the L2 penalty in its primal form is offered: expected penalty='l2' or "
                f"None, l1_ratio=0, dual=False (got penalty={self.penalty!r}, "
                f"l1_ratio={self.l1_ratio!r}, dual={self.dual!r})"
            )
        if np.inf != self.C:
            check_number("C", self.C, 0.0, open_low=True)
        check_number("tol", self.tol, 0.0, open_low=True)
        check_number("max_iter", self.max_iter, 0, integer=True)
        self._require_two_classes()

    def _fit(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        self._check_parameters()
        weight = self._row_weights(y, weight)
        total = float(weight.sum())
        strength = 0.0 if self.penalty is None else _strength(float(self.C), total)
        n_classes = len(self.classes_)
        objective = _Objective(X, y, weight / total, n_classes, strength, self.fit_intercept)
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                result = accelerated_gradient_descent(
                    objective,
                    self._start(objective),
                    objective.preconditioner(),
                    tol=self.tol,
                    max_iter=self.max_iter,
                    verbose=bool(self.verbose),
                )
        except FloatingPointError as error:
            raise ValueError(
                f"X holds values too large or too small to fit ({error}); rescale the features"
            ) from error
        W, b = objective.split(result.x)
        self.coef_, self.intercept_ = W.T.copy(), b.copy()
        self.n_iter_ = np.array([result.n_iter], dtype=np.int32)
        self.loss_curve_ = result.values
        if not result.converged:
            warnings.warn(
                f"gradient descent stopped after max_iter={self.max_iter} steps with a largest "
                f"derivative of {result.max_gradient:.2g} (tol={self.tol:.2g}); raise max_iter, "
                "scale the features, or lower C",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _row_weights(self, y: NDArray[np.intp], weight: FloatArray | None) -> FloatArray:
        """Sample weights times class weights."""
        rows = np.ones(len(y)) if weight is None else weight
        if self.class_weight is None:
            return rows
        if self.class_weight == "balanced":
            totals = np.bincount(y, rows)
            factors = rows.sum() / (len(totals) * totals)
        elif isinstance(self.class_weight, dict):
            unknown = set(self.class_weight) - set(self.classes_.tolist())
            if unknown:
                raise ValueError(
                    f"class_weight must have labels of y as keys: expected some of "
                    f"{self.classes_.tolist()} (got {sorted(unknown, key=str)})"
                )
            for label, factor in self.class_weight.items():
                check_number(f"class_weight[{label!r}]", factor, 0.0, 1e100)
            factors = np.array([self.class_weight.get(k, 1.0) for k in self.classes_.tolist()])
        else:
            raise ValueError(
                f"class_weight must be None, 'balanced' or a dict (got {self.class_weight!r})"
            )
        weighted: FloatArray = rows * factors[y]
        check_sample_weight(weighted, len(y))
        return weighted

    def _start(self, objective: "_Objective") -> FloatArray:
        """The last solution after a warm start, otherwise zero."""
        if not self.warm_start or not hasattr(self, "coef_"):
            return np.zeros(objective.size)
        start = np.concatenate([self.coef_.T.ravel(), self.intercept_])
        if start.size != objective.size:
            raise ValueError(
                "warm_start needs the classes and features of the last fit: expected "
                f"{objective.size} parameters (got {start.size}); set warm_start=False"
            )
        return start

    def _scores(self, X: Any) -> FloatArray:
        return linear_scores(X, self.coef_, self.intercept_)


def _strength(C: float, total: float) -> float:
    """The factor lambda = 1 / (C n) of the penalty."""
    with np.errstate(over="ignore"):
        strength = float(1.0 / np.float64(C) / total)
    if strength == np.inf:
        raise ValueError(f"C must leave 1 / (C n) finite (got C={C:g}); raise it")
    return strength


class _Objective:
    """J and its gradient as functions of one vector: W (n_features, n_outputs), then b.

    X is read block by block in its own precision (float32 for uint8).
    """

    def __init__(
        self,
        X: NDArray[Any],
        y: NDArray[np.intp],
        weight: FloatArray,
        n_classes: int,
        strength: float,
        fit_intercept: bool,
    ) -> None:
        self._dtype = np.float64 if X.dtype == np.float64 else np.float32
        self._X, self._y = X, y
        self._weight: FloatArray = weight.astype(self._dtype)
        self._n_outputs = 1 if n_classes == 2 else n_classes
        self._strength = strength
        self._fit_intercept = fit_intercept
        self.size = (X.shape[1] + 1) * self._n_outputs

    def split(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Views of W and b in the parameter vector."""
        return theta[: -self._n_outputs].reshape(-1, self._n_outputs), theta[-self._n_outputs :]

    def _blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        for rows in row_blocks(*self._X.shape):
            yield rows, self._X[rows].astype(self._dtype, copy=False)

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        W, b = self.split(theta)
        value, slope = l2_penalty(W, self._strength)
        gradient = np.zeros_like(theta)
        dW, db = self.split(gradient)
        dW += slope
        W, b = W.astype(self._dtype), b.astype(self._dtype)
        for rows, X in self._blocks():
            loss, dZ = self._cross_entropy(X @ W + b, rows)
            value += loss
            dW += X.T @ dZ
            db += dZ.sum(axis=0)
        db *= self._fit_intercept
        return value, gradient

    def _cross_entropy(self, Z: FloatArray, rows: slice) -> tuple[float, FloatArray]:
        y, weight = self._y[rows], self._weight[rows]
        if self._n_outputs > 1:
            return softmax_cross_entropy(Z, y, weight)
        loss, dz = binary_cross_entropy(Z[:, 0], y.astype(self._dtype), weight)
        return loss, dz[:, None]

    def preconditioner(self) -> Callable[[FloatArray], FloatArray]:
        """Product with the inverse of Boehning's bound on the Hessian.

        In the coordinates W and ``b + mean' W`` the bound is block diagonal; the closure maps a
        gradient there, solves, and maps the step back.
        """
        curvature = 0.25 if self._n_outputs == 1 else 0.5
        mean = np.zeros(self._X.shape[1])
        if self._fit_intercept:
            for rows, X in self._blocks():
                mean += self._weight[rows] @ X
        solve = self._solver(mean.astype(self._dtype), curvature)

        def precondition(gradient: FloatArray) -> FloatArray:
            dW, db = self.split(gradient)
            step_W = solve(dW - np.outer(mean, db))
            step_b = db / curvature - mean @ step_W if self._fit_intercept else db
            return np.concatenate([step_W.ravel(), step_b])

        return precondition

    def _solver(self, mean: FloatArray, curvature: float) -> Callable[[FloatArray], FloatArray]:
        n_features = self._X.shape[1]
        if n_features > _LARGEST_GRAM:
            largest = power_iteration(
                lambda v: self._covariance_times(v.astype(self._dtype), mean), n_features
            ).value
            # The iteration stops within 0.1 % of the largest eigenvalue; 1 % keeps clear of it.
            bound = 1.01 * curvature * largest + self._strength
            return lambda G: G / (bound if bound > 0 else 1.0)
        M = curvature * self._covariance(mean)
        trace = float(M.trace())
        if not np.isfinite(trace):
            raise FloatingPointError("squares of the features overflow")
        # The small share of the trace covers rounding, and stands in for an absent penalty.
        M.flat[:: n_features + 1] += self._strength + 1e-6 * trace / n_features + 1e-300
        # Products with W, not triangular solves: NumPy and SciPy may each bring threads of their
        # own, and a loop that goes back and forth between them waits for both.
        W = factor_spd(M, tol=0.0).whitener
        return lambda G: W @ (W.T @ G)

    def _covariance(self, mean: FloatArray) -> FloatArray:
        total = np.zeros((self._X.shape[1], self._X.shape[1]))
        for rows, X in self._blocks():
            Z = (X - mean) * np.sqrt(self._weight[rows])[:, None]
            total += Z.T @ Z
        return total

    def _covariance_times(self, v: FloatArray, mean: FloatArray) -> FloatArray:
        total = np.zeros(len(v))
        for rows, X in self._blocks():
            projected = X @ v - mean @ v
            projected *= self._weight[rows]
            total += X.T @ projected
        return total
