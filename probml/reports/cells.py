"""What the tables show: figures with their intervals as text, one row per model or comparison."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from probml.metrics import Estimate, Parity, Ranked
from probml.reports import formats
from probml.reports.evidence import Comparison, Figure, Result
from probml.reports.frames import speedup
from probml.reports.records import Record
from probml.reports.summary import several

__all__ = [
    "NOT_KNOWN",
    "Cell",
    "Row",
    "comparison_row",
    "display",
    "estimate_cell",
    "ranking_row",
    "result_row",
    "why_none",
]

NOT_KNOWN = "n/a"
_DISPLAY = {"sklearn": "scikit-learn"}


class Cell(NamedTuple):
    """A figure, what is to be said of it in small print, and what it is sorted by."""

    text: str
    small: str = ""
    key: float | None = None

    def __str__(self) -> str:
        return f"{self.text} ({self.small})" if self.small else self.text


class Row(NamedTuple):
    """One line of a table: whose it is, its cells, or why there are none."""

    model: str
    implementation: str
    of: str
    cells: tuple[Cell, ...]
    reason: str = ""


def display(implementation: str) -> str:
    """An implementation as people call it."""
    return _DISPLAY.get(implementation, implementation)


def why_none(record: Record) -> str:
    """Why a record has no figures."""
    return f"failed: {record.reason}" if record.status == "failed" else record.reason


def result_row(result: Result) -> Row:
    """Scores and costs of one implementation of a model, over all of its fits."""
    first, failed = result.records[0], [r for r in result.records if r.scores is None]
    reason = "; ".join(dict.fromkeys(map(why_none, failed)))
    of = several(result.records)
    if not result.fits:
        return Row(first.model, first.implementation, of, (), reason)
    if failed:
        of = f"{of}, {len(failed)} of {len(result.records)} fits {failed[0].status}"
    cells = (
        _figure(result.accuracy),
        _figure(result.balanced_accuracy),
        _figure(result.log_loss),
        _figure(result.brier),
        _calibration(result),
        *_costs(result),
        Cell(_laws(result)),
    )
    return Row(first.model, first.implementation, of, cells, reason)


def comparison_row(comparison: Comparison) -> Row:
    """How far a model is from its reference, and how much faster."""
    ours, theirs = comparison.pairs[0]
    known = [parity for parity in comparison.parities if parity is not None]
    of = several([pair[0] for pair in comparison.pairs])
    if not known:
        reason = next((why_none(r) for r in (ours, theirs) if r.status != "ok"), "too few rows")
        return Row(ours.model, theirs.member, of, (), reason)
    cells = (
        Cell(comparison.verdict or NOT_KNOWN),
        *(_signed(f) for f in (comparison.accuracy, comparison.log_loss, comparison.brier)),
        *_labels(known),
        _mcnemar(known, comparison.holm),
        _largest([p.max_abs_dp for p in known]),
        *(_speedup(comparison, f"{what}_seconds") for what in ("fit", "predict", "predict_proba")),
    )
    return Row(ours.model, theirs.member, of, cells)


def ranking_row(ranked: Ranked, result: Result) -> Row:
    """A model's place by log loss, and what it costs."""
    first = result.records[0]
    if ranked.score is None:
        return Row(first.model, first.implementation, "", (), why_none(first))
    apart = Cell("best", "", 0.0) if ranked.difference == 0.0 else Cell(NOT_KNOWN)
    if ranked.difference:
        apart = _signed(Figure(ranked.difference, ranked.difference_interval))
    cells = (
        _figure(Figure(ranked.score, ranked.interval)),
        apart,
        Cell("yes" if ranked.may_be_best else "no"),
        _figure(result.accuracy),
        _calibration(result),
        _cost(result.costed, "fit_seconds", 1.0),
        _cost(result.costed, "predict_proba_seconds", 1e6 / first.n_test),
    )
    return Row(first.model, first.implementation, "", cells)


def estimate_cell(estimate: Estimate | None) -> Cell:
    """A share of rows with its interval; a dash where it is not defined."""
    if estimate is None:
        return Cell(formats.DASH)
    low_high = formats.short_range(estimate.low, estimate.high)
    return Cell(formats.decimal(estimate.value, 3), low_high, estimate.value)


def _figure(figure: Figure | None) -> Cell:
    if figure is None:
        return Cell(formats.DASH)
    small = "" if figure.interval is None else formats.value_range(*figure.interval)
    return Cell(formats.decimal(figure.value), small, figure.value)


def _signed(figure: Figure | None) -> Cell:
    if figure is None:
        return Cell(formats.DASH)
    small = "" if figure.interval is None else formats.signed_range(figure.interval)
    return Cell(formats.signed(figure.value), small, figure.value)


def _calibration(result: Result) -> Cell:
    """The calibration error, and what chance alone would show; means over fits."""
    errors = [fit.calibration for fit in result.fits]
    low, high = (fmean(error.null[i] for error in errors) for i in (0, 1))
    plain = fmean(error.plain for error in errors)
    return Cell(formats.decimal(plain), f"chance {formats.value_range(low, high)}", plain)


def _costs(result: Result) -> tuple[Cell, ...]:
    """Seconds of a fit with their quartiles, microseconds per row, MiB: of all fits."""
    record = result.costed
    peak = record.cost("peak_bytes")
    return (
        _cost(record, "fit_seconds", 1.0),
        _cost(record, "predict_seconds", 1e6 / record.n_test),
        _cost(record, "predict_proba_seconds", 1e6 / record.n_test),
        Cell(NOT_KNOWN) if peak is None else Cell(f"{peak[1] / 2**20:,.0f}", "", peak[1]),
    )


def _cost(record: Record, what: str, unit: float) -> Cell:
    cost = record.cost(what)
    if cost is None:
        return Cell(NOT_KNOWN)
    low, middle, high = (unit * x for x in cost)
    spread = formats.spread(low, high) if len(record.runs) > 1 else ""
    return Cell(formats.seconds(middle), spread, middle)


def _laws(result: Result) -> str:
    verdicts = dict.fromkeys(fit.record.laws for fit in result.fits)
    return "; ".join(filter(None, verdicts)) or NOT_KNOWN


def _labels(parities: Sequence[Parity]) -> tuple[Cell, Cell]:
    different = fmean(parity.labels_different for parity in parities)
    n = parities[0].n
    only = [fmean(getattr(p, f"only_{which}") for p in parities) for which in ("first", "second")]
    agree = Cell(f"{n - different:,.0f}", f"of {n:,}", n - different)
    return agree, Cell(f"{only[0]:,.0f} : {only[1]:,.0f}", "", only[0] - only[1])


def _mcnemar(parities: Sequence[Parity], holm: Sequence[float | None]) -> Cell:
    """Of one fit: several would be several tests."""
    if len(parities) > 1 or holm[0] is None:
        return Cell(NOT_KNOWN, "several fits")
    return Cell(formats.p_value(parities[0].mcnemar_p), f"Holm {formats.p_value(holm[0])}", holm[0])


def _largest(distances: Sequence[float]) -> Cell:
    return Cell(formats.scientific(max(distances)), "", max(distances))


def _speedup(comparison: Comparison, what: str) -> Cell:
    """Median ratio of neighbouring runs, over all pairs of fits."""
    middle, low, high = speedup(*comparison.costed, what)
    if math.isnan(middle):
        return Cell(NOT_KNOWN)
    spread = "" if math.isnan(low) else formats.ratio_spread(low, high)
    return Cell(formats.ratio(middle), spread, middle)
