"""Every univariate family, with SciPy's counterpart and how to sum or integrate over it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy import integrate, stats

from probml.distributions import Bernoulli, Binomial, Categorical, Normal, Poisson, Uniform


@dataclass(frozen=True)
class Case:
    """A distribution and its oracle."""

    ours: Any
    theirs: Any
    support: tuple[float, float]
    """First and last point that carry mass, to within 1e-14."""

    @property
    def discrete(self):
        return isinstance(self.ours, Bernoulli | Binomial | Categorical | Poisson)

    def expectation(self, f, low=-np.inf, high=np.inf):
        """Sum or integral of ``f(x) prob(x)`` over low < x <= high."""
        first, last = max(self.support[0], low), min(self.support[1], high)
        if self.discrete:
            k = np.arange(np.ceil(self.support[0]), np.floor(last) + 1)
            k = k[k > low]
            mass = self.ours.prob(k)
            return float(np.sum(mass * np.where(mass > 0, f(k), 0.0)))
        if first >= last:
            return 0.0
        return integrate.quad(lambda x: float(f(x) * self.ours.prob(x)), first, last, limit=200)[0]


def normal(mean, sd):
    return Case(Normal(mean, sd**2), stats.norm(mean, sd), (mean - 8 * sd, mean + 8 * sd))


def uniform(low, width):
    theirs = stats.uniform(low, (low + width) - low)
    return Case(Uniform(low, low + width), theirs, (low, low + width))


def bernoulli(p):
    return Case(Bernoulli(p), stats.bernoulli(p), (0, 1))


def binomial(n, p):
    return Case(Binomial(n, p), stats.binom(n, p), (0, n))


def poisson(rate):
    return Case(Poisson(rate), stats.poisson(rate), (0, rate + 12 * np.sqrt(rate) + 50))


def categorical(weights):
    p = np.array(weights) / np.sum(weights)
    theirs = stats.rv_discrete(values=(np.arange(len(p)), p / p.sum()))
    return Case(Categorical(p), theirs, (0, len(p) - 1))


PROBABILITIES = st.floats(0.001, 0.999)
WEIGHTS = st.lists(st.floats(0.01, 1.0), min_size=2, max_size=8)

STRATEGIES = {
    "normal": st.builds(normal, st.floats(-10, 10), st.floats(0.05, 20)),
    "uniform": st.builds(uniform, st.floats(-10, 10), st.floats(0.1, 20)),
    "bernoulli": st.builds(bernoulli, PROBABILITIES),
    "binomial": st.builds(binomial, st.integers(1, 60), PROBABILITIES),
    "poisson": st.builds(poisson, st.floats(0.05, 60)),
    "categorical": st.builds(categorical, WEIGHTS),
}

EXAMPLES = {
    "normal": normal(1.5, 2.0),
    "uniform": uniform(-1.0, 3.0),
    "bernoulli": bernoulli(0.3),
    "binomial": binomial(12, 0.3),
    "poisson": poisson(4.2),
    "categorical": categorical([0.2, 0.5, 0.3]),
}

# Pairs of one family that have a finite divergence.
PAIRS = {
    "normal": (normal(0.0, 1.0), normal(1.0, 2.0)),
    "uniform": (uniform(0.0, 1.0), uniform(-1.0, 4.0)),
    "bernoulli": (bernoulli(0.2), bernoulli(0.6)),
    "binomial": (binomial(9, 0.2), binomial(9, 0.6)),
    "poisson": (poisson(2.0), poisson(5.0)),
    "categorical": (categorical([0.2, 0.5, 0.3]), categorical([0.6, 0.1, 0.3])),
}
