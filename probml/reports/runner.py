"""Fits every member of every pair on identical data and writes down what came out.

Both members get the same float32 array, features divided by the dataset's scale.  A model
that raises becomes a failed record and the others go on.
"""

import json
import signal
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probml.metrics import check_probabilities, class_indices, row_sum_tolerance
from probml.reports._files import strict
from probml.reports.frames import results_frame
from probml.reports.pairs import IMPLEMENTATIONS, Pair, default_pairs
from probml.reports.records import Predictions, Record, score

if TYPE_CHECKING:
    from pandas import DataFrame

    from probml.datasets import Dataset

__all__ = ["RunEvent", "compare", "run_pairs"]

# Longest reason or note, in characters.
_LINE = 400


@dataclass(frozen=True)
class RunEvent:
    """One fit begins or has ended: `done` of `total` fits are behind us.

    `record` is None when the fit begins.
    """

    done: int
    total: int
    model: str
    implementation: str
    seed: int
    record: Record | None = None


@dataclass(frozen=True, eq=False)
class _Split:
    """The arrays that every member of every pair is given, and the classes they speak of."""

    X_train: NDArray[np.float32]
    y_train: NDArray[Any]
    X_test: NDArray[np.float32]
    y_test: NDArray[np.intp]
    classes: NDArray[Any]


def run_pairs(
    dataset: "Dataset",
    pairs: Iterable[Pair],
    seeds: Sequence[int] = (0,),
    progress: Callable[[RunEvent], None] | None = None,
) -> list[Record]:
    """Fit and score both members of each pair, once per seed where a seed matters.

    Parameters
    ----------
    dataset : Dataset
        Training and test split; labels of any one kind.
    pairs : iterable of Pair
        What to compare.  Deterministic pairs run with the first seed only.
    seeds : sequence of int
        Values of ``random_state`` for the stochastic pairs.
    progress : callable, optional
        Called with a :class:`RunEvent` before and after each fit.

    Returns
    -------
    list of Record
        In the order of pairs, then seeds, then probml before sklearn.

    Raises
    ------
    ValueError
        If there is no seed, a pair's name occurs twice, or the test split holds a label that
        the training split lacks.

    Examples
    --------
    >>> from sklearn.naive_bayes import BernoulliNB
    >>> from probml.datasets import load_digits_dataset
    >>> pair = Pair("bnb", "Bernoulli naive Bayes", BernoulliNB, BernoulliNB)
    >>> [record.status for record in run_pairs(load_digits_dataset(), [pair])]
    ['ok', 'ok']
    """
    pairs = tuple(pairs)
    _check(pairs, seeds)
    split = _prepare(dataset)
    cells = list(_cells(pairs, seeds))
    notify = progress or (lambda event: None)
    records: list[Record] = []
    for done, (pair, seed, implementation) in enumerate(cells):
        event = RunEvent(done, len(cells), pair.name, implementation, seed)
        notify(event)
        with _heeding_interrupts():
            records.append(_run(dataset, split, pair, implementation, seed))
        notify(replace(event, done=done + 1, record=records[-1]))
    return records


def compare(dataset: "Dataset", pairs: Iterable[Pair] | None = None, seeds: int = 1) -> "DataFrame":
    """Compare pairs of classifiers on a dataset: one row per implementation and seed.

    Parameters
    ----------
    dataset : Dataset
        Training and test split.
    pairs : iterable of Pair, optional
        The seven of :func:`~probml.reports.default_pairs` if not given.
    seeds : int
        How many seeds, 0, 1, ..., the stochastic pairs run with.

    Returns
    -------
    pandas.DataFrame
        Columns of :func:`~probml.reports.results_frame`.

    Raises
    ------
    ValueError
        As :func:`run_pairs`.

    Examples
    --------
    >>> from sklearn.naive_bayes import BernoulliNB
    >>> from probml.datasets import load_digits_dataset
    >>> pair = Pair("bnb", "Bernoulli naive Bayes", BernoulliNB, BernoulliNB)
    >>> frame = compare(load_digits_dataset(), [pair])
    >>> frame["implementation"].tolist()
    ['probml', 'sklearn']
    """
    chosen = default_pairs(dataset) if pairs is None else pairs
    return results_frame(run_pairs(dataset, chosen, range(seeds)))


def _check(pairs: Sequence[Pair], seeds: Sequence[int]) -> None:
    if len(seeds) == 0:
        raise ValueError("expected at least one seed (got none); pass seeds=(0,)")
    names = [pair.name for pair in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"pairs must have distinct names (got {', '.join(names)}); rename one")


def _prepare(dataset: "Dataset") -> _Split:
    X_train, X_test = dataset.scaled(np.float32)
    for X in (X_train, X_test):
        X.flags.writeable = False
    classes = np.unique(dataset.y_train)
    y_test = class_indices(dataset.y_test, classes, "y_test")
    return _Split(X_train, dataset.y_train, X_test, y_test, classes)


def _cells(pairs: Sequence[Pair], seeds: Sequence[int]) -> Iterator[tuple[Pair, int, str]]:
    for pair in pairs:
        for seed in seeds if pair.stochastic else seeds[:1]:
            for implementation in IMPLEMENTATIONS:
                yield pair, seed, implementation


@contextmanager
def _heeding_interrupts() -> Iterator[None]:
    """Let Ctrl-C end the run even if a model takes it for "that is enough training".

    scikit-learn's networks catch KeyboardInterrupt, stop early and return as if fitted.
    """
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if came:
        raise KeyboardInterrupt


def _run(dataset: "Dataset", split: _Split, pair: Pair, implementation: str, seed: int) -> Record:
    record = Record(
        model=pair.name,
        title=pair.title,
        implementation=implementation,
        dataset=dataset.name,
        seed=seed,
        parameters=_plain(pair.arguments(seed)),
        n_train=len(split.y_train),
        n_test=len(split.y_test),
        class_names=tuple(dataset.class_names),
        status="failed",
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            record = _fit_and_score(record, split, pair.build(implementation, seed))
        # Whatever a stranger's estimator raises is a result, even a wish to exit; an interrupt
        # is the user's, and neither of the two.
        except (Exception, SystemExit) as error:
            record = replace(record, reason=_one_line(error))
    converged = None if record.status == "failed" else not any(map(_is_convergence, caught))
    return replace(record, notes=record.notes + _notes(caught), converged=converged)


def _fit_and_score(record: Record, split: _Split, model: Any) -> Record:
    start = perf_counter()
    model.fit(split.X_train, split.y_train)
    fitted = perf_counter()
    proba = model.predict_proba(split.X_test)
    predicted = perf_counter()
    predictions, notes = _predictions(model, proba, split)
    return replace(
        record,
        status="ok",
        notes=notes,
        fit_seconds=fitted - start,
        predict_seconds=predicted - fitted,
        scores=score(predictions),
        predictions=predictions,
    )


def _predictions(model: Any, proba: Any, split: _Split) -> tuple[Predictions, tuple[str, ...]]:
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
    labels = class_indices(model.predict(split.X_test), split.classes, "predicted labels")
    notes = _rounding(proba) + _odd_labels(labels, np.exp(table), tolerance)
    return Predictions(split.y_test, labels, table), notes


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
    counts = Counter(_one_line(w.message) for w in caught)
    return tuple(f"{text} ({n} times)" if n > 1 else text for text, n in counts.items())


def _one_line(error: BaseException | str) -> str:
    line = " ".join(f"{type(error).__name__}: {_text(str, error)}".split())
    return line if len(line) <= _LINE else line[: _LINE - 1] + "…"


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters as JSON knows them, so that a record reads back equal to itself."""
    plain: dict[str, Any] = json.loads(json.dumps(strict(parameters), default=_plain_value))
    return plain


def _plain_value(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return strict(value.tolist())
    return _text(repr, value)


def _text(write: Callable[[Any], str], value: object) -> str:
    """``str`` or ``repr`` of a stranger's object, which may raise in turn."""
    try:
        return write(value)
    except Exception:
        return f"<{type(value).__name__} that cannot be shown>"
