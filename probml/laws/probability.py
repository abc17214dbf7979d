"""Laws of the theme PR: probability, conditioning, Bayes' rule, independence, expectation.

Worlds are exact, so nearly every tolerance is zero.  An event without probability cannot be
conditioned on; whoever tries must be told so by a :class:`ValueError`.
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
    RandomVariable,
    bayes,
    bayes_decision,
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
    return _intersection_residual(rule, world)


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


# -- PR-14, PR-15: expectation and decision ---------------------------------------------------


class _Valued(NamedTuple):
    """Counts, a number and a label for each outcome."""

    counts: tuple[int, ...]
    values: tuple[int, ...]
    labels: tuple[int, ...]


@st.composite
def _valued(draw: DrawFn) -> _Valued:
    counts = draw(worlds(0)).counts
    n = len(counts)
    values = draw(st.lists(st.integers(-5, 5), min_size=n, max_size=n))
    return _Valued(
        counts, tuple(values), tuple(draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))
    )


def _moments(counts: Sequence[int], values: Sequence[int]) -> tuple[Fraction, Fraction]:
    """Mean and variance by their definitions."""
    n = sum(counts)
    mean = Fraction(sum(c * x for c, x in zip(counts, values, strict=True)), n)
    variance = sum((c * (x - mean) ** 2 for c, x in zip(counts, values, strict=True)), Fraction(0))
    return mean, variance / n


def _variance(P: FiniteSpace, values: Sequence[int]) -> Any:
    return RandomVariable(P, lambda s: values[s]).variance()


def _variance_residual(variance: Any, case: _Valued) -> float:
    P = World(case.counts, ()).space
    expected = _moments(case.counts, case.values)[1]
    shifted = variance(P, [3 * x + 7 for x in case.values])
    return gap(variance(P, case.values), expected) + gap(shifted, 9 * expected)


def _total_variance_residual(variance: Any, case: _Valued) -> float:
    """Var(X) = E[Var(X | C)] + Var(E[X | C]), the two on the right from `variance` itself."""
    P = World(case.counts, ()).space
    within, between = Fraction(0), Fraction(0)
    mean = _moments(case.counts, case.values)[0]
    for label in set(case.labels):
        counts = [c if k == label else 0 for c, k in zip(case.counts, case.labels, strict=True)]
        if any(counts):
            share = Fraction(sum(counts), sum(case.counts))
            within += share * variance(World(tuple(counts), ()).space, case.values)
            between += share * (_moments(counts, case.values)[0] - mean) ** 2
    return gap(variance(P, case.values), within + between)


def _second_moment(P: FiniteSpace, values: Sequence[int]) -> Any:
    return RandomVariable(P, lambda s: values[s] ** 2).mean()


@st.composite
def _joints(draw: DrawFn) -> tuple[tuple[int, ...], ...]:
    n_values = draw(st.integers(1, 4))
    row = st.lists(st.integers(0, 9), min_size=n_values, max_size=n_values).map(tuple)
    return tuple(draw(st.lists(row, min_size=2, max_size=3).filter(lambda t: any(map(any, t)))))


def _decide(joint: Any) -> tuple[list[int], Any]:
    decision = bayes_decision(joint)
    return decision.rule.tolist(), decision.error


def _decision_residual(decide: Any, counts: tuple[tuple[int, ...], ...]) -> float:
    total = sum(map(sum, counts))
    joint = [[Fraction(n, total) for n in row] for row in counts]
    n_classes, n_values = len(joint), len(joint[0])
    errors = [
        1 - sum((joint[k][x] for x, k in enumerate(rule)), Fraction(0))
        for rule in itertools.product(range(n_classes), repeat=n_values)
    ]
    rule, error = decide(joint)
    of_rule = 1 - sum((joint[k][x] for x, k in enumerate(rule)), Fraction(0))
    return gap(error, min(errors)) + gap(of_rule, min(errors))


def _with_error(joint: Any, rule: list[int]) -> tuple[list[int], Any]:
    return rule, 1 - sum((joint[k][x] for x, k in enumerate(rule)), Fraction(0))


def _by_likelihood(joint: Any) -> tuple[list[int], Any]:
    likelihood = [[p / sum(row) if sum(row) else 0 for p in row] for row in joint]
    return _with_error(joint, np.argmax(np.array(likelihood, dtype=float), axis=0).tolist())


def _by_prior(joint: Any) -> tuple[list[int], Any]:
    return _with_error(joint, [int(np.argmax([sum(row) for row in joint]))] * len(joint[0]))


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
    Law(
        id="PR-14",
        title="variance",
        text="The variance is the mean square about the mean, of which nothing is lost when it is "
        "split by classes; a probability is no sample, and nothing is divided by n - 1.",
        latex=r"\operatorname{Var} X = E[X^2] - E[X]^2 "
        r"= E[\operatorname{Var}(X \mid C)] + \operatorname{Var}(E[X \mid C])",
        source="where Lai 2020 stops, after slide 58",
        cases=_valued(),
        residual=lambda f, case: max(
            _variance_residual(f, case), _total_variance_residual(f, case)
        ),
        tolerance=0.0,
        reason=_EXACT,
        subject=_variance,
        mutants=(
            Mutant("second moment", _second_moment),
            Mutant(
                "divided by n - 1",
                lambda P, x: _variance(P, x) * Fraction(len(P), max(1, len(P) - 1)),
            ),
            Mutant(
                "mean absolute deviation squared",
                lambda P, x: (
                    RandomVariable(
                        P, lambda s: abs(x[s] - RandomVariable(P, lambda r: x[r]).mean())
                    ).mean()
                    ** 2
                ),
            ),
        ),
    ),
    Law(
        id="PR-15",
        title="Bayes decision rule",
        text="No rule has a smaller probability of error than the class of largest posterior.",
        latex=r"k(x) = \arg\max_k P(C_k \mid x),\quad "
        r"P(\text{error}) = 1 - \sum_x \max_k P(C_k, x)",
        source="notes on Hung-yi Lee's lectures, classification",
        cases=_joints(),
        residual=_decision_residual,
        tolerance=0.0,
        reason=_EXACT,
        subject=_decide,
        mutants=(
            Mutant("largest likelihood", _by_likelihood),
            Mutant("largest prior", _by_prior),
            Mutant("error added up as if won", lambda j: (_decide(j)[0], 1 - _decide(j)[1])),
        ),
    ),
)
