"""One sentence per comparison: who is how accurate, do they agree, who is faster."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from probml.reports import formats
from probml.reports.frames import pairs_frame, twins
from probml.reports.records import Record

if TYPE_CHECKING:
    from pandas import DataFrame, Series

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
    """One sentence per (dataset, model), in order of appearance; means over seeds and folds.

    Differences are each model minus its reference.
    """
    groups: dict[tuple[str, str], dict[tuple[str, int, int], Record]] = {}
    for pair in twins(records):
        group = groups.setdefault((pair[0].dataset, pair[0].model), {})
        group.update({(r.member, r.seed, r.fold): r for r in pair})
    return tuple(_sentence(list(group.values())) for group in groups.values())


def _sentence(records: list[Record]) -> Sentence:
    missing = [record.reason for record in records if record.status == "missing"]
    if missing:
        return Sentence(records[0].model, records[0].title, missing[0], False)
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
    names = _names(records)
    means = [
        fmean(r.scores.accuracy for r in records if r.member == member and r.scores)
        for member in names
    ]
    clauses = (
        _accuracy(means, list(names.values())),
        _agreement(float(frame["labels_different"].mean()), records[0].n_test),
        _loss(float(frame["delta_log_loss"].mean(skipna=False))),
        _speed(_middle(frame["fit_speedup"]), list(names.values())),
    )
    return f"{'; '.join(clauses)}{_means(records, frame)}."


def _middle(ratios: "Series") -> float:
    """The median; NaN where nothing was timed."""
    known = ratios.dropna()
    return float(known.median()) if len(known) else math.nan


def _names(records: list[Record]) -> dict[str, str]:
    """How a sentence calls a model and its reference, by their members."""
    ours, reference = records[0], records[0].reference
    theirs = next(record for record in records if record.member == reference)
    if ours.model == theirs.model:
        return {ours.member: ours.implementation, reference: "scikit-learn"}
    return {ours.member: ours.model, reference: theirs.model}


def _means(records: list[Record], frame: "DataFrame") -> str:
    kinds = (("seed", frame["seed"].nunique()), ("fold", frame["fold"].nunique()))
    several = [f"{n} {kind}s" for kind, n in kinds if n > 1]
    return f" (means of {' and '.join(several)})" if several else ""


def _accuracy(means: list[float], names: list[str]) -> str:
    if means[0] == means[1]:
        return f"accuracy {means[0]:.4f} with both"
    return ", ".join(
        f"accuracy {mean:.4f} with {name}" if i == 0 else f"{mean:.4f} with {name}"
        for i, (mean, name) in enumerate(zip(means, names, strict=True))
    )


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


def _speed(speedup: float, names: list[str]) -> str:
    if math.isnan(speedup):
        return "fit times not comparable"
    faster, factor = (names[0], speedup) if speedup >= 1 else (names[1], 1 / speedup)
    if factor < _LIKE:
        return "both fitted equally fast"
    return f"{faster} fitted {formats.ratio(factor)} as fast"
