"""Bernoulli and categorical: frequencies, smoothing, divergence in the corners."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probml.distributions import Bernoulli, Categorical


def test_class_priors_are_frequencies():
    # Catalogue DI-08: 79 samples of one class, 61 of the other
    p = Categorical.fit(np.repeat([0, 1], [79, 61])).p
    np.testing.assert_allclose(p, [0.5642857, 0.4357143], atol=5e-8)
    assert Bernoulli.fit(np.repeat([0, 1], [79, 61])).p == pytest.approx(61 / 140, rel=1e-15)


@given(counts=st.lists(st.integers(1, 30), min_size=2, max_size=6), alpha=st.floats(0, 50))
def test_smoothing_adds_alpha_of_each_outcome(counts, alpha):
    X = np.repeat(np.arange(len(counts)), counts)
    expected = (np.array(counts) + alpha) / (sum(counts) + alpha * len(counts))
    np.testing.assert_allclose(Categorical.fit(X, alpha=alpha).p, expected, rtol=1e-12)
    binary = np.minimum(X, 1)
    share = (sum(counts[1:]) + alpha) / (sum(counts) + 2 * alpha)
    assert Bernoulli.fit(binary, alpha=alpha).p == pytest.approx(share, rel=1e-12)


def test_heavy_smoothing_is_uniform():
    assert Categorical.fit([0, 0, 0, 2], alpha=1e12).p == pytest.approx([1 / 3] * 3, abs=1e-11)
    assert Bernoulli.fit([0, 0, 0], alpha=1e12).p == pytest.approx(0.5, abs=1e-11)


def test_an_outcome_that_was_never_seen():
    fitted = Categorical.fit([0, 0, 2], n_outcomes=4)
    np.testing.assert_allclose(fitted.p, [2 / 3, 0, 1 / 3, 0], rtol=1e-15)
    assert fitted.log_prob([1, 3]).tolist() == [-np.inf, -np.inf]
    assert fitted.log_prob(0) == pytest.approx(np.log(2 / 3))
    assert fitted.cdf([0, 1, 2, 3]) == pytest.approx([2 / 3, 2 / 3, 1, 1])
    assert set(fitted.sample(1000, 0)) == {0, 2}


def test_a_bernoulli_is_a_categorical_of_two():
    coin, table, x = Bernoulli(0.3), Categorical([0.7, 0.3]), np.array([-1, 0, 0.5, 1, 2])
    np.testing.assert_allclose(coin.log_prob(x), table.log_prob(x), rtol=1e-15)
    np.testing.assert_allclose(coin.cdf(x), table.cdf(x), rtol=1e-15)
    np.testing.assert_allclose(coin.entropy(), table.entropy(), rtol=1e-15)
    np.testing.assert_allclose(
        coin.kl(Bernoulli(0.9)), table.kl(Categorical([0.1, 0.9])), rtol=1e-14
    )


def test_logarithms_are_natural():
    assert Bernoulli(0.5).entropy() == pytest.approx(np.log(2), rel=1e-15)
    assert Categorical(np.full(10, 0.1)).entropy() == pytest.approx(np.log(10), rel=1e-14)
    # Catalogue DI-10: a one-hot target costs -log of the probability of the target
    p = np.array([0.7, 0.3])
    assert Categorical([0, 1]).kl(Categorical(p)) == pytest.approx(1.2039728, abs=5e-8)
    assert -Categorical(p).log_prob(1) == pytest.approx(1.2039728, abs=5e-8)


def test_certainty():
    for p in (0.0, 1.0):
        certain = Bernoulli(p)
        assert certain.log_prob([0, 1]).tolist() == [
            -np.inf * p if p else 0.0,
            0.0 if p else -np.inf,
        ]
        assert certain.entropy() == 0
        assert certain.variance == 0
        assert certain.kl(certain) == 0
        assert certain.kl(Bernoulli(1 - p)) == np.inf
        assert (certain.sample(100, 0) == p).all()
    assert Categorical([1.0, 0.0]).entropy() == 0
    assert Categorical([1.0, 0.0]).kl(Categorical([0.5, 0.5])) == pytest.approx(np.log(2))
    assert Categorical([0.5, 0.5]).kl(Categorical([1.0, 0.0])) == np.inf


def test_a_tiny_probability_keeps_its_digits():
    p = 1e-20
    assert Bernoulli(p).log_prob(0) == pytest.approx(-p, rel=1e-15)
    assert Bernoulli(p).entropy() == pytest.approx(p * (1 - np.log(p)), rel=1e-12)


@pytest.mark.parametrize("p", [-0.1, 1.1, np.nan, np.inf])
def test_a_probability_is_in_the_unit_interval(p):
    message = r"p must be a probability in \[0, 1\] \(got .*\); pass counts"
    with pytest.raises(ValueError, match=message):
        Bernoulli([0.5, p])
    with pytest.raises(ValueError, match=message):
        Categorical([0.5, p])


def test_probabilities_sum_to_one():
    with pytest.raises(ValueError, match=r"p must sum to 1 \(got 1\.02\); pass counts / counts"):
        Categorical([0.5, 0.52])
    assert Categorical(np.float32([0.1] * 10)).p.sum() == pytest.approx(1, abs=1e-6)
    for p in ([], 1.0, [[0.5, 0.5]]):
        with pytest.raises(ValueError, match="p must be a vector of one probability per outcome"):
            Categorical(p)


def test_samples_are_checked():
    with pytest.raises(ValueError, match=r"X must be 0 or 1 \(got 2\.0\); binarise"):
        Bernoulli.fit([0, 1, 2])
    for X in ([0, -1], [0, 0.5], [0, 3], [-1, -2]):
        with pytest.raises(ValueError, match=r"X must be an integer from 0 to \d+ \(got "):
            Categorical.fit(X, n_outcomes=3)
    with pytest.raises(ValueError, match="X must be an integer from 0"):
        Categorical.fit([-1, -2])
    with pytest.raises(ValueError, match=r"vector of outcomes \(got shape \(1, 2\)\)"):
        Categorical.fit([[0, 1]])
    for family in (Bernoulli, Categorical):
        with pytest.raises(ValueError, match="alpha must be a number in"):
            family.fit([0, 1], alpha=-1)
    with pytest.raises(ValueError, match="n_outcomes must be an integer in"):
        Categorical.fit([0], n_outcomes=0)
    with pytest.raises(ValueError, match=r"as many outcomes in both \(got 2 and 3\)"):
        Categorical([0.5, 0.5]).kl(Categorical([0.5, 0.25, 0.25]))
