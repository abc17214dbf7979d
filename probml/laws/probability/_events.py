"""Laws PR-01 to PR-05: events and their probabilities, in exact worlds."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml.laws._law import Law, Mutant
from probml.laws._residuals import refused
from probml.laws._worlds import World, gap, worlds
from probml.probability import (
    Event,
    FiniteSpace,
)

__all__ = ["LAWS"]

_EXACT = "fractions are exact"


# -- PR-01 to PR-05: events ------------------------------------------------------------------


class _Weighted(NamedTuple):
    """Weights that may or may not sum to one, and a mask."""

    weights: tuple[Fraction, ...]
    mask: tuple[bool, ...]


@st.composite
def _weighted(draw: DrawFn) -> _Weighted:
    world = draw(worlds(1))
    total = sum(world.counts) + draw(st.sampled_from([0, 0, 1]))
    return _Weighted(tuple(Fraction(n, total) for n in world.counts), world.masks[0])


def _space_residual(probability: Any, case: _Weighted) -> float:
    if sum(case.weights) != 1:
        return refused(lambda: probability(case.weights, case.mask))
    expected = sum((w for w, inside in zip(*case, strict=True) if inside), Fraction(0))
    return gap(probability(case.weights, case.mask), expected)


def _probability(weights: Sequence[Fraction], mask: Sequence[bool]) -> Any:
    return FiniteSpace(range(len(weights)), weights)(list(mask))


def _renormalised(weights: Sequence[Fraction], mask: Sequence[bool]) -> Any:
    total = sum(weights)
    return _probability([w / total for w in weights], mask)


def _measure(P: FiniteSpace, A: Event) -> Any:
    return P(A)


def _axioms_residual(measure: Any, world: World) -> float:
    P, (A, B) = world.space, world.events
    cells = [A & B, A - B, ~A]
    parts = [measure(P, cell) for cell in cells]
    negative = max(0, *(-part for part in parts))
    whole = abs(measure(P, P.sure) - 1)
    additive = abs(measure(P, cells[0] | cells[1]) - parts[0] - parts[1])
    return float(negative + whole + additive)


def _largest_atom(P: FiniteSpace, A: Event) -> Any:
    return max((P({s}) for s in A), default=0)


def _consequences_residual(union: Any, world: World) -> float:
    return gap(
        union(world.space, *world.events),
        world.mass(tuple(map(any, zip(*world.masks, strict=True)))),
    )


def _union(P: FiniteSpace, *events: Event) -> Any:
    joined = events[0]
    for event in events[1:]:
        joined |= event
    return P(joined)


def _wrong_inclusion_exclusion(P: FiniteSpace, A: Event, B: Event, C: Event) -> Any:
    pairs = P(A & B) + P(A & C) + P(B & C)
    return P(A) + P(B) + P(C) - pairs - P(A & B & C)


def _intersection(P: FiniteSpace, A: Event, B: Event) -> Any:
    return P(A & B)


def _intersection_residual(intersection: Any, world: World) -> float:
    return gap(intersection(world.space, *world.events), world.joint_mass(*world.masks))


LAWS = (
    Law(
        id="PR-01",
        title="probability of an event",
        text="The probability of an event is the sum over its outcomes; weights that do not sum "
        "to one are refused.",
        latex=r"P(E) = \sum_{s \in E} p(s)",
        source="Lai 2020, slide 54, slide 55",
        cases=_weighted(),
        residual=_space_residual,
        tolerance=0.0,
        reason=_EXACT,
        subject=_probability,
        mutants=(
            Mutant("renormalised in silence", _renormalised),
            Mutant("complement", lambda w, m: 1 - _probability(w, m)),
        ),
    ),
    Law(
        id="PR-02",
        title="Kolmogorov's axioms",
        text="Probabilities are not negative, the sure event has probability one, and disjoint "
        "events add.",
        latex=r"P(E) \ge 0,\quad P(S) = 1,\quad P\Bigl(\bigcup E_i\Bigr) = \sum P(E_i)",
        source="Lai 2020, slide 55",
        cases=worlds(2),
        residual=_axioms_residual,
        tolerance=0.0,
        reason=_EXACT,
        subject=_measure,
        mutants=(
            Mutant("largest outcome for the sum", _largest_atom),
            Mutant("share of outcomes times two", lambda P, A: 2 * P(A)),
            Mutant("square", lambda P, A: P(A) ** 2),
            Mutant("signed", lambda P, A: 2 * P(A) - 1),
        ),
    ),
    Law(
        id="PR-03",
        title="inclusion and exclusion",
        text="The probability of a union of three events is an alternating sum, at most the sum.",
        latex=r"P(A \cup B \cup C) = \sum P(A) - \sum P(AB) + P(ABC)",
        source="consequences of Lai 2020, slide 55",
        cases=worlds(3),
        residual=_consequences_residual,
        tolerance=0.0,
        reason=_EXACT,
        subject=_union,
        mutants=(
            Mutant("union bound as an equality", lambda P, *E: sum(map(P, E), Fraction(0))),
            Mutant("sign slip", _wrong_inclusion_exclusion),
            Mutant("largest event", lambda P, *E: max(map(P, E))),
        ),
    ),
    Law(
        id="PR-04",
        title="union of two events",
        text="What two events share is counted once.",
        latex=r"P(A \cup B) = P(A) + P(B) - P(AB)",
        source="Lai 2020, slide 56",
        cases=worlds(2),
        residual=_consequences_residual,
        tolerance=0.0,
        reason=_EXACT,
        subject=_union,
        mutants=(
            Mutant("intersection not subtracted", lambda P, A, B: P(A) + P(B)),
            Mutant("as if independent", lambda P, A, B: 1 - (1 - P(A)) * (1 - P(B))),
        ),
    ),
    Law(
        id="PR-05",
        title="intersection of two events",
        text="P(AB) is the probability of what both contain.",
        latex=r"P(AB) = P(A \cap B) \le \min(P(A), P(B))",
        source="Lai 2020, slide 56",
        cases=worlds(2),
        residual=_intersection_residual,
        tolerance=0.0,
        reason=_EXACT,
        subject=_intersection,
        mutants=(
            Mutant("as if independent", lambda P, A, B: P(A) * P(B)),
            Mutant("the smaller probability", lambda P, A, B: min(P(A), P(B))),
        ),
    ),
)
