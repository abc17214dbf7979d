"""Where output goes: data to stdout, messages to stderr, tables that fit the terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from probml.reports.terminal import TextTable

__all__ = ["console", "echo", "fitting", "progress", "require", "say"]


def echo(text: object) -> None:
    click.echo(text)


def say(message: str) -> None:
    click.echo(message, err=True)


def require(extra: str, *modules: str) -> None:
    """Name what is missing, and the command that installs it."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise click.UsageError(
            f'this needs {", ".join(missing)}; run: pip install "probml[{extra}]"'
        )


@contextmanager
def progress(quiet: bool) -> "Iterator[Progress | None]":
    """Bars on stderr, only when a person is watching."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield bars


def console() -> "Console":
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def fitting(table: "TextTable", console: "Console") -> "Table":
    """A table that fits: columns that can be spared go before anything is cut off."""
    wide = console.options.update(width=1000)
    while console.measure(_drawn(table), options=wide).maximum > console.width:
        if not table.spare:
            break
        table = table.shrunk()
    return _drawn(table)


def _drawn(table: "TextTable") -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for i, header in enumerate(table.headers):
        drawn.add_column(header, justify="left" if i < table.n_names else "right", no_wrap=True)
    for row in table.rows:
        drawn.add_row(*row)
    return drawn
