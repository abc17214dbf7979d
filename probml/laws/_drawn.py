"""Matrices that are drawn: of whole numbers, of a known spectrum, of a known rank."""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray

from probml.numerics import FloatArray

__all__ = ["Symmetric", "orthogonal", "regular", "symmetric", "whole"]


def whole(*shape: int, largest: int = 6) -> SearchStrategy[NDArray[Any]]:
    """Arrays of whole numbers, whose sums and products floats hold exactly.

    Zeros, and entries equal by chance, are rarer than Hypothesis would have them: behind such
    coincidences wrong implementations hide.
    """
    entries = st.integers(-largest, largest)
    return arrays(np.float64, shape, elements=entries, fill=st.nothing())


@st.composite
def orthogonal(draw: DrawFn, n: int) -> FloatArray:
    """An orthogonal matrix of size n: up to two reflections, one after the other."""
    Q = np.eye(n)
    for _ in range(draw(st.integers(0, 2))):
        # shifted, so that the mirror's normal is never zero and rarely an axis
        v = draw(whole(n, largest=8)) / 4.0 + 1.0 / 7.0
        Q = Q - 2.0 * np.outer(v, v @ Q) / (v @ v)
    return Q


@st.composite
def regular(draw: DrawFn, n: int, *, lowest: float = 0.1, highest: float = 4.0) -> FloatArray:
    """``Q diag(s) R`` with Q, R orthogonal and s between the bounds: invertible by design."""
    steps = st.integers(0, 40).map(lambda v: lowest + v / 40.0 * (highest - lowest))
    stretches = np.array(draw(st.lists(steps, min_size=n, max_size=n)))
    matrix: FloatArray = draw(orthogonal(n)) * stretches @ draw(orthogonal(n))
    return matrix


class Symmetric(NamedTuple):
    """A rotation and a spectrum whose first entry is the largest in modulus."""

    Q: FloatArray
    spectrum: tuple[float, ...]

    @property
    def matrix(self) -> FloatArray:
        """``Q diag(spectrum) Q'``."""
        product: FloatArray = self.Q * np.array(self.spectrum) @ self.Q.T
        return product


@st.composite
def symmetric(draw: DrawFn) -> Symmetric:
    """One to five eigenvalues, the dominant one at least half as large again as the others."""
    n = draw(st.integers(1, 5))
    Q = draw(orthogonal(n))
    dominant = draw(st.integers(15, 30)) / 10 * draw(st.sampled_from([1, -1]))
    others = st.integers(-10, 10).map(lambda v: v / 10)
    rest = draw(st.lists(others, min_size=n - 1, max_size=n - 1))
    return Symmetric(Q, (dominant, *rest))
