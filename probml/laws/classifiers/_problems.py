"""Small classification problems, drawn inside what an estimator can fit."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray

from probml.laws._drawn import whole

__all__ = ["Domain", "Problem", "problems"]


class Problem(NamedTuple):
    """Rows to learn from, their labels, rows to predict, and a whole weight for each row."""

    X: NDArray[Any]
    y: NDArray[Any]
    Z: NDArray[Any]
    weight: NDArray[np.intp]


@dataclass(frozen=True)
class Domain:
    """What an estimator can be asked to fit.

    Attributes
    ----------
    min_per_class : int
        Fewest rows of a class.
    max_classes : int
        2 for a binary classifier.
    positive : bool
        Whether features must not be negative.
    seen : bool
        Whether it can predict rows of its training set alone, as with unknown categories.
    """

    min_per_class: int = 2
    max_classes: int = 4
    positive: bool = False
    seen: bool = False


# without -1, which semi-supervised classifiers read as the label that is not known
_LABELS = (
    np.array([0, 1, 2, 3]),
    np.array([-7, -2, 3, 8]),
    np.array(["ant", "bee", "cat", "dog"]),
)


@st.composite
def _drawn(draw: DrawFn, domain: Domain) -> Problem:
    n_classes = draw(st.integers(2, domain.max_classes))
    d = draw(st.integers(1, 3))
    extra = draw(st.lists(st.integers(0, n_classes - 1), max_size=6))
    order = [k for k in range(n_classes) for _ in range(domain.min_per_class)] + extra
    labels = np.array(draw(st.permutations(order)))
    unit = draw(st.sampled_from([1.0, 0.25, 8.0]))
    dtype = draw(st.sampled_from([np.float64, np.float64, np.float64, np.float32]))
    # a class has a place of its own, so that it is as rarely empty of meaning as of rows
    X = draw(whole(len(labels), d, largest=4)) + 2.0 * labels[:, None]
    Z = draw(whole(draw(st.integers(1, 5)), d, largest=8))
    if domain.seen:
        Z = X[draw(st.lists(st.integers(0, len(X) - 1), min_size=1, max_size=5))]
    if domain.positive:
        X, Z = np.abs(X), np.abs(Z)
    names = draw(st.sampled_from(_LABELS))
    weight = draw(st.lists(st.integers(0, 2), min_size=len(labels), max_size=len(labels)))
    return Problem(
        (unit * X).astype(dtype), names[labels], (unit * Z).astype(dtype), np.array(weight)
    )


def problems(domain: Domain) -> SearchStrategy[Problem]:
    """Problems of two to four classes and one to three whole-numbered features."""
    return _drawn(domain)
