"""Laws PR-14 and PR-15: expectation, variance, and the decision that errs least."""

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml.laws._law import Law, Mutant
from probml.laws._worlds import World, gap, worlds
from probml.probability import (
    FiniteSpace,
    RandomVariable,
    bayes_decision,
)

__all__ = ["LAWS"]

_EXACT = "fractions are exact"


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
