"""Laws SCO-01, SCO-02, SCO-04: the truth scores best, by as much as the forecast is apart from it.

For outcomes of probability p and a forecast q the expected score S(p, q) of a proper score exceeds
that of the truth by a divergence,

    log loss:  S(p, q) - S(p, p) = sum_k p_k log(p_k / q_k),
    Brier:     S(p, q) - S(p, p) = sum_k (p_k - q_k)^2.
"""

from fractions import Fraction
from functools import partial
from math import log
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest
from probml.metrics import brier_score, log_loss, log_loss_clipped, murphy_decomposition
from probml.metrics.calibration import MurphyDecomposition

__all__ = ["LAWS"]


class _Forecast(NamedTuple):
    """Counts of the outcomes 0, 1, ..., and weights of the forecast."""

    outcomes: tuple[int, ...]
    weights: tuple[int, ...]

    @property
    def y(self) -> NDArray[np.intp]:
        """The outcomes one by one."""
        return np.repeat(np.arange(len(self.outcomes)), self.outcomes)

    @property
    def p(self) -> list[Fraction]:
        """Relative frequencies of the outcomes."""
        return [Fraction(n, sum(self.outcomes)) for n in self.outcomes]

    @property
    def q(self) -> list[Fraction]:
        """The forecast."""
        return [Fraction(n, sum(self.weights)) for n in self.weights]


@st.composite
def _forecasts(draw: DrawFn) -> _Forecast:
    K = draw(st.integers(2, 4))
    counts = st.lists(st.integers(1, 12), min_size=K, max_size=K).map(tuple)
    return _Forecast(draw(counts), draw(counts))


def _expected(score: Any, case: _Forecast, forecast: list[Fraction]) -> float:
    """The score of one forecast for all outcomes."""
    row = np.log(np.array([float(q) for q in forecast]))
    K = len(case.outcomes)
    return float(score(case.y, np.tile(row, (len(case.y), 1)), np.arange(K)))


def _excess(score: Any, case: _Forecast) -> float:
    return _expected(score, case, case.q) - _expected(score, case, case.p)


def _relative_entropy(score: Any, case: _Forecast) -> float:
    exact = sum(float(p) * log(p / q) for p, q in zip(case.p, case.q, strict=True))
    return abs(_excess(score, case) - exact)


def _squared_distance(score: Any, case: _Forecast) -> float:
    exact = sum((p - q) ** 2 for p, q in zip(case.p, case.q, strict=True))
    return abs(_excess(score, case) - float(exact))


def _of_the_true_class(y: Any, log_proba: Any, classes: Any) -> float:
    P = np.exp(log_proba)[np.arange(len(y)), y]
    return float(np.mean((1.0 - P) ** 2))


def _absolute(y: Any, log_proba: Any, classes: Any) -> float:
    return float(np.mean(np.abs(np.exp(log_proba) - np.eye(len(classes))[y]).sum(axis=1)))


def _mean_over_classes(y: Any, log_proba: Any, classes: Any) -> float:
    return brier_score(y, log_proba, classes) / len(classes)


def _linear(y: Any, log_proba: Any, classes: Any) -> float:
    return float(np.mean(1.0 - np.exp(log_proba)[np.arange(len(y)), y]))


class _Verified(NamedTuple):
    """Outcomes under each of several forecasts, in twelfths."""

    forecasts: tuple[tuple[int, ...], ...]
    outcomes: tuple[tuple[int, ...], ...]


@st.composite
def _verified(draw: DrawFn) -> _Verified:
    K = draw(st.integers(2, 3))
    row = st.lists(st.integers(1, 12), min_size=K, max_size=K).map(tuple)
    forecasts = draw(st.lists(row, min_size=1, max_size=4))
    counts = st.lists(st.integers(0, 4), min_size=K, max_size=K).filter(any).map(tuple)
    return _Verified(tuple(forecasts), tuple(draw(counts) for _ in forecasts))


def _decomposition_misses(decompose: Any, case: _Verified) -> float:
    """Distance of the parts from those by fractions, and of their sum from the score."""
    y: list[int] = []
    rows: list[list[float]] = []
    groups: dict[tuple[Fraction, ...], list[int]] = {}
    for weights, counts in zip(case.forecasts, case.outcomes, strict=True):
        q = tuple(Fraction(w, sum(weights)) for w in weights)
        members = groups.setdefault(q, [0] * len(counts))
        for k, n in enumerate(counts):
            members[k] += n
            y += [k] * n
            rows += [[float(p) for p in q]] * n
    n = len(y)
    K = len(case.forecasts[0])
    overall = [Fraction(y.count(k), n) for k in range(K)]
    reliability = resolution = Fraction(0)
    for q, members in groups.items():
        seen = [Fraction(m, sum(members)) for m in members]
        share = Fraction(sum(members), n)
        reliability += share * sum((a - b) ** 2 for a, b in zip(q, seen, strict=True))
        resolution += share * sum((a - b) ** 2 for a, b in zip(seen, overall, strict=True))
    uncertainty = 1 - sum(p * p for p in overall)
    parts = decompose(y, np.log(rows), np.arange(K))
    return largest(
        abs(parts.reliability - float(reliability)),
        abs(parts.resolution - float(resolution)),
        abs(parts.uncertainty - float(uncertainty)),
        abs(parts.brier_score - brier_score(y, np.log(rows), np.arange(K))),
    )


def _by_centres(y: Any, log_proba: Any, classes: Any) -> MurphyDecomposition:
    """Takes the middle of a tenth for every forecast in it."""
    P = (np.floor(np.exp(log_proba) * 10.0) + 0.5) / 10.0
    return murphy_decomposition(y, np.log(P / P.sum(axis=1, keepdims=True)), classes)


def _unweighted(y: Any, log_proba: Any, classes: Any) -> MurphyDecomposition:
    """Counts every forecast once, however often it was made."""
    _, first = np.unique(np.round(log_proba, 9), axis=0, return_index=True)
    whole = murphy_decomposition(y, log_proba, classes)
    part = murphy_decomposition(np.asarray(y)[first], np.asarray(log_proba)[first], classes)
    return whole._replace(reliability=part.reliability)


def _sign_of_resolution(y: Any, log_proba: Any, classes: Any) -> MurphyDecomposition:
    parts = murphy_decomposition(y, log_proba, classes)
    return parts._replace(resolution=-parts.resolution)


_SOURCE = "Gneiting and Raftery 2007, section 2"
_ROUNDING = "sums of at most 48 terms of size one, against fractions"

LAWS = (
    Law(
        id="SCO-01",
        title="the truth minimises the log loss",
        text="A forecast q of outcomes of probability p costs the relative entropy more than p.",
        latex=r"S(p, q) - S(p, p) = \sum_k p_k \ln\tfrac{p_k}{q_k} \ge 0",
        source=_SOURCE,
        cases=_forecasts(),
        residual=_relative_entropy,
        tolerance=1e-12,
        reason=_ROUNDING,
        subject=log_loss,
        mutants=(
            Mutant("clipping moves the optimum", partial(log_loss_clipped, bound=0.2)),
            Mutant("logarithms to base two", lambda *a: log_loss(*a) / log(2.0)),
            Mutant("one minus the probability", _linear),
        ),
        examples=(_Forecast((1, 3), (2, 2)), _Forecast((1, 11), (11, 1))),
    ),
    Law(
        id="SCO-02",
        title="the truth minimises the Brier score",
        text="A forecast q of outcomes of probability p costs its squared distance more than p.",
        latex=r"S(p, q) - S(p, p) = \sum_k (p_k - q_k)^2 \ge 0",
        source=_SOURCE,
        cases=_forecasts(),
        residual=_squared_distance,
        tolerance=1e-12,
        reason=_ROUNDING,
        subject=brier_score,
        mutants=(
            Mutant("only the true class", _of_the_true_class),
            Mutant("absolute distance", _absolute),
            Mutant("mean over classes", _mean_over_classes),
        ),
        examples=(_Forecast((1, 3), (2, 2)),),
    ),
    Law(
        id="SCO-04",
        title="Murphy's decomposition",
        text="The Brier score is reliability less resolution plus uncertainty.",
        latex=r"\mathrm{BS} = \sum_b \tfrac{n_b}{n}\|q_b - \bar y_b\|^2"
        r" - \sum_b \tfrac{n_b}{n}\|\bar y_b - \bar y\|^2 + \sum_k \bar y_k (1 - \bar y_k)",
        source="Murphy 1973",
        cases=_verified(),
        residual=_decomposition_misses,
        tolerance=1e-12,
        reason=_ROUNDING,
        subject=murphy_decomposition,
        mutants=(
            Mutant("bin centres for forecasts", _by_centres),
            Mutant("forecasts counted once", _unweighted),
            Mutant("sign of the resolution", _sign_of_resolution),
        ),
        examples=(_Verified(((1, 3), (3, 1)), ((1, 1), (4, 0))),),
    ),
)
