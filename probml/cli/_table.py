"""The data of a report: one of ours by name, or your own table with what its columns are for."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probml.cli._console import say
from probml.cli._data import Unavailable, download_bar

if TYPE_CHECKING:
    from rich.progress import Progress

    from probml.datasets import Dataset

__all__ = ["FALLBACK", "load", "options", "table_words"]

FALLBACK = (
    "MNIST could not be had: these figures are for scikit-learn's embedded 8×8 digits "
    "(1,797 small images), not for MNIST. Run 'probml data fetch mnist' to see why."
)

_NAMES = ("mnist", "digits")
_FILES = (".csv", ".parquet", ".npz")
_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--target", {"metavar": "COL", "help": "Column of the labels, for your own table."}),
    ("--test", {"metavar": "FILE", "help": "Rows of the test set."}),
    (
        "--test-size",
        {
            "type": click.FloatRange(0, 1, min_open=True, max_open=True),
            "help": "Share of the rows to test on, stratified. Default: 0.25.",
        },
    ),
    ("--split-column", {"metavar": "COL", "help": "Column that says train or test."}),
    ("--group", {"metavar": "COL", "help": "Column whose values are kept on one side."}),
    ("--cv", {"type": click.IntRange(2, 1000), "metavar": "K", "help": "Folds, stratified."}),
    ("--drop", {"metavar": "COLS", "help": "Columns to leave out, separated by commas."}),
    ("--weight", {"metavar": "COL", "help": "Column of the weights of training rows."}),
    (
        "--preprocess",
        {
            "type": click.Choice(["auto", "none"]),
            "help": "auto (default): fill, scale and one-hot, learnt from training rows.",
        },
    ),
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--dataset`` and the options of a table to a command."""
    for name, words in reversed(_OPTIONS):
        command = click.option(name, **words)(command)
    return click.option(
        "--dataset",
        "dataset_name",
        metavar="NAME|PATH",
        callback=_known,
        help="mnist, digits, or a CSV, Parquet or NPZ file. Default: MNIST if it can be had, else "
        "the embedded digits, with a loud warning.",
    )(command)


def _known(context: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is None or value in _NAMES or Path(value).suffix.lower() in _FILES:
        return value
    raise click.BadParameter(
        f"expected {', '.join(_NAMES)}, or a file whose name ends in {', '.join(_FILES)} "
        f"(got {value!r})"
    )


def table_words(given: dict[str, Any]) -> dict[str, Any]:
    """Take the options of a table out of all that were given."""
    names = [name.lstrip("-").replace("-", "_") for name, _ in _OPTIONS]
    return {name: given.pop(name) for name in names}


def load(
    name: str | None, table: dict[str, Any], bars: "Progress | None"
) -> "tuple[tuple[Dataset, ...], str]":
    """The folds, and a warning if they are not of the data that was hoped for."""
    from probml.datasets import DatasetError, load_digits_dataset, load_mnist

    if name is not None and name not in _NAMES:
        return _own(name, table), ""
    _refuse(table)
    if name == "digits":
        return (load_digits_dataset(),), ""
    try:
        return (load_mnist(progress=download_bar(bars)),), ""
    except DatasetError as error:
        if name == "mnist":
            raise Unavailable(str(error)) from error
        say(f"WARNING: {FALLBACK}\nThe reason: {error}")
        return (load_digits_dataset(),), FALLBACK


def _refuse(table: dict[str, Any]) -> None:
    """Options of a table, where there is none."""
    for name, value in table.items():
        if value is not None:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} is for a table of your own: --dataset PATH")


def _own(path: str, table: dict[str, Any]) -> "tuple[Dataset, ...]":
    from probml.datasets import DatasetError, load_table

    if table["target"] is None:
        raise click.UsageError(f"{path} needs --target COL, the column of its labels")
    words = {name: value for name, value in table.items() if value is not None}
    words["drop"] = _columns(table["drop"])
    try:
        return load_table(path, words.pop("target"), **words)
    except DatasetError as error:
        raise Unavailable(str(error)) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _columns(words: str | None) -> Sequence[str]:
    return [name.strip() for name in (words or "").split(",") if name.strip()]
