"""Stationary points: what the second derivatives tell, what they do not, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probml.calculus import classify_hessian, classify_stationary_point


@pytest.mark.parametrize(
    ("f", "kind"),
    [
        (lambda v: v[0] ** 2 + v[0] * v[1] + v[1] ** 2, "min"),
        (lambda v: v[0] ** 2 - v[1] ** 2, "saddle"),
        (lambda v: -(v[0] ** 2) - v[1] ** 2, "max"),
        (lambda v: v[0] ** 2 + 3 * v[0] * v[1] + v[1] ** 2, "saddle"),
        (lambda v: v[0] ** 2 + v[1] ** 4, "inconclusive"),
        (lambda v: v[0] ** 2 + v[1] ** 3, "inconclusive"),
        (lambda v: 7.0, "inconclusive"),
        (lambda v: np.cos(v[0]) + np.cosh(v[1]), "saddle"),
    ],
)
def test_the_functions_of_the_sources(f, kind):
    assert classify_stationary_point(f, [0.0, 0.0]) == kind


@given(
    x=st.floats(-100, 100),
    a=st.sampled_from([-50.0, -1.0, -0.01, 0.01, 1.0, 50.0]),
    offset=st.floats(-10, 10),
)
def test_parabolas_wherever_they_are(x, a, offset):
    kind = classify_stationary_point(lambda t: a * (t - x) ** 2 + offset, x)
    assert kind == ("min" if a > 0 else "max")


@pytest.mark.parametrize("power", [3, 4, 5, 6])
@pytest.mark.parametrize("a", [-5.0, 1.0])
def test_flat_points_are_inconclusive(power, a):
    assert classify_stationary_point(lambda t: a * t**power, 0.0) == "inconclusive"


@pytest.mark.parametrize(
    ("f", "x", "told"),
    [
        (lambda t: t**2, 1.0, r"x must be stationary \(the gradient there is \[2\.0\]\)"),
        (lambda v: v @ v + v[0], [0.0, 0.0], r"must be stationary .*\[1\.0, 0\.0\]"),
        (abs, 0.0, "must be twice differentiable at x"),
        (lambda t: -abs(t) + t**2, 0.0, "must be twice differentiable"),
        (lambda t: max(t, 0.0) ** 2 - t**2 * (t > 1), 1.0, "must be"),
        (lambda t: np.nan, 0.0, "finite numbers"),
        (lambda t: t**2, np.nan, "x must be finite"),
    ],
)
def test_what_is_not_to_be_judged(f, x, told):
    with pytest.raises(ValueError, match=told):
        classify_stationary_point(f, x)


@pytest.mark.parametrize(
    ("H", "told"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], "must be symmetric"),
        ([[1.0, 2.0]], r"must be a square matrix \(got shape \(1, 2\)\)"),
        ([[np.nan]], "must be finite"),
        (np.zeros((0, 0)), "must be a square matrix"),
    ],
)
def test_what_is_no_hessian(H, told):
    with pytest.raises(ValueError, match=told):
        classify_hessian(H)


def test_the_tolerance_decides_what_counts_as_zero():
    H = np.diag([1.0, 1e-6])
    assert [classify_hessian(H, tol) for tol in (1e-8, 1e-3)] == ["min", "inconclusive"]
