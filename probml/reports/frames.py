"""Tables derived from records: one row per fit, and one row per comparison.

Every difference is a model minus its reference; every speed-up is the reference's seconds divided
by the model's, so above 1 means that the model was faster.  Of twins sklearn is the reference.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from probml.metrics import Interval, Parity
from probml.reports.evidence import Comparison, Evidence, Fit
from probml.reports.pairs import IMPLEMENTATIONS
from probml.reports.records import Record

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["PAIR_COLUMNS", "RESULT_COLUMNS", "pairs_frame", "results_frame", "sign", "speedup"]

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
_ESTIMATES = (
    *("log_loss_low", "log_loss_high", "brier_low", "brier_high"),
    *("balanced_accuracy", "balanced_accuracy_low", "balanced_accuracy_high"),
    *("ece_debiased", "ece_null_low", "ece_null_high", "ece_class_wise"),
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
    *_ESTIMATES,
    *_COSTS,
    *("peak_mib", "repeats", "threads", "laws", "status", "reason"),
)

_COUNTS = ("labels_different", "only_model_right", "only_reference_right")
_KEY = 7  # columns that hold words

_SPEEDUPS = tuple(f"{what}_speedup{end}" for what in _TIMES for end in ("", "_q1", "_q3"))

PAIR_COLUMNS = (
    *("model", "reference", "dataset", "seed", "fold", "status", "verdict"),
    *("delta_accuracy", "delta_accuracy_low", "delta_accuracy_high", "delta_log_loss"),
    *("delta_log_loss_clipped", "delta_log_loss_clipped_low", "delta_log_loss_clipped_high"),
    *("delta_brier", "delta_brier_low", "delta_brier_high"),
    *("label_agreement", "labels_different", "only_model_right", "only_reference_right"),
    *("mcnemar_p", "mcnemar_p_holm", "max_abs_dproba", "max_abs_dlog_proba"),
    *_SPEEDUPS,
)


def results_frame(evidence: Evidence) -> "DataFrame":
    """One row per record; the metrics of a failed record are empty (NaN).

    Parameters
    ----------
    evidence : Evidence
        As from :func:`~probml.reports.weigh`.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`RESULT_COLUMNS`.  `_low` and `_high` are the ends of 95 % intervals, those of
        `ece_null` what the ECE of a calibrated model may be.  Seconds are wall-clock, the median
        over the repeats, with `_q1` and `_q3` its quartiles, empty for a single one; microseconds
        are per row that was fitted or predicted, `peak_mib` is in units of 2^20 bytes.

    Examples
    --------
    >>> from probml.reports import weigh
    >>> results_frame(weigh([])).columns[:3].tolist()
    ['model', 'implementation', 'dataset']
    """
    import pandas as pd

    fits = {id(fit.record): _estimates(fit) for member in evidence.results for fit in member.fits}
    rows = [
        [_cell(record, fits.get(id(record), {}), column) for column in RESULT_COLUMNS]
        for record in evidence.records
    ]
    frame = pd.DataFrame(rows, columns=list(RESULT_COLUMNS))
    numeric = [*_SCORES, *_ESTIMATES, *_COSTS, "peak_mib"]
    return frame.astype(dict.fromkeys(numeric, "float64"))


def pairs_frame(evidence: Evidence) -> "DataFrame":
    """One row per record that has a reference, of which both were planned.

    Differences are **the model minus its reference**, so of twins probml minus sklearn; speed-ups
    are the reference's seconds over the model's, the median over fits that took turns.  A cell
    is empty (NaN) where a member failed, or where both log losses are infinite.

    Parameters
    ----------
    evidence : Evidence
        As from :func:`~probml.reports.weigh`.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`PAIR_COLUMNS`; `label_agreement` is a share of the test split,
        `labels_different` a count, `max_abs_dproba` the largest difference between two
        probabilities; verdicts, p-values and intervals are those of :func:`probml.metrics.parity`.

    Examples
    --------
    >>> from probml.reports import weigh
    >>> pairs_frame(weigh([])).columns[6:8].tolist()
    ['verdict', 'delta_accuracy']
    """
    import pandas as pd

    rows = [row for comparison in evidence.comparisons for row in _pair_rows(comparison)]
    frame = pd.DataFrame(rows, columns=list(PAIR_COLUMNS))
    floats = [c for c in PAIR_COLUMNS[_KEY:] if c not in _COUNTS]
    return frame.astype({**dict.fromkeys(floats, "float64"), **dict.fromkeys(_COUNTS, "Int64")})


def sign(records: Sequence[Record]) -> str:
    """Which way differences and ratios point, in words."""
    others = any(r.reference and r.implementation != IMPLEMENTATIONS[0] for r in records)
    return _GIVEN if others else _TWINS


def _estimates(fit: Fit) -> dict[str, float]:
    error = fit.calibration
    return {
        **_ends("log_loss", fit.log_loss.interval),
        **_ends("brier", fit.brier.interval),
        **_ends("balanced_accuracy", fit.balanced_accuracy.interval),
        **_ends("ece_null", error.null),
        "balanced_accuracy": fit.balanced_accuracy.value,
        "ece_debiased": error.debiased,
        "ece_class_wise": fit.ece_class_wise,
    }


def _ends(name: str, interval: Interval | None) -> dict[str, float]:
    return {} if interval is None else {f"{name}_low": interval.low, f"{name}_high": interval.high}


def _cell(record: Record, estimates: Mapping[str, float], column: str) -> Any:
    if column in _SCORES:
        return None if record.scores is None else getattr(record.scores, column)
    if column in _ESTIMATES:
        return estimates.get(column)
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


def _pair_rows(comparison: Comparison) -> Iterator[list[Any]]:
    for pair, parity, p in zip(comparison.pairs, comparison.parities, comparison.holm, strict=True):
        cells = {} if parity is None else _parity_cells(*pair, parity) | {"mcnemar_p_holm": p}
        ours, theirs = pair
        key = {
            "model": ours.model,
            "reference": theirs.member,
            "dataset": ours.dataset,
            "seed": ours.seed,
            "fold": ours.fold,
            "status": next((s for s in ("missing", "failed") if s in _statuses(pair)), "ok"),
        }
        yield [(key | cells).get(column) for column in PAIR_COLUMNS]


def _statuses(pair: Sequence[Record]) -> set[str]:
    return {record.status for record in pair}


def _parity_cells(ours: Record, theirs: Record, parity: Parity) -> dict[str, Any]:
    assert ours.scores is not None
    assert theirs.scores is not None
    times = {what: speedup(ours, theirs, f"{what}_seconds") for what in _TIMES}
    return {
        "verdict": parity.verdict,
        "delta_accuracy": ours.scores.accuracy - theirs.scores.accuracy,
        **_ends("delta_accuracy", parity.accuracy_interval),
        # Two infinite losses have no difference: NaN, an empty cell.
        "delta_log_loss": ours.scores.log_loss - theirs.scores.log_loss,
        "delta_log_loss_clipped": parity.log_loss,
        **_ends("delta_log_loss_clipped", parity.log_loss_interval),
        "delta_brier": ours.scores.brier - theirs.scores.brier,
        **_ends("delta_brier", parity.brier_interval),
        "label_agreement": 1.0 - parity.labels_different / parity.n,
        "labels_different": parity.labels_different,
        "only_model_right": parity.only_first,
        "only_reference_right": parity.only_second,
        "mcnemar_p": parity.mcnemar_p,
        "max_abs_dproba": parity.max_abs_dp,
        "max_abs_dlog_proba": parity.max_abs_dlogp,
        **{f"{what}_speedup": times[what][0] for what in _TIMES},
        **{f"{what}_speedup_q1": times[what][1] for what in _TIMES},
        **{f"{what}_speedup_q3": times[what][2] for what in _TIMES},
    }


def speedup(ours: Record, theirs: Record, what: str) -> tuple[float, float, float]:
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
