"""``probml report``: run the comparison, write it, show it."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probml.cli._console import console, echo, fitting, progress, require, say
from probml.cli._data import Unavailable, download_bar

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from probml.datasets import Dataset
    from probml.reports import Provenance, Record, RunEvent

__all__ = ["report"]

_MODEL_FAILED = 3
_MOST_SEEDS = 1000  # hours of work; more is a slip of the keyboard

FALLBACK = (
    "MNIST could not be had: these figures are for scikit-learn's embedded 8×8 digits "
    "(1,797 small images), not for MNIST. Run 'probml data fetch mnist' to see why."
)


class _Folder(click.Path):
    """A folder with a name: an empty one, such as an unset variable gives, would mean here."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("expected a folder (got an empty name); '.' is this folder", param, ctx)
        return super().convert(value, param, ctx)


@click.command()
@click.option(
    "--dataset",
    "dataset_name",
    type=click.Choice(["mnist", "digits"]),
    help="Default: MNIST if it can be had, else the embedded digits, with a loud warning.",
)
@click.option("--models", metavar="LIST", help="Such as lda,qda. Default: all seven.")
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
@click.option("--fresh", is_flag=True, help="Drop the records of another run in the folder.")
@click.option(
    "--no-fit", is_flag=True, help="Write the report of the records there are; exit 3 if some lack."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout instead of a table.")
@click.option("--quiet", is_flag=True, help="No progress and no messages but warnings and errors.")
def report(
    dataset_name: str | None,
    models: str | None,
    out: Path,
    seeds: int,
    fresh: bool,
    no_fit: bool,
    as_json: bool,
    quiet: bool,
    **effort: Any,
) -> int:
    """Compare seven classifiers with their scikit-learn twins on identical data.

    Each fit runs in a process of its own, and its record is kept as it comes: a run that was
    killed goes on where it stopped when the same command is given again.
    """
    require("report", "rich", "jinja2", "matplotlib")
    pairs = _choose(models)
    _check_writable(out)
    from probml.reports import Store, collect_provenance, default_pairs, run_pairs, write_report

    outcome = f"no report was written; fits that are done are kept in {out / 'cells'}"
    try:
        with progress(quiet) as bars:
            dataset, banner = _load(dataset_name, bars)
            chosen = [pair for pair in default_pairs(dataset) if pair.name in pairs]
            with _run_errors(out):
                if fresh:
                    Store(out).clear()
                records = run_pairs(
                    dataset,
                    chosen,
                    range(seeds),
                    progress=_fit_bar(bars),
                    folder=out,
                    fit=not no_fit,
                    **effort,
                )
        provenance = collect_provenance([dataset], ["probml", *sys.argv[1:]])
        with _run_errors(out):
            write_report(out, records, provenance, banner)
        outcome = f"the report was written: {out / 'report.html'}"
        _show(records, provenance, banner, as_json=as_json)
    except KeyboardInterrupt as interrupt:
        raise click.Abort(f": {outcome}") from interrupt
    if not quiet:
        say(f"report: {out / 'report.html'}")
    return 0 if all(record.status == "ok" for record in records) else _MODEL_FAILED


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


def _choose(models: str | None) -> set[str]:
    from probml.reports import mnist_pairs, select_pairs

    try:
        pairs = mnist_pairs() if models is None else select_pairs(mnist_pairs(), models)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--models") from error
    return {pair.name for pair in pairs}


def _check_writable(out: Path) -> None:
    """Find out before the long run, not after it."""
    from probml.reports.render import check_writable

    try:
        check_writable(out)
    except OSError as error:
        raise click.UsageError(_cannot_write(out, error)) from error


def _cannot_write(out: Path, error: OSError) -> str:
    return f"cannot write into {out} ({error.strerror or error}); choose another folder with --out"


def _load(name: str | None, bars: "Progress | None") -> "tuple[Dataset, str]":
    """The dataset, and a warning if it is not the one that was hoped for."""
    from probml.datasets import DatasetError, load_digits_dataset, load_mnist

    if name == "digits":
        return load_digits_dataset(), ""
    try:
        return load_mnist(progress=download_bar(bars)), ""
    except DatasetError as error:
        if name == "mnist":
            raise Unavailable(str(error)) from error
        say(f"WARNING: {FALLBACK}\nThe reason: {error}")
        return load_digits_dataset(), FALLBACK


def _fit_bar(bars: "Progress | None") -> "Callable[[RunEvent], None] | None":
    if bars is None:
        return None
    task = bars.add_task("fitting", total=None)

    def advance(event: "RunEvent") -> None:
        what = f"{event.model} ({event.implementation})"
        text = f"{event.done}/{event.total} {what}"
        bars.update(task, total=event.total, completed=event.done, description=text, refresh=True)

    return advance


def _show(
    records: "Sequence[Record]", provenance: "Provenance", banner: str, *, as_json: bool
) -> None:
    from probml.reports import as_document, strict_json

    if as_json:
        echo(strict_json(as_document(records, provenance, banner), indent=2))
        return
    _show_tables(console(), records, banner)


def _show_tables(out: "Console", records: "Sequence[Record]", banner: str) -> None:
    from probml.reports.frames import sign
    from probml.reports.terminal import pairs_table, plain, results_table
    from probml.reports.view import incomplete, sizes, why_none

    for warning in filter(None, (incomplete(records), banner)):
        out.print(plain(f"WARNING: {warning}"), style="bold red")
    first = records[0]
    out.print(f"{first.dataset}: {sizes(records, first.dataset)}\n")
    out.print(fitting(results_table(records), out))
    for record in records:
        if record.status != "ok":
            text = plain(f"{record.model} ({record.implementation}) {why_none(record)}")
            out.print(text, style="red")
    out.print(f"\n{plain(sign(records))}")
    out.print(fitting(pairs_table(records), out))
