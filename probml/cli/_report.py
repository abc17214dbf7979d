"""``probml report``: run the comparison, write it, show it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probml.cli._console import console, echo, fitting, progress, require, say
from probml.cli._gate import gate_of
from probml.cli._models import chooser
from probml.cli._table import load, options, table_words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from probml.reports import Report, RunEvent

__all__ = ["report"]

_GATE_FAILED, _MODEL_FAILED = 1, 3
_MOST_SEEDS = 1000  # hours of work; more is a slip of the keyboard


class _Folder(click.Path):
    """A folder with a name: an empty one, such as an unset variable gives, would mean here."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("expected a folder (got an empty name); '.' is this folder", param, ctx)
        return super().convert(value, param, ctx)


@click.command()
@options
@click.option("--models", metavar="LIST", help="Such as lda,qda. Default: all.")
@click.option(
    "--pairs",
    "own",
    metavar="MODULE:NAME",
    help="Your own models instead of the seven: a sequence of pairs, or a mapping of estimators.",
)
@click.option(
    "--calibrate",
    type=click.Choice(["sigmoid", "isotonic", "temperature"]),
    help="Calibrate every model, by five folds of the training rows.",
)
@click.option(
    "--out",
    type=_Folder(path_type=Path),
    default=Path("reports/latest"),
    show_default=True,
    help="Folder to write the report into.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, _MOST_SEEDS),
    default=1,
    show_default=True,
    help="Number of seeds for the models with a random start.",
)
@click.option(
    "--repeats",
    type=click.IntRange(1, _MOST_SEEDS),
    default=1,
    show_default=True,
    help="Fits of each model to time, each in a fresh process, twins in turns.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Kill the process of a fit after so long; the model is then a failed row.",
)
@click.option(
    "--memory",
    type=click.IntRange(1),
    metavar="MIB",
    help="Memory that a fit may allocate beyond libraries and data (Linux).",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 1024),
    default=1,
    show_default=True,
    help="Fits at the same time; with more than one, costs are not measured.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="An older report on the same data, to compare with.",
)
@click.option(
    "--fail-on",
    multiple=True,
    metavar="CONDITION",
    help="Such as 'mlp.accuracy<0.97': exit 1 if it holds. May be given several times.",
)
@click.option(
    "--fail-on-regression",
    is_flag=True,
    help="Exit 1 if a model is worse than in --against, interval and tolerance considered.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0),
    default=0.002,
    show_default=True,
    help="By how much accuracy, log loss or Brier score may become worse.",
)
@click.option(
    "--accuracy-margin",
    type=click.FloatRange(0, 1),
    default=0.005,
    show_default=True,
    help="Accuracies of equivalent models differ by less, interval and all.",
)
@click.option(
    "--log-loss-margin",
    type=click.FloatRange(0),
    default=0.01,
    show_default=True,
    help="So do their log losses, in nats.",
)
@click.option("--fresh", is_flag=True, help="Drop the records of another run in the folder.")
@click.option(
    "--no-fit", is_flag=True, help="Write the report of the records there are; exit 3 if some lack."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout instead of a table.")
@click.option("--quiet", is_flag=True, help="No progress and no messages but warnings and errors.")
def report(
    dataset_name: str | None,
    models: str | None,
    own: str | None,
    out: Path,
    seeds: int,
    against: Path | None,
    fail_on: tuple[str, ...],
    fail_on_regression: bool,
    tolerance: float,
    fresh: bool,
    no_fit: bool,
    accuracy_margin: float,
    log_loss_margin: float,
    as_json: bool,
    quiet: bool,
    **rest: Any,
) -> int:
    """Compare classifiers with their scikit-learn twins, or your own, on identical data.

    Each fit runs in a process of its own, and its record is kept as it comes: a run that was
    killed goes on where it stopped when the same command is given again.
    """
    require("report", "rich", "jinja2", "matplotlib")
    table = table_words(rest)
    choose = chooser(models, own)
    _check_writable(out)
    from probml.reports import Report, Store, collect_provenance, run_pairs

    margins = {"accuracy_margin": accuracy_margin, "log_loss_margin": log_loss_margin}
    gate = gate_of(choose.names, against, fail_on, fail_on_regression, tolerance)
    outcome = f"no report was written; fits that are done are kept in {out / 'cells'}"
    try:
        with progress(quiet) as bars:
            folds, banner = load(dataset_name, table, bars)
            gate.check(folds)
            with _run_errors(out):
                if fresh:
                    Store(out).clear()
                records = run_pairs(
                    folds,
                    choose.models(folds[0]),
                    range(seeds),
                    progress=_fit_bar(bars),
                    folder=out,
                    fit=not no_fit,
                    **rest,
                )
        provenance = collect_provenance(folds, ["probml", *sys.argv[1:]])
        finished = Report.of(records, provenance, folds[0], banner, **margins)
        reasons, told = gate.verdict(finished)
        with _run_errors(out):
            finished.write(out)
        outcome = f"the report was written: {out / 'report.html'}"
        _show(finished, told if as_json else None)
    except KeyboardInterrupt as interrupt:
        raise click.Abort(f": {outcome}") from interrupt
    for reason in reasons:
        say(f"gate: {reason}")
    if not quiet:
        say(f"report: {out / 'report.html'}")
    if any(record.status != "ok" for record in records):
        return _MODEL_FAILED
    return _GATE_FAILED if reasons else 0


@contextmanager
def _run_errors(out: Path) -> Iterator[None]:
    """What may go wrong with the folder or the options, as a usage error that names the remedy."""
    from probml.reports import OtherRunError

    try:
        yield
    except OtherRunError as error:
        raise click.UsageError(
            f"{error}; choose another folder with --out, or drop them with --fresh"
        ) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(_cannot_write(out, error)) from error


def _check_writable(out: Path) -> None:
    """Find out before the long run, not after it."""
    from probml.reports.report import check_writable

    try:
        check_writable(out)
    except OSError as error:
        raise click.UsageError(_cannot_write(out, error)) from error


def _cannot_write(out: Path, error: OSError) -> str:
    # NumPy tells how much was written, not why no more was.
    reason = error.strerror or f"the disk may be full: {error}"
    return f"cannot write into {out} ({reason}); choose another folder with --out"


def _fit_bar(bars: "Progress | None") -> "Callable[[RunEvent], None] | None":
    if bars is None:
        return None
    task = bars.add_task("fitting", total=None)

    def advance(event: "RunEvent") -> None:
        what = f"{event.model} ({event.implementation})"
        text = f"{event.done}/{event.total} {what}"
        bars.update(task, total=event.total, completed=event.done, description=text, refresh=True)

    return advance


def _show(finished: "Report", gate: "dict[str, Any] | None") -> None:
    """Tables, or JSON if the gate's verdict is for it."""
    from probml.reports import strict_json

    if gate is not None:
        echo(strict_json(finished.to_dict() | {"gate": gate}, indent=2))
        return
    _show_tables(console(), finished)


def _show_tables(out: "Console", finished: "Report") -> None:
    from probml.reports.cells import why_none
    from probml.reports.frames import sign
    from probml.reports.terminal import pairs_table, plain, results_table
    from probml.reports.view import incomplete, sizes

    records = finished.records
    for warning in filter(None, (incomplete(records), finished.banner)):
        out.print(plain(f"WARNING: {warning}"), style="bold red")
    first = records[0]
    out.print(f"{first.dataset}: {sizes(records, first.dataset)}\n")
    out.print(fitting(results_table(finished), out))
    for record in records:
        if record.status != "ok":
            text = plain(f"{record.model} ({record.implementation}) {why_none(record)}")
            out.print(text, style="red")
    out.print(f"\n{plain(sign(records))}")
    out.print(fitting(pairs_table(finished), out))
