"""``probml data``: find, verify and fetch the data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from probml.cli._console import echo, progress

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["NO_DATA", "Unavailable", "data", "download_bar"]

NO_DATA = 4


class Unavailable(click.ClickException):
    """Data that cannot be had."""

    exit_code = NO_DATA


@click.group()
def data() -> None:
    """Find, verify and fetch the data."""


@data.command("path")
@click.argument("name", type=click.Choice(["mnist"]), default="mnist")
def data_path(name: str) -> int:
    """Print the folder that the data is read from."""
    from probml.datasets import mnist_path

    with _data_errors():
        echo(mnist_path())
    return 0


@data.command()
@click.argument("name", type=click.Choice(["mnist"]), default="mnist")
def verify(name: str) -> int:
    """Check every file against its pinned checksum; exit 4 unless all are right."""
    from probml.datasets import verify_mnist

    with _data_errors():
        statuses = verify_mnist()
    lines = (f"{file.status:<8} {file.name:<28} {file.detail}".rstrip() for file in statuses)
    echo("\n".join(lines))
    return 0 if all(file.status == "ok" for file in statuses) else NO_DATA


@data.command()
@click.argument("name", type=click.Choice(["mnist"]))
@click.option("--quiet", is_flag=True, help="No progress.")
def fetch(name: str, quiet: bool) -> int:
    """Download what is missing or corrupt, and print the folder."""
    from probml.datasets import fetch_mnist

    with progress(quiet or find_spec("rich") is None) as bars, _data_errors():
        folder = fetch_mnist(progress=download_bar(bars))
    echo(folder)
    return 0


@contextmanager
def _data_errors() -> Iterator[None]:
    from probml.datasets import DatasetError

    try:
        yield
    except DatasetError as error:
        raise Unavailable(str(error)) from error


def download_bar(bars: "Progress | None") -> "Callable[[str, int, int | None], None] | None":
    if bars is None:
        return None
    tasks: dict[str, Any] = {}

    def advance(name: str, received: int, total: int | None) -> None:
        if name not in tasks:
            tasks[name] = bars.add_task(name, total=total)
        bars.update(tasks[name], completed=received, total=total)

    return advance
