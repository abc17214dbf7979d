"""Small exact worlds for laws: a finite space with counts for weights, and events in it."""

from fractions import Fraction
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from probml.probability import Event, FiniteSpace, from_counts

__all__ = ["World", "gap", "worlds"]


class World(NamedTuple):
    """Counts of the outcomes 0, 1, ..., and events as masks; nothing is rounded.

    Examples
    --------
    >>> world = World((1, 0, 3), ((True, True, False),))
    >>> print(world.mass(world.masks[0]), world.space(world.events[0]))
    1/4 1/4
    """

    counts: tuple[int, ...]
    masks: tuple[tuple[bool, ...], ...]

    @property
    def space(self) -> FiniteSpace:
        """The space with the relative frequencies for probabilities."""
        return from_counts(self.counts)

    @property
    def events(self) -> list[Event]:
        """The masks as events of the space."""
        space = self.space
        return [space.event(list(mask)) for mask in self.masks]

    def mass(self, mask: tuple[bool, ...]) -> Fraction:
        """Probability of a mask, added up outcome by outcome: the oracle."""
        chosen = sum(n for n, inside in zip(self.counts, mask, strict=True) if inside)
        return Fraction(chosen, sum(self.counts))

    def joint_mass(self, *masks: tuple[bool, ...]) -> Fraction:
        """Probability of the intersection of masks, by the same sum."""
        return self.mass(tuple(map(all, zip(*masks, strict=True))))


@st.composite
def _drawn(draw: DrawFn, n_events: int) -> World:
    n = draw(st.integers(2, 6))
    counts = draw(st.lists(st.integers(0, 5), min_size=n, max_size=n).filter(any))
    mask = st.lists(st.booleans(), min_size=n, max_size=n).map(tuple)
    masks = draw(st.lists(mask, min_size=n_events, max_size=n_events))
    return World(tuple(counts), tuple(masks))


def worlds(n_events: int) -> SearchStrategy[World]:
    """Worlds of 2 to 6 outcomes, some of them impossible, with `n_events` events."""
    return _drawn(n_events)


def gap(got: object, expected: Fraction) -> float:
    """Distance of a result from an exact one; what is no exact number is infinitely far."""
    return float(abs(got - expected)) if isinstance(got, int | Fraction) else float("inf")
