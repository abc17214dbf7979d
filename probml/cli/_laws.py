"""``probml laws`` and ``probml verify``: read the catalogue, and hold code against it."""

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from probml.cli._console import console, echo, progress, require

if TYPE_CHECKING:
    from probml.laws import Law

__all__ = ["laws", "verify"]

_VIOLATION = 1

# Columns of a terminal; a narrower one shows ids alone.
_ROOM_FOR_TITLES = 60


@click.group()
def laws() -> None:
    """Read the catalogue of laws."""


@laws.command("list")
@click.option("--source", metavar="TEXT", help="Such as 'Lai 2020, slide 56'.")
def list_laws(source: str | None) -> int:
    """List ids, titles and sources; with --source, from a slide to its laws."""
    chosen = [law for law in _catalogue() if source is None or _mentions(law.source, source)]
    if not chosen:
        raise click.UsageError(f"no law comes from {source!r}; 'probml laws list' prints them all")
    echo("\n".join(f"{law.id}  {law.title}  [{law.source}]" for law in chosen))
    return 0


def _mentions(text: str, words: str) -> bool:
    """Whether all words, split at commas, are in the text; slide 5 is not slide 56."""
    wanted = [word.strip() for word in words.split(",")]
    return all(re.search(rf"(?<!\w){re.escape(w)}(?!\w)", text, re.IGNORECASE) for w in wanted)


@laws.command()
@click.argument("law_id", metavar="ID")
def show(law_id: str) -> int:
    """Print one law: statement, formula, tolerance and mutants."""
    (law,) = _chosen(law_id)
    lines = [
        f"{law.id}  {law.title}",
        "",
        law.text,
        law.latex,
        "",
        f"source     {law.source}",
        f"tolerance  {law.tolerance:g}: {law.reason}",
        *(f"rejects    {mutant.name}" for mutant in law.mutants),
    ]
    echo("\n".join(lines))
    return 0


@click.command()
@click.option("--law", "law_ids", metavar="IDS", help="Such as DI-02,DI-11. Default: all.")
@click.option(
    "--subject",
    metavar="MODULE:NAME",
    help="Hold the one law of --law against this implementation instead of ours.",
)
@click.option(
    "--examples", type=click.IntRange(min=1), default=100, show_default=True, help="Cases per law."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds, equal cases.")
@click.option("--self-test", is_flag=True, help="Hold every law against its own mutants instead.")
@click.option("--json", "form", flag_value="json", help="Print JSON on stdout.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV on stdout.")
def verify(
    law_ids: str | None,
    subject: str | None,
    examples: int,
    seed: int,
    self_test: bool,
    form: str | None,
) -> int:
    """Hold this library, or your own code, against the laws; exit 1 on a violation."""
    chosen = _chosen(law_ids)
    if subject is not None and (len(chosen) != 1 or self_test):
        raise click.UsageError("--subject needs exactly one law in --law, and no --self-test")
    if form is None:
        require("report", "rich")
    from probml.laws import load_subject
    from probml.laws import self_test as hunt
    from probml.laws import verify as verify_laws

    run = hunt if self_test else verify_laws
    if subject is not None:
        try:
            candidate = load_subject(subject)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--subject") from error
        frame = verify_laws(chosen, candidate=candidate, max_examples=examples, random_seed=seed)
    else:
        frame = run(_counted(chosen), max_examples=examples, random_seed=seed)
    _show(frame, form)
    good = frame["killed"] if self_test else frame["verdict"] == "holds"
    if "mutants" in frame:
        good &= frame["killed"] == frame["mutants"]
    return 0 if good.all() else _VIOLATION


def _catalogue() -> "tuple[Law, ...]":
    require("laws", "hypothesis")
    from probml.laws import CATALOGUE

    return CATALOGUE


def _chosen(law_ids: str | None) -> "list[Law]":
    known = {law.id: law for law in _catalogue()}
    if law_ids is None:
        return list(known.values())
    wanted = [law_id.strip().upper() for law_id in law_ids.split(",") if law_id.strip()]
    unknown = [law_id for law_id in wanted if law_id not in known]
    if unknown or not wanted:
        raise click.UsageError(
            f"no law {', '.join(unknown) or 'named'}; 'probml laws list' prints the ids"
        )
    return [known[law_id] for law_id in wanted]


def _counted(chosen: "list[Law]") -> "Iterable[Law]":
    """The laws one by one, under a bar when a person is watching."""
    with progress(quiet=False) as bars:
        task = None if bars is None else bars.add_task("verifying", total=len(chosen))
        for law in chosen:
            if bars is not None and task is not None:
                bars.update(task, description=law.id, advance=1, refresh=True)
            yield law


def _show(frame: Any, form: str | None) -> None:
    if form == "json":
        rows = json.loads(frame.to_json(orient="records", double_precision=15))
        echo(json.dumps(_with_infinities(rows, frame), indent=2))
    elif form == "csv":
        echo(frame.to_csv(index=False).rstrip())
    else:
        _draw(frame)


def _with_infinities(rows: list[dict[str, Any]], frame: Any) -> list[dict[str, Any]]:
    """JSON has no infinity, and a margin that is infinite must not read as missing."""
    for row, margin in zip(rows, frame.get("margin", []), strict=False):
        row["margin"] = margin if margin < float("inf") else "inf"
    return rows


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
    for theme, part in shown.groupby(frame["law_id"].str[:2]):
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
        for row in frame[frame["verdict"] == "violation"].itertuples():
            out.print(f"{row.law_id} is broken: {row.reason}")
            out.print(f"  by {row.counterexample}")
    if "mutants" in frame:
        for law_id in frame.loc[frame["killed"] < frame["mutants"], "law_id"]:
            out.print(f"{law_id} rejects too little: 'probml verify --self-test --law {law_id}'")
