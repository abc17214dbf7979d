"""Laws DI-01, DI-10, DI-12, DI-13: mass, information, samples, counts."""

import math
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn
from scipy import special, stats

from probml.distributions import (
    Binomial,
    Categorical,
    MultivariateNormal,
    Normal,
    Poisson,
    Uniform,
)
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.metrics import log_loss
from probml.numerics import FloatArray

__all__ = ["LAWS"]


# -- DI-01: density and distribution function --------------------------------------------------

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)


class _Interval(NamedTuple):
    """A normal distribution, and two points in units of its standard deviation."""

    mean: float
    variance: float
    low: float
    high: float


def _integral(density: Any, a: float, b: float) -> float:
    return float(0.5 * (b - a) * (_WEIGHTS @ density(0.5 * (a + b) + 0.5 * (b - a) * _NODES)))


def _mass_residual(normal: Any, case: _Interval) -> float:
    f, scale = normal(case.mean, case.variance), math.sqrt(case.variance)
    low, high = sorted([case.low, case.high])
    a, b = case.mean + low * scale, case.mean + high * scale
    whole = _integral(f.prob, case.mean - 10.0 * scale, case.mean + 10.0 * scale)
    return largest(abs(whole - 1.0), abs(float(f.cdf(b) - f.cdf(a)) - _integral(f.prob, a, b)))


class _Unnormalised(Normal):
    def prob(self, x: Any) -> FloatArray:
        bell: FloatArray = np.exp(-0.5 * np.square(x - self.mean) / self.variance)
        return bell


class _UpperTail(Normal):
    def cdf(self, x: Any) -> FloatArray:
        return 1.0 - super().cdf(x)


class _Logarithm(Normal):
    def prob(self, x: Any) -> FloatArray:
        return self.log_prob(x)


# -- DI-10: information ------------------------------------------------------------------------


class _Predicted(NamedTuple):
    """How often each outcome was seen, and the probabilities that were predicted."""

    counts: tuple[int, ...]
    q: tuple[float, ...]


@st.composite
def _predictions(draw: DrawFn) -> _Predicted:
    K = draw(st.integers(2, 5))
    counts = draw(st.lists(st.integers(0, 9), min_size=K, max_size=K))
    counts[draw(st.integers(0, K - 1))] += 1
    powers = draw(st.lists(st.integers(0, 30), min_size=K, max_size=K))
    weights = [10.0**-e for e in powers]
    return _Predicted(tuple(counts), tuple(w / sum(weights) for w in weights))


def _information(counts: Any, q: FloatArray) -> tuple[float, float, float]:
    """Entropy of the shares p, cross-entropy of p and q, divergence of p from q."""
    K, p = len(counts), Categorical(counts / counts.sum())
    labels = np.repeat(np.arange(K), counts)
    with np.errstate(divide="ignore"):
        table = np.tile(np.log(q), (len(labels), 1))
    cross = log_loss(labels, table, np.arange(K))
    return float(p.entropy()), cross, float(p.kl(Categorical(q)))


def _information_residual(information: Any, case: _Predicted) -> float:
    counts, q = np.array(case.counts), np.array(case.q)
    p = counts / counts.sum()
    entropy, cross, divergence = information(counts, q)
    seen = p > 0
    with np.errstate(divide="ignore"):
        expected_cross = -np.sum(p[seen] * np.log(q[seen]))
    expected = (special.entr(p).sum(), expected_cross, special.rel_entr(p, q).sum())
    worst = relative([entropy, cross, divergence], expected)
    return largest(worst, relative(entropy + divergence, cross), float(-divergence))


def _swapped(counts: Any, q: FloatArray) -> tuple[float, float, float]:
    p = counts / counts.sum()
    with np.errstate(divide="ignore"):
        cross = -float(np.sum(q * np.log(p)))
    return float(Categorical(p).entropy()), cross, float(Categorical(q).kl(Categorical(p)))


def _in_bits(counts: Any, q: FloatArray) -> tuple[float, ...]:
    return tuple(x / math.log(2.0) for x in _information(counts, q))


def _over_classes_too(counts: Any, q: FloatArray) -> tuple[float, ...]:
    return tuple(x / len(q) for x in _information(counts, q))


def _clipped(counts: Any, q: FloatArray) -> tuple[float, float, float]:
    bounded = np.clip(q, 1e-15, 1.0)
    return _information(counts, bounded / bounded.sum())


# -- DI-12: samples ----------------------------------------------------------------------------

_N_SAMPLES = 2000
_SEED = 20


class _Model(NamedTuple):
    """Mean, and a factor whose product with its transpose is the covariance."""

    mean: FloatArray
    factor: FloatArray


@st.composite
def _models(draw: DrawFn) -> _Model:
    d = draw(st.integers(1, 3))
    entries = st.floats(-2, 2).map(lambda v: round(v, 3))
    below = np.tril(draw(arrays(float, (d, d), elements=entries)), -1)
    scales = draw(arrays(float, d, elements=st.floats(0.5, 3).map(lambda v: round(v, 3))))
    return _Model(draw(arrays(float, d, elements=entries)), below + np.diag(scales))


def _sample(mean: FloatArray, covariance: FloatArray, n: int, seed: int) -> FloatArray:
    return MultivariateNormal(mean, covariance).sample(n, seed)


def _sample_residual(sample: Any, case: _Model) -> float:
    """Largest deviation of a first or second moment in whitened units, in standard errors."""
    covariance = case.factor @ case.factor.T
    X = sample(case.mean, covariance, _N_SAMPLES, _SEED)
    if X.shape != (_N_SAMPLES, len(case.mean)):
        return np.inf
    if not np.array_equal(X, sample(case.mean, covariance, _N_SAMPLES, _SEED)):
        return np.inf
    Z = np.linalg.solve(case.factor, (X - case.mean).T)
    second = Z @ Z.T / _N_SAMPLES - np.eye(len(Z))
    # Var(z) = 1; Var(z_i z_j) = 1, and Var(z_i^2) = 2.
    scaled = second / (1.0 + (math.sqrt(2.0) - 1.0) * np.eye(len(Z)))
    return float(max(np.abs(Z.mean(axis=1)).max(), np.abs(scaled).max()) * math.sqrt(_N_SAMPLES))


def _by_factor(mean: FloatArray, factor: FloatArray, n: int, seed: int) -> FloatArray:
    z: FloatArray = np.random.default_rng(seed).standard_normal((n, len(mean)))
    return mean + z @ factor.T


# -- DI-13: counts -----------------------------------------------------------------------------


class _Trials(NamedTuple):
    """Number of trials, and the probability of success in hundredths."""

    n: int
    hundredths: int


class _Further(NamedTuple):
    """Mass and cumulative mass at counts k, binomial and Poisson of one mean; a uniform family."""

    binomial: Any
    poisson: Any
    uniform: Any


def _binomial(n: int, p: float, k: FloatArray) -> tuple[FloatArray, FloatArray]:
    distribution = Binomial(n, p)
    return distribution.prob(k), distribution.cdf(k)


def _poisson(n: int, p: float, k: FloatArray) -> tuple[FloatArray, FloatArray]:
    distribution = Poisson(n * p)
    return distribution.prob(k), distribution.cdf(k)


def _further_residual(further: _Further, case: _Trials) -> float:
    return largest(_counts_residual(further, case), _limit_residual(further.uniform, case.n))


def _counts_residual(counts: _Further, case: _Trials) -> float:
    n, exact = case.n, Fraction(case.hundredths, 100)
    p, rate, k = float(exact), float(n * exact), np.arange(n + 1)
    binomial = [math.comb(n, i) * exact**i * (1 - exact) ** (n - i) for i in range(n + 1)]
    poisson = [math.exp(-rate) * rate**i / math.factorial(i) for i in range(n + 1)]
    mass, steps = counts.binomial(n, p, k)
    limit, limit_steps = counts.poisson(n, p, k)
    # Le Cam: the two are within 2 n p^2 of each other in total.
    apart = largest(0.0, float(np.abs(mass - limit).sum()) - 2.0 * n * p**2)
    return largest(
        relative(mass, np.array(binomial, dtype=float)),
        relative(steps, np.cumsum(np.array(binomial, dtype=float))),
        relative(limit, poisson),
        relative(limit_steps, np.cumsum(poisson)),
        apart,
    )


class _Spread(Uniform):
    @property
    def variance(self) -> FloatArray:
        return 2.0 * super().variance


class _Edge(Uniform):
    @property
    def mean(self) -> FloatArray:
        return super().mean - 0.5


def _limit_residual(uniform: Any, n: int) -> float:
    """How far the distance of a standardised mean of uniforms from a normal is from falling."""
    law = uniform(0.0, 1.0)
    few, terms = _kolmogorov(law, 1 + n % 4), 8 + n % 4
    edges = relative(law.cdf(np.array([-1.0, 0.25, 2.0])), [0.0, 0.25, 1.0])
    return largest(edges, _kolmogorov(law, terms) - few / 2.0)


def _kolmogorov(law: Any, n: int) -> float:
    """Largest distance of the distribution of a standardised sum of n uniforms from the normal.

    The sum has the distribution function of Irwin and Hall,
    ``sum_k (-1)^k C(n, k) max(x - k, 0)^n / n!``.
    """
    x = np.linspace(0.0, n, 101)
    k = np.arange(n + 1)
    signs = [(-1) ** i * math.comb(n, i) for i in range(n + 1)]
    exact = np.maximum(x[:, None] - k, 0.0) ** n @ np.array(signs, dtype=float) / math.factorial(n)
    scale = math.sqrt(n * float(law.variance))
    return float(np.abs(exact - stats.norm.cdf((x - n * float(law.mean)) / scale)).max())


def _no_coefficient(n: int, p: float, k: FloatArray) -> tuple[FloatArray, FloatArray]:
    mass = p**k * (1.0 - p) ** (n - k)
    return mass, np.cumsum(mass)


LAWS = (
    Law(
        id="DI-01",
        title="density and distribution function",
        text="A density integrates to one, and between two points to the difference of the "
        "distribution function.",
        latex=r"\int f = 1,\quad F(b) - F(a) = \int_a^b f(x)\,dx",
        source="where the lectures stop; the density of a Gaussian",
        cases=st.builds(
            _Interval, st.floats(-10, 10), st.floats(1e-3, 1e3), st.floats(-5, 5), st.floats(-5, 5)
        ),
        residual=_mass_residual,
        tolerance=1e-9,
        reason="Gauss-Legendre quadrature with 96 nodes over at most 20 standard deviations",
        subject=Normal,
        mutants=(
            Mutant("not normalised", _Unnormalised),
            Mutant("upper tail", _UpperTail),
            Mutant("logarithm for the density", _Logarithm),
        ),
        examples=(_Interval(0.0, 1.0, -1.0, 1.0),),
    ),
    Law(
        id="DI-10",
        title="entropy, cross-entropy, divergence",
        text="The cross-entropy of p and q, the log loss, is the entropy of p plus the divergence "
        "of p from q, which is never negative.",
        latex=r"-\sum_k p_k \log q_k = H(p) + \mathrm{KL}(p \,\|\, q),\quad \mathrm{KL} \ge 0",
        source="notes on Hung-yi Lee's lectures, cross-entropy",
        cases=_predictions(),
        residual=_information_residual,
        tolerance=1e-12,
        reason="a mean of at most fifty logarithms, relative to the result",
        subject=_information,
        mutants=(
            Mutant("arguments swapped", _swapped),
            Mutant("logarithm to base 2", _in_bits),
            Mutant("averaged over classes too", _over_classes_too),
            Mutant("clipped at 1e-15", _clipped),
        ),
        # One-hot targets: -log 0.3 = 1.2039728, and 1.2237754 once divided by a total of 1.02.
        examples=(
            _Predicted((1, 0), (0.3, 0.7)),
            _Predicted((1, 0), (0.3 / 1.02, 0.72 / 1.02)),
            _Predicted((1, 1), (1.0, 0.0)),
            _Predicted((2, 3), (0.4, 0.6)),
        ),
    ),
    Law(
        id="DI-12",
        title="samples of a normal distribution",
        text="Samples have the mean and covariance of their distribution, and a seed repeats them.",
        latex=r"x = \mu + A z,\quad A A^\top = \Sigma,\ z \sim N(0, I)",
        source="where the lectures stop; why a model is called generative",
        cases=_models(),
        residual=_sample_residual,
        tolerance=5.0,
        reason="five standard errors of 2000 samples at one seed",
        subject=_sample,
        mutants=(
            Mutant("covariance for its factor", lambda m, S, n, seed: _by_factor(m, S, n, seed)),
            Mutant(
                "factor transposed",
                lambda m, S, n, seed: _by_factor(m, np.linalg.cholesky(S).T, n, seed),
            ),
            Mutant("mean left out", lambda m, S, n, seed: _sample(0 * m, S, n, seed)),
            Mutant(
                "seed ignored",
                lambda m, S, n, seed: _sample(
                    m, S, n, int(np.random.SeedSequence().generate_state(1)[0])
                ),
            ),
        ),
        examples=(_Model(np.ones(2), np.array([[2.0, 0.0], [1.0, 1.0]])),),
    ),
    Law(
        id="DI-13",
        title="binomial, Poisson, uniform, and limits",
        text="Masses and their sums as counted exactly; with many rare trials binomial and "
        "Poisson agree, and a standardised mean of uniforms comes ever closer to a normal.",
        latex=r"\binom nk p^k (1-p)^{n-k} \to \lambda^k e^{-\lambda} / k!,\quad \lambda = np;"
        r"\quad \sqrt{12 n}\,(\bar U_n - \tfrac12) \to N(0, 1)",
        source="where the lectures stop; distributions of counts",
        cases=st.builds(_Trials, st.integers(1, 40), st.integers(1, 100)),
        residual=_further_residual,
        tolerance=1e-12,
        reason="logarithms of factorials up to 40!, about 110, and their exponentials",
        subject=_Further(_binomial, _poisson, Uniform),
        mutants=(
            Mutant("coefficient missing", _Further(_no_coefficient, _poisson, Uniform)),
            Mutant(
                "failures counted",
                _Further(lambda n, p, k: _binomial(n, 1.0 - p, k), _poisson, Uniform),
            ),
            Mutant("p for lambda", _Further(_binomial, lambda n, p, k: _poisson(1, p, k), Uniform)),
            Mutant("variance of the range", _Further(_binomial, _poisson, _Spread)),
            Mutant("mean at the edge", _Further(_binomial, _poisson, _Edge)),
        ),
        examples=(_Trials(2, 50), _Trials(40, 1)),
    ),
)
