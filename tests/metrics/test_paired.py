"""Intervals of paired differences: their coverage, and what they do where little differs."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from probml.metrics import paired_interval

RUNS = 4000


def coverage(draw, truth, rng):
    """Share of intervals that cover the truth, and how far below 95 % chance alone may put it."""
    hits = 0
    for _ in range(RUNS):
        low, high = paired_interval(*draw(rng))
        hits += low <= truth <= high
    return hits / RUNS, 4 * np.sqrt(0.95 * 0.05 / RUNS)


@pytest.mark.parametrize(("better", "worse", "n"), [(0.02, 0.02, 450), (0.05, 0.01, 200)])
def test_shares_are_covered(better, worse, n):
    """Labels of two models that differ in few rows: right or wrong by multinomial draws."""

    def draw(rng):
        u = rng.random(n)
        first, second = u < better, (u >= better) & (u < better + worse)
        common = rng.random(n) < 0.9
        return np.where(first, 1, np.where(second, 0, common)), np.where(
            first, 0, np.where(second, 1, common)
        )

    share, slack = coverage(draw, better - worse, np.random.default_rng(0))
    assert 0.95 - slack - 0.01 <= share <= 0.99  # discrete: the approximation itself is off by 1 %


@pytest.mark.parametrize("n", [100, 1000])
def test_means_of_losses_are_covered(n):
    def draw(rng):
        common = rng.exponential(2.0, size=n)
        return common + rng.normal(0.1, 1.0, size=n), common

    share, slack = coverage(draw, 0.1, np.random.default_rng(1))
    assert 0.95 - slack <= share <= 0.97 + slack


def test_it_is_the_interval_of_agresti_and_min():
    """Computed from the four counts of their table, with normal quantiles, for many rows."""
    a = np.repeat([1, 1, 0, 0], [9000, 300, 200, 500])
    b = np.repeat([1, 0, 1, 0], [9000, 300, 200, 500])
    n, n12, n21 = len(a) + 2, 300.5, 200.5
    centre = (n12 - n21) / n
    spread = 1.959963984540054 * np.sqrt((n12 + n21) - (n12 - n21) ** 2 / n) / n
    # The quantile of t with 10,001 degrees of freedom is 0.012 % larger.
    np.testing.assert_allclose(paired_interval(a, b), [centre - spread, centre + spread], rtol=1e-3)


def test_few_rows_are_shrunk_towards_none_better():
    """The formula in whole numbers: two pairs more, a half in each cell."""
    a, b = np.repeat([1, 1, 0], [4, 5, 1]), np.repeat([1, 0, 1], [4, 5, 1])
    n, n12, n21 = 10 + 2, Fraction(11, 2), Fraction(3, 2)
    centre = (n12 - n21) / n
    variance = (n12 + n21) / n - centre**2
    spread = stats.t.ppf(0.975, n - 1) * math.sqrt(variance / n)
    expected = [float(centre) - spread, float(centre) + spread]
    # Neither end is a difference that cancels: 0.33 -+ 0.44.
    np.testing.assert_allclose(paired_interval(a, b), expected, rtol=1e-10)


def test_swapping_the_models_mirrors_the_interval():
    rng = np.random.default_rng(2)
    a, b = rng.random(50), rng.random(50)
    low, high = paired_interval(a, b)
    np.testing.assert_allclose(paired_interval(b, a), (-high, -low), rtol=1e-12)


def test_equal_scores_are_no_proof_and_more_rows_tell_more():
    few, many = (paired_interval(np.ones(n), np.ones(n)) for n in (10, 1000))
    assert few.low < many.low < 0 < many.high < few.high


def test_a_higher_level_is_wider():
    a, b = np.array([1, 1, 0, 1, 0]), np.array([0, 1, 0, 0, 1])
    assert paired_interval(a, b, 0.99).low < paired_interval(a, b, 0.9).low


@pytest.mark.parametrize(
    ("a", "b", "level", "message"),
    [
        ([], [], 0.95, "one score per row"),
        ([1.0, 0.0], [1.0], 0.95, r"got shapes \(2,\) and \(1,\)"),
        ([np.inf], [0.0], 0.95, "must be finite"),
        ([1.0], [0.0], 1.0, "level must be a number"),
    ],
)
def test_bad_input(a, b, level, message):
    with pytest.raises(ValueError, match=message):
        paired_interval(a, b, level)
