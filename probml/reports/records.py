"""What one fit left behind; everything a report shows is derived from a list of these.

On disk, ``records.jsonl`` holds one line of strict JSON per record, and ``predictions.npz``
beside it the labels and log-probabilities, so that a report can be drawn again without
fitting anything.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probml.metrics import (
    ReliabilityBin,
    accuracy,
    brier_score,
    confusion_matrix,
    expected_calibration_error,
    log_loss,
    log_loss_clipped,
    reliability_curve,
    wilson_interval,
)
from probml.reports._files import from_strict, strict_json, write_files

__all__ = [
    "Predictions",
    "Record",
    "Run",
    "Scores",
    "decode_one",
    "encode_one",
    "read_records",
    "score",
    "write_records",
]

_DAMAGE = (
    *(OSError, EOFError, KeyError, AttributeError, TypeError),
    *(zipfile.BadZipFile, zlib.error),
)
_ARRAYS = ("y_true", "y_pred", "log_proba", "rows")
_JSONL, _NPZ = FILES = ("records.jsonl", "predictions.npz")


@dataclass(frozen=True, eq=False)
class Predictions:
    """Labels as class indices, and log-probabilities, for the test split.

    Parameters
    ----------
    y_true, y_pred : ndarray of int of shape (n_test,)
        Positions in the record's `class_names`.
    log_proba : ndarray of float of shape (n_test, n_classes)
        Natural log-probabilities, in the precision in which the model gave them; columns in the
        order of `class_names`.
    rows : ndarray of int of shape (n_test,) or None
        Where the rows stand in the table that they were taken from; None if nothing was split.
    """

    y_true: NDArray[np.intp]
    y_pred: NDArray[np.intp]
    log_proba: NDArray[np.floating]
    rows: NDArray[np.intp] | None = None


@dataclass(frozen=True)
class Scores:
    """Every metric of one record; see :mod:`probml.metrics` for the conventions.

    The interval of the accuracy is Wilson's at 95 %.  `confusion` has the truth in rows.
    """

    accuracy: float
    accuracy_low: float
    accuracy_high: float
    log_loss: float
    log_loss_clipped: float
    brier: float
    ece: float
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[ReliabilityBin, ...]


@dataclass(frozen=True)
class Run:
    """What one fit in a fresh process cost.

    Wall-clock seconds of ``fit`` on the training split, of ``predict`` and of ``predict_proba``
    on the test split, after a warm-up; and the most bytes of memory that were held meanwhile
    beyond the data and the libraries, None where the system does not tell.
    """

    fit_seconds: float
    predict_seconds: float
    predict_proba_seconds: float
    peak_bytes: int | None


@dataclass(frozen=True)
class Record:
    """One implementation of one model, fitted on one fold of one dataset with one seed.

    Parameters
    ----------
    model, title, implementation : str
        Short name, name for people, and whose: ``"probml"``, ``"sklearn"``, ``"given"`` by the
        caller, or ``"baseline"``.
    dataset, fold, seed : str, int, int
        What it was fitted on, and with which ``random_state``.
    parameters : mapping
        As JSON knows them.
    n_train, n_test : int
        Rows.
    class_names : tuple of str
        In sorted order of the labels.
    status : str
        ``"ok"``; ``"failed"``, with a `reason` of one line and no scores; or ``"missing"`` if it
        has not been run yet, which makes a report incomplete.
    reference : str
        The :attr:`member` that it is compared with; none if empty.
    notes : tuple of str
        The warnings, which are kept here instead of being printed.
    converged : bool or None
        False if a ``ConvergenceWarning`` was issued, None if nothing was fitted.
    laws : str
        What :func:`probml.laws.check_fitted` says on rows of the test split: ``"holds"``, or which
        laws are broken; empty where it was not asked.
    runs : tuple of Run
        Costs, one entry per repeat; empty where other fits ran at the same time.
    curve : tuple of (int, float)
        Training loss after so many iterations, where the model keeps a ``loss_curve_``; of long
        ones two hundred points.
    threads : int
        Threads that the numerical libraries were allowed.
    limits : str
        Of time and memory, in words.
    data, key : str
        SHA-256 of features and labels of both splits, and of everything that the result depends
        on.
    """

    model: str
    title: str
    implementation: str
    dataset: str
    seed: int
    parameters: Mapping[str, Any]
    n_train: int
    n_test: int
    class_names: tuple[str, ...]
    status: str
    fold: int = 0
    reference: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()
    converged: bool | None = None
    laws: str = ""
    runs: tuple[Run, ...] = ()
    curve: tuple[tuple[int, float], ...] = ()
    threads: int = 0
    limits: str = ""
    data: str = ""
    key: str = ""
    scores: Scores | None = None
    predictions: Predictions | None = field(default=None, compare=False, repr=False)

    @property
    def member(self) -> str:
        """Model and implementation: what a `reference` names."""
        return f"{self.model}/{self.implementation}"

    @property
    def is_baseline(self) -> bool:
        """Whether this is the baseline that knows class frequencies alone."""
        return self.implementation == "baseline"

    def cost(self, what: str) -> tuple[float, float, float] | None:
        """Lower quartile, median and upper quartile over the runs, such as of ``fit_seconds``."""
        values = [getattr(run, what) for run in self.runs]
        if not values or None in values:
            return None
        low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
        return float(low), float(median), float(high)


def score(predictions: Predictions) -> Scores:
    """Compute every metric from predictions.

    Raises
    ------
    ValueError
        If the log-probabilities are not those of distributions.

    Examples
    --------
    >>> half = np.log(np.full((2, 2), 0.5))
    >>> score(Predictions(np.array([0, 1]), np.array([0, 0]), half)).accuracy
    0.5
    """
    y, predicted, log_proba = predictions.y_true, predictions.y_pred, predictions.log_proba
    classes = np.arange(log_proba.shape[1])
    low, high = wilson_interval(int(np.sum(y == predicted)), len(y))
    return Scores(
        accuracy=accuracy(y, predicted),
        accuracy_low=low,
        accuracy_high=high,
        log_loss=log_loss(y, log_proba, classes),
        log_loss_clipped=log_loss_clipped(y, log_proba, classes),
        brier=brier_score(y, log_proba, classes),
        ece=expected_calibration_error(y, log_proba, classes),
        confusion=tuple(map(tuple, confusion_matrix(y, predicted, classes).tolist())),
        reliability=reliability_curve(y, log_proba, classes),
    )


def write_records(directory: str | Path, records: Sequence[Record]) -> Path:
    """Write ``records.jsonl`` and ``predictions.npz`` into `directory`, both or neither.

    Raises
    ------
    OSError
        If the directory cannot be written.
    """
    return write_files(directory, encode(records))


def read_records(directory: str | Path) -> list[Record]:
    """Read what :func:`write_records` wrote.

    Raises
    ------
    FileNotFoundError
        If `directory` does not hold both files.
    """
    directory = Path(directory)
    with np.load(directory / _NPZ, allow_pickle=False) as arrays:
        lines = (directory / _JSONL).read_text(encoding="utf-8").splitlines()
        return [_decode(json.loads(line), arrays, i) for i, line in enumerate(lines)]


def encode(records: Sequence[Record]) -> dict[str, str | bytes]:
    """Content of the two files, by file name; the same records give the same bytes."""
    lines = [strict_json(asdict(replace(record, predictions=None))) for record in records]
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **_arrays(records))
    return {_JSONL: "".join(f"{line}\n" for line in lines), _NPZ: buffer.getvalue()}


def _arrays(records: Sequence[Record]) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for i, record in enumerate(records):
        if record.predictions is not None:
            for name in _ARRAYS:
                if (array := getattr(record.predictions, name)) is not None:
                    arrays[f"{i}.{name}"] = array
    return arrays


def encode_one(record: Record) -> bytes:
    """One record as one file, an NPZ archive that holds its JSON beside the arrays."""
    buffer = io.BytesIO()
    line = strict_json(asdict(replace(record, predictions=None)))
    np.savez_compressed(buffer, record=np.array(line), **_arrays([record]))
    return buffer.getvalue()


def decode_one(content: bytes) -> Record:
    """Undo :func:`encode_one`.

    Raises
    ------
    ValueError
        If the content is damaged, or that of something else.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _decode(json.loads(str(arrays["record"])), arrays, 0)
    except _DAMAGE as error:
        raise ValueError(f"expected a record (got {error}); remove the file") from error


def _decode(line: dict[str, Any], arrays: Mapping[str, NDArray[Any]], i: int) -> Record:
    for name in ("class_names", "notes"):
        line[name] = tuple(line[name])
    line["runs"] = tuple(Run(**run) for run in line["runs"])
    line["curve"] = tuple((int(step), float(loss)) for step, loss in line["curve"])
    if line["scores"] is not None:
        line["scores"] = _decode_scores(line["scores"])
        line["predictions"] = Predictions(
            **{name: arrays[f"{i}.{name}"] for name in _ARRAYS if f"{i}.{name}" in arrays}
        )
    return Record(**line)


def _decode_scores(scores: dict[str, Any]) -> Scores:
    confusion = tuple(map(tuple, scores.pop("confusion")))
    reliability = tuple(ReliabilityBin(**bin) for bin in scores.pop("reliability"))
    numbers = {name: from_strict(value) for name, value in scores.items()}
    return Scores(**numbers, confusion=confusion, reliability=reliability)
