"""One reading of the rows, whatever the number of models that learn from it."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probml._blocks import row_blocks
from probml._labels import distinct, same_kind
from probml.classifiers._base import all_or_nothing
from probml.numerics import FloatArray

__all__ = ["Rows", "read_chunks", "read_rows", "united", "unpacked"]

_READ_ENTRIES = 1 << 25
"""Entries that several kinds of statistics take in before the next are read."""


class Rows(NamedTuple):
    """Checked training data; `y` are indices of classes."""

    X: Any
    y: NDArray[np.intp]
    weight: FloatArray | None


def united(known: NDArray[Any], labels: NDArray[Any], name: str) -> NDArray[Any]:
    """Sorted labels of both; labels of one kind."""
    same_kind(known, labels, f"classes and {name}")
    both: NDArray[Any] = np.union1d(known, labels)
    return both


class _Reading:
    """Statistics of several models, gathered together.

    Models whose statistics are of one kind share them, and the scatter of each class, where it is
    asked for, serves those that need less.
    """

    def __init__(self, models: Sequence[Any]) -> None:
        self.models = models
        self.classes: NDArray[Any] | None = None
        self._full = any(m._statistics_kind == ("gaussian", "full") for m in models)
        self._sources = {self._source(m._statistics_kind): m for m in models}
        self._gathered: dict[tuple[Any, ...], Any] = {}

    def _source(self, kind: tuple[Any, ...]) -> tuple[Any, ...]:
        return ("gaussian", "full") if self._full and kind[0] == "gaussian" else kind

    def add(self, X: Any, y: NDArray[Any], weight: FloatArray | None) -> None:
        """Take in checked rows with their labels."""
        index = self._indices(y, X.shape[1])
        for kind, model in self._sources.items():
            if kind == ("gaussian", "full"):
                self._gathered[kind].update(X, index, weight)
            else:
                model._update(self._gathered[kind], X, index, weight)

    def _indices(self, y: NDArray[Any], n_features: int) -> NDArray[np.intp]:
        """Positions of the labels among the classes, which may grow."""
        labels, index = distinct(y)
        if self.classes is None:
            self.classes = labels
            for kind, model in self._sources.items():
                self._gathered[kind] = _first(kind, model, len(labels), n_features)
        classes = united(self.classes, labels, "y")
        if len(classes) > len(self.classes):
            positions = np.searchsorted(classes, self.classes)
            self._gathered = {
                kind: statistics.reindexed(positions, len(classes))
                for kind, statistics in self._gathered.items()
            }
            self.classes = classes
        positions = np.searchsorted(classes, labels)
        return positions[index]

    def conclude(self, lead: Any, rows: Rows | None = None) -> None:
        """Fit every model to what was gathered."""
        for model in self.models:
            kind = model._statistics_kind
            statistics = self._gathered[self._source(kind)]
            if kind != self._source(kind):
                statistics = statistics.coarsened(kind[1])
            if model is not lead:
                model._take_layout(lead)
            model.classes_ = self.classes
            model._conclude(statistics, rows)


def _first(kind: tuple[Any, ...], model: Any, n_classes: int, n_features: int) -> Any:
    statistics = model._empty_statistics(n_classes, n_features)
    if kind == model._statistics_kind:
        return statistics
    return type(statistics)(n_classes, n_features, kind[1])


def _lead(models: Sequence[Any]) -> Any:
    """The model whose checks of the input are the strictest."""
    return min(models, key=lambda m: (bool(m._accept_sparse), m._takes_gaps(training=True)))


def unpacked(chunk: Any) -> tuple[Any, Any, Any]:
    """Rows, labels and weights (or None) of a chunk."""
    if not isinstance(chunk, tuple | list) or len(chunk) not in (2, 3):
        raise ValueError(
            "chunks must yield (X, y) or (X, y, sample_weight) "
            f"(got {type(chunk).__name__}); pass an iterable of tuples"
        )
    return chunk[0], chunk[1], chunk[2] if len(chunk) == 3 else None


def read_chunks(models: Sequence[Any], chunks: Iterable[Any]) -> None:
    """Fit the models to a stream of chunks; after an error all are what they were."""
    with ExitStack() as stack:
        for model in models:
            stack.enter_context(all_or_nothing(model))
            model._check_stream()
        reading, lead = _Reading(models), _lead(models)
        for chunk in chunks:
            first = reading.classes is None
            reading.add(*lead._training_data(*unpacked(chunk), reset=first))
        if reading.classes is None:
            raise ValueError("chunks must hold at least one chunk of rows (got none)")
        reading.conclude(lead)


def read_rows(models: Sequence[Any], X: Any, y: Any, sample_weight: Any) -> None:
    """Fit the models to rows in memory; after an error all are what they were."""
    with ExitStack() as stack:
        for model in models:
            stack.enter_context(all_or_nothing(model))
        lead = _lead(models)
        X, y, weight = lead._training_data(X, y, sample_weight)
        reading = _Reading(models)
        for rows in row_blocks(X.shape[0], X.shape[1], _READ_ENTRIES):
            reading.add(X[rows], y[rows], None if weight is None else weight[rows])
        index: Any = np.searchsorted(reading.classes, y)  # type: ignore[arg-type]
        reading.conclude(lead, Rows(X, index, weight))
