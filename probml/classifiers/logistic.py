"""Logistic regression, binary and softmax, by gradient descent.

The model writes the posterior directly, ``p(C_k | x) = softmax_k(w_k' x + b_k)``, and its
parameters minimise the mean cross-entropy plus a penalty (catalogue LR-04, LR-09, LR-11),

    J(W, b) = (1 / sum_n v_n) sum_n v_n (-log p(y_n | x_n))
              + lambda ((1 - rho) / 2 ||W||^2 + rho ||W||_1),    lambda = 1 / (C sum_n v_n),

with weights v_n and free intercepts.  The gradient is ``X'(P - T)``, as in linear regression
(LR-06).  Where it is smooth, J is descended in coordinates in which the blocks of its Hessian are
the identity, with what the last steps have taught of the rest; with a kink, likewise between the
points where a weight changes its sign.
"""

import logging
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn import linear_model as theirs
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from probml._validation import check_choice, check_flag, check_number, check_sample_weight
from probml.classifiers._base import ProbabilisticClassifier, all_or_nothing, linear_scores
from probml.classifiers._class_labels import class_factors
from probml.classifiers._cross_entropy import Objective, RowsObjective
from probml.classifiers._logistic_descent import (
    full_descent,
    stochastic_descent,
    suboptimality_bound,
    textbook_descent,
)
from probml.classifiers._summed import descend_on_chunks, sum_of_chunks
from probml.classifiers._twins import Twinned
from probml.numerics import FloatArray
from probml.optimize import DescentResult, Iteration

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["LogisticRegression"]

_SAME_OPTIMUM = ("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga")
_SOLVERS = ("gd", "plain", "sgd", *_SAME_OPTIMUM)
_PENALTIES = ("deprecated", "l1", "l2", "elasticnet")

_logger = logging.getLogger(__name__)


class LogisticRegression(Twinned, ProbabilisticClassifier):
    """Linear log-odds fitted by maximum penalised likelihood.

    Minimises ``J = mean cross-entropy + (1 - rho) ||W||^2 / (2 C n) + rho ||W||_1 / (C n)`` with
    rho the `l1_ratio`, the objective of scikit-learn (catalogue LR-09: C = 1 / (lambda n)); for two
    classes one weight vector and the sigmoid, for more the softmax.  Intercepts are never
    penalised.

    Parameters
    ----------
    penalty : "deprecated", "l2", "l1", "elasticnet" or None
        As in scikit-learn before its version 1.8: "l2" means ``l1_ratio=0``, "l1" means
        ``l1_ratio=1``, None means ``C=inf``.
    C : float
        Inverse strength of the penalty; ``inf`` for none.
    l1_ratio : float or None
        Share of the L1 norm in the penalty, from 0 (or None) to 1.
    dual : bool
        False; the dual form raises.
    tol : float
        Stop when the largest absolute derivative of J is at most `tol` (with an L1 penalty, that of
        the shortest subgradient), and "gd" without one also not before the next step promises to
        lower J by no more.
    fit_intercept : bool
        Whether the scores have a constant.
    intercept_scaling, n_jobs
        Taken for compatibility; without effect, as in scikit-learn for these solvers.
    class_weight : dict, "balanced" or None
        Factor on the weights of each class; "balanced" gives all classes the same total.
    random_state : int, RandomState or None
        Order of the rows for "sgd"; the others are deterministic.
    solver : str
        "gd" (default): full-batch descent, preconditioned and accelerated.  "plain": the textbook's
        fixed step 1 / L, without either.  "sgd": mini-batches of 128 rows with Nesterov momentum
        and a rate that falls as a cosine over `max_iter` epochs.  scikit-learn's "lbfgs",
        "newton-cg", "newton-cholesky", "sag" and "saga" have the same optimum and lead to "gd".
    max_iter : int
        Largest number of steps, for "sgd" of epochs.
    verbose : int
        Log every step at level INFO.
    warm_start : bool
        Start from the last solution instead of zero.
    callback : callable or None
        Told of every step: a :class:`probml.optimize.Iteration`, whose `x` holds the weights
        (n_features, n_outputs), flattened, then the intercepts.

    Attributes
    ----------
    coef_ : ndarray of shape (n_classes, n_features), or (1, n_features) for two classes
        Weights; exact zeros where an L1 penalty asks for them.
    intercept_ : ndarray of shape (n_classes,) or (1,)
        Intercepts.
    n_iter_ : ndarray of shape (1,)
        Number of steps.
    loss_curve_ : list of float
        J at the start and after each step.
    history_ : DataFrame
        Of the same points J, the largest derivative, and the length of the step that led there.
    suboptimality_bound_ : float
        Upper bound on J less its minimum, by strong convexity: ``|g|^2 / (2 lambda (1 - rho))``
        with g the gradient where the intercepts are best.  Far above the truth where the
        penalty is weak; ``inf`` without an L2 part.
    classes_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        From `fit`: one class only, an invalid parameter, or features so large that J overflows.

    Warns
    -----
    ConvergenceWarning
        If `max_iter` steps were not enough for `tol`, or there is no penalty and a plane separates
        the classes, so that J has no minimum.

    Examples
    --------
    >>> X, y = [[-1.0], [0.0], [1.0], [2.0]], [0, 1, 0, 1]
    >>> model = LogisticRegression(tol=1e-8).fit(X, y)
    >>> model.coef_.round(4).tolist(), model.intercept_.round(4).tolist()
    ([[0.4529]], [-0.2264])
    """

    _accept_sparse = "csr"
    _block_entries = 1 << 19  # casts of such a piece stay in the cache
    _twin = theirs.LogisticRegression

    def __init__(
        self,
        penalty: str | None = "deprecated",
        *,
        C: float = 1.0,
        l1_ratio: float | None = 0.0,
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
        callback: Callable[[Iteration], None] | None = None,
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
        self.callback = callback

    def _check_parameters(self) -> None:
        if self.solver == "liblinear":
            raise ValueError(
                "solver='liblinear' penalises the intercept, which is another optimum; "
                "use solver='gd'"
            )
        check_choice("solver", self.solver, _SOLVERS)
        if self.penalty is not None:
            check_choice("penalty", self.penalty, _PENALTIES)
        if self.l1_ratio is not None:
            check_number("l1_ratio", self.l1_ratio, 0.0, 1.0)
        for name in ("dual", "fit_intercept", "warm_start"):
            check_flag(name, getattr(self, name))
        if self.dual:
            raise ValueError("dual must be False (got True): only the primal form is offered")
        if np.inf != self.C:
            check_number("C", self.C, 0.0, open_low=True)
        check_number("tol", self.tol, 0.0, open_low=True)
        check_number("max_iter", self.max_iter, 0, integer=True)
        if self.callback is not None and not callable(self.callback):
            raise ValueError(f"callback must be callable or None (got {self.callback!r})")
        self._require_two_classes()

    @property
    def _l1_share(self) -> float:
        shares = {"l1": 1.0, "l2": 0.0, None: 0.0}
        return float(shares.get(self.penalty, self.l1_ratio or 0.0))

    def _fit(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        self._check_parameters()
        rows: Any = np.ones(len(y)) if weight is None else weight
        with np.errstate(over="ignore"):
            weighted: FloatArray = rows * self._class_factors(np.bincount(y, rows))[y]
        check_sample_weight(weighted, len(y))
        total = float(weighted.sum())
        self._descend(
            RowsObjective(
                X,
                y,
                weighted / total,
                len(self.classes_),
                strength=self._strengths(total)[0],
                fit_intercept=self.fit_intercept,
            ),
            total,
        )

    def fit_chunks(self, chunks: Iterable[Any] | Callable[[], Iterable[Any]]) -> Self:
        """Fit to chunks of rows that are read again for every gradient; never all in memory.

        Parameters
        ----------
        chunks : iterable, or function that returns one
            Of ``(X, y)`` or ``(X, y, sample_weight)``; must give the same chunks each time.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the chunks can be read once only, or one of them is not what `fit` takes.
        """
        if not callable(chunks) and iter(chunks) is chunks:
            raise ValueError(
                "chunks must be readable again (got an iterator); "
                "pass a list, or a function that returns an iterator"
            )
        with all_or_nothing(self):
            descend_on_chunks(self, sum_of_chunks(self, chunks))
        return self

    def _strengths(self, total: float) -> tuple[float, float]:
        """Factors of the squares and of the absolute values, for rows of that total weight."""
        if self.penalty is None:
            return 0.0, 0.0
        with np.errstate(over="ignore"):
            strength = float(1.0 / np.float64(self.C) / total)
        if strength == np.inf:
            raise ValueError(f"C must leave 1 / (C n) finite (got C={float(self.C):g}); raise it")
        return strength * (1.0 - self._l1_share), strength * self._l1_share

    def _descend(self, objective: Objective, total: float) -> None:
        """Set the fitted attributes to the minimum of `objective`, rows of that total weight."""
        l1 = self._strengths(total)[1]
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                result = self._result(objective, l1)
                bound = suboptimality_bound(objective, result.x, l1)
        except FloatingPointError as error:
            raise ValueError(
                f"X holds values too large or too small to fit ({error}); rescale the features"
            ) from error
        W, b = objective.split(result.x)
        free = not objective.strength + l1
        if objective.n_outputs > 1:
            # what all classes share changes no probability: zero is best, or as good
            b = b - b.mean()
            W = W - (not l1) * W.mean(axis=1, keepdims=True)
        self.coef_, self.intercept_ = W.T.copy(), b.copy()
        self.n_iter_ = np.array([result.n_iter], dtype=np.int32)
        self.loss_curve_ = result.values
        self._curves = [result.max_gradients, result.steps]
        self.suboptimality_bound_ = bound
        if free and objective.least_margin(result.x) > 0.0:
            warnings.warn(
                "planes separate the classes and there is no penalty, so the weights grow without "
                f"end (stopped after {result.n_iter} steps); lower C from inf",
                ConvergenceWarning,
                stacklevel=3,
            )
        elif not result.converged:
            warnings.warn(
                f"gradient descent stopped after {result.n_iter} steps with a largest derivative "
                f"of {result.max_gradients[-1]:.2g} (tol={self.tol:.2g}, "
                f"max_iter={self.max_iter}); "
                "raise max_iter, scale the features, or lower C",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _result(self, objective: Objective, l1: float) -> DescentResult:
        start = self._start(objective)
        words: dict[str, Any] = {"tol": self.tol, "max_iter": self.max_iter}
        words["callback"] = self._heard if self.verbose or self.callback else None
        if self.solver == "plain":
            return textbook_descent(objective, start, l1, **words)
        if self.solver == "sgd":
            if not isinstance(objective, RowsObjective):
                raise ValueError("solver='sgd' needs rows in one array; use solver='gd' for chunks")
            return stochastic_descent(objective, start, l1, self.random_state, **words)
        return full_descent(objective, start, l1, **words)

    def _heard(self, point: Iteration) -> None:
        if self.verbose:
            n, value, largest = point.n_iter, point.value, point.max_gradient
            _logger.info("step %d: objective %.8g, max |gradient| %.3g", n, value, largest)
        if self.callback is not None:
            self.callback(point)

    @property
    def history_(self) -> "DataFrame":
        """J, the largest derivative and the length of the step, at the start and at every step."""
        import pandas as pd

        check_is_fitted(self)
        largest, steps = self._curves
        frame = pd.DataFrame({"loss": self.loss_curve_, "max_gradient": largest, "step": steps})
        return frame.rename_axis("n_iter")

    def _class_factors(self, totals: NDArray[Any]) -> FloatArray:
        """What the weights of each class are multiplied by, given their sums."""
        return class_factors(self.class_weight, self.classes_, totals)

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

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _import(self, fitted: Any) -> None:
        self.coef_, self.intercept_ = np.array(fitted.coef_), np.array(fitted.intercept_)
        if len(self.classes_) > 2 and len(self.coef_) == 1:
            raise ValueError("fitted must have a row of coef_ for each of more than two classes")
        self.n_iter_ = np.array([np.max(fitted.n_iter_)], dtype=np.int32)
        self.loss_curve_, self._curves = [], [[], []]
        self.suboptimality_bound_ = np.inf

    def _export(self, twin: Any) -> None:
        twin.coef_, twin.intercept_ = self.coef_.copy(), self.intercept_.copy()
        twin.n_iter_ = self.n_iter_.copy()
        if self.solver in ("gd", "plain", "sgd"):
            twin.solver = "saga" if self._l1_share else "lbfgs"
        if self.penalty == "deprecated" and self._twin().penalty == "l2":  # before 1.8
            twin.penalty = "elasticnet" if self._l1_share else "l2"
            twin.l1_ratio = self._l1_share or None
