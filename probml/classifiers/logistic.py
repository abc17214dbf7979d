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
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from probml._validation import check_choice, check_flag, check_number, check_sample_weight
from probml.classifiers._base import ProbabilisticClassifier, linear_scores
from probml.classifiers._cross_entropy import Objective, RowsObjective
from probml.numerics import FloatArray
from probml.optimize import accelerated_gradient_descent

__all__ = ["LogisticRegression"]

_SAME_OPTIMUM = ("gd", "lbfgs", "newton-cg", "newton-cholesky", "sag", "saga")


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
        rows: Any = np.ones(len(y)) if weight is None else weight
        weighted: FloatArray = rows * self._class_factors(np.bincount(y, rows))[y]
        check_sample_weight(weighted, len(y))
        total = float(weighted.sum())
        self._descend(
            RowsObjective(
                X,
                y,
                weighted / total,
                len(self.classes_),
                strength=self._strength(total),
                fit_intercept=self.fit_intercept,
            )
        )

    def _strength(self, total: float) -> float:
        """The factor lambda = 1 / (C n) of the penalty, for rows of that total weight."""
        if self.penalty is None:
            return 0.0
        with np.errstate(over="ignore"):
            strength = float(1.0 / np.float64(self.C) / total)
        if strength == np.inf:
            raise ValueError(f"C must leave 1 / (C n) finite (got C={float(self.C):g}); raise it")
        return strength

    def _descend(self, objective: Objective) -> None:
        """Set the fitted attributes to the minimum of `objective`."""
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

    def _class_factors(self, totals: NDArray[Any]) -> FloatArray:
        """What the weights of each class are multiplied by, given their sums."""
        if self.class_weight is None:
            return np.ones(len(totals))
        if self.class_weight == "balanced":
            balanced: FloatArray = totals.sum() / (len(totals) * totals)
            return balanced
        if not isinstance(self.class_weight, dict):
            raise ValueError(
                f"class_weight must be None, 'balanced' or a dict (got {self.class_weight!r})"
            )
        unknown = set(self.class_weight) - set(self.classes_.tolist())
        if unknown:
            raise ValueError(
                f"class_weight must have labels of y as keys: expected some of "
                f"{self.classes_.tolist()} (got {sorted(unknown, key=str)})"
            )
        for label, factor in self.class_weight.items():
            check_number(f"class_weight[{label!r}]", factor, 0.0, 1e100)
        return np.array([self.class_weight.get(k, 1.0) for k in self.classes_.tolist()])

    def _start(self, objective: Objective) -> FloatArray:
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
