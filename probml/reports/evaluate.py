"""Fits one estimator in this process and writes down what came out, whatever that was.

Imports, the first call of a library and the first touch of the data are not what a fit costs, so
they come before the clock: ``cost = time(fit)`` after a warm-up on a handful of rows.
"""

import contextlib
import inspect
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probml.metrics import check_probabilities, class_indices, row_sum_tolerance
from probml.reports.records import Predictions, Record, Run, score

__all__ = ["Split", "evaluate", "memory", "one_line", "shown"]

# Longest reason or note, in characters.
_LINE = 400

# Rows that the laws are held against, and rows of each of so many classes for the warm-up.
_LAW_ROWS, _WARM_ROWS, _WARM_CLASSES = 200, 10, 20

# Points of a learning curve, more than a drawing shows.
_CURVE = 200

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True, eq=False)
class Split:
    """The arrays that every member of every pair is given, and the classes they speak of.

    Parameters
    ----------
    X_train, X_test : ndarray of shape (n_samples, n_features)
        Features.
    y_train : ndarray of shape (n_train,)
        Labels.
    y_test : ndarray of int of shape (n_test,)
        Positions in `classes`.
    classes : ndarray of shape (n_classes,)
        Distinct labels in sorted order.
    weight : ndarray of shape (n_train,) or None
        Weights of the training rows.
    rows : ndarray of int of shape (n_test,) or None
        Where the test rows stand in the table that they were taken from.
    """

    X_train: NDArray[Any]
    y_train: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[np.intp]
    classes: NDArray[Any]
    weight: NDArray[np.float64] | None = None
    rows: NDArray[np.intp] | None = None


def evaluate(
    record: Record, split: Split, build: Callable[[], Any], *, timed: bool = True
) -> Record:
    """Fit, predict and score; what the estimator raises becomes a failed record.

    Parameters
    ----------
    record : Record
        What is known beforehand.
    split : Split
        The data.
    build : callable
        Returns a fresh, unfitted estimator at every call.
    timed : bool
        Whether the costs are wanted; without, there is no warm-up and no :class:`Run`.

    Returns
    -------
    Record
        With the status ``"ok"`` or ``"failed"``.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            record = _fit_and_score(record, split, build, timed)
        # Whatever a stranger's estimator raises is a result, even a wish to exit; an interrupt
        # is the user's, and neither of the two.
        except (Exception, SystemExit) as error:
            record = replace(record, status="failed", reason=one_line(error))
    converged = None if record.status == "failed" else not any(map(_is_convergence, caught))
    return replace(record, notes=record.notes + _notes(caught), converged=converged)


def _fit_and_score(record: Record, split: Split, build: Callable[[], Any], timed: bool) -> Record:
    model = build()
    extra = _weights(model, split)
    _needs_probabilities(model)
    if timed:
        _warm_up(model, split)
        model = build()
    watch = _Watch(split)
    with watch.timing("fit_seconds"):
        model.fit(split.X_train, split.y_train, **extra)
    with watch.timing("predict_proba_seconds"):
        proba = model.predict_proba(split.X_test)
    with watch.timing("predict_seconds"):
        labels = model.predict(split.X_test)
    runs = (watch.run(),) if timed else ()
    predictions, notes = _predictions(model, proba, labels, split)
    return replace(
        record,
        status="ok",
        reason="",
        notes=notes,
        runs=runs,
        laws=_verdict(model, split),
        curve=_curve(model),
        scores=score(predictions),
        predictions=predictions,
    )


def _weights(model: Any, split: Split) -> dict[str, Any]:
    if split.weight is None:
        return {}
    parameters = inspect.signature(model.fit).parameters
    if "sample_weight" not in parameters:
        raise ValueError(
            f"expected a classifier whose fit takes sample_weight (got {type(model).__name__}, "
            "which has none); leave it or the weights out"
        )
    return {"sample_weight": split.weight}


def _needs_probabilities(model: Any) -> None:
    # A meta-estimator may show the method only once it is fitted, so its class is asked.
    if not hasattr(type(model), "predict_proba") and not hasattr(model, "predict_proba"):
        raise ValueError(
            f"expected a classifier with predict_proba (got {type(model).__name__}); wrap it in "
            "scikit-learn's CalibratedClassifierCV"
        )


def _warm_up(model: Any, split: Split) -> None:
    """Call everything once on a few rows; whatever that raises, the fit will raise or not."""
    rows = np.concatenate(
        [np.flatnonzero(split.y_train == c)[:_WARM_ROWS] for c in split.classes[:_WARM_CLASSES]]
    )
    with warnings.catch_warnings(), contextlib.suppress(Exception, SystemExit):
        warnings.simplefilter("ignore")
        model.fit(split.X_train[rows], split.y_train[rows])
        model.predict_proba(split.X_test[:1])
        model.predict(split.X_test[:1])


class _Watch:
    """Seconds, and the highest memory since its beginning, above what the data take up."""

    def __init__(self, split: Split) -> None:
        # Pages of a map belong to the data, but are counted when they are first touched.
        for X in (split.X_train, split.X_test):
            np.count_nonzero(X)
        with contextlib.suppress(OSError):
            _FORGET.write_text("5")
        self._before = memory("VmRSS")
        self._seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def timing(self, what: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self._seconds[what] = perf_counter() - start

    def run(self) -> Run:
        peak = memory("VmHWM") - self._before
        return Run(**self._seconds, peak_bytes=peak if self._before else None)


def memory(name: str) -> int:
    """A line of the process's status, such as ``"VmRSS"``, in bytes; 0 where there is none."""
    try:
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), 0)


def _verdict(model: Any, split: Split) -> str:
    """What the laws of prediction say of the fitted model on some of the real rows."""
    try:
        from probml.laws import check_fitted
    except ImportError:
        return ""
    rows = np.linspace(0, len(split.X_test) - 1, min(_LAW_ROWS, len(split.X_test))).astype(int)
    rows = np.unique(rows)
    truth = split.classes[split.y_test[rows]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            results = check_fitted(model, split.X_test[rows], truth, on_fail="return")
        except (Exception, SystemExit) as error:
            return f"not held: {one_line(error)}"
    broken = [r.law_id for r in results if r.verdict in ("violation", "error")]
    return f"breaks {', '.join(broken)}" if broken else "holds"


def _curve(model: Any) -> tuple[tuple[int, float], ...]:
    """The training loss of an iterative model by iteration, as scikit-learn's attribute has it."""
    try:
        losses = np.asarray(getattr(model, "loss_curve_", ()), dtype=np.float64)
    except (TypeError, ValueError):
        return ()
    if losses.ndim != 1 or not losses.size or not np.isfinite(losses).all():
        return ()
    shown = np.unique(np.linspace(0, losses.size - 1, _CURVE).astype(int))
    return tuple((int(i) + 1, float(losses[i])) for i in shown)


def _predictions(
    model: Any, proba: Any, labels: Any, split: Split
) -> tuple[Predictions, tuple[str, ...]]:
    """Labels and log-probabilities, with columns in the order of the split's classes."""
    columns = class_indices(model.classes_, split.classes, "classes_")
    proba = _table(proba, "predict_proba", (len(split.y_test), len(columns)))
    check_probabilities(proba, row_sum_tolerance(proba.dtype))
    if hasattr(model, "predict_log_proba"):
        log_proba = model.predict_log_proba(split.X_test)
    else:
        with np.errstate(divide="ignore"):
            log_proba = np.log(proba)
    log_proba = _table(log_proba, "predict_log_proba", proba.shape)
    tolerance = max(row_sum_tolerance(proba.dtype), row_sum_tolerance(log_proba.dtype))
    _check_one_distribution(proba, log_proba, tolerance)
    table = np.full((len(split.y_test), len(split.classes)), -np.inf, dtype=log_proba.dtype)
    table[:, columns] = log_proba
    labels = class_indices(labels, split.classes, "predicted labels")
    notes = _rounding(proba) + _odd_labels(labels, np.exp(table), tolerance)
    return Predictions(split.y_test, labels, table, split.rows), notes


def _table(table: Any, method: str, shape: tuple[int, ...]) -> NDArray[Any]:
    if np.shape(table) != shape:
        raise ValueError(
            f"{method} must return one row per sample and one column per class, {shape} "
            f"(got {np.shape(table)})"
        )
    array = np.asarray(table)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _check_one_distribution(proba: NDArray[Any], log_proba: NDArray[Any], tolerance: float) -> None:
    """The scores come from the logarithms; a model must not show other probabilities."""
    with np.errstate(over="ignore"):
        distance = np.abs(np.exp(log_proba) - proba).max(axis=1)
    bad = np.flatnonzero(~(distance <= tolerance))
    if bad.size:
        raise ValueError(
            f"row {bad[0]}: expected predict_log_proba to return the natural logarithms of "
            f"predict_proba (got probabilities that differ by {distance[bad[0]]:.2g}); make both "
            "describe one distribution"
        )


def _odd_labels(labels: NDArray[np.intp], proba: NDArray[Any], tolerance: float) -> tuple[str, ...]:
    """Say so if labels are not the likeliest classes: legal, but a reader would not guess it."""
    chosen = np.take_along_axis(proba, labels[:, None], axis=1)[:, 0]
    n = np.count_nonzero(chosen < proba.max(axis=1) - tolerance)
    return (f"labels differ from the largest probability in {n} rows",) if n else ()


def _rounding(proba: NDArray[Any]) -> tuple[str, ...]:
    """Say so if rows are probabilities only by the allowance for single precision."""
    error = float(np.max(np.abs(proba.sum(axis=1, dtype=np.float64) - 1.0)))
    if error <= row_sum_tolerance(np.float64):
        return ()
    return (f"rows of predict_proba sum to 1 only within {error:.1e} ({proba.dtype})",)


def _is_convergence(caught: warnings.WarningMessage) -> bool:
    return any(kind.__name__ == "ConvergenceWarning" for kind in caught.category.__mro__)


def _notes(caught: Sequence[warnings.WarningMessage]) -> tuple[str, ...]:
    """One line per distinct warning, in order of appearance, with its count."""
    counts = Counter(one_line(w.message) for w in caught)
    return tuple(f"{text} ({n} times)" if n > 1 else text for text, n in counts.items())


def one_line(error: BaseException | Warning | str) -> str:
    """A reason or note: the type and the message, without line breaks and not too long."""
    line = " ".join(f"{type(error).__name__}: {shown(str, error)}".split())
    return line if len(line) <= _LINE else line[: _LINE - 1] + "…"


def shown(write: Callable[[Any], str], value: object) -> str:
    """``str`` or ``repr`` of a stranger's object, which may raise in turn."""
    try:
        return write(value)
    except Exception:
        return f"<{type(value).__name__} that cannot be shown>"
