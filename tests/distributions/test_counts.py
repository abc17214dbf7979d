"""Binomial and Poisson: exact coefficients, the limit of rare events, large parameters."""

from fractions import Fraction
from math import comb, exp, factorial

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.utils.fixes import parse_version

from probml.distributions import Bernoulli, Binomial, Poisson


@given(n=st.integers(1, 40), numerator=st.integers(0, 16))
def test_binomial_mass_is_exact_arithmetics(n, numerator):
    p = Fraction(numerator, 16)
    exact = [float(comb(n, k) * p**k * (1 - p) ** (n - k)) for k in range(n + 1)]
    np.testing.assert_allclose(Binomial(n, float(p)).prob(np.arange(n + 1)), exact, rtol=1e-12)


def test_poisson_mass_is_its_formula():
    exact = [2.5**k * exp(-2.5) / factorial(k) for k in range(15)]
    np.testing.assert_allclose(Poisson(2.5).prob(np.arange(15)), exact, rtol=1e-13)


def test_one_trial_is_a_bernoulli():
    x = np.array([-1, 0, 0.5, 1, 2])
    for p in (0.0, 0.3, 1.0):
        once, coin = Binomial(1, p), Bernoulli(p)
        np.testing.assert_allclose(once.log_prob(x), coin.log_prob(x), rtol=1e-14)
        np.testing.assert_allclose(once.cdf(x), coin.cdf(x), rtol=1e-14)
        np.testing.assert_allclose(once.entropy(), coin.entropy(), rtol=1e-14)


@pytest.mark.parametrize("rate", [0.5, 3.0, 20.0])
def test_many_rare_trials_are_poisson(rate):
    # Le Cam: the total variation distance is at most rate * p
    k = np.arange(200)
    distances = [
        0.5 * np.abs(Binomial(n, rate / n).prob(k) - Poisson(rate).prob(k)).sum()
        for n in (100, 1000, 10_000, 100_000)
    ]
    assert distances == sorted(distances, reverse=True)
    for n, distance in zip((100, 1000, 10_000, 100_000), distances, strict=True):
        assert distance <= rate**2 / n
    divergence = Binomial(1000, rate / 1000).mean - Poisson(rate).mean
    assert divergence == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("n", "p"), [(1000, 0.01), (10**6, 0.3), (10**9, 0.5)])
def test_many_trials(n, p):
    sd = np.sqrt(n * p * (1 - p))
    k = np.unique(np.clip(np.floor(n * p + np.linspace(-6, 6, 25) * sd), 0, n))
    ours, theirs = Binomial(n, p), stats.binom(n, p)
    # The oracle's fault: against 40 digits, SciPy 1.14's binom.cdf is off by 2e-8 at a billion
    # trials, and ours by 6e-15.
    coarse = n == 10**9 and parse_version(scipy.__version__) < parse_version("1.17")
    np.testing.assert_allclose(ours.cdf(k), theirs.cdf(k), rtol=1e-7 if coarse else 1e-10)
    # Logarithms of factorials of n are of size n log n, and so are their rounding errors.
    np.testing.assert_allclose(ours.log_prob(k), theirs.logpmf(k), atol=3e-16 * n * np.log(n))


@pytest.mark.parametrize("rate", [1e-10, 999.0, 1001.0, 1e5])
def test_entropy_of_poisson_is_a_sum_whatever_the_rate(rate):
    k = np.arange(max(0, np.floor(rate - 15 * np.sqrt(rate))), rate + 15 * np.sqrt(rate) + 60)
    log_mass = stats.poisson(rate).logpmf(k)
    expected = -np.sum(np.exp(log_mass) * log_mass)
    assert Poisson(rate).entropy() == pytest.approx(expected, rel=1e-10)


def test_arrays_of_large_and_small_parameters():
    rates = np.array([0.1, 50.0, 5e4])
    each = [float(Poisson(rate).entropy()) for rate in rates]
    np.testing.assert_allclose(Poisson(rates).entropy(), each, rtol=1e-13)
    n = np.array([[1], [7], [400]])
    binomial = Binomial(n, [0.2, 0.9])
    each = [[float(Binomial(m, p).entropy()) for p in (0.2, 0.9)] for m in n.ravel()]
    np.testing.assert_allclose(binomial.entropy(), each, rtol=1e-13)
    assert binomial.sample(4, 0).shape == (4, 3, 2)


def test_likelihood_is_stationary_at_the_fit():
    # sum_i d log f(x_i) / d theta = 0, by central differences
    k, h = np.array([2, 0, 5, 3]), 1e-5
    rate = float(Poisson.fit(k).rate)
    assert rate == 2.5
    slope = Poisson(rate + h).log_likelihood(k) - Poisson(rate - h).log_likelihood(k)
    assert slope / (2 * h) == pytest.approx(0, abs=1e-4)
    p = float(Binomial.fit(k, n=8).p)
    assert p == pytest.approx(2.5 / 8)
    slope = Binomial(8, p + h).log_likelihood(k) - Binomial(8, p - h).log_likelihood(k)
    assert slope / (2 * h) == pytest.approx(0, abs=1e-4)


def test_all_trials_successful():
    rng = np.random.default_rng(0)
    X = np.full((50, 3), 7)
    assert (Binomial.fit(X, rng.uniform(0, 1, 50), n=7).p == 1).all()
    assert Binomial.fit([[1, 4]], n=[2, 5]).p.tolist() == [0.5, 0.8]


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, np.inf])
def test_a_rate_is_positive(rate):
    with pytest.raises(ValueError, match=r"rate must be positive and finite \(got .*\); pass"):
        Poisson([1.0, rate])


@pytest.mark.parametrize("n", [0, -1, 2.5, np.nan, np.inf, 1e20])
def test_trials_are_counted(n):
    with pytest.raises(
        ValueError, match=r"n must be an integer from 1 to 2\*\*53 \(got .*\); pass"
    ):
        Binomial(n, 0.5)
    with pytest.raises(ValueError, match="must be an integer"):
        Binomial.fit([1.0, 0.0], n=n)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"p must be a probability in \[0, 1\] \(got 1\.5\)"):
        Binomial(3, [0.5, 1.5])
    with pytest.raises(ValueError, match=r"broadcast \(got \(2,\) and \(3,\)\)"):
        Binomial([1, 2], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match=r"X must be an integer from 0 to n \(got 4\.0\)"):
        Binomial.fit([1, 4], n=3)
    with pytest.raises(ValueError, match=r"X must be a count 0, 1, 2, \.\.\. \(got -1\.0\)"):
        Poisson.fit([1, -1])
    with pytest.raises(ValueError, match="of no event at all there is no estimate"):
        Poisson.fit([0, 0])
    with pytest.raises(ValueError, match="kl expects the same number of trials"):
        Binomial(3, 0.5).kl(Binomial(4, 0.5))
