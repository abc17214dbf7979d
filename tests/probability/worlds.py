"""Random finite spaces and events, exact and floating, for the property tests."""

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from probml.probability import FiniteSpace, from_counts

# Outcomes of mixed types: nothing but hashing and equality may be asked of them.
OUTCOMES = ["sun", 7, (1, "a"), None, 2.5, frozenset({3}), b"x", Fraction(1, 3)]


@st.composite
def spaces(draw, exact=None, min_size=3):
    """A space of mixed outcomes, some impossible; exact, floating, or either."""
    n = draw(st.integers(min_size, len(OUTCOMES)))
    counts = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n).filter(any))
    if draw(st.booleans()) if exact is None else exact:
        return from_counts(dict(zip(OUTCOMES, counts, strict=False)))
    return FiniteSpace(OUTCOMES[:n], np.array(counts) / sum(counts))


def masks(P):
    return st.lists(st.booleans(), min_size=len(P), max_size=len(P)).map(np.array)


@st.composite
def spaces_with_events(draw, n_events=2, exact=None):
    """A space and some of its events."""
    P = draw(spaces(exact))
    return P, *(P.event(draw(masks(P))) for _ in range(n_events))


@st.composite
def partitions(draw, P):
    """Cells that hold every outcome once; some empty, some of probability zero."""
    n_cells = draw(st.integers(1, 5))
    n = len(P)
    codes = np.array(draw(st.lists(st.integers(0, n_cells - 1), min_size=n, max_size=n)))
    return [P.event(codes == k) for k in range(n_cells)]


def weight(P, event):
    """P(event) by the definition, one outcome after the other."""
    return sum(p for s, p in zip(P.outcomes, P.probs, strict=True) if s in event)


def same(P, a, b, tol=1e-12):
    """Equal: to the last digit in an exact space, within `tol` in a floating one."""
    if P.exact:
        assert isinstance(a, Fraction | int)
        assert isinstance(b, Fraction | int)
        return a == b
    return abs(a - b) <= tol
