"""The normal density of one variable: golden values, fit, units."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from probml.distributions import Normal


@pytest.mark.parametrize("seed", range(10))
def test_normal_is_scipys(seed):
    rng = np.random.default_rng(seed)
    mean, variance = rng.standard_normal(4), rng.uniform(0.1, 5, 4)
    x = 3 * rng.standard_normal((7, 4))
    expected = stats.norm(mean, np.sqrt(variance)).logpdf(x)
    np.testing.assert_allclose(Normal(mean, variance).log_prob(x), expected, rtol=1e-12)


def test_normal_integrates_to_one():
    total, _ = integrate.quad(lambda x: np.exp(Normal(1.0, 0.3).log_prob(x)), -10, 10, points=[1])
    assert total == pytest.approx(1.0, abs=1e-9)


def test_golden_values():
    assert Normal(0, 1).prob([0, 1]) == pytest.approx([0.3989422804, 0.2419707245], abs=5e-11)
    # The second parameter is a variance: at one standard deviation, here 2, of N(0, 4)
    assert Normal(0, 4).prob(2) == pytest.approx(0.2419707245 / 2, abs=5e-11)


@given(a=st.floats(0.01, 100), b=st.floats(-50, 50), x=st.floats(-20, 20), sign=st.booleans())
def test_affine_change_of_variables(a, b, x, sign):
    # log f_{aX+b}(ax + b) = log f_X(x) - log|a|
    a = -a if sign else a
    before, after = Normal(1.0, 2.0), Normal(a * 1.0 + b, a**2 * 2.0)
    expected = before.log_prob(x) - np.log(abs(a))
    assert after.log_prob(a * x + b) == pytest.approx(expected, rel=1e-8, abs=1e-8)
    assert after.entropy() == pytest.approx(before.entropy() + np.log(abs(a)), rel=1e-12, abs=1e-12)


def test_a_density_may_exceed_one():
    # Catalogue DI-04
    assert Normal(0, 0.01).prob(0) == pytest.approx(3.98942, abs=5e-6)


@given(scale=st.floats(1e-3, 1e3), x=st.floats(-5, 5))
def test_a_posterior_does_not_depend_on_units(scale, x):
    # Densities scale by 1 / scale; by Bayes' rule the posterior stays
    means, variances, priors = np.array([-1.0, 2.0]), np.array([1e-3, 0.5]), np.array([0.3, 0.7])

    def posterior(unit):
        joint = np.log(priors) + Normal(unit * means, unit**2 * variances).log_prob(unit * x)
        return np.exp(joint - np.logaddexp(*joint))

    np.testing.assert_allclose(posterior(scale), posterior(1.0), atol=1e-10)


def test_fit_divides_by_n():
    fitted = Normal.fit([1, 2, 3, 4])
    assert (fitted.mean, fitted.variance) == (2.5, 1.25)
    weighted = Normal.fit([1, 2, 3, 4], [1, 0, 0, 3])
    assert weighted.mean == pytest.approx(3.25, rel=1e-15)
    assert weighted.variance == pytest.approx(1.6875, rel=1e-15)


@given(seed=st.integers(0, 100))
def test_likelihood_is_stationary_in_the_variance_of_the_fit(seed):
    # d/dc log L(mu, c v) = 0 at c = 1; with 1 / (N - 1) the slope would be about 1 / 2
    X = 5 + np.random.default_rng(seed).standard_normal(20)
    best, h = Normal.fit(X), 1e-5
    up, down = (Normal(best.mean, c * best.variance).log_likelihood(X) for c in (1 + h, 1 - h))
    assert (up - down) / (2 * h) == pytest.approx(0, abs=1e-4)
    left, right = (Normal(best.mean + d, best.variance).log_likelihood(X) for d in (-h, h))
    assert (right - left) / (2 * h) == pytest.approx(0, abs=1e-4)


def test_far_tails_keep_their_digits():
    normal = Normal(0.0, 1.0)
    assert normal.cdf(-30.0) == pytest.approx(stats.norm.cdf(-30.0), rel=1e-12)
    assert normal.log_prob(1e150) == pytest.approx(-5e299)
    assert normal.prob(100.0) == 0
    assert Normal(0.0, 1e-320).prob(0.0) > 1e159


def test_bytes_do_not_wrap_and_inputs_stay_as_they_are():
    x, mean = np.array([0, 255], dtype=np.uint8), np.array([10.0, 10.0])
    normal = Normal(mean, 4.0)
    np.testing.assert_allclose(normal.log_prob(x), normal.log_prob(x.astype(float)), rtol=1e-15)
    assert x.tolist() == [0, 255]
    mean[0] = 99.0
    assert normal.mean.tolist() == [10.0, 10.0]


def test_bad_input_is_refused():
    for variance in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match=r"variance must be positive and finite \(got .*\); a"):
            Normal(0.0, [1.0, variance])
    with pytest.raises(ValueError, match=r"mean must be finite \(got nan\)"):
        Normal(np.nan, 1.0)
    with pytest.raises(ValueError, match=r"mean and variance must be .* \(got \(2,\) and \(3,\)\)"):
        Normal([0.0, 1.0], [1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match=r"variance must be positive .* a constant variable"):
        Normal.fit([0.1] * 7)
