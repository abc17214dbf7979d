"""What one fit left behind; everything a report shows is derived from a list of these.

On disk, ``records.jsonl`` holds one line of strict JSON per record, and ``predictions.npz``
beside it the labels and log-probabilities, so that a report can be drawn again without
fitting anything.
"""

import io
import json
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

__all__ = ["Predictions", "Record", "Scores", "read_records", "score", "write_records"]

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
    """

    y_true: NDArray[np.intp]
    y_pred: NDArray[np.intp]
    log_proba: NDArray[np.floating]


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
class Record:
    """One implementation of one model, fitted on one dataset with one seed.

    Times are wall-clock seconds of ``fit`` on the training split and of ``predict_proba`` on
    the test split.  A failed record has ``status == "failed"``, a `reason` of one line, and
    no scores.  `converged` is False if a ``ConvergenceWarning`` was issued, None if the fit
    failed.  `notes` are the warnings, which are kept here instead of being printed.
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
    reason: str = ""
    notes: tuple[str, ...] = ()
    converged: bool | None = None
    fit_seconds: float | None = None
    predict_seconds: float | None = None
    scores: Scores | None = None
    predictions: Predictions | None = field(default=None, compare=False, repr=False)


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
            for name in ("y_true", "y_pred", "log_proba"):
                arrays[f"{i}.{name}"] = getattr(record.predictions, name)
    return arrays


def _decode(line: dict[str, Any], arrays: Mapping[str, NDArray[Any]], i: int) -> Record:
    for name in ("class_names", "notes"):
        line[name] = tuple(line[name])
    if line["scores"] is not None:
        line["scores"] = _decode_scores(line["scores"])
        line["predictions"] = Predictions(
            *(arrays[f"{i}.{name}"] for name in ("y_true", "y_pred", "log_proba"))
        )
    return Record(**line)


def _decode_scores(scores: dict[str, Any]) -> Scores:
    confusion = tuple(map(tuple, scores.pop("confusion")))
    reliability = tuple(ReliabilityBin(**bin) for bin in scores.pop("reliability"))
    numbers = {name: from_strict(value) for name, value in scores.items()}
    return Scores(**numbers, confusion=confusion, reliability=reliability)
