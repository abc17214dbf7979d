"""Wilson's interval, against SciPy and against the equation that it solves."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from probml.metrics import wilson_interval


@given(
    st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.floats(0.01, 0.999),
)
def test_it_is_that_of_scipy(counts, level):
    k, n = counts
    theirs = binomtest(k, n).proportion_ci(confidence_level=level, method="wilson")
    assert wilson_interval(k, n, level) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@given(st.integers(2, 20_000).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n))))
def test_its_ends_solve_its_equation(counts):
    k, n = counts
    z = norm.ppf(0.975)
    for end in wilson_interval(k, n):
        assert abs(k / n - end) == pytest.approx(z * math.sqrt(end * (1 - end) / n), rel=1e-7)


@given(st.integers(1, 10**9))
def test_the_ends_of_the_scale_are_exact(n):
    assert wilson_interval(0, n).low == 0.0
    assert wilson_interval(n, n).high == 1.0


@pytest.mark.parametrize(("k", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_counts_are_checked(k, n):
    with pytest.raises(ValueError, match="0 <= successes <= n"):
        wilson_interval(k, n)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
def test_the_level_is_checked(level):
    with pytest.raises(ValueError, match="level"):
        wilson_interval(1, 2, level)
