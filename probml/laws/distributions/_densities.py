"""Laws DI-02, DI-03, DI-11 of the theme DI: normal densities, and sums in the log domain."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn
from scipy import special, stats

from probml.distributions import MultivariateNormal, Normal
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.numerics import FloatArray, logsumexp

__all__ = ["LAWS"]

_LOG_2PI = float(np.log(2.0 * np.pi))


class _Scalar(NamedTuple):
    """A point, and the parameters of a normal distribution."""

    x: float
    mean: float
    variance: float


class _Vector(NamedTuple):
    """A point, and the parameters of a multivariate normal distribution."""

    x: FloatArray
    mean: FloatArray
    covariance: FloatArray


@st.composite
def _vectors(draw: DrawFn) -> _Vector:
    d = draw(st.integers(1, 5))
    entries = st.floats(-3, 3).map(lambda v: round(v, 3))
    x, mean = draw(arrays(float, d, elements=entries)), draw(arrays(float, d, elements=entries))
    A = draw(arrays(float, (d, d), elements=entries))
    return _Vector(x, mean, A @ A.T + 0.5 * np.eye(d))


def _normal(x: float, mean: float, variance: float) -> float:
    return float(Normal(mean, variance).log_prob(x))


def _normal_as(scale: float, constant: float, x: float, mean: float, variance: float) -> float:
    return -float(constant + np.log(variance)) / 2 - scale * (x - mean) ** 2 / variance


def _multivariate(x: FloatArray, mean: FloatArray, covariance: FloatArray) -> float:
    return float(MultivariateNormal(mean, covariance).log_prob(x[None])[0])


def _multivariate_as(
    x: FloatArray,
    mean: FloatArray,
    covariance: FloatArray,
    *,
    constant: float | None = None,
    root: float = 0.5,
    half: float = 0.5,
    power: int = -1,
    by_determinant: bool = False,
) -> float:
    """The textbook formula, with one of its parts wrong."""
    d = len(mean)
    if by_determinant:
        log_det = float(np.log(np.linalg.det(covariance)))
    else:
        log_det = float(np.linalg.slogdet(covariance)[1])
    square = float((x - mean) @ np.linalg.matrix_power(covariance, power) @ (x - mean))
    return -0.5 * (d * _LOG_2PI if constant is None else constant) - root * log_det - half * square


def _from_scipy(case: _Vector) -> float:
    return float(stats.multivariate_normal(case.mean, case.covariance).logpdf(case.x))


def _logsumexp_residual(subject: Any, z: FloatArray) -> float:
    expected = special.logsumexp(z)
    shifted = relative(subject(z + 7.0), expected + 7.0)
    return largest(relative(subject(z), expected), shifted)


LAWS = (
    Law(
        id="DI-02",
        title="normal density",
        text="The logarithm of the normal density, with the variance and not the standard "
        "deviation as its parameter.",
        latex=r"\log f(x) = -\tfrac12\left(\log 2\pi v + (x-\mu)^2 / v\right)",
        source="notes on Hung-yi Lee's lectures, the Gaussian distribution",
        cases=st.builds(_Scalar, st.floats(-50, 50), st.floats(-10, 10), st.floats(1e-3, 1e3)),
        residual=lambda f, case: relative(
            f(*case), stats.norm(case.mean, np.sqrt(case.variance)).logpdf(case.x)
        ),
        tolerance=1e-12,
        reason="a handful of roundings, relative to the logarithm",
        subject=_normal,
        mutants=(
            Mutant("standard deviation for variance", lambda x, m, v: _normal(x, m, v**2)),
            Mutant("not normalised", partial(_normal_as, 0.5, 0.0)),
            Mutant("one half missing", partial(_normal_as, 1.0, _LOG_2PI)),
            Mutant("density for its logarithm", lambda x, m, v: np.exp(_normal(x, m, v))),
        ),
        examples=(_Scalar(0.0, 0.0, 1.0), _Scalar(1.0, 0.0, 1.0)),
    ),
    Law(
        id="DI-03",
        title="multivariate normal density",
        text="The logarithm of the density of a normal vector, right also where the determinant "
        "of its covariance underflows.",
        latex=r"\log f(x) = -\tfrac d2 \log 2\pi - \tfrac12 \log|\Sigma| "
        r"- \tfrac12 (x-\mu)^\top \Sigma^{-1} (x-\mu)",
        source="notes on Hung-yi Lee's lectures, the Gaussian distribution",
        cases=_vectors(),
        residual=lambda f, case: relative(f(*case), _from_scipy(case)),
        tolerance=1e-9,
        reason="a Cholesky factor of a covariance with eigenvalues from 0.5 to about 200",
        subject=_multivariate,
        mutants=(
            Mutant("Sigma to the power -2", partial(_multivariate_as, power=-2)),
            Mutant("determinant without root", partial(_multivariate_as, root=1.0)),
            Mutant("determinant inverted", partial(_multivariate_as, root=-0.5)),
            Mutant("2 pi to the power 1/2", partial(_multivariate_as, constant=_LOG_2PI)),
            Mutant("one half missing", partial(_multivariate_as, half=1.0)),
            Mutant("logarithm of det", partial(_multivariate_as, by_determinant=True)),
        ),
        examples=(
            _Vector(np.zeros(2), np.zeros(2), np.eye(2)),
            _Vector(np.zeros(784), np.zeros(784), 0.01 * np.eye(784)),
        ),
    ),
    Law(
        id="DI-11",
        title="log-sum-exp",
        text="The logarithm of a sum of exponentials moves with a shift of all its terms, and is "
        "finite wherever a term is.",
        latex=r"\operatorname{lse}(z) = m + \log \sum_i e^{z_i - m},\quad m = \max_i z_i",
        source="where the lectures stop; the log domain of Bayes' rule",
        cases=arrays(float, st.integers(1, 6), elements=st.floats(-1e4, 1e4) | st.just(-np.inf)),
        residual=_logsumexp_residual,
        tolerance=1e-12,
        reason="one rounding per term, relative to the result",
        subject=logsumexp,
        mutants=(
            Mutant("naive exponentials", lambda z: np.log(np.sum(np.exp(z)))),
            Mutant("maximum not added back", lambda z: logsumexp(z - np.max(z))),
            Mutant("maximum alone", np.max),
            Mutant("logarithm to base 2", lambda z: logsumexp(z) / np.log(2.0)),
        ),
        examples=(np.array([1e4, 1e4]), np.array([-1e4]), np.array([-np.inf, -np.inf])),
    ),
)
