"""Verdicts as tables that fit the terminal, as JSON, or as CSV."""

import json
from typing import Any

from probml.cli._console import console, echo

__all__ = ["show"]

# Columns of a terminal; a narrower one shows ids alone.
_ROOM_FOR_TITLES = 60


def show(frame: Any, form: str | None) -> None:
    """Print a frame of verdicts in the form that was asked for."""
    if form == "json":
        rows = json.loads(frame.to_json(orient="records", double_precision=15))
        echo(json.dumps(_with_infinities(rows, frame), indent=2))
    elif form == "csv":
        echo(frame.to_csv(index=False).rstrip())
    elif "estimator" in frame and frame["estimator"].nunique() > 1:
        _draw_atlas(frame)
    else:
        _draw(frame)


def _with_infinities(rows: list[dict[str, Any]], frame: Any) -> list[dict[str, Any]]:
    """JSON has no infinity, and a margin that is infinite must not read as missing."""
    for row, margin in zip(rows, frame.get("margin", []), strict=False):
        row["margin"] = margin if margin < float("inf") else "inf"
    return rows


def _draw_atlas(frame: Any) -> None:
    """A line for each classifier: how many laws hold, and which are broken."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("classifier", overflow="fold")
    table.add_column("holds", justify="right")
    table.add_column("quirks", justify="right")
    table.add_column("broken", overflow="fold")
    for name, part in frame.groupby("estimator"):
        n = part["verdict"].value_counts()
        broken = part.loc[part["verdict"].isin(["violation", "error"]), "law_id"]
        counts = (str(n.get(verdict, 0)) for verdict in ("holds", "quirk"))
        table.add_row(str(name), *counts, " ".join(broken))
    console().print(table)


def _draw(frame: Any) -> None:
    from rich.table import Table

    out = console()
    if "mutant" in frame:
        shown = frame.assign(killed=frame["killed"].map({True: "killed", False: "SURVIVED"}))
        columns = ["law_id", "mutant", "killed"]
    else:
        shown = frame.assign(margin=frame["margin"].map("{:.2g}".format))
        columns = ["law_id", "title", "examples", "margin", "verdict"]
        if "mutants" in frame:
            shown["mutants"] = frame["killed"].astype(str) + "/" + frame["mutants"].astype(str)
            columns.insert(4, "mutants")
        if out.width < _ROOM_FOR_TITLES:
            columns = [name for name in columns if name not in ("title", "examples")]
    for theme, part in shown.groupby(frame["law_id"].str.split("-").str[0]):
        table = Table(title=str(theme), title_justify="left", box=None, pad_edge=False)
        for name in columns:
            figures = name in ("examples", "margin", "mutants")
            table.add_column(
                name.replace("_id", ""),
                justify="right" if figures else "left",
                no_wrap=name not in ("title", "mutant"),
                overflow="fold",
            )
        for row in part[columns].astype(str).itertuples(index=False):
            table.add_row(*row)
        out.print(table)
        out.print()
    if "verdict" in frame:
        for row in frame[frame["verdict"] != "holds"].itertuples():
            _explain(out, row)
    if "mutants" in frame:
        for law_id in frame.loc[frame["killed"] < frame["mutants"], "law_id"]:
            out.print(f"{law_id} rejects too little: 'probml verify --self-test --law {law_id}'")


_SAID = {"violation": "is broken", "quirk": "is a quirk", "error": "could not be held"}


def _explain(out: Any, row: Any) -> None:
    """One law that does not hold: why, and by what."""
    if row.verdict == "not_applicable":
        out.print(f"{row.law_id} does not apply: {row.reason}")
        return
    out.print(f"{row.law_id} {_SAID[row.verdict]}: {row.reason}")
    if getattr(row, "damage", "") and row.verdict != "quirk":
        out.print(f"  what it does: {row.damage}")
    if row.snippet and row.verdict != "quirk":
        out.print(f"  this shows it, without probml (seed {row.seed}):\n")
        # a line that the terminal breaks would no longer run
        out.print(row.snippet, soft_wrap=True)
    elif not row.snippet:
        out.print(f"  by {row.counterexample}")
