"""``probml verify``: hold this library, an exercise, a classifier, or everybody's, to the laws."""

import json
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from probml.cli._console import progress, require, say
from probml.cli._laws import chosen as chosen_laws
from probml.cli._tables import show

if TYPE_CHECKING:
    from probml.laws import Law, LawResult

__all__ = ["verify"]

_VIOLATION = 1


class _Words(NamedTuple):
    """What every way of verifying is told: how many cases, drawn how, and printed how."""

    profile: str
    examples: int | None
    seed: int
    form: str | None

    @property
    def n(self) -> int:
        """Cases per law."""
        from probml.laws import PROFILES

        return PROFILES[self.profile] if self.examples is None else self.examples


@click.command()
@click.argument("classifier", metavar="[MODULE:CLASS]", required=False)
@click.option("--params", metavar="JSON", help="Of the classifier, such as '{\"C\": 10}'.")
@click.option("--claims", metavar="NAMES", help="Families and properties that it claims.")
@click.option("--budget", type=click.FloatRange(min=0.0), help="Seconds for a classifier.")
@click.option(
    "--expected-failures",
    "expected",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON file of law ids and reasons: laws that the classifier may break.",
)
@click.option("--law", "--laws", "law_ids", metavar="IDS", help="Such as DI-02,DI-11.  [all]")
@click.option(
    "--subject",
    metavar="MODULE:NAME",
    help="Hold the one law of --law against this implementation instead of ours.",
)
@click.option(
    "--profile",
    type=click.Choice(["quick", "default", "deep"]),
    help="20, 100 or 2000 cases per law.  [default; an atlas: quick]",
)
@click.option("--examples", type=click.IntRange(min=1), help="Cases per law, whatever the profile.")
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds, equal cases.")
@click.option("--self-test", is_flag=True, help="Hold every law against its own mutants instead.")
@click.option("--atlas", is_flag=True, help="Hold everybody's installed classifiers to the laws.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the atlas: atlas.csv and README.md.",
)
@click.option("--json", "form", flag_value="json", help="Print JSON on stdout.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV on stdout.")
def verify(
    classifier: str | None,
    params: str | None,
    claims: str | None,
    budget: float | None,
    expected: str | None,
    law_ids: str | None,
    subject: str | None,
    profile: str | None,
    examples: int | None,
    seed: int,
    self_test: bool,
    atlas: bool,
    out: Path | None,
    form: str | None,
) -> int:
    """Hold this library, your own code, a classifier, or everybody's, against the laws.

    Exit 1 if a law is violated; an atlas only tells.
    """
    _check_usage(
        {
            "a classifier": (classifier, {"--params", "--claims", "--expected-failures"}),
            "--subject": (subject, set()),
            "--self-test": (self_test, set()),
            "--atlas": (atlas, {"--out"}),
        },
        {
            "--params": params,
            "--claims": claims,
            "--expected-failures": expected,
            "--out": out,
        },
    )
    if budget is not None and classifier is None and not atlas:
        raise click.UsageError("--budget needs a classifier, MODULE:CLASS, or --atlas")
    if atlas and law_ids is not None:
        raise click.UsageError("--atlas holds all laws of classifiers, and no --law")
    chosen = chosen_laws(law_ids)
    if form is None:
        require("report", "rich")
    seconds = math.inf if budget is None else budget
    words = _Words(profile or ("quick" if atlas else "default"), examples, seed, form)
    # what is named may lie where the command is given
    sys.path.insert(0, str(Path.cwd()))
    if atlas:
        return _atlas(words, seconds, out)
    if classifier is None:
        return _library(words, chosen, subject, self_test)
    return _classifier(
        words,
        _estimator(classifier, _json_object("--params", params or "{}")),
        claims=None if claims is None else [name.strip() for name in claims.split(",") if name],
        ids=None if law_ids is None else [law.id for law in chosen],
        excused=_json_object(
            "--expected-failures", Path(expected).read_text("utf-8") if expected else "{}"
        ),
        seconds=seconds,
    )


def _check_usage(ways: dict[str, tuple[Any, set[str]]], options: dict[str, Any]) -> None:
    """One way of verifying at most, and no option that belongs to another."""
    taken = [name for name, (given, _) in ways.items() if given]
    if len(taken) > 1:
        raise click.UsageError(f"{taken[0]} leaves no place for {taken[1]}")
    allowed = ways[taken[0]][1] if taken else set()
    for option, value in options.items():
        if value is not None and option not in allowed:
            owner = next(name for name, (_, own) in ways.items() if option in own)
            owner = owner.replace("a classifier", "a classifier, MODULE:CLASS")
            raise click.UsageError(f"{option} needs {owner}")


def _library(words: _Words, chosen: "list[Law]", subject: str | None, self_test: bool) -> int:
    """Hold this library against the laws and the laws against their mutants, or an exercise."""
    from probml.laws import load_subject
    from probml.laws import self_test as hunt
    from probml.laws import verify as verify_laws

    how = {"max_examples": words.n, "random_seed": words.seed}
    if subject is not None:
        if len(chosen) != 1:
            raise click.UsageError("--subject needs exactly one law in --law")
        try:
            candidate = load_subject(subject)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--subject") from error
        frame = verify_laws(chosen, candidate=candidate, **how)
    else:
        frame = (hunt if self_test else verify_laws)(_counted(chosen), **how)
    show(frame, words.form)
    good = frame["killed"] if self_test else frame["verdict"] == "holds"
    if "mutants" in frame:
        good &= frame["killed"] == frame["mutants"]
    return 0 if good.all() else _VIOLATION


def _estimator(path: str, params: dict[str, Any]) -> Any:
    from probml.laws import load_subject

    try:
        kind = load_subject(path)
        return kind(**params) if isinstance(kind, type) else kind
    except (TypeError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="MODULE:CLASS") from error


def _classifier(
    words: _Words,
    estimator: Any,
    *,
    claims: list[str] | None,
    ids: list[str] | None,
    excused: dict[str, Any],
    seconds: float,
) -> int:
    """Hold one classifier against the laws; 1 if one is broken that was not expected to be."""
    from probml.laws import check_probabilistic_classifier, to_frame

    try:
        with progress(quiet=False) as bars:
            results = check_probabilistic_classifier(
                estimator,
                claims=claims,
                laws=ids,
                max_examples=words.n,
                random_seed=words.seed,
                expected_failures=excused,
                on_fail="return",
                callback=None if bars is None else _ticking(bars),
                budget_seconds=seconds,
            )
    except (TypeError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="MODULE:CLASS") from error
    frame = to_frame({type(estimator).__name__: results})
    show(frame, words.form)
    broken = frame["verdict"].isin(["violation", "error"]) & ~frame["law_id"].isin(list(excused))
    return _VIOLATION if broken.any() else 0


def _atlas(words: _Words, seconds: float, out: Path | None) -> int:
    """Hold everybody's classifiers against the laws, and write or print what came of it."""
    from probml.laws import atlas, write_atlas

    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.BadParameter(str(error), param_hint="--out") from error
    with progress(quiet=False) as bars:
        task = None if bars is None else bars.add_task("atlas", total=None)

        def tell(name: str) -> None:
            if bars is None or task is None:
                say(name)
            else:
                bars.update(task, description=name, refresh=True)

        frame = atlas(
            max_examples=words.n, random_seed=words.seed, budget_seconds=seconds, callback=tell
        )
    if out is not None:
        write_atlas(frame, out, n_examples=words.n, random_seed=words.seed)
    if out is None or words.form is not None:
        show(frame, words.form)
    return 0


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


def _counted(chosen: "list[Law]") -> "Iterable[Law]":
    """The laws one by one, under a bar when a person is watching."""
    with progress(quiet=False) as bars:
        task = None if bars is None else bars.add_task("verifying", total=len(chosen))
        for law in chosen:
            if bars is not None and task is not None:
                bars.update(task, description=law.id, advance=1, refresh=True)
            yield law
