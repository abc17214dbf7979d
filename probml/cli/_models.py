"""The models of a report: the seven pairs, or what a module of yours names."""

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from probml.datasets import Dataset

__all__ = ["Choice", "chooser"]


@dataclass(frozen=True)
class Choice:
    """Models that were asked for; of the seven, parameters depend on the data."""

    names: tuple[str, ...]
    own: Any

    def models(self, dataset: "Dataset") -> Any:
        """The models by name, or pairs."""
        from probml.reports import default_pairs

        if isinstance(self.own, Mapping):
            return {name: self.own[name] for name in self.names}
        pairs = default_pairs(dataset) if self.own is None else self.own
        return [pair for pair in pairs if pair.name in self.names]


def chooser(models: str | None, own: str | None) -> Choice:
    """The models that were asked for; a usage error names those that there are."""
    from probml.reports.pairs import mnist_pairs, select_names

    found = None if own is None else _imported(own)
    if isinstance(found, Mapping):
        names = tuple(found)
    else:
        names = tuple(pair.name for pair in (mnist_pairs() if found is None else found))
    try:
        return Choice(names if models is None else select_names(names, models), found)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--models") from error


def _imported(path: str) -> Any:
    """A sequence of pairs or a mapping of estimators, from a module that may lie here."""
    from probml.reports import Pair

    module, _, name = path.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), name)
        found = found if isinstance(found, Mapping) else tuple(found)
    except Exception as error:
        raise click.BadParameter(
            f"expected MODULE:NAME of pairs or estimators (got {path!r}: {error})",
            param_hint="--pairs",
        ) from error
    if not found or not (isinstance(found, Mapping) or all(isinstance(p, Pair) for p in found)):
        raise click.BadParameter(
            f"expected a sequence of probml.reports.Pair or a mapping of name to estimator (got "
            f"{type(found).__name__} in {path})",
            param_hint="--pairs",
        )
    return found
