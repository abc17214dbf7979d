"""The gate of ``probml report``: conditions, and comparison with an older report."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from probml.datasets import Dataset
    from probml.reports import Condition, Difference, Record, Report

__all__ = ["Gate", "gate_of"]


@dataclass(frozen=True)
class Gate:
    """What a report must not do: `old` are the records it must not be worse than."""

    conditions: "tuple[Condition, ...]"
    old: "Sequence[Record] | None"
    fail_on_regression: bool
    tolerance: float

    def check(self, datasets: "Iterable[Dataset]") -> None:
        """Find out before the run that the older report is of other data."""
        from probml.reports.checksums import combined, data_checksums
        from probml.reports.gate import check_data

        if self.old is None:
            return
        try:
            check_data(self.old, [combined(data_checksums(dataset)) for dataset in datasets])
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--against") from error

    def verdict(self, report: "Report") -> tuple[list[str], dict[str, Any]]:
        """Why it fails, none if it does not, and all that there is to tell."""
        found = [] if self.old is None else _differences(report.records, self.old)
        reasons = [c.broken_by(report.results) for c in self.conditions]
        if self.fail_on_regression:
            reasons += [d.reason(self.tolerance) for d in found if d.worse_by(self.tolerance)]
        reasons = [reason for reason in reasons if reason]
        told = {
            "failed": bool(reasons),
            "reasons": reasons,
            "tolerance": self.tolerance,
            "differences": [asdict(d) | {"worse": d.worse_by(self.tolerance)} for d in found],
        }
        return reasons, told


def _differences(new: "Sequence[Record]", old: "Sequence[Record]") -> "list[Difference]":
    from probml.reports import differences

    try:
        return differences(new, old)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--against") from error


def gate_of(
    models: Iterable[str],
    against: Path | None,
    fail_on: Sequence[str],
    fail_on_regression: bool,
    tolerance: float,
) -> Gate:
    """Read the options, and the older report before a new one may replace it."""
    from probml.reports import parse_condition, read_records

    if fail_on_regression and against is None:
        raise click.UsageError("--fail-on-regression needs --against, the report to compare with")
    try:
        conditions = tuple(parse_condition(text, models) for text in fail_on)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--fail-on") from error
    old = None
    if against is not None:
        try:
            old = read_records(against)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise click.BadParameter(
                f"{against} holds no report that can be read ({error})", param_hint="--against"
            ) from error
    return Gate(conditions, old, fail_on_regression, tolerance)
