"""``probml laws``: read the catalogue."""

import re
from typing import TYPE_CHECKING

import click

from probml.cli._console import echo, require

if TYPE_CHECKING:
    from probml.laws import Law

__all__ = ["chosen", "laws"]


@click.group()
def laws() -> None:
    """Read the catalogue of laws."""


@laws.command("list")
@click.option("--source", metavar="TEXT", help="Such as 'Lai 2020, slide 56'.")
def list_laws(source: str | None) -> int:
    """List ids, titles and sources; with --source, from a slide to its laws."""
    found = [law for law in _catalogue() if source is None or _mentions(law.source, source)]
    if not found:
        raise click.UsageError(f"no law comes from {source!r}; 'probml laws list' prints them all")
    echo("\n".join(f"{law.id}  {law.title}  [{law.source}]" for law in found))
    return 0


def _mentions(text: str, words: str) -> bool:
    """Whether all words, split at commas, are in the text; slide 5 is not slide 56."""
    wanted = [word.strip() for word in words.split(",")]
    return all(re.search(rf"(?<!\w){re.escape(w)}(?!\w)", text, re.IGNORECASE) for w in wanted)


@laws.command()
@click.argument("law_id", metavar="ID")
def show(law_id: str) -> int:
    """Print one law: statement, formula, tolerance and mutants."""
    (law,) = chosen(law_id)
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


def _catalogue() -> "tuple[Law, ...]":
    require("laws", "hypothesis")
    from probml.laws import CATALOGUE

    return CATALOGUE


def chosen(law_ids: str | None) -> "list[Law]":
    """Laws by their ids, all if none are named; a usage error names the unknown ones."""
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
