"""Norms, directions and angles against their definitions; unit balls; and what is refused."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from probml.linalg import add, angle, cosine_similarity, norm, normalize, unit_ball

SIZES = st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, 8, np.inf])
@given(x=arrays(float, st.integers(1, 6), elements=SIZES))
def test_norms_are_numpys(p, x):
    np.testing.assert_allclose(norm(x, p), np.linalg.norm(x, p), rtol=1e-13)


@pytest.mark.parametrize("scale", [1e-308, 1e-200, 1e200, 1e308])
@pytest.mark.parametrize("p", [1, 2, 3.5, np.inf])
def test_norms_neither_overflow_nor_vanish(scale, p):
    x = np.array([0.3, -0.4, 0.0])
    np.testing.assert_allclose(norm(scale * x, p) / scale, norm(x, p), rtol=1e-13)
    np.testing.assert_allclose(normalize(scale * x), [0.6, -0.8, 0.0], rtol=1e-13)


def test_the_norm_of_zero_is_zero():
    assert [norm([0.0, 0.0], p) for p in (1, 2, np.inf)] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("omega", [1e-300, 1e-9, 1e-4, 1.0, math.pi / 2, 3.0, math.pi - 1e-9])
def test_angles_keep_their_digits(omega):
    # near pi only the cosine would do: the difference from pi has an error of pi's last digit
    y = [math.cos(omega), math.sin(omega)]
    assert angle([2.0, 0.0], y) == pytest.approx(omega, rel=1e-14, abs=1e-15 if omega > 1 else 0)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_parallel_vectors_of_any_length(scale):
    x = scale * np.array([1.0, 2.0, 3.0])
    assert (cosine_similarity(x, 3 * x), cosine_similarity(x, -x)) == pytest.approx((1.0, -1.0))
    assert abs(cosine_similarity(x, 3 * x)) <= 1.0
    assert (angle(x, 3 * x), angle(x, -x)) == pytest.approx((0.0, math.pi), abs=1e-15)


def test_a_cosine_is_at_most_one():
    # rounding takes the dot product of some directions with themselves beyond
    X = np.random.default_rng(0).standard_normal((200, 3))
    assert max(float(normalize(x) @ normalize(x)) for x in X) > 1.0
    assert max(cosine_similarity(x, x) for x in X) == 1.0
    assert min(cosine_similarity(x, -x) for x in X) == -1.0


@pytest.mark.parametrize("f", [angle, cosine_similarity])
@pytest.mark.parametrize(
    ("x", "y", "told"),
    [
        ([0.0, 0.0], [1.0, 2.0], "zero vector: it has no direction, and no angle"),
        ([1.0, 2.0], [0.0, 0.0], "zero vector"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], r"must have one length \(got 2 and 3\)"),
        ([1.0], [[1.0]], r"y must be a vector with entries \(got shape \(1, 1\)\)"),
        ([1.0, np.nan], [1.0, 2.0], "x must be finite"),
        (["a"], [1.0], "x must hold real numbers"),
        ([], [], "must be a vector with entries"),
    ],
)
def test_what_has_no_angle(f, x, y, told):
    with pytest.raises(ValueError, match=told):
        f(x, y)


@pytest.mark.parametrize("p", [0.5, 0.0, -1.0, np.nan])
def test_what_is_no_norm(p):
    with pytest.raises(ValueError, match=r"p must be a number in \[1, inf\]"):
        norm([1.0, 1.0], p)


@pytest.mark.parametrize("B", [[1.0, 1.0], [[1.0, 1.0]], 1.0, [[1.0], [1.0]]])
def test_no_sum_of_two_shapes(B):
    with pytest.raises(ValueError, match="must have one shape"):
        add([[1.0, 2.0], [3.0, 4.0]], B)


@pytest.mark.parametrize("p", [1, 1.5, 2, 7, np.inf])
def test_every_point_has_norm_one(p):
    np.testing.assert_allclose(np.linalg.norm(unit_ball(p, 401), p, axis=1), 1.0, rtol=1e-12)


def test_balls_grow_with_p():
    balls = [np.linalg.norm(unit_ball(p, 360), axis=1) for p in (1, 1.5, 2, 7, np.inf)]
    assert all(np.all(a <= b + 1e-12) for a, b in pairwise(balls))
    # Off the axes they differ: the diamond's side is half as far out as the square's corner.
    np.testing.assert_allclose(balls[-1][45] / balls[0][45], 2.0, rtol=1e-12)


@pytest.mark.parametrize(("p", "n"), [(0.5, 8), (np.nan, 8), (2, 2)])
def test_what_is_no_ball(p, n):
    with pytest.raises(ValueError, match="must be"):
        unit_ball(p, n)
