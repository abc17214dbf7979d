"""A multi-layer perceptron: logistic regression on features that are learnt along with it.

With hidden layers ``a_l = phi(a_{l-1} W_l + b_l)``, ``a_0 = x``, the scores of the classes are

    s(x) = a_{L-1} W_L + b_L,    p(C_k | x) = softmax(s(x))_k        (catalogue NN-03, NN-07),

for two classes one output and its sigmoid.  The parameters minimise the mean cross-entropy plus
``alpha / (2 n) * sum_l ||W_l||^2`` (catalogue NN-21), whose gradient is in
:mod:`probml.classifiers._network` and whose descent is in :mod:`probml.optimize`.
"""

import logging
import math
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.random import RandomState
from numpy.typing import DTypeLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from probml._validation import check_choice, check_flag, check_number
from probml.classifiers._base import ProbabilisticClassifier
from probml.classifiers._minibatches import MiniBatches, Rows
from probml.classifiers._network import (
    Backpropagation,
    Parameters,
    initial_parameters,
    join,
    network_scores,
    split,
)
from probml.classifiers._training import Descent, Schedule, accuracy, held_out_rows, quasi_newton
from probml.numerics import ACTIVATIONS, FloatArray
from probml.optimize import SGD, Adam

__all__ = ["MLPClassifier"]

_log = logging.getLogger(__name__)

_AUTO_BATCH = 200
"""Rows per batch when `batch_size` is "auto"; all rows where there are fewer."""


def _widths(hidden_layer_sizes: Any) -> list[int]:
    sizes = hidden_layer_sizes if isinstance(hidden_layer_sizes, Iterable) else [hidden_layer_sizes]
    widths = list(sizes)
    for width in widths:
        check_number("every entry of hidden_layer_sizes", width, 1, integer=True)
    return [int(width) for width in widths]


class MLPClassifier(ProbabilisticClassifier):
    """Multi-layer perceptron, the drop-in twin of :class:`sklearn.neural_network.MLPClassifier`.

    Minimises the weighted mean of the cross-entropies plus
    ``alpha / (2 sum of weights) * sum_l ||W_l||^2``; intercepts are not penalised, and on a
    mini-batch both sums are the batch's.  Source: catalogue NN-01 to NN-21, LR-09, OP-07 to
    OP-11.  A model that was fitted on float32 or uint8 works in float32 throughout.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int
        Units of each hidden layer; an empty sequence gives logistic regression.
    activation : {"identity", "logistic", "tanh", "relu"}
        Of the hidden layers.
    solver : {"lbfgs", "sgd", "adam"}
        "lbfgs" works on all rows at once, in float64; the others on mini-batches.
    alpha : float
        Strength of the L2 penalty, not negative; ``lambda * n`` in terms of catalogue NN-17.
    batch_size : int or "auto"
        Rows per mini-batch, at most all of them; "auto" is ``min(200, n_samples)``.
    learning_rate : {"constant", "invscaling", "adaptive"}
        Schedule of "sgd": the initial rate; divided by ``(t_ + 1)**power_t`` after each epoch;
        or divided by 5 whenever `n_iter_no_change` epochs brought no improvement, down to 1e-6.
    learning_rate_init : float
        Initial learning rate of "sgd" and "adam".
    power_t : float
        Exponent of "invscaling".
    max_iter : int
        Most epochs, or most iterations of "lbfgs".
    shuffle : bool
        Whether the order of the rows is drawn anew for each epoch.
    random_state : int, RandomState or None
        Of the initial weights, the validation split and the shuffling, in scikit-learn's order;
        None draws a new seed and leaves NumPy's global state alone.
    tol : float
        Least improvement of the loss (or validation score) that counts; for "lbfgs", the largest
        entry of the gradient at the end.
    verbose : bool or int
        Whether each epoch is logged, at level INFO of the logger ``probml.classifiers.mlp``.
    warm_start : bool
        Whether a fit continues the last one: its weights, its records and its best value.
    momentum : float
        Of "sgd", in [0, 1].
    nesterovs_momentum : bool
        Whether "sgd" uses Nesterov's momentum.
    early_stopping : bool
        Whether "sgd" and "adam" judge an epoch by its accuracy on rows that are held out, and
        end with the weights of the best epoch.
    validation_fraction : float
        Share of the rows to hold out; for two classes the split is stratified.
    beta_1, beta_2, epsilon : float
        Of "adam"; see :class:`probml.optimize.Adam`.
    n_iter_no_change : int or inf
        Epochs without an improvement by `tol` that are put up with.
    max_fun : int
        Most evaluations of the loss by "lbfgs".

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels in sorted order.
    coefs_ : list of ndarray, entry l of shape (units[l], units[l + 1])
        Weights of each layer.
    intercepts_ : list of ndarray, entry l of shape (units[l + 1],)
        Intercepts of each layer.
    loss_ : float
        Loss of the last epoch: the mean over its batches, each before its own step.
    loss_curve_ : list of float
        Loss of every epoch, or of every iteration of "lbfgs".
    best_loss_ : float or None
        Smallest entry of `loss_curve_`; None with early stopping.
    validation_scores_ : list of float or None
        Held-out accuracy after every epoch; None without early stopping.
    best_validation_score_ : float or None
        Largest entry of `validation_scores_`.
    n_iter_ : int
        Epochs (or iterations) of the last fit.
    t_ : int or float
        Sum of the weights of all rows seen: their number if all weights are one.
    n_updates_ : int
        Steps of "sgd" or "adam" since the weights were drawn: ``ceil(n / batch_size)`` per epoch
        (catalogue DT-08); 0 for "lbfgs", which makes no mini-batches.
    n_layers_, n_outputs_ : int
        Number of layers, counting the input; outputs, 1 for two classes.
    out_activation_ : {"softmax", "logistic"}
        What turns outputs into probabilities.
    n_features_in_ : int
        Features seen in the fit.

    Examples
    --------
    Exclusive or, which no linear model can learn (catalogue NN-19):

    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["even", "odd", "odd", "even"]
    >>> model = MLPClassifier((8,), "tanh", solver="lbfgs", random_state=0).fit(X, y)
    >>> model.predict(X).tolist()
    ['even', 'odd', 'odd', 'even']
    """

    coefs_: list[FloatArray]
    intercepts_: list[FloatArray]
    t_: float
    loss_curve_: list[float]
    best_loss_: Any
    validation_scores_: Any
    best_validation_score_: Any

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: Literal["identity", "logistic", "tanh", "relu"] = "relu",
        *,
        solver: Literal["lbfgs", "sgd", "adam"] = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: Literal["constant", "invscaling", "adaptive"] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int | float = 10,
        max_fun: int = 15000,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun

    def _check_parameters(self) -> None:
        check_choice("activation", self.activation, ACTIVATIONS)
        check_choice("solver", self.solver, ("lbfgs", "sgd", "adam"))
        check_choice("learning_rate", self.learning_rate, ("constant", "invscaling", "adaptive"))
        for name in ("alpha", "power_t", "tol"):
            check_number(name, getattr(self, name), 0, open_high=True)
        init = self.learning_rate_init
        check_number("learning_rate_init", init, 0, open_low=True, open_high=True)
        for name in ("max_iter", "max_fun"):
            check_number(name, getattr(self, name), 1, integer=True)
        if self.n_iter_no_change != math.inf:
            check_number("n_iter_no_change", self.n_iter_no_change, 1, integer=True)
        if not (isinstance(self.batch_size, str) and self.batch_size == "auto"):
            check_number('batch_size, unless "auto",', self.batch_size, 1, integer=True)
        for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping"):
            check_flag(name, getattr(self, name))
        check_number("validation_fraction", self.validation_fraction, 0, 1, open_high=True)
        self._adam()
        self._sgd()

    def _adam(self) -> Adam:
        return Adam(self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon)

    def _sgd(self) -> SGD:
        return SGD(self.learning_rate_init, self.momentum, bool(self.nesterovs_momentum))

    def _fit(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        self._check_parameters()
        self._require_two_classes()
        n_classes = len(self.classes_)
        self.n_outputs_ = n_classes if n_classes > 2 else 1
        self.out_activation_ = "softmax" if n_classes > 2 else "logistic"
        units = [X.shape[1], *_widths(self.hidden_layer_sizes), self.n_outputs_]
        self.n_layers_ = len(units)
        # None is NumPy's global generator to scikit-learn, and a new one here
        seed = RandomState() if self.random_state is None else self.random_state
        random = check_random_state(seed)
        theta = self._start(units, np.float64 if X.dtype == np.float64 else np.float32, random)
        theta = self._solve(theta, units, Rows(X, y, weight), random)
        self._trained_classes = self.classes_
        # copies: a view would keep the whole vector alive, and pickle it once per layer
        self.coefs_, self.intercepts_ = ([p.copy() for p in part] for part in split(theta, units))

    def _start(self, units: list[int], dtype: DTypeLike, random: RandomState) -> FloatArray:
        """Parameters before the first step; records that are empty or, warm, continued."""
        scored = self.early_stopping and self.solver != "lbfgs"
        if not (self.warm_start and hasattr(self, "coefs_")):
            self.t_, self.n_updates_, self.loss_curve_, self._stalled = 0, 0, [], 0
            self.best_loss_ = None if scored else math.inf
            self.validation_scores_ = [] if scored else None
            self.best_validation_score_ = -math.inf if scored else None
            return initial_parameters(units, self.activation, random, dtype)
        self._check_continuable(units)
        # new lists: after an error the old ones are put back and must be what they were
        self.loss_curve_ = list(self.loss_curve_)
        if scored:
            self.best_loss_ = None
            self.validation_scores_ = list(self.validation_scores_ or [])
            self.best_validation_score_ = max(self.validation_scores_, default=-math.inf)
        else:
            self.best_loss_ = min(self.loss_curve_, default=math.inf)
            self.validation_scores_, self.best_validation_score_ = None, None
        return join(Parameters(self.coefs_, self.intercepts_)).astype(dtype)

    def _check_continuable(self, units: list[int]) -> None:
        if not np.array_equal(self._trained_classes, self.classes_):
            raise ValueError(
                "warm_start needs the same classes as the last fit: expected "
                f"{self._trained_classes.tolist()} (got {self.classes_.tolist()}); "
                "set warm_start=False to begin anew"
            )
        before = [len(self.coefs_[0]), *(len(b) for b in self.intercepts_)]
        if before != units:
            raise ValueError(
                f"warm_start needs the same layers as the last fit: expected {before} units, "
                f"input and output included (got {units}); set warm_start=False to begin anew"
            )

    def _solve(
        self, theta: FloatArray, units: list[int], rows: Rows, random: RandomState
    ) -> FloatArray:
        self.n_iter_ = 0
        try:
            if self.solver == "lbfgs":
                return self._fit_lbfgs(theta, units, rows)
            return self._fit_stochastic(theta, units, rows, random)
        except FloatingPointError as error:
            unit = "iteration" if self.solver == "lbfgs" else "epoch"
            raise ValueError(
                f"the fit diverged in {unit} {self.n_iter_} ({error}); scale the features to "
                f"about [0, 1] or lower learning_rate_init (now {self.learning_rate_init})"
            ) from error

    def _fit_lbfgs(self, theta: FloatArray, units: list[int], rows: Rows) -> FloatArray:
        # in float32 the line search would run into rounding before it reached the optimum
        X, point = rows.X.astype(np.float64, copy=False), theta.astype(np.float64)
        raw = np.ones(len(X)) if rows.weight is None else rows.weight
        total = float(raw.sum())
        result, curve = quasi_newton(
            point,
            Backpropagation(point, units, self.activation, len(X)),
            (X, rows.y, raw / total),
            self.alpha / total,
            {"maxfun": self.max_fun, "maxiter": self.max_iter, "gtol": self.tol},
        )
        self.n_iter_, self.loss_ = min(int(result.nit), self.max_iter), float(result.fun)
        if not math.isfinite(self.loss_):
            raise FloatingPointError(f"the loss is {self.loss_}")
        self.loss_curve_ += curve
        self.best_loss_ = min([self.loss_, *self.loss_curve_])
        self._report()
        if result.status != 0:
            self._warn_unfinished(str(result.message))
        with np.errstate(over="raise"):
            x: FloatArray = result.x.astype(theta.dtype)
        return x

    def _fit_stochastic(
        self, theta: FloatArray, units: list[int], rows: Rows, random: RandomState
    ) -> FloatArray:
        kept, held_out = np.arange(len(rows.y)), np.arange(0)
        if self.early_stopping:
            kept, held_out = held_out_rows(rows.y, self.validation_fraction, random)
        size = _AUTO_BATCH if self.batch_size == "auto" else int(self.batch_size)
        batches = MiniBatches(rows, kept, size, theta.dtype)
        loss = Backpropagation(theta, units, self.activation, batches.size)
        descent = Descent(theta, loss, batches, self.alpha)
        judged = rows.take(held_out)
        parameters, best = split(theta, units), theta.copy()
        rule, schedule = self._rule_and_schedule()
        for epoch in range(1, self.max_iter + 1):
            self.n_iter_ = epoch
            if self.shuffle:
                batches.shuffle(random)
            self.loss_ = descent.epoch(rule)
            self.loss_curve_.append(self.loss_)
            self.t_ += batches.total
            self.n_updates_ += len(batches)
            score = accuracy(parameters, self.activation, judged) if self.early_stopping else None
            if self._improved(score) and self.early_stopping:
                best[:] = theta
            self._report()
            rule = schedule.after_epoch(rule, self.t_)
            if self._stalled > self.n_iter_no_change:
                slower = schedule.after_stall(rule)
                if slower is None:
                    break
                rule, self._stalled = slower, 0
        else:
            self._warn_unfinished(f"{self.solver} was still improving")
        return best if self.early_stopping else theta

    def _rule_and_schedule(self) -> tuple[SGD | Adam, Schedule]:
        kind = self.learning_rate if self.solver == "sgd" else "constant"
        schedule = Schedule(kind, self.learning_rate_init, self.power_t)
        return (self._sgd() if self.solver == "sgd" else self._adam()), schedule

    def _improved(self, score: float | None) -> bool:
        """Record an epoch; count those in a row that gained less than `tol`."""
        if score is None:
            value, best = -self.loss_, -self.best_loss_
            self.best_loss_ = min(self.loss_, self.best_loss_)
        else:
            value, best = score, self.best_validation_score_
            self.validation_scores_.append(score)
            self.best_validation_score_ = max(score, best)
        self._stalled = self._stalled + 1 if value < best + self.tol else 0
        return bool(value > best)

    def _report(self) -> None:
        if self.verbose:
            score = f", held-out accuracy {s[-1]:.4f}" if (s := self.validation_scores_) else ""
            _log.info("%s iteration %d: loss %.8f%s", self.solver, self.n_iter_, self.loss_, score)

    def _warn_unfinished(self, what: str) -> None:
        warnings.warn(
            f"{what} after {self.n_iter_} iterations, at a loss of {self.loss_:.6g}; raise "
            f"max_iter (now {self.max_iter}), scale the features, or accept it with a larger tol",
            ConvergenceWarning,
            stacklevel=6,
        )

    def _working_dtype(self, dtype: DTypeLike) -> DTypeLike:
        return self.coefs_[0].dtype

    def _scores(self, X: Any) -> FloatArray:
        return network_scores(X, Parameters(self.coefs_, self.intercepts_), self.activation)
