"""Laws DI-04 to DI-09: what a density is worth, and estimates of maximum likelihood."""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray
from scipy import special, stats

from probml.distributions import (
    Bernoulli,
    Categorical,
    GaussianStatistics,
    MultivariateNormal,
    Normal,
)
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.numerics import FloatArray
from probml.probability import bayes

__all__ = ["LAWS"]


def _entries(bound: float) -> st.SearchStrategy[float]:
    return st.floats(-bound, bound).map(lambda v: round(v, 3))


# -- DI-04, DI-05: densities and likelihood ---------------------------------------------------


class _Measured(NamedTuple):
    """A measurement, two normal classes of it, and how many new units one old unit has."""

    x: float
    means: tuple[float, float]
    deviations: tuple[float, float]
    prior: float
    units: float


_PAIR = st.tuples(_entries(3), _entries(3))
_MEASURED = st.builds(
    _Measured,
    _entries(3),
    _PAIR,
    st.tuples(st.floats(0.3, 3), st.floats(0.3, 3)),
    st.floats(0.01, 0.99),
    st.integers(-3, 3).map(lambda e: 10.0**e),
)


def _densities(x: float, means: FloatArray, variances: FloatArray) -> FloatArray:
    return Normal(means, variances).prob(x)


def _posterior_residual(density: Any, case: _Measured) -> float:
    prior = np.array([case.prior, 1.0 - case.prior])
    means, deviations = np.array(case.means), np.array(case.deviations)
    expected = special.softmax(np.log(prior) + stats.norm(means, deviations).logpdf(case.x))
    worst = 0.0
    for u in (1.0, case.units):
        at_x = density(u * case.x, u * means, np.square(u * deviations))
        worst = largest(worst, relative(bayes(prior, at_x), expected))
    return worst


class _Sample(NamedTuple):
    """Values, how often all of them are repeated, and a normal distribution."""

    values: FloatArray
    times: int
    mean: float
    variance: float


def _log_likelihood(X: FloatArray, mean: float, variance: float) -> float:
    return Normal(mean, variance).log_likelihood(X)


def _likelihood_residual(log_likelihood: Any, case: _Sample) -> float:
    X, parameters = np.tile(case.values, case.times), (case.mean, case.variance)
    expected = stats.norm(case.mean, np.sqrt(case.variance)).logpdf(X).sum()
    whole = log_likelihood(X, *parameters)
    worst = largest(
        relative(whole, expected), relative(log_likelihood(X[::-1].copy(), *parameters), expected)
    )
    if len(X) > 1:
        parts = (X[: len(X) // 2], X[len(X) // 2 :])
        worst = max(worst, relative(sum(log_likelihood(P, *parameters) for P in parts), expected))
    return worst


# -- DI-06, DI-07: means and covariances ------------------------------------------------------


class _Cloud(NamedTuple):
    """Samples, an affine map, and other parameters to compare with."""

    X: FloatArray
    A: FloatArray
    b: FloatArray
    shift: FloatArray
    factor: FloatArray


@st.composite
def _clouds(draw: DrawFn) -> _Cloud:
    d = draw(st.integers(1, 3))
    rows = draw(arrays(float, (draw(st.integers(0, 6)), d), elements=_entries(5)))
    # A simplex among the samples makes their covariance positive definite.
    X = np.concatenate([np.zeros((1, d)), 2.0 * np.eye(d), rows])
    A = np.tril(draw(arrays(float, (d, d), elements=_entries(2))), -1) + 2.0 * np.eye(d)
    factor = np.tril(draw(arrays(float, (d, d), elements=_entries(0.2)))) + np.eye(d)
    vector = arrays(float, d, elements=_entries(1))
    return _Cloud(X, A, draw(vector), draw(vector), factor)


def _cloud(*rows: tuple[float, ...]) -> _Cloud:
    d = len(rows[0])
    eye = np.eye(d)
    return _Cloud(np.array(rows, dtype=float), 2.0 * eye, np.ones(d), np.ones(d), 1.1 * eye)


def _fit(X: FloatArray) -> tuple[FloatArray, FloatArray]:
    normal = MultivariateNormal.fit(X)
    return normal.mean, normal.covariance


def _mean_log_density(X: FloatArray, mean: FloatArray, covariance: FloatArray) -> float:
    """Up to a constant, by another way than the library's."""
    Z = X - mean
    square = np.sum(Z * np.linalg.solve(covariance, Z.T).T) / len(X)
    return float(-0.5 * (np.linalg.slogdet(covariance)[1] + square))


def _fit_residual(fit: Any, case: _Cloud) -> float:
    X, A = case.X, case.A
    mean, covariance = fit(X)
    best = _mean_log_density(X, mean, covariance)
    other = np.linalg.cholesky(covariance) @ case.factor
    gains = [
        _mean_log_density(X, mean + case.shift, covariance) - best,
        _mean_log_density(X, mean, other @ other.T) - best,
    ]
    # Along c Sigma, 2 d(log L)/dc at c = 1, per sample.
    Z = X - mean
    slope = np.trace(np.linalg.solve(covariance, Z.T @ Z)) / len(X) - X.shape[1]
    moved_mean, moved_covariance = fit(X @ A.T + case.b)
    return largest(
        *gains,
        abs(float(slope)),
        relative(moved_mean, A @ mean + case.b),
        relative(moved_covariance, A @ covariance @ A.T),
    )


def _fit_with(mean: FloatArray, Z: FloatArray, divisor: float) -> tuple[FloatArray, FloatArray]:
    return mean, Z.T @ Z / divisor


def _fit_diagonal(X: FloatArray) -> tuple[FloatArray, FloatArray]:
    return X.mean(axis=0), np.diag(X.var(axis=0))


class _Labelled(NamedTuple):
    """Samples and their classes, 0 to K - 1, each with two samples or more."""

    X: FloatArray
    y: NDArray[np.intp]


@st.composite
def _labelled(draw: DrawFn) -> _Labelled:
    d = draw(st.integers(1, 3))
    sizes = draw(st.lists(st.integers(2, 6), min_size=2, max_size=3))
    y = np.repeat(np.arange(len(sizes)), sizes)
    return _Labelled(draw(arrays(float, (len(y), d), elements=_entries(5))), y)


def _pooled(X: FloatArray, y: NDArray[np.intp]) -> FloatArray:
    statistics = GaussianStatistics.of(X, y, int(y.max()) + 1, "pooled")
    pooled: FloatArray = statistics.scatter / statistics.counts.sum()
    return pooled


def _class_covariances(X: FloatArray, y: NDArray[np.intp]) -> list[FloatArray]:
    return [np.cov(X[y == k].T, ddof=0).reshape(X.shape[1], -1) for k in range(int(y.max()) + 1)]


def _pooled_residual(pooled: Any, case: _Labelled) -> float:
    shares = np.bincount(case.y) / len(case.y)
    parts = _class_covariances(*case)
    expected = sum(share * part for share, part in zip(shares, parts, strict=True))
    return relative(pooled(*case), expected)


def _over_n_minus_k(X: FloatArray, y: NDArray[np.intp]) -> FloatArray:
    return _pooled(X, y) * len(X) / (len(X) - 1 - int(y.max()))


# -- DI-08, DI-09: frequencies ----------------------------------------------------------------


class _Tally(NamedTuple):
    """How often each outcome was seen, other weights of them, and a pseudo-count."""

    counts: tuple[int, ...]
    weights: tuple[int, ...]
    alpha: float


@st.composite
def _tallies(draw: DrawFn) -> _Tally:
    K = draw(st.integers(2, 5))
    counts = draw(st.lists(st.integers(0, 20), min_size=K, max_size=K))
    counts[draw(st.integers(0, K - 1))] += 1
    weights = draw(st.lists(st.integers(1, 20), min_size=K, max_size=K))
    return _Tally(tuple(counts), tuple(weights), draw(st.floats(0.01, 100)))


def _outcomes(case: _Tally) -> NDArray[np.intp]:
    return np.repeat(np.arange(len(case.counts)), case.counts)


def _priors(y: NDArray[np.intp], K: int) -> FloatArray:
    return Categorical.fit(y, n_outcomes=K).p


def _priors_residual(priors: Any, case: _Tally) -> float:
    counts, q = np.array(case.counts), np.array(case.weights) / sum(case.weights)
    p = priors(_outcomes(case), len(counts))
    gain = special.xlogy(counts, q).sum() - special.xlogy(counts, p).sum()
    return float(largest(relative(p, counts / counts.sum()), gain / counts.sum()))


def _smoothed(y: NDArray[np.intp], K: int, alpha: float) -> FloatArray:
    if K == 2:
        p = float(Bernoulli.fit(y, alpha=alpha).p)
        return np.array([1.0 - p, p])
    return Categorical.fit(y, alpha=alpha, n_outcomes=K).p


def _smoothed_residual(smoothed: Any, case: _Tally) -> float:
    counts, y = np.array(case.counts), _outcomes(case)
    K = len(counts)
    worst = relative(smoothed(y, K, 1e15), np.full(K, 1.0 / K))
    for alpha in (0.0, case.alpha):
        expected = (counts + alpha) / (counts.sum() + alpha * K)
        worst = largest(worst, relative(smoothed(y, K, alpha), expected))
    return worst


def _only_unseen(y: NDArray[np.intp], K: int, alpha: float) -> FloatArray:
    counts = np.bincount(y, minlength=K).astype(float)
    counts[counts == 0] = alpha
    shares: FloatArray = counts / counts.sum()
    return shares


def _k_missing(y: NDArray[np.intp], K: int, alpha: float) -> FloatArray:
    shares: FloatArray = (np.bincount(y, minlength=K) + alpha) / (len(y) + alpha)
    return shares


LAWS = (
    Law(
        id="DI-04",
        title="a density is not a probability",
        text="A density may exceed one and changes with the units of x; the posterior made of "
        "densities does not change.",
        latex=r"f_{cX}(cx) = f_X(x) / c,\quad P(C_k \mid cx) = P(C_k \mid x)",
        source="notes on Hung-yi Lee's lectures, Bayes' theorem with Gaussian classes",
        cases=_MEASURED,
        residual=_posterior_residual,
        tolerance=1e-10,
        reason="exponents up to 200, whose roundings the exponential magnifies",
        subject=_densities,
        mutants=(
            Mutant("clipped to [0, 1]", lambda x, m, v: np.clip(_densities(x, m, v), 0, 1)),
            Mutant("normalising factor dropped", lambda x, m, v: np.exp(-np.square(x - m) / v / 2)),
            Mutant("variance not rescaled", lambda x, m, v: _densities(x, m, np.sqrt(v))),
        ),
        examples=(_Measured(0.0, (0.0, 0.0), (0.1, 1.0), 0.5, 1.0),),
    ),
    Law(
        id="DI-05",
        title="log-likelihood",
        text="The log-likelihood of independent samples is a sum over them, in any order and any "
        "parts, and finite where the product of densities underflows.",
        latex=r"\log L(\theta) = \log \prod_n f_\theta(x_n) = \sum_n \log f_\theta(x_n)",
        source="notes on Hung-yi Lee's lectures, maximum likelihood",
        cases=st.builds(
            _Sample,
            arrays(float, st.integers(1, 10), elements=_entries(5)),
            st.integers(1, 100),
            _entries(5),
            st.floats(0.01, 100),
        ),
        residual=_likelihood_residual,
        tolerance=1e-9,
        reason="a sum of a thousand terms of either sign",
        subject=_log_likelihood,
        mutants=(
            Mutant("product of densities", lambda X, m, v: np.log(np.prod(Normal(m, v).prob(X)))),
            Mutant("mean for the sum", lambda X, m, v: _log_likelihood(X, m, v) / len(X)),
            Mutant("logarithm of the sum", lambda X, m, v: np.log(np.sum(Normal(m, v).prob(X)))),
        ),
        examples=(_Sample(np.zeros(1), 1000, 0.0, 1.0), _Sample(np.full(1, 3.0), 1000, 0.0, 1.0)),
    ),
    Law(
        id="DI-06",
        title="maximum likelihood of a normal distribution",
        text="Mean, and scatter about it over N, not N - 1: no other parameters are more likely, "
        "and an affine map of the samples maps the estimates.",
        latex=r"\mu^* = \tfrac1N \sum_n x_n,\quad "
        r"\Sigma^* = \tfrac1N \sum_n (x_n - \mu^*)(x_n - \mu^*)^\top",
        source="notes on Hung-yi Lee's lectures, the best mean and covariance",
        cases=_clouds(),
        residual=_fit_residual,
        tolerance=1e-9,
        reason="at most ten samples, solved for with a condition number up to about 100",
        subject=_fit,
        mutants=(
            Mutant(
                "divided by N - 1",
                lambda X: _fit_with(X.mean(axis=0), X - X.mean(axis=0), len(X) - 1),
            ),
            Mutant("scatter about zero", lambda X: _fit_with(X.mean(axis=0), X, len(X))),
            Mutant("mean zero", lambda X: _fit_with(np.zeros(X.shape[1]), X, len(X))),
            Mutant("covariances left out", _fit_diagonal),
        ),
        examples=(_cloud((1,), (2,), (3,), (4,)), _cloud((0, 0), (2, 0), (0, 2), (2, 2))),
    ),
    Law(
        id="DI-07",
        title="shared covariance",
        text="The most likely covariance shared by classes is the mean of theirs, weighted by "
        "their sizes.",
        latex=r"\Sigma^* = \sum_k \frac{N_k}{N} \Sigma^k",
        source="notes on Hung-yi Lee's lectures, one covariance for both classes",
        cases=_labelled(),
        residual=_pooled_residual,
        tolerance=1e-10,
        reason="sums of at most 18 squares",
        subject=_pooled,
        mutants=(
            Mutant("about the grand mean", lambda X, y: _class_covariances(X, 0 * y)[0]),
            Mutant("equal weights", lambda X, y: np.mean(_class_covariances(X, y), axis=0)),
            Mutant("divided by N - K", _over_n_minus_k),
        ),
        # The variances are 1 and 14/3, the shared one is 3.2.
        examples=(_Labelled(np.array([[0.0], [2], [5], [9], [10]]), np.array([0, 0, 1, 1, 1])),),
    ),
    Law(
        id="DI-08",
        title="class priors",
        text="The most likely priors are the shares of the classes; no others are more likely.",
        latex=r"\pi_k = N_k / N",
        source="notes on Hung-yi Lee's lectures, priors from counts",
        cases=_tallies(),
        residual=_priors_residual,
        tolerance=1e-12,
        reason="one division each",
        subject=_priors,
        mutants=(
            Mutant("uniform", lambda y, K: np.full(K, 1.0 / K)),
            Mutant("one count too many", lambda y, K: _smoothed(y, K, 1.0)),
            Mutant("odds", lambda y, K: _priors(y, K) / (1.0 - _priors(y, K) + 1e-300)),
        ),
        examples=(_Tally((79, 61), (1, 1), 1.0),),
    ),
    Law(
        id="DI-09",
        title="smoothed frequencies",
        text="Pseudo-counts of all K outcomes enter the total; none leave the frequencies, ever "
        "more make the outcomes equally likely.",
        latex=r"p_k = (N_k + \alpha) / (N + \alpha K)",
        source="where the lectures stop; Laplace's rule for Bernoulli and categorical outcomes",
        cases=_tallies(),
        residual=_smoothed_residual,
        tolerance=1e-12,
        reason="a sum and a division; with 1e15 pseudo-counts a count weighs less than this",
        subject=_smoothed,
        mutants=(
            Mutant("alpha not times K", _k_missing),
            Mutant("no smoothing", lambda y, K, alpha: _priors(y, K)),
            Mutant("alpha shared by the outcomes", lambda y, K, a: _smoothed(y, K, a / K)),
            Mutant("unseen outcomes only", _only_unseen),
        ),
        examples=(_Tally((1, 3), (1, 1), 1.0), _Tally((2, 0, 1), (1, 1, 1), 1.0)),
    ),
)
