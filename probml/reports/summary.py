"""One sentence per pair: who is how accurate, do they agree, who is faster."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from probml.reports import formats
from probml.reports.frames import pairs_frame, twins
from probml.reports.pairs import IMPLEMENTATIONS
from probml.reports.records import Record

__all__ = ["Sentence", "summaries"]

# Differences that a sentence calls none: below the fourth decimal, below a twentieth of the time.
_NOISE, _LIKE = 0.5e-4, 1.05


@dataclass(frozen=True)
class Sentence:
    """What there is to say about one pair, and whether both of its members ran."""

    model: str
    title: str
    text: str
    ok: bool


def summaries(records: Sequence[Record]) -> tuple[Sentence, ...]:
    """One sentence per (dataset, model), in order of appearance; means over the seeds.

    Differences are probml minus sklearn.
    """
    groups: dict[tuple[str, str], list[Record]] = {}
    for ours, theirs in twins(records):
        groups.setdefault((ours.dataset, ours.model), []).extend((ours, theirs))
    return tuple(_sentence(group) for group in groups.values())


def _sentence(records: list[Record]) -> Sentence:
    failed = [record for record in records if record.scores is None]
    text = _failure(records, failed) if failed else _comparison(records)
    return Sentence(records[0].model, records[0].title, text, not failed)


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


def _comparison(records: list[Record]) -> str:
    frame = pairs_frame(records)
    means = {
        name: fmean(r.scores.accuracy for r in records if r.implementation == name and r.scores)
        for name in IMPLEMENTATIONS
    }
    clauses = (
        _accuracy(means["probml"], means["sklearn"]),
        _agreement(float(frame["labels_different"].mean()), records[0].n_test),
        _loss(float(frame["delta_log_loss"].mean(skipna=False))),
        _speed(float(frame["fit_speedup"].median())),
    )
    seeds = f" (means of {len(frame)} seeds)" if len(frame) > 1 else ""
    return f"{'; '.join(clauses)}{seeds}."


def _accuracy(ours: float, theirs: float) -> str:
    if ours == theirs:
        return f"accuracy {ours:.4f} with both"
    return f"accuracy {ours:.4f} with probml, {theirs:.4f} with scikit-learn"


def _agreement(different: float, n: int) -> str:
    return (
        f"all {n:,} labels agree"
        if different == 0
        else f"{n - different:,.0f} of {n:,} labels agree"
    )


def _loss(difference: float) -> str:
    if math.isnan(difference):
        return "log loss infinite for both"
    if abs(difference) < _NOISE:
        return "log loss equal to 4 decimals"
    return f"log loss differs by {formats.signed(difference)}"


def _speed(speedup: float) -> str:
    if math.isnan(speedup):
        return "fit times not comparable"
    faster, factor = ("probml", speedup) if speedup >= 1 else ("scikit-learn", 1 / speedup)
    if factor < _LIKE:
        return "both fitted equally fast"
    return f"{faster} fitted {formats.ratio(factor)} as fast"
