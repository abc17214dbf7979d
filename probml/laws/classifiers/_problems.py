"""Small classification problems, drawn inside what an estimator can fit."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray

from probml.laws._drawn import whole

__all__ = ["Domain", "Problem", "Route", "World", "problems", "worlds"]

Route = Literal["fit", "sample_weight", "partial_fit"]


class Problem(NamedTuple):
    """Rows to learn from, their labels, rows to predict, and how to learn.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    Z : ndarray of shape (n, n_features)
        Rows to predict.
    weight : ndarray of shape (n_samples,)
        Whole numbers from 0 on; by the route of weights each class keeps enough rows.
    route : {"fit", "sample_weight", "partial_fit"}
        By which of its methods a model is taught, where a law leaves that open.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    Z: NDArray[Any]
    weight: NDArray[np.intp]
    route: Route = "fit"

    def copy(self) -> "Problem":
        """The same problem in arrays of its own."""
        X, y, Z, weight, route = self
        return Problem(X.copy(), y.copy(), Z.copy(), weight.copy(), route)


class World(NamedTuple):
    """A finite world: cells of features, and how many members of each class are in each.

    Attributes
    ----------
    cells : ndarray of shape (n_cells, n_features)
        Different rows.
    counts : ndarray of shape (n_cells, n_classes)
        Whole numbers; no cell and no class is empty.
    labels : ndarray of shape (n_classes,)
        Sorted.
    weighted : bool
        Whether a classifier is taught by weights, or by repeated rows.
    """

    cells: NDArray[Any]
    counts: NDArray[np.intp]
    labels: NDArray[Any]
    weighted: bool

    def copy(self) -> "World":
        """The same world in arrays of its own."""
        return World(self.cells.copy(), self.counts.copy(), self.labels.copy(), self.weighted)


@dataclass(frozen=True)
class Domain:
    """What an estimator can be asked to fit.

    Attributes
    ----------
    min_per_class : int
        Fewest rows of a class.
    min_samples : int
        Fewest rows.
    max_classes : int
        2 for a binary classifier.
    features : tuple of int
        Fewest and most columns.
    positive : bool
        Whether features must not be negative.
    seen : bool
        Whether it can predict rows of its training set alone, as with unknown categories.
    routes : tuple of str
        By which methods a model can be taught.
    dtypes : tuple of dtype
        Of its rows.
    rows : SearchStrategy, optional
        Draws one row, in place of whole numbers.
    """

    min_per_class: int = 2
    min_samples: int = 0
    max_classes: int = 4
    features: tuple[int, int] = (1, 3)
    positive: bool = False
    seen: bool = False
    routes: tuple[Route, ...] = ("fit",)
    dtypes: tuple[Any, ...] = (np.float64, np.float64, np.float64, np.float32)
    rows: SearchStrategy[Any] | None = None

    def parts(self) -> Iterator["Domain"]:
        """Kinds of problems, none of which is to be left to chance."""
        for dtype in (np.float64, np.float64, np.float32):
            yield replace(self, routes=("fit",), dtypes=(dtype,))
        for route in self.routes:
            if route != "fit":
                yield replace(self, routes=(route,))


# without -1, which semi-supervised classifiers read as the label that is not known
_LABELS = (
    np.array([0, 1, 2, 3]),
    np.array([-7, -2, 3, 8]),
    np.array(["ant", "bee", "cat", "dog"]),
)

_FAR = 1024.0
"""In units of the spread: far enough from zero that sums of squares about it lose digits."""


@st.composite
def _drawn(draw: DrawFn, domain: Domain) -> Problem:
    n_classes = draw(st.integers(2, domain.max_classes))
    order = [k for k in range(n_classes) for _ in range(domain.min_per_class)]
    lacking = max(0, domain.min_samples - len(order))
    order += draw(st.lists(st.integers(0, n_classes - 1), min_size=lacking, max_size=lacking + 6))
    labels = np.array(draw(st.permutations(order)))
    n_asked = draw(st.integers(1, 5))
    if domain.rows is None:
        X, Z = draw(_numbers(domain, labels, n_asked))
    else:
        row = domain.rows.map(lambda r: np.atleast_1d(np.asarray(r)))
        X = np.stack(draw(st.lists(row, min_size=len(labels), max_size=len(labels))))
        Z = np.stack(draw(st.lists(row, min_size=n_asked, max_size=n_asked)))
    if domain.seen:
        Z = X[draw(st.lists(st.integers(0, len(X) - 1), min_size=1, max_size=5))]
    names = draw(st.sampled_from(_LABELS))
    weight = np.array(draw(st.lists(st.integers(0, 2), min_size=len(labels), max_size=len(labels))))
    route = draw(st.sampled_from(domain.routes))
    if route == "sample_weight":
        for k in range(n_classes):
            needed = np.flatnonzero(labels == k)[: domain.min_per_class]
            weight[needed] = np.maximum(weight[needed], 1)
    return Problem(X, names[labels], Z, weight, route)


@st.composite
def _numbers(
    draw: DrawFn, domain: Domain, labels: NDArray[np.intp], n_asked: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Whole numbers times a power of two, sometimes far from zero, sometimes a column of one."""
    d = draw(st.integers(*domain.features))
    unit = draw(st.sampled_from([1.0, 0.25, 8.0]))
    dtype = draw(st.sampled_from(domain.dtypes))
    # a class has a place of its own, so that it is as rarely empty of meaning as of rows
    X = draw(whole(len(labels), d, largest=4)) + 2.0 * labels[:, None]
    Z = draw(whole(n_asked, d, largest=8))
    if d > 1 and draw(st.sampled_from([False] * 5 + [True])):
        X[:, -1] = Z[:, -1] = Z[0, -1]
    if domain.positive:
        X, Z = np.abs(X), np.abs(Z)
    elif draw(st.sampled_from([False, False, False, True])):
        X, Z = X + _FAR, Z + _FAR
    return (unit * X).astype(dtype), (unit * Z).astype(dtype)


def problems(domain: Domain) -> SearchStrategy[Problem]:
    """Problems of two to four classes and one to three whole-numbered features."""
    return _drawn(domain)


@st.composite
def _drawn_world(draw: DrawFn, domain: Domain) -> World:
    n_classes = draw(st.integers(2, domain.max_classes))
    n_cells = draw(st.integers(2, 4))
    d = draw(st.integers(max(1, domain.features[0]), max(2, domain.features[0])))
    steps = draw(st.permutations(range(n_cells)))
    cells = np.array([[(i * (j + 1) + j * (s > 1)) for j in range(d)] for i, s in enumerate(steps)])
    shape = (n_cells, n_classes)
    flat = draw(st.lists(st.integers(0, 5), min_size=n_cells * n_classes, max_size=24))
    counts = np.array(flat[: n_cells * n_classes]).reshape(shape)
    # no cell and no class is empty
    for i in range(max(shape)):
        counts[i % n_cells, i % n_classes] += 1
    labels = draw(st.sampled_from(_LABELS))[:n_classes]
    weighted = draw(st.booleans()) if "sample_weight" in domain.routes else False
    return World(cells.astype(float), counts, labels, weighted)


def worlds(domain: Domain) -> SearchStrategy[World]:
    """Worlds of two to four cells and classes, with up to a few dozen members."""
    return _drawn_world(domain)
