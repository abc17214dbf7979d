"""The uniform distribution: its ends, its support under divergence, sums of it."""

import numpy as np
import pytest
from scipy import stats

from probml.distributions import Uniform


def test_both_ends_belong_to_the_interval():
    uniform = Uniform(-1.0, 3.0)
    assert uniform.prob([-1.0, 3.0, np.nextafter(3, 4)]).tolist() == [0.25, 0.25, 0.0]
    assert uniform.cdf([-2.0, -1.0, 1.0, 3.0, 4.0]).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_fit_is_the_range_of_the_samples():
    X = np.array([[3.0, 1.0], [0.0, 7.0], [1.0, 2.0]])
    fitted = Uniform.fit(X)
    assert (fitted.low.tolist(), fitted.high.tolist()) == ([0.0, 1.0], [3.0, 7.0])
    kept = Uniform.fit(X, [1, 0, 0.5])
    assert (kept.low.tolist(), kept.high.tolist()) == ([1.0, 1.0], [3.0, 2.0])
    # Any smaller interval loses a sample, and with it all likelihood.
    assert Uniform(0.1, 3.0).log_likelihood(X[:, 0]) == -np.inf
    assert Uniform(-0.1, 3.0).log_likelihood(X[:, 0]) < Uniform.fit(X[:, 0]).log_likelihood(X[:, 0])


def test_kl_is_infinite_unless_contained():
    narrow, wide, beside = Uniform(0.0, 1.0), Uniform(0.0, 4.0), Uniform(0.5, 1.5)
    assert narrow.kl(wide) == pytest.approx(np.log(4))
    assert wide.kl(narrow) == np.inf
    assert narrow.kl(beside) == np.inf
    assert beside.kl(narrow) == np.inf
    assert narrow.kl(narrow) == 0


def test_standardised_means_approach_the_normal():
    # Catalogue DI-13: the Kolmogorov distance falls with n (Berry-Esseen: like 1 / sqrt(n) or
    # faster).  The expected distance of 100,000 samples of the limit itself is about 0.003.
    uniform, rng = Uniform(2.0, 5.0), np.random.default_rng(0)
    distances = []
    for n in (1, 2, 12):
        means = uniform.sample(100_000 * n, rng).reshape(n, -1).mean(axis=0)
        z = (means - uniform.mean) / np.sqrt(uniform.variance / n)
        distances.append(stats.kstest(z, stats.norm.cdf).statistic)
    assert distances[0] > 2 * distances[1] > 4 * distances[2]
    assert distances[2] < 0.01


def test_ends_are_checked():
    with pytest.raises(ValueError, match=r"high - low must be positive .* \(got 0\.0\); order"):
        Uniform(1.0, 1.0)
    with pytest.raises(ValueError, match=r"high - low must be positive and finite \(got -1\.0\)"):
        Uniform(2.0, 1.0)
    with pytest.raises(ValueError, match=r"low must be finite \(got -inf\)"):
        Uniform(-np.inf, 1.0)
    with pytest.raises(ValueError, match=r"high must be finite \(got nan\)"):
        Uniform(0.0, [1.0, np.nan])
    with pytest.raises(ValueError, match="high - low must be positive and finite"):
        Uniform(-1.7e308, 1.7e308)
    with pytest.raises(ValueError, match="high - low must be positive"):
        Uniform.fit([2.0, 2.0])
    with pytest.raises(ValueError, match="low and high must be of shapes that broadcast"):
        Uniform([0.0, 1.0], [2.0, 3.0, 4.0])
