"""How the parameters of a perceptron come about: anew, continued, in parts, or resumed.

The records of a training grow epoch by epoch, and after each epoch the model is whole: it
predicts, and it can be saved with all that the rest of the training depends on.
"""

import logging
import math
import warnings
import zlib
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import DTypeLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from probml._crew import Crew
from probml.classifiers._class_labels import class_factors
from probml.classifiers._held_out import held_out_rows, judged
from probml.classifiers._label_sets import LabelSets
from probml.classifiers._minibatches import MiniBatches, Rows, dense
from probml.classifiers._network import (
    Backpropagation,
    Parameters,
    initial_parameters,
    join,
    split,
)
from probml.classifiers._training import Descent, Epoch, Rule, Schedule, quasi_newton
from probml.numerics import FloatArray

__all__ = ["TrainedNetwork", "keeping_last_good"]

_log = logging.getLogger("probml.classifiers.mlp")

_AUTO_BATCH = 200
"""Rows per batch when `batch_size` is "auto"; all rows where there are fewer."""

_SAMPLED = 1000
"""Rows that tell one table from another."""


_OF_A_RUN = ("_optimizer", "_checkpoint")
"""What a training goes on from, but no prediction needs."""


class _DivergedError(ValueError):
    """A fit that ran into numbers that are not finite, and the model after its last good epoch."""

    def __init__(self, message: str, kept: dict[str, Any]) -> None:
        super().__init__(message)
        self.kept = kept


@contextmanager
def keeping_last_good(model: object) -> Iterator[None]:
    """Give `model` the state of its last good epoch, if there was one, when its fit diverges."""
    try:
        yield
    except _DivergedError as error:
        if error.kept:
            vars(model).clear()
            vars(model).update(error.kept)
        raise


def _digest(rows: Rows) -> list[int]:
    """Number of rows, and a checksum of labels, weights and some of the rows."""
    sample = dense(rows.X[:: max(1, len(rows.y) // _SAMPLED)])
    parts = (rows.y, sample) if rows.weight is None else (rows.y, sample, rows.weight)
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(np.ascontiguousarray(part).tobytes(), checksum)
    return [len(rows.y), checksum]


def _dtype_for(X: Any) -> type[np.floating]:
    """What a training on X works in."""
    return np.float64 if X.dtype == np.float64 else np.float32


class TrainedNetwork(LabelSets):
    """Base of the perceptron: its training. A subclass has scikit-learn's parameters."""

    _accept_sparse = "csr"
    coefs_: list[FloatArray]
    intercepts_: list[FloatArray]
    t_: float
    loss_curve_: list[float]
    best_loss_: Any
    validation_scores_: Any
    best_validation_score_: Any
    hidden_layer_sizes: Any
    activation: str
    solver: str
    alpha: float
    batch_size: Any
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: bool | int
    warm_start: bool
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int | float
    max_fun: int
    class_weight: Any
    callback: Callable[[Any, Epoch], None] | None
    _checkpoint: dict[str, Any]

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise if a parameter is out of range."""

    @abstractmethod
    def _rule(self) -> Rule:
        """The rule that `solver` names, at the initial learning rate."""

    @property
    @abstractmethod
    def _hidden_widths(self) -> list[int]:
        """Checked `hidden_layer_sizes`."""

    @property
    def _parameters(self) -> Parameters:
        return Parameters(self.coefs_, self.intercepts_)

    @property
    def _units(self) -> list[int]:
        """Widths of all layers, input and output included."""
        return [len(self.coefs_[0]), *(len(b) for b in self.intercepts_)]

    @property
    def _scored(self) -> bool:
        """Whether epochs are judged on rows that are held out."""
        return self.early_stopping and self.solver != "lbfgs"

    def _fit(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        self._check_parameters()
        self._require_two_classes()
        rows, random = self._weighted(Rows(X, y, weight)), self._random()
        if not (self.warm_start and hasattr(self, "coefs_")):
            self._begin(rows, random)
        else:
            self._check_continuable(rows)
            self._take_up()
        for name in _OF_A_RUN:
            self.__dict__.pop(name, None)
        self._trained_classes = self.classes_
        self.n_iter_ = 0
        with self._divergence_said():
            with np.errstate(over="raise"):
                self._set(join(self._parameters).astype(_dtype_for(X)), self._units)
            if self.solver == "lbfgs":
                self._fit_lbfgs(rows)
            else:
                self._fit_stochastic(rows, random)

    def _fit_part(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        """One epoch over rows that come in parts."""
        self._check_parameters()
        self._require_two_classes()
        rows, random = self._weighted(Rows(X, y, weight)), self._random()
        if not hasattr(self, "coefs_"):
            self._begin(rows, random)
        else:
            self._check_continuable(rows)
            self._take_up()
        self._trained_classes = self.classes_
        self.n_iter_ = 0
        with self._divergence_said():
            self._fit_stochastic(rows, random, epochs=1)

    def _fit_rest(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        """The epochs that an interrupted fit has not made."""
        self._check_parameters()
        rows, held = self._weighted(Rows(X, y, weight)), self._checkpoint
        if _digest(rows) != held["digest"]:
            raise ValueError(
                "resume needs the rows, labels and weights of the fit that was interrupted "
                f"(expected {held['digest'][0]} rows, got {len(rows.y)}, or others); "
                "pass the same data, or fit anew"
            )
        state: Any = held["random"]
        random = RandomState(getattr(np.random, state["bit_generator"])())
        random.set_state(state)
        self._take_up()
        with self._divergence_said():
            self._fit_stochastic(rows, random, resumed=True)

    def _random(self) -> RandomState:
        # None is NumPy's global generator to scikit-learn, and a new one here
        seed = RandomState() if self.random_state is None else self.random_state
        random: RandomState = check_random_state(seed)
        return random

    def _weighted(self, rows: Rows) -> Rows:
        """The rows with the factors of their classes."""
        if self.class_weight is None:
            return rows
        if rows.y.ndim == 2:
            raise ValueError(
                "class_weight must be None for several labels per row, which have no class "
                f"(got {self.class_weight!r}); pass sample_weight"
            )
        raw: Any = np.ones(len(rows.y)) if rows.weight is None else rows.weight
        totals: Any = np.bincount(rows.y, raw, minlength=len(self.classes_))
        weight: FloatArray = raw * class_factors(self.class_weight, self.classes_, totals)[rows.y]
        total = float(weight.sum())
        if not 0.0 < total < math.inf:
            raise ValueError(
                f"class_weight must leave the rows a positive, finite weight (got {total})"
            )
        kept = np.flatnonzero(weight)
        weighted = rows._replace(weight=weight)
        return weighted if len(kept) == len(weight) else weighted.take(kept)

    def _begin(self, rows: Rows, random: RandomState) -> None:
        """Draw parameters, and open empty records."""
        several, n_classes = rows.y.ndim == 2, len(self.classes_)
        self.n_outputs_ = n_classes if several or n_classes > 2 else 1
        self.out_activation_ = "logistic" if several or n_classes == 2 else "softmax"
        units = [rows.X.shape[1], *self._hidden_widths, self.n_outputs_]
        self.n_layers_ = len(units)
        self.t_, self.n_updates_, self.loss_curve_, self._stalled = 0, 0, [], 0
        self._epochs: list[tuple[Any, ...]] = []
        self.best_loss_ = None if self._scored else math.inf
        self.validation_scores_ = [] if self._scored else None
        self.best_validation_score_ = -math.inf if self._scored else None
        self._set(initial_parameters(units, self.activation, random, _dtype_for(rows.X)), units)

    def _take_up(self) -> None:
        """Continue the records of the last fit."""
        # new lists: after an error the old ones are put back and must be what they were
        self.loss_curve_, self._epochs = list(self.loss_curve_), list(self._epochs)
        if self._scored:
            self.best_loss_ = None
            self.validation_scores_ = list(self.validation_scores_ or [])
            self.best_validation_score_ = max(self.validation_scores_, default=-math.inf)
        else:
            self.best_loss_ = min(self.loss_curve_, default=math.inf)
            self.validation_scores_, self.best_validation_score_ = None, None

    def _check_continuable(self, rows: Rows) -> None:
        self._check_same_kind(rows.y)
        if not np.array_equal(self._trained_classes, self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self._trained_classes}, `y` has {self.classes_}; "
                "set warm_start=False to begin anew"
            )
        units = [rows.X.shape[1], *self._hidden_widths, self.n_outputs_]
        if self._units != units:
            raise ValueError(
                f"a fit is continued with the same layers: expected {self._units} units, "
                f"input and output included (got {units}); fit with warm_start=False to begin anew"
            )

    def _set(self, theta: FloatArray, units: list[int]) -> None:
        # copies: a view would keep the whole vector alive, and pickle it once per layer
        self.coefs_, self.intercepts_ = ([p.copy() for p in part] for part in split(theta, units))

    @contextmanager
    def _divergence_said(self) -> Iterator[None]:
        before = self.n_iter_
        try:
            yield
        except FloatingPointError as error:
            unit = "iteration" if self.solver == "lbfgs" else "epoch"
            kept: dict[str, Any] = {}
            if self.n_iter_ > before:
                # the rule's memory was changed in place, so there is nothing to resume
                kept = {k: v for k, v in vars(self).items() if k not in _OF_A_RUN}
            words = f"the weights after {unit} {self.n_iter_} are kept; " if kept else ""
            raise _DivergedError(
                f"the fit diverged in {unit} {self.n_iter_ + 1} ({error}); {words}scale the "
                "features to about [0, 1] or lower learning_rate_init "
                f"(now {self.learning_rate_init})",
                kept,
            ) from error

    def _fit_lbfgs(self, rows: Rows) -> None:
        # in float32 the line search would run into rounding before it reached the optimum
        units, dtype = self._units, self.coefs_[0].dtype
        X = dense(rows.X).astype(np.float64, copy=False)
        point = join(self._parameters).astype(np.float64)
        raw = np.ones(len(X)) if rows.weight is None else rows.weight
        total = float(raw.sum())

        def record(x: FloatArray, epoch: Epoch) -> None:
            if not math.isfinite(epoch.loss):
                raise FloatingPointError(f"the loss is {epoch.loss}")
            self.n_iter_ += 1
            self._record(epoch)
            with np.errstate(over="raise"):
                self._set(x.astype(dtype), units)
            self._tell(epoch)

        result = quasi_newton(
            point,
            Backpropagation(point, units, self.activation, len(X)),
            (X, rows.y, raw / total),
            self.alpha / total,
            {"maxfun": self.max_fun, "maxiter": self.max_iter, "gtol": self.tol},
            record,
        )
        self.loss_ = float(result.fun)
        if not math.isfinite(self.loss_):
            raise FloatingPointError(f"the loss is {self.loss_}")
        self.best_loss_ = min([self.loss_, *self.loss_curve_])
        with np.errstate(over="raise"):
            self._set(result.x.astype(dtype), units)
        if result.status != 0:
            self._warn_unfinished(str(result.message))

    def _fit_stochastic(
        self, rows: Rows, random: RandomState, epochs: int | None = None, *, resumed: bool = False
    ) -> None:
        """Go on to epoch `max_iter`, or for some epochs more."""
        held: dict[str, Any] = self._checkpoint if resumed else {}
        order, held_out = np.arange(len(rows.y)), np.arange(0)
        if resumed:
            order, held_out = held["order"], held["held_out"]
        elif self.early_stopping:
            order, held_out = held_out_rows(rows.y, self.validation_fraction, random)
        units, theta = self._units, join(self._parameters)
        size = _AUTO_BATCH if self.batch_size == "auto" else int(self.batch_size)
        batches = MiniBatches(rows, order, size, theta.dtype)
        descent = self._descent(theta, units, batches)
        descent.n_steps = self.n_iter_ * len(batches) if resumed else 0
        view, best = split(theta, units), held["best"].copy() if resumed else theta.copy()
        judges, digest = rows.take(held_out), _digest(rows)
        last = self.max_iter if epochs is None else self.n_iter_ + epochs
        while self.n_iter_ < last:
            if self.shuffle:
                batches.shuffle(random)
            epoch = descent.epoch()
            if self._scored:
                loss, accuracy = judged(view, self.activation, judges)
                epoch = epoch._replace(validation_loss=loss, validation_accuracy=accuracy)
            self.n_iter_ += 1
            self.t_ += batches.total
            self.n_updates_ += len(batches)
            self._record(epoch)
            if self._improved(epoch) and self._scored:
                best[:] = theta
            self._set(theta, units)
            goes_on = self._adjust(descent.schedule)
            solver, rate = self.solver, descent.schedule.rate
            self._optimizer = {"solver": solver, "rate": rate, "memory": descent.memory}
            self._checkpoint = {
                "order": batches.order,
                "held_out": held_out,
                "best": best,
                "random": random.get_state(legacy=False),
                "digest": digest,
            }
            self._tell(epoch)
            if not goes_on:
                break
        else:
            if epochs is None:
                self._warn_unfinished(f"{self.solver} was still improving")
        self.__dict__.pop("_checkpoint", None)
        if self._scored:
            self._set(best, units)

    def _descent(self, theta: FloatArray, units: list[int], batches: MiniBatches) -> Descent:
        """What makes the steps, with what an optimiser remembers of earlier ones."""
        # scikit-learn's schedules are of "sgd", and its "adam" takes no notice of them
        fixed = self.solver == "adam" and self.learning_rate != "cosine"
        schedule = Schedule(
            "constant" if fixed else self.learning_rate,
            self.learning_rate_init,
            self.power_t,
            self.max_iter * len(batches),
        )
        crew = Crew()
        loss = Backpropagation(theta, units, self.activation, batches.size, crew)
        descent = Descent(theta, loss, batches, self.alpha, self._rule(), schedule, crew)
        known = vars(self).get("_optimizer")
        if known and known["solver"] == self.solver:
            descent.memory, schedule.rate = known["memory"], known["rate"]
        return descent

    def _record(self, epoch: Epoch) -> None:
        self.loss_ = epoch.loss
        self.loss_curve_.append(epoch.loss)
        self._epochs.append(tuple(epoch))

    def _improved(self, epoch: Epoch) -> bool:
        """Count the epochs in a row that gained less than `tol`; whether this one is the best."""
        if epoch.validation_accuracy is None:
            value, best = -epoch.loss, -self.best_loss_
            self.best_loss_ = min(epoch.loss, self.best_loss_)
        else:
            value, best = epoch.validation_accuracy, self.best_validation_score_
            self.validation_scores_.append(value)
            self.best_validation_score_ = max(value, best)
        self._stalled = self._stalled + 1 if value < best + self.tol else 0
        return bool(value > best)

    def _adjust(self, schedule: Schedule) -> bool:
        """Set the learning rate of the next epoch; whether there is to be one."""
        schedule.after_epoch(self.t_)
        if self._stalled <= self.n_iter_no_change:
            return True
        if not schedule.after_stall():
            return False
        self._stalled = 0
        return True

    def _tell(self, epoch: Epoch) -> None:
        """Report an epoch to the log and to the callback."""
        if self.verbose:
            held_out = epoch.validation_accuracy
            score = "" if held_out is None else f", held-out accuracy {held_out:.4f}"
            _log.info("%s iteration %d: loss %.8f%s", self.solver, self.n_iter_, epoch.loss, score)
        if self.callback is not None:
            self.callback(self, epoch)

    def _warn_unfinished(self, what: str) -> None:
        warnings.warn(
            f"{what} after {self.n_iter_} iterations, at a loss of {self.loss_:.6g}; raise "
            f"max_iter (now {self.max_iter}), scale the features, or accept it with a larger tol",
            ConvergenceWarning,
            stacklevel=6,
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_label = True
        return tags

    def _working_dtype(self, dtype: DTypeLike) -> DTypeLike:
        return self.coefs_[0].dtype
