"""``probml laws`` and ``probml verify``: read the catalogue, and hold code against it."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probml.cli._console import console, echo, progress, require

if TYPE_CHECKING:
    from probml.laws import Law, LawResult

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
@click.argument("classifier", metavar="[MODULE:CLASS]", required=False)
@click.option("--params", metavar="JSON", help="Of the classifier, such as '{\"C\": 10}'.")
@click.option(
    "--expected-failures",
    "expected",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON file of law ids and reasons: laws that the classifier may break.",
)
@click.option("--law", "law_ids", metavar="IDS", help="Such as DI-02,DI-11. Default: all.")
@click.option(
    "--subject",
    metavar="MODULE:NAME",
    help="Hold the one law of --law against this implementation instead of ours.",
)
@click.option(
    "--profile",
    type=click.Choice(["quick", "default", "deep"]),
    default="default",
    show_default=True,
    help="20, 100 or 2000 cases per law.",
)
@click.option("--examples", type=click.IntRange(min=1), help="Cases per law, whatever the profile.")
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds, equal cases.")
@click.option("--self-test", is_flag=True, help="Hold every law against its own mutants instead.")
@click.option("--json", "form", flag_value="json", help="Print JSON on stdout.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV on stdout.")
def verify(
    classifier: str | None,
    params: str | None,
    expected: str | None,
    law_ids: str | None,
    subject: str | None,
    profile: str,
    examples: int | None,
    seed: int,
    self_test: bool,
    form: str | None,
) -> int:
    """Hold this library, your own code, or a classifier against the laws; exit 1 on a violation."""
    chosen = _chosen(law_ids)
    if classifier is not None:
        if subject is not None or self_test:
            raise click.UsageError("a classifier leaves no place for --subject or --self-test")
        ids = None if law_ids is None else [law.id for law in chosen]
        return _verify_classifier(classifier, params, expected, ids, profile, examples, seed, form)
    if params is not None or expected is not None:
        raise click.UsageError("--params and --expected-failures need a classifier, MODULE:CLASS")
    if subject is not None and (len(chosen) != 1 or self_test):
        raise click.UsageError("--subject needs exactly one law in --law, and no --self-test")
    if form is None:
        require("report", "rich")
    from probml.laws import PROFILES, load_subject
    from probml.laws import self_test as hunt
    from probml.laws import verify as verify_laws

    run = hunt if self_test else verify_laws
    examples = PROFILES[profile] if examples is None else examples
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


def _verify_classifier(
    path: str,
    params: str | None,
    expected: str | None,
    ids: list[str] | None,
    profile: str,
    examples: int | None,
    seed: int,
    form: str | None,
) -> int:
    """Hold one classifier against the laws; 1 if one is broken that was not expected to be."""
    if form is None:
        require("report", "rich")
    from probml.laws import check_probabilistic_classifier, load_subject, to_frame

    words = _json_object("--params", params or "{}")
    excused = _json_object(
        "--expected-failures", Path(expected).read_text("utf-8") if expected else "{}"
    )
    try:
        kind = load_subject(path)
        estimator = kind(**words) if isinstance(kind, type) else kind
        with progress(quiet=False) as bars:
            results = check_probabilistic_classifier(
                estimator,
                laws=ids,
                profile=profile,
                max_examples=examples,
                random_seed=seed,
                on_fail="return",
                callback=None if bars is None else _ticking(bars),
            )
    except (TypeError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="MODULE:CLASS") from error
    frame = to_frame({type(estimator).__name__: results})
    _show(frame, form)
    broken = frame["verdict"].isin(["violation", "error"]) & ~frame["law_id"].isin(list(excused))
    return _VIOLATION if broken.any() else 0


def _json_object(option: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}: {text!r}", param_hint=option) from error
    if not isinstance(value, dict):
        raise click.BadParameter(f"expected a JSON object (got {text!r})", param_hint=option)
    return value


def _ticking(bars: Any) -> "Callable[[LawResult], None]":
    """Tells a bar which law was the last."""
    task = bars.add_task("verifying", total=None)
    return lambda result: bars.update(task, description=result.law_id, refresh=True)


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
    if row.snippet and row.verdict != "quirk":
        out.print(f"  this shows it, without probml (seed {row.seed}):\n")
        # a line that the terminal breaks would no longer run
        out.print(row.snippet, soft_wrap=True)
    elif not row.snippet:
        out.print(f"  by {row.counterexample}")
