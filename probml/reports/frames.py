"""Tables derived from records: one row per fit, and one row per comparison.

Every difference is a model minus its reference; every speed-up is the reference's seconds divided
by the model's, so above 1 means that the model was faster.  Of twins sklearn is the reference.
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

__all__ = ["PAIR_COLUMNS", "RESULT_COLUMNS", "pairs_frame", "results_frame", "sign", "twins"]

_TWINS = (
    "Differences are probml minus sklearn. Speed-ups are sklearn's seconds divided by probml's: "
    "above 1, probml was faster."
)
_GIVEN = (
    "Differences are each model minus its reference. Speed-ups are the reference's seconds divided "
    "by the model's: above 1, the model was faster."
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
_TIMES = ("fit", "predict", "predict_proba")
_ROWS = {"fit": "n_train", "predict": "n_test", "predict_proba": "n_test"}
_COSTS = tuple(
    f"{what}_{unit}"
    for what in _TIMES
    for unit in ("seconds", "seconds_q1", "seconds_q3", "us_per_row")
)

RESULT_COLUMNS = (
    *("model", "implementation", "dataset", "seed", "fold", "n_train", "n_test"),
    *_SCORES,
    *_COSTS,
    *("peak_mib", "repeats", "threads", "laws", "status", "reason"),
)

_SPEEDUPS = tuple(f"{what}_speedup{end}" for what in _TIMES for end in ("", "_q1", "_q3"))

PAIR_COLUMNS = (
    *("model", "reference", "dataset", "seed", "fold", "status"),
    *("delta_accuracy", "delta_log_loss", "delta_brier"),
    *("label_agreement", "labels_different", "max_abs_dproba"),
    *_SPEEDUPS,
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
        Columns :data:`RESULT_COLUMNS`.  `accuracy_low` and `accuracy_high` are the 95 % Wilson
        interval.  Seconds are wall-clock, the median over the repeats, with `_q1` and `_q3` its
        quartiles, empty for a single one; microseconds are per row that was fitted or predicted,
        `peak_mib` is in units of 2^20 bytes.

    Examples
    --------
    >>> results_frame([]).columns[:3].tolist()
    ['model', 'implementation', 'dataset']
    """
    import pandas as pd

    rows = [[_cell(record, column) for column in RESULT_COLUMNS] for record in records]
    frame = pd.DataFrame(rows, columns=list(RESULT_COLUMNS))
    numeric = [*_SCORES, *_COSTS, "peak_mib"]
    return frame.astype(dict.fromkeys(numeric, "float64"))


def pairs_frame(records: Sequence[Record]) -> "DataFrame":
    """One row per record that has a reference, of which both were planned.

    Differences are **the model minus its reference**, so of twins probml minus sklearn; speed-ups
    are the reference's seconds over the model's, the median over fits that took turns.  A cell
    is empty (NaN) where a member failed, or where both log losses are infinite.

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

    Raises
    ------
    ValueError
        If a model and its reference were not given the same data.

    Examples
    --------
    >>> pairs_frame([]).columns[6:9].tolist()
    ['delta_accuracy', 'delta_log_loss', 'delta_brier']
    """
    import pandas as pd

    rows = [_pair_row(ours, theirs) for ours, theirs in twins(records)]
    frame = pd.DataFrame(rows, columns=list(PAIR_COLUMNS))
    floats = [c for c in PAIR_COLUMNS[6:] if c != "labels_different"]
    return frame.astype({**dict.fromkeys(floats, "float64"), "labels_different": "Int64"})


def sign(records: Sequence[Record]) -> str:
    """Which way differences and ratios point, in words."""
    others = any(r.reference and r.implementation != IMPLEMENTATIONS[0] for r in records)
    return _GIVEN if others else _TWINS


def twins(records: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Each record that has a reference, and that reference, in order of appearance.

    A reference whose result depends on no seed stands beside every seed.

    Raises
    ------
    ValueError
        If the two were not given the same data.
    """
    found: dict[tuple[str, str, int], dict[int, Record]] = {}
    for record in records:
        key = (record.dataset, record.member, record.fold)
        found.setdefault(key, {})[record.seed] = record
    pairs = []
    for record in records:
        seeds = found.get((record.dataset, record.reference, record.fold), {})
        reference = seeds.get(record.seed, next(iter(seeds.values()), None))
        if record.reference and reference is not None:
            _same_data(record, reference)
            pairs.append((record, reference))
    return pairs


def _same_data(record: Record, reference: Record) -> None:
    if record.data != reference.data:
        raise ValueError(
            f"expected records of the same data (got {record.member} on {record.data[:12]} and "
            f"{reference.member} on {reference.data[:12]}); fit both on one dataset"
        )


def _cell(record: Record, column: str) -> Any:
    if column in _SCORES:
        return None if record.scores is None else getattr(record.scores, column)
    if column in _COSTS:
        what = next(what for what in reversed(_TIMES) if column.startswith(what))
        return _cost(record, what, column.removeprefix(f"{what}_"))
    if column == "peak_mib":
        peak = record.cost("peak_bytes")
        return None if peak is None else peak[1] / 2**20
    value = len(record.runs) if column == "repeats" else getattr(record, column)
    if isinstance(value, str):  # where pandas keeps text in Arrow, it has to be UTF-8
        return value.encode(errors="backslashreplace").decode()
    return value


def _cost(record: Record, what: str, unit: str) -> float | None:
    cost = record.cost(f"{what}_seconds")
    if cost is None:
        return None
    low, median, high = cost
    if unit == "us_per_row":
        return 1e6 * median / int(getattr(record, _ROWS[what]))
    if unit == "seconds":
        return median
    # One run says nothing about another.
    return None if len(record.runs) < 2 else low if unit == "seconds_q1" else high


def _pair_row(ours: Record, theirs: Record) -> list[Any]:
    statuses = {ours.status, theirs.status}
    status = next((s for s in ("missing", "failed") if s in statuses), "ok")
    key: list[Any] = [ours.model, theirs.member, ours.dataset, ours.seed, ours.fold, status]
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
        *(x for what in _TIMES for x in _speedup(ours, theirs, f"{what}_seconds")),
    ]


def _speedup(ours: Record, theirs: Record, what: str) -> tuple[float, float, float]:
    """Median and quartiles of the ratios of runs that followed each other."""
    ratios = [
        getattr(b, what) / getattr(a, what)
        for a, b in zip(ours.runs, theirs.runs, strict=False)
        if getattr(a, what) > 0
    ]
    if not ratios:
        return math.nan, math.nan, math.nan
    low, median, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    several = len(ratios) > 1
    return float(median), float(low) if several else math.nan, float(high) if several else math.nan
