"""Tables derived from records: one row per fit, and one row per pair.

Every difference is probml minus sklearn; every speed-up is sklearn's seconds divided by
probml's, so above 1 means that probml was faster.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from probml.metrics import label_agreement, max_abs_difference
from probml.reports.pairs import IMPLEMENTATIONS
from probml.reports.records import Record

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["PAIR_COLUMNS", "RESULT_COLUMNS", "SIGN", "pairs_frame", "results_frame", "twins"]

SIGN = (
    "Differences are probml minus sklearn. Speed-ups are sklearn's seconds divided by probml's: "
    "above 1, probml was faster."
)

_SCORES = (
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "log_loss",
    "log_loss_clipped",
    "brier",
    "ece",
)

RESULT_COLUMNS = (
    *("model", "implementation", "dataset", "seed", "n_train", "n_test"),
    *_SCORES,
    *("fit_seconds", "predict_seconds", "status", "reason"),
)

PAIR_COLUMNS = (
    *("model", "dataset", "seed", "delta_accuracy", "delta_log_loss", "delta_brier"),
    *("label_agreement", "labels_different", "max_abs_dproba", "fit_speedup", "predict_speedup"),
)


def results_frame(records: Sequence[Record]) -> "DataFrame":
    """One row per record; the metrics of a failed record are empty (NaN).

    Parameters
    ----------
    records : sequence of Record
        As from :func:`~probml.reports.run_pairs`.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`RESULT_COLUMNS`; seconds are wall-clock, `accuracy_low` and
        `accuracy_high` the 95 % Wilson interval.

    Examples
    --------
    >>> results_frame([]).columns[:3].tolist()
    ['model', 'implementation', 'dataset']
    """
    import pandas as pd

    rows = [[_cell(record, column) for column in RESULT_COLUMNS] for record in records]
    frame = pd.DataFrame(rows, columns=list(RESULT_COLUMNS))
    numeric = [*_SCORES, "fit_seconds", "predict_seconds"]
    return frame.astype(dict.fromkeys(numeric, "float64"))


def pairs_frame(records: Sequence[Record]) -> "DataFrame":
    """One row per (model, dataset, seed) of which both implementations were tried.

    Differences are **probml minus sklearn**; speed-ups are sklearn's seconds over probml's.
    A cell is empty (NaN) where a member failed, or where both log losses are infinite.

    Parameters
    ----------
    records : sequence of Record
        As from :func:`~probml.reports.run_pairs`.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`PAIR_COLUMNS`; `label_agreement` is a share of the test split,
        `labels_different` a count, `max_abs_dproba` the largest difference between two
        probabilities.

    Examples
    --------
    >>> pairs_frame([]).columns[3:6].tolist()
    ['delta_accuracy', 'delta_log_loss', 'delta_brier']
    """
    import pandas as pd

    rows = [_pair_row(ours, theirs) for ours, theirs in twins(records)]
    frame = pd.DataFrame(rows, columns=list(PAIR_COLUMNS))
    floats = [c for c in PAIR_COLUMNS[3:] if c != "labels_different"]
    return frame.astype({**dict.fromkeys(floats, "float64"), "labels_different": "Int64"})


def twins(records: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Records of probml and sklearn that differ in nothing else, in order of appearance."""
    found: dict[tuple[str, str, int], dict[str, Record]] = {}
    for record in records:
        key = (record.model, record.dataset, record.seed)
        found.setdefault(key, {})[record.implementation] = record
    ours, theirs = IMPLEMENTATIONS
    return [(pair[ours], pair[theirs]) for pair in found.values() if len(pair) == 2]


def _cell(record: Record, column: str) -> Any:
    if column in _SCORES:
        return None if record.scores is None else getattr(record.scores, column)
    value = getattr(record, column)
    if isinstance(value, str):  # where pandas keeps text in Arrow, it has to be UTF-8
        return value.encode(errors="backslashreplace").decode()
    return value


def _pair_row(ours: Record, theirs: Record) -> list[Any]:
    key: list[Any] = [ours.model, ours.dataset, ours.seed]
    a, b = ours.predictions, theirs.predictions
    if ours.scores is None or theirs.scores is None or a is None or b is None:
        return key + [None] * (len(PAIR_COLUMNS) - len(key))
    return [
        *key,
        ours.scores.accuracy - theirs.scores.accuracy,
        # Two infinite losses have no difference: NaN, an empty cell.
        ours.scores.log_loss - theirs.scores.log_loss,
        ours.scores.brier - theirs.scores.brier,
        label_agreement(a.y_pred, b.y_pred),
        int(np.sum(a.y_pred != b.y_pred)),
        max_abs_difference(np.exp(a.log_proba), np.exp(b.log_proba)),
        _ratio(theirs.fit_seconds, ours.fit_seconds),
        _ratio(theirs.predict_seconds, ours.predict_seconds),
    ]


def _ratio(numerator: float | None, denominator: float | None) -> float:
    if not numerator or not denominator:
        return math.nan
    return numerator / denominator
