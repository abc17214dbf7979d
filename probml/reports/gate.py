"""Whether a report is good enough: conditions on its figures, and comparison with an older one.

A model has become worse if the whole interval of its paired differences, new minus old on the
same rows, lies beyond a tolerance: ``high < -tolerance`` of a score of which more is better.
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probml.metrics import Interval, paired_interval
from probml.metrics.verdicts import judged
from probml.reports.frames import RESULT_COLUMNS
from probml.reports.records import Record

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Condition", "Difference", "check_data", "differences", "parse_condition"]

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_NOT_FIGURES = {"model", "implementation", "dataset", "seed", "fold", "laws", "status", "reason"}
_FIGURES = tuple(column for column in RESULT_COLUMNS if column not in _NOT_FIGURES)
_SCORES = {"accuracy": "right", "log_loss_clipped": "log_loss_clipped", "brier": "brier"}


@dataclass(frozen=True)
class Condition:
    """A figure of a model, and the bound beyond which the gate fails."""

    text: str
    model: str
    figure: str
    comparison: str
    bound: float

    def broken_by(self, results: "DataFrame") -> str:
        """Why the gate fails; empty if it does not, or the model has no figures.

        The figure is that of the model itself, not of its twin: the mean over seeds and folds.
        """
        mine = (results["model"] == self.model) & (results["implementation"] != "sklearn")
        value = float(results.loc[mine, self.figure].astype(float).mean())
        if not _OPERATORS[self.comparison](value, self.bound):
            return ""
        return f"{self.model}.{self.figure} is {value:.6g}: {self.text}"


def parse_condition(text: str, models: Iterable[str]) -> Condition:
    """Read a condition such as ``"mlp.accuracy<0.97"``.

    Parameters
    ----------
    text : str
        ``MODEL.FIGURE``, one of ``<``, ``<=``, ``>``, ``>=``, and a number; figures are the
        columns of ``results.csv``.
    models : iterable of str
        Names there are.

    Raises
    ------
    ValueError
        If it is not of this form, or names an unknown model or figure.

    Examples
    --------
    >>> parse_condition("mlp.accuracy < 0.97", ["lda", "mlp"]).bound
    0.97
    """
    known = list(models)
    match = re.fullmatch(r"\s*(.+)\.(\w+)\s*(<=|>=|<|>)\s*([^<>=]+)", text)
    if match is None:
        raise ValueError(f"expected MODEL.FIGURE<NUMBER, such as mlp.accuracy<0.97 (got {text!r})")
    model, figure, comparison, number = match.groups()
    if model not in known:
        raise ValueError(f"expected a model out of {', '.join(known)} (got {model!r} in {text!r})")
    if figure not in _FIGURES:
        raise ValueError(
            f"expected a figure out of {', '.join(_FIGURES)} (got {figure!r} in {text!r})"
        )
    try:
        bound = float(number)
    except ValueError as error:
        raise ValueError(f"expected a number after {comparison} (got {text!r})") from error
    return Condition(text, model, figure, comparison, bound)


@dataclass(frozen=True)
class Difference:
    """New minus old of one score of one model, on the same rows.

    `score` is ``"accuracy"``, ``"log_loss_clipped"`` or ``"brier"``; `mean` is over rows, each of
    them averaged over seeds; `low` and `high` bound it at 95 %.
    """

    model: str
    implementation: str
    score: str
    mean: float
    low: float
    high: float

    def worse_by(self, tolerance: float) -> bool:
        """Whether all of the interval is worse by more than the tolerance."""
        return self.high < -tolerance if self.score == "accuracy" else self.low > tolerance

    def reason(self, tolerance: float) -> str:
        """What has become worse, in words."""
        return (
            f"{self.model} ({self.implementation}): {self.score} changed by {self.mean:+.4f}, "
            f"95 % interval {self.low:+.4f} to {self.high:+.4f}, worse by more than {tolerance:g}"
        )


def differences(new: Sequence[Record], old: Sequence[Record]) -> list[Difference]:
    """What changed between two reports on the same data, model by model.

    Parameters
    ----------
    new, old : sequence of Record
        With predictions.  Models that only one of them has, or that failed in one, are left out.

    Returns
    -------
    list of Difference
        Three scores per model and implementation.

    Raises
    ------
    ValueError
        If a model was not given the same data, or nothing can be compared.
    """
    before = {(r.dataset, r.member, r.seed, r.fold): r for r in old}
    groups: dict[tuple[str, str], list[tuple[Record, Record]]] = {}
    for record in new:
        other = before.get((record.dataset, record.member, record.seed, record.fold))
        if other is not None:
            _same_data(record, other)
            if record.predictions is not None and other.predictions is not None:
                key = (record.model, record.implementation)
                groups.setdefault(key, []).append((record, other))
    if not groups:
        raise ValueError(
            "expected reports of which at least one model succeeded in both, on one dataset with "
            "the same seeds (got none); name another report"
        )
    return [d for key, pairs in groups.items() for d in _differences(*key, pairs)]


def check_data(old: Sequence[Record], checksums: Iterable[str]) -> None:
    """Find out, before a long run, whether what it makes can be compared with older records.

    Raises
    ------
    ValueError
        If the data, by their :func:`~probml.reports.checksums.combined` checksums, are others.
    """
    here, there = set(checksums), {record.data for record in old}
    if here != there:
        raise ValueError(
            f"expected a report on the same data (got {', '.join(sorted(d[:12] for d in there))} "
            f"there, {', '.join(sorted(d[:12] for d in here))} here): features, labels, or their "
            "split differ"
        )


def _same_data(new: Record, old: Record) -> None:
    if new.data != old.data:
        raise ValueError(
            f"expected a report on the same data (got {old.member} on {old.data[:12]} there, on "
            f"{new.data[:12]} here): features, labels, or their split differ"
        )


def _differences(
    model: str, implementation: str, pairs: Sequence[tuple[Record, Record]]
) -> Iterator[Difference]:
    for score, rows in _SCORES.items():
        a, b = (_by_row([pair[i] for pair in pairs], rows) for i in (0, 1))
        interval: Interval = paired_interval(a, b)
        yield Difference(model, implementation, score, float(np.mean(a - b)), *interval)


def _by_row(records: Sequence[Record], score: str) -> NDArray[np.float64]:
    """Scores of the rows of all folds, each row averaged over the seeds."""
    folds: dict[int, list[NDArray[np.float64]]] = {}
    for record in records:
        p = record.predictions
        assert p is not None
        rows = judged(p.y_true, p.log_proba, p.log_proba.shape[1], p.y_pred).rows
        folds.setdefault(record.fold, []).append(getattr(rows, score))
    scores: NDArray[np.float64] = np.concatenate(
        [np.mean(seeds, axis=0) for _, seeds in sorted(folds.items())]
    )
    return scores
