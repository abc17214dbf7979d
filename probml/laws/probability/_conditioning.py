"""Laws PR-06 to PR-13: conditioning, Bayes' rule and independence, in exact worlds.

An event without probability cannot be conditioned on; whoever tries must be told so by a
:class:`ValueError`.
"""

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, refused
from probml.laws._worlds import World, gap, worlds
from probml.probability import (
    Event,
    FiniteSpace,
    bayes,
)

__all__ = ["LAWS"]

_EXACT = "fractions are exact"


# -- PR-06 to PR-08: conditioning ------------------------------------------------------------


def _conditional(P: FiniteSpace, A: Event, B: Event) -> Any:
    return P(A, given=B)


def _conditional_residual(conditional: Any, world: World) -> float:
    P, (A, B) = world.space, world.events
    if not world.mass(world.masks[1]):
        return refused(lambda: conditional(P, A, B))
    expected = world.joint_mass(*world.masks) / world.mass(world.masks[1])
    return gap(conditional(P, A, B), expected)


def _or_zero(P: FiniteSpace, A: Event, B: Event) -> Any:
    return P(A, given=B) if P(B) else Fraction(0)


def _product_rule(P: FiniteSpace, A: Event, B: Event) -> Any:
    return P(A, given=B) * P(B)


def _product_residual(rule: Any, world: World) -> float:
    if not world.mass(world.masks[1]):
        return 0.0
    return gap(rule(world.space, *world.events), world.joint_mass(*world.masks))


def _chain(P: FiniteSpace, *events: Event) -> Any:
    return P.chain(*events)


def _chain_residual(chain: Any, world: World) -> float:
    expected = world.joint_mass(*world.masks)
    orders = itertools.permutations(zip(world.events, world.masks, strict=True))
    worst = 0.0
    for order in orders:
        events, masks = zip(*order, strict=True)
        if world.joint_mass(*masks[:-1]):
            worst = largest(worst, gap(chain(world.space, *events), expected))
    return worst


def _markov_chain(P: FiniteSpace, A: Event, B: Event, C: Event) -> Any:
    return P(A) * P(B, given=A) * P(C, given=B)


# -- PR-09 to PR-13: exclusion, total probability, Bayes, independence ------------------------


def _exclusive_residual(exclusive: Any, world: World) -> float:
    together = any(map(all, zip(*world.masks, strict=True)))
    return float(exclusive(world.space, *world.events) is together)


def _total(P: FiniteSpace, A: Event, cells: Sequence[Event]) -> Any:
    return P.total_probability(A, cells)


def _total_residual(total: Any, world: World) -> float:
    P, (A, B, C) = world.space, world.events
    cells = [B & C, B - C, ~B]
    overlapping = refused(lambda: total(P, A, [B, P.sure])) if len(B) else 0.0
    return gap(total(P, A, cells), world.mass(world.masks[0])) + overlapping


def _unweighted(P: FiniteSpace, A: Event, cells: Sequence[Event]) -> Any:
    P.total_probability(A, cells)
    return sum((P(A, given=B) for B in cells if P(B)), Fraction(0))


def _first_cells(P: FiniteSpace, A: Event, cells: Sequence[Event]) -> Any:
    P.total_probability(A, cells)
    return sum((P(A & B) for B in cells[:-1]), Fraction(0))


class _Evidence(NamedTuple):
    """Positive weights of the classes, and of each value of x under each of them."""

    prior: tuple[int, ...]
    likelihood: tuple[tuple[int, ...], ...]


@st.composite
def _evidence(draw: DrawFn) -> _Evidence:
    n_classes, n_values = draw(st.integers(2, 4)), draw(st.integers(1, 3))
    count = st.integers(1, 9)
    prior = draw(st.lists(count, min_size=n_classes, max_size=n_classes))
    row = st.lists(count, min_size=n_classes, max_size=n_classes).map(tuple)
    return _Evidence(tuple(prior), tuple(draw(st.lists(row, min_size=n_values, max_size=n_values))))


def _bayes_residual(posterior: Any, case: _Evidence) -> float:
    prior = np.array(case.prior) / sum(case.prior)
    likelihood = np.array(case.likelihood) / 10.0
    exact = [
        [Fraction(p * x, sum(map(int.__mul__, case.prior, row))) for p, x in zip(case.prior, row)]  # noqa: B905
        for row in case.likelihood
    ]
    wrong = np.abs(posterior(prior, likelihood) - np.array(exact, dtype=float)).max()
    scaled = np.abs(posterior(prior, 7.0 * likelihood) - posterior(prior, likelihood)).max()
    return float(largest(wrong, scaled))


def _by_joint(prior: Any, likelihood: Any, axis: int) -> Any:
    joint = prior * likelihood
    return joint / joint.sum(axis=axis, keepdims=True)


def _mutually(P: FiniteSpace, *events: Event) -> bool:
    return P.mutually_independent(*events)


def _mutual_residual(independent: Any, world: World) -> float:
    subsets = (c for k in (2, 3) for c in itertools.combinations(world.masks, k))
    expected = all(world.joint_mass(*c) == math.prod(map(world.mass, c)) for c in subsets)
    return float(independent(world.space, *world.events) is not expected)


_COINS = (
    World((1, 1, 1, 1), ((True, True, False, False), (True, False, True, False),
                         (True, False, False, True))),
    World((1,) * 8, tuple(tuple(bool(i >> k & 1) for i in range(8)) for k in range(3))),
    World((2, 1, 1, 4), ((True, True, False, False), (True, False, True, False),
                         (True, True, True, True))),
    # P(ABC) = P(A) P(B) P(C), and A and B are dependent: the product of all three is not enough.
    World((0, 1, 1, 2), ((True, True, False, False), (False, True, True, False), (False,) * 4)),
)  # fmt: skip


def _triple_product(P: FiniteSpace, A: Event, B: Event, C: Event) -> bool:
    return P(A & B & C) == P(A) * P(B) * P(C)


def _conditionally(P: FiniteSpace, A: Event, B: Event, C: Event) -> bool:
    return P.conditionally_independent(A, B, given=C)


def _conditionally_residual(independent: Any, world: World) -> float:
    P, (A, B, C), masks = world.space, world.events, world.masks
    c = world.mass(masks[2])
    if not c:
        return refused(lambda: independent(P, A, B, C))
    joint = world.joint_mass(*masks) * c
    expected = joint == world.joint_mass(masks[0], masks[2]) * world.joint_mass(*masks[1:])
    return float(independent(P, A, B, C) is not expected)


def _condition_ignored(P: FiniteSpace, A: Event, B: Event, C: Event) -> bool:
    P.given(C)  # refuses an impossible condition, as it should
    return P.independent(A, B)


# The first two coordinates are bits with p = 1/10 or 9/10, the third is which: independent given
# it, and not otherwise, P(11) = 0.41.
_MIXTURE = World(
    (81, 9, 9, 1, 1, 9, 9, 81),
    tuple(tuple(bool(i >> k & 1) for i in range(8)) for k in (0, 1, 2)),
)


LAWS = (
    Law(
        id="PR-06",
        title="conditional probability",
        text="Conditioning restricts to B and divides by P(B), which must be positive.",
        latex=r"P(A \mid B) = P(AB) / P(B),\quad P(B) > 0",
        source="Lai 2020, slide 56",
        cases=worlds(2),
        residual=_conditional_residual,
        tolerance=0.0,
        reason=_EXACT,
        subject=_conditional,
        mutants=(
            Mutant("transposed", lambda P, A, B: P(B, given=A) if P(A) else P(A, given=B)),
            Mutant("divided by the union", lambda P, A, B: P(A & B, given=A | B)),
            Mutant("not divided", lambda P, A, B: P(A & B)),
            Mutant("zero where it is undefined", _or_zero),
        ),
    ),
    Law(
        id="PR-07",
        title="product rule",
        text="A joint probability is a conditional one times that of the condition.",
        latex=r"P(AB) = P(A \mid B) P(B) = P(B \mid A) P(A)",
        source="Lai 2020, slide 56",
        cases=worlds(2),
        residual=_product_residual,
        tolerance=0.0,
        reason=_EXACT,
        subject=_product_rule,
        mutants=(
            Mutant("the wrong marginal", lambda P, A, B: P(A, given=B) * P(A)),
            Mutant("as if independent", lambda P, A, B: P(A) * P(B)),
        ),
    ),
    Law(
        id="PR-08",
        title="chain rule",
        text="A joint probability is a product of conditional ones, in every order.",
        latex=r"P(A_1 \cdots A_n) = \prod_i P(A_i \mid A_1 \cdots A_{i-1})",
        source="Lai 2020, slide 57",
        cases=worlds(3),
        residual=_chain_residual,
        tolerance=0.0,
        reason=_EXACT,
        subject=_chain,
        mutants=(
            Mutant("conditions on the last event only", _markov_chain),
            Mutant("as if independent", lambda P, *E: math.prod(map(P, E))),
        ),
    ),
    Law(
        id="PR-09",
        title="mutually exclusive events",
        text="Events are exclusive if they share no outcome; that is not independence, and an "
        "intersection of probability zero is not enough.",
        latex=r"A \cap B = \emptyset \;\Rightarrow\; P(A \cup B) = P(A) + P(B)",
        source="Lai 2020, slide 58",
        cases=worlds(2),
        residual=_exclusive_residual,
        tolerance=0.0,
        reason="a yes or a no",
        subject=lambda P, A, B: P.mutually_exclusive(A, B),
        mutants=(
            Mutant("independent for exclusive", lambda P, A, B: P.independent(A, B)),
            Mutant("probability zero for empty", lambda P, A, B: P(A & B) == 0),
        ),
        examples=(World((1, 0, 1), ((True, True, False), (False, True, True))),),
    ),
    Law(
        id="PR-10",
        title="total probability",
        text="The conditional probabilities of a partition, weighted by its cells, add up.",
        latex=r"P(A) = \sum_k P(A \mid B_k) P(B_k)",
        source="notes on Hung-yi Lee's lectures, classification",
        cases=worlds(3),
        residual=_total_residual,
        tolerance=0.0,
        reason=_EXACT,
        subject=_total,
        mutants=(
            Mutant("weights missing", _unweighted),
            Mutant("a cell dropped", _first_cells),
            Mutant("any cover for a partition", lambda P, A, cells: P(A)),
        ),
    ),
    Law(
        id="PR-11",
        title="Bayes' rule",
        text="The posterior is prior times likelihood, divided by their sum over the classes; a "
        "common factor of the likelihoods changes nothing.",
        latex=r"P(C_k \mid x) = \frac{P(x \mid C_k) P(C_k)}{\sum_j P(x \mid C_j) P(C_j)}",
        source="notes on Hung-yi Lee's lectures, Bayes' theorem",
        cases=_evidence(),
        residual=_bayes_residual,
        tolerance=1e-12,
        reason="a product, a sum of at most four terms and a quotient",
        subject=bayes,
        mutants=(
            Mutant("prior ignored", lambda p, x: _by_joint(1.0, x, -1)),
            Mutant("evidence missing", lambda p, x: p * x),
            Mutant("normalised over x", lambda p, x: _by_joint(p, x, 0)),
            Mutant("likelihood ignored", lambda p, x: np.broadcast_to(p, x.shape)),
        ),
        examples=(_Evidence((1, 99), ((95, 5),)),),
    ),
    Law(
        id="PR-12",
        title="mutual independence",
        text="Events are independent if the product rule holds for every choice of them; pairs "
        "are not enough, nor is the product of all.",
        latex=r"P(A_i A_j \cdots) = P(A_i) P(A_j) \cdots",
        source="where Lai 2020 stops, after slide 58",
        cases=worlds(3),
        residual=_mutual_residual,
        tolerance=0.0,
        reason="a yes or a no",
        subject=_mutually,
        mutants=(
            Mutant("pairwise", lambda P, *E: P.pairwise_independent(*E)),
            Mutant("the product of all three", _triple_product),
            Mutant("exclusive for independent", lambda P, *E: P.mutually_exclusive(*E)),
        ),
        examples=_COINS,
    ),
    Law(
        id="PR-13",
        title="conditional independence",
        text="Independence given C neither implies independence nor follows from it.",
        latex=r"P(AB \mid C) = P(A \mid C) P(B \mid C)",
        source="notes on Hung-yi Lee's lectures, naive Bayes",
        cases=worlds(3),
        residual=_conditionally_residual,
        tolerance=0.0,
        reason="a yes or a no",
        subject=_conditionally,
        mutants=(
            Mutant("condition ignored", _condition_ignored),
            Mutant(
                "conditioned on the complement",
                lambda P, A, B, C: P.conditionally_independent(A, B, given=~C),
            ),
        ),
        examples=(_MIXTURE,),
    ),
)
