"""The broken line as a network: against interpolation, its bound, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from probml.calculus import relu_interpolant


def network(parameters, x):
    (W1, W2), (b1, b2) = parameters
    return (np.maximum(x[:, None] @ W1 + b1, 0.0) @ W2 + b2)[:, 0]


@given(
    gaps=st.lists(st.integers(1, 16), min_size=1, max_size=12),
    values=st.lists(st.integers(-32, 32), min_size=13, max_size=13),
    start=st.integers(-40, 40),
)
def test_it_is_the_broken_line(gaps, values, start):
    knots = start / 4 + np.append(0, np.cumsum(gaps)) / 8
    heights = np.array(values[: len(knots)]) / 4
    parameters = relu_interpolant(lambda x: heights, knots)
    x = np.linspace(knots[0] - 1, knots[-1], 101)
    # at most 12 products of weights up to 128 and distances up to 24, one after another
    assert_allclose(network(parameters, x), np.interp(x, knots, heights), rtol=0, atol=1e-11)


def test_above_the_last_knot_it_goes_on_straight():
    parameters = relu_interpolant(np.square, [0.0, 1.0, 2.0])
    assert_allclose(network(parameters, np.array([3.0, 4.0])), [7.0, 10.0], rtol=0, atol=1e-14)


def test_the_layout_is_that_of_a_fitted_network():
    parameters = relu_interpolant(np.square, [0.0, 1.0, 3.0])
    assert [W.shape for W in parameters.coefs] == [(1, 2), (2, 1)]
    assert [b.shape for b in parameters.intercepts] == [(2,), (1,)]


def test_knots_are_left_alone_whatever_the_function_does():
    knots = np.array([0.0, 1.0, 2.0])

    def careless(x):
        x += 1.0
        return x

    assert_allclose(network(relu_interpolant(careless, knots), knots), [1.0, 2.0, 3.0])
    assert knots.tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("f", "knots", "message"),
    [
        (np.sin, [1.0], r"knots must be at least two .* \(got \[1.0\]\); use np.unique"),
        (np.sin, [[0.0, 1.0]], "knots must be at least two"),
        (np.sin, [0.0, 0.0, 1.0], "in increasing order"),
        (np.sin, [1.0, 0.0], "in increasing order"),
        (np.sin, [0.0, np.inf], "finite numbers"),
        (np.sin, [0.0, np.nan], "finite numbers"),
        (np.sin, [-1e308, 1e308], "finite numbers"),
        (np.sin, 1.0, "at least two"),
        (np.sin, ["a", "b"], "knots must hold real numbers"),
        (lambda x: 1.0, [0.0, 1.0], r"a finite value for each of 2 knots \(got 1.0\)"),
        (lambda x: np.full(2, np.nan), [0.0, 1.0], r"\(got \[nan, nan\]\)"),
        (lambda x: 1e308 * np.array([-1, 1]), [0.0, 1.0], "slopes between the knots"),
        (lambda x: 1e308 * np.array([1, 0, 1]), [0.0, 1.0, 2.0], "and so their changes"),
    ],
)
def test_what_it_refuses(f, knots, message):
    with pytest.raises(ValueError, match=message):
        relu_interpolant(f, knots)
