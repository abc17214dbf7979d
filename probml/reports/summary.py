"""One sentence per comparison: are the two the same, who is how accurate, who is faster."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import cast

from probml.reports import formats
from probml.reports.evidence import Comparison, Evidence, Figure
from probml.reports.frames import speedup
from probml.reports.records import Record

__all__ = ["Sentence", "several", "summaries"]

# Differences that a sentence calls none: below the fourth decimal, below a twentieth of the time.
_NOISE, _LIKE = 0.5e-4, 1.05


@dataclass(frozen=True)
class Sentence:
    """What there is to say about one pair.

    `verdict` is the statistics' one word, or "failed" or "missing" if a member did not run.
    """

    model: str
    title: str
    verdict: str
    text: str

    @property
    def ok(self) -> bool:
        """Whether both members ran."""
        return self.verdict not in ("failed", "missing")


def summaries(evidence: Evidence) -> tuple[Sentence, ...]:
    """One sentence per comparison, in order of appearance; means over seeds and folds.

    Differences are each model minus its reference.
    """
    return tuple(map(_sentence, evidence.comparisons))


def several(records: Sequence[Record]) -> str:
    """Of how many seeds and folds something is a mean; empty if there is one of each."""
    kinds = {"seed": {r.seed for r in records}, "fold": {r.fold for r in records}}
    return " and ".join(f"{len(n)} {kind}s" for kind, n in kinds.items() if len(n) > 1)


def _sentence(comparison: Comparison) -> Sentence:
    records = list({id(r): r for pair in comparison.pairs for r in pair}.values())
    first = comparison.pairs[0][0]
    missing = [record.reason for record in records if record.status == "missing"]
    if missing:
        return Sentence(first.model, first.title, "missing", missing[0])
    failed = [record for record in records if record.scores is None]
    if failed:
        return Sentence(first.model, first.title, "failed", _failure(records, failed))
    if comparison.verdict is None:
        return Sentence(first.model, first.title, "undecided", "too few rows to compare the two.")
    return Sentence(first.model, first.title, comparison.verdict, _compared(comparison))


def _failure(records: list[Record], failed: list[Record]) -> str:
    reasons: dict[tuple[str, str], list[str]] = {}
    for r in failed:
        reasons.setdefault((r.implementation, r.reason), []).append(str(r.seed))
    parts = [
        f"{name} failed (seed {', '.join(seeds)}): {reason}"
        for (name, reason), seeds in reasons.items()
    ]
    parts += [
        f"{r.implementation} reached accuracy {formats.decimal(r.scores.accuracy)} (seed {r.seed})"
        for r in records
        if r.scores is not None
    ]
    return "; ".join(parts)


def _compared(comparison: Comparison) -> str:
    ours, theirs = comparison.pairs[0]
    names = _names(ours, theirs)
    clauses = [
        _accuracy(comparison, names),
        _agreement(comparison),
        _probabilities(comparison, names),
        _speed(comparison, names),
    ]
    means = several([record for record, _ in comparison.pairs])
    return f"{'; '.join(clauses)}{f' (means of {means})' if means else ''}."


def _names(ours: Record, theirs: Record) -> tuple[str, str]:
    """How a sentence calls a model and its reference."""
    if ours.model == theirs.model:
        return ours.implementation, "scikit-learn"
    return ours.model, theirs.model


def _accuracy(comparison: Comparison, names: tuple[str, str]) -> str:
    means = [
        fmean(record.scores.accuracy for record in records if record.scores)
        for records in zip(*comparison.pairs, strict=True)
    ]
    if means[0] == means[1]:
        return f"accuracy {means[0]:.4f} with both"
    apart = _with_interval(cast("Figure", comparison.accuracy))
    return f"accuracy {means[0]:.4f} with {names[0]}, {means[1]:.4f} with {names[1]}, {apart}"


def _with_interval(figure: Figure) -> str:
    """A difference, and from where to where it may go."""
    text = f"a difference of {formats.signed(figure.value)}"
    return text if figure.interval is None else f"{text} ({formats.signed_range(figure.interval)})"


def _agreement(comparison: Comparison) -> str:
    different = fmean(p.labels_different for p in comparison.parities if p)
    n = comparison.pairs[0][0].n_test
    if different == 0:
        return f"all {n:,} labels agree"
    return f"{n - different:,.0f} of {n:,} labels agree"


def _probabilities(comparison: Comparison, names: tuple[str, str]) -> str:
    if comparison.verdict == "identical":
        apart = max(p.max_abs_dp for p in comparison.parities if p)
        return f"no probability differs by more than {formats.scientific(apart)}"
    infinite = [
        name
        for name, records in zip(names, zip(*comparison.pairs, strict=True), strict=True)
        if any(record.scores and math.isinf(record.scores.log_loss) for record in records)
    ]
    if infinite:
        return f"log loss infinite {'for both' if len(infinite) == 2 else f'with {infinite[0]}'}"
    figure = cast("Figure", comparison.log_loss)
    if abs(figure.value) < _NOISE:
        return "log loss equal to 4 decimals"
    return f"log loss differs by {formats.signed(figure.value)}"


def _speed(comparison: Comparison, names: tuple[str, str]) -> str:
    ratio = speedup(*comparison.costed, "fit_seconds")[0]
    if math.isnan(ratio):
        return "fit times not comparable"
    faster, factor = (names[0], ratio) if ratio >= 1 else (names[1], 1 / ratio)
    if factor < _LIKE:
        return "both fitted equally fast"
    return f"{faster} fitted {formats.ratio(factor)} as fast"
