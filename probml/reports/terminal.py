"""The comparison as text tables for a terminal, which may be narrow and may be ASCII only.

Layout and colour are left to whoever prints; here it is decided what a table says, and
which columns can be spared when there is no room.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from probml.reports import formats
from probml.reports.records import Record
from probml.reports.report import Report

__all__ = ["TextTable", "pairs_table", "plain", "results_table"]

_ASCII = str.maketrans({"−": "-", "–": "-", "×": "x", "…": "..."})


@dataclass(frozen=True)
class TextTable:
    """Headers and cells; the first `n_names` columns are names, the others figures.

    `spare` lists the headers of columns that may go, the least important first.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_names: int
    spare: tuple[str, ...]

    def shrunk(self) -> "TextTable":
        """The same table without its first spare column."""
        gone = self.headers.index(self.spare[0])
        return replace(
            self,
            headers=self.headers[:gone] + self.headers[gone + 1 :],
            rows=tuple(row[:gone] + row[gone + 1 :] for row in self.rows),
            spare=self.spare[1:],
        )


def results_table(report: Report) -> TextTable:
    """One row per record; a dash for what a failed one lacks."""
    columns: dict[str, tuple[str, Callable[[Any], str]]] = {
        "model": ("model", str),
        "implementation": ("by", str),
        **_seed(report.records),
        "accuracy": ("accuracy", formats.decimal),
        "log_loss": ("log loss", formats.decimal),
        "brier": ("Brier", formats.decimal),
        "ece": ("ECE", formats.decimal),
        "fit_seconds": ("fit s", formats.seconds),
        "predict_proba_us_per_row": ("proba us", formats.seconds),
        "peak_mib": ("peak MiB", lambda x: formats.decimal(x, 0)),
        "laws": ("laws", _law_word),
    }
    spare = ("peak MiB", "proba us", "ECE", "Brier", "laws", "fit s")
    return _table(report.results, columns, 2 + len(_seed(report.records)), spare)


def pairs_table(report: Report) -> TextTable:
    """One row per comparison: the model minus its reference, and ratios of their seconds."""
    columns: dict[str, tuple[str, Callable[[Any], str]]] = {
        "model": ("model", str),
        **_seed(report.records),
        "verdict": ("verdict", lambda word: word if isinstance(word, str) else formats.DASH),
        "delta_accuracy": ("accuracy", formats.signed),
        "delta_log_loss": ("log loss", formats.signed),
        "label_agreement": ("agree", formats.decimal),
        "max_abs_dproba": ("max |dp|", formats.scientific),
        "fit_speedup": ("fit", formats.ratio),
        "predict_proba_speedup": ("proba", formats.ratio),
    }
    spare = ("proba", "max |dp|", "fit", "agree")
    return _table(report.pairs, columns, 2 + len(_seed(report.records)), spare)


def plain(text: str) -> str:
    """Text for any terminal: a minus sign that cannot be shown would be a wrong number.

    Examples
    --------
    >>> plain("−0.5")
    '-0.5'
    """
    return text.translate(_ASCII)


def _law_word(verdict: str) -> str:
    """A verdict in one word; the pages say which laws."""
    return verdict.split(" ")[0] or formats.DASH


def _seed(records: Sequence[Record]) -> dict[str, tuple[str, Callable[[Any], str]]]:
    return {
        name: (name, str)
        for name in ("seed", "fold")
        if len({getattr(record, name) for record in records}) > 1
    }


def _table(
    frame: Any,
    columns: dict[str, tuple[str, Callable[[Any], str]]],
    n_names: int,
    spare: tuple[str, ...],
) -> TextTable:
    rows = tuple(
        tuple(plain(write(row[column])) for column, (_, write) in columns.items())
        for row in frame.to_dict("records")
    )
    return TextTable(tuple(header for header, _ in columns.values()), rows, n_names, spare)
