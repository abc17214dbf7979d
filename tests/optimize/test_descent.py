"""Descents over all of the data: optimality, speed as a number of steps, and honest endings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probml.optimize import proximal_descent, quasi_newton_descent


def quadratic(rng, d, condition):
    Q = np.linalg.qr(rng.standard_normal((d, d)))[0]
    H = Q @ np.diag(np.geomspace(1, condition, d)) @ Q.T
    b = rng.standard_normal(d)
    return H, b, lambda x: (0.5 * x @ H @ x - b @ x, H @ x - b)


def by_fixed_steps(f, x0, **words):
    return proximal_descent(f, x0, 1e-4, **words)


@pytest.mark.parametrize("descend", [by_fixed_steps, quasi_newton_descent])
@pytest.mark.parametrize("seed", range(5))
def test_the_minimiser_of_a_quadratic(descend, seed):
    H, b, f = quadratic(np.random.default_rng(seed), 5, 1e4)
    result = descend(f, np.zeros(5), tol=1e-9, max_iter=20_000)
    assert result.converged
    assert result.max_gradients[-1] <= 1e-9
    np.testing.assert_allclose(result.x, np.linalg.solve(H, b), atol=1e-8)


def test_acceleration_and_restart_earn_their_keep():
    # Plain descent needs of the order of kappa steps, this method of the order of sqrt(kappa).
    _, _, f = quadratic(np.random.default_rng(0), 5, 1e6)
    result = proximal_descent(f, np.zeros(5), 1e-6, tol=1e-8, max_iter=60_000)
    assert result.converged
    assert result.n_iter < 60 * np.sqrt(1e6)
    plain = proximal_descent(
        f, np.zeros(5), 1e-6, accelerated=False, tol=1e-8, max_iter=2 * result.n_iter
    )
    assert not plain.converged
    assert (np.diff(plain.values) <= 0.0).all()


@settings(max_examples=50)
@given(seed=st.integers(0, 10_000), l1=st.floats(0.0, 2.0), accelerated=st.booleans())
def test_a_kink_leaves_no_subgradient(seed, l1, accelerated):
    _, _, f = quadratic(np.random.default_rng(seed), 4, 1e2)
    result = proximal_descent(
        f, np.zeros(4), 1e-2, l1=l1, accelerated=accelerated, tol=1e-9, max_iter=50_000
    )
    assert result.converged
    gradient, on = f(result.x)[1], result.x != 0.0
    assert np.abs(gradient[on] + l1 * np.sign(result.x[on])).max(initial=0.0) < 1e-6
    assert np.abs(gradient[~on]).max(initial=0.0) <= l1 + 1e-6


def test_quasi_newton_ends_after_as_many_steps_as_there_are_dimensions():
    # in exact arithmetic, with an exact search; a few more without
    _, _, f = quadratic(np.random.default_rng(0), 6, 1e6)
    result = quasi_newton_descent(f, np.zeros(6), tol=1e-6, max_iter=200)
    assert result.converged
    assert result.n_iter < 60


def test_the_inverse_hessian_gets_there_in_one_step():
    H, _, f = quadratic(np.random.default_rng(1), 4, 1e3)
    result = quasi_newton_descent(
        f, np.zeros(4), lambda x: lambda g: np.linalg.solve(H, g), tol=1e-9, max_iter=5
    )
    assert (result.n_iter, result.converged) == (1, True)


def test_coordinates_are_asked_for_again_where_the_curvature_has_changed():
    asked = []

    def newton(x):
        asked.append(x)
        return lambda g: g / (12.0 * x**2 + 1e-8)

    result = quasi_newton_descent(
        lambda x: (float((x**4).sum()), 4.0 * x**3),
        np.array([3.0, -1e-2]),
        newton,
        tol=1e-12,
        max_iter=200,
        memory=2,
    )
    assert result.converged
    assert len(asked) == 1 + sum(result.n_iter > k for k in (4, 32, 256))


def test_steps_that_are_far_too_long_are_shortened():
    def f(x):
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.exp(x[0]) - 2.0 * x[0]), np.exp(x) - 2.0

    start = np.array([-5.0])
    result = quasi_newton_descent(f, start, lambda x: lambda g: 1e4 * g, tol=1e-9, max_iter=60)
    assert result.converged
    assert result.x[0] == pytest.approx(np.log(2.0))


@pytest.mark.parametrize("descend", [by_fixed_steps, quasi_newton_descent])
def test_running_out_of_steps_is_said(descend):
    _, _, f = quadratic(np.random.default_rng(0), 3, 1e4)
    x0, heard = np.ones(3), []
    result = descend(f, x0, tol=1e-9, max_iter=2, callback=heard.append)
    assert (result.n_iter, result.converged) == (2, False)
    assert [point.value for point in heard] == result.values
    assert [point.n_iter for point in heard] == [0, 1, 2]
    assert heard[1].max_gradient == pytest.approx(np.abs(f(heard[1].x)[1]).max())
    assert heard[1].step == pytest.approx(np.linalg.norm(heard[1].x - x0))
    np.testing.assert_array_equal(x0, 1.0)


@pytest.mark.parametrize("descend", [by_fixed_steps, quasi_newton_descent])
def test_a_start_at_the_optimum_takes_no_step(descend):
    result = descend(lambda x: (0.0, 0.0 * x), np.ones(2), tol=1e-9, max_iter=10)
    assert (result.n_iter, result.converged) == (0, True)


def test_where_there_is_no_way_down_the_end_is_said():
    # a gradient that lies: no step keeps what it promises
    result = quasi_newton_descent(
        lambda x: (float(x @ x), -2.0 * x - 1.0), np.ones(2), tol=1e-9, max_iter=10
    )
    assert (result.n_iter, result.converged) == (0, False)


def test_a_value_that_only_rounds_is_an_end():
    # falls by less than its digits tell, along a straight line
    result = quasi_newton_descent(
        lambda x: (1e9, np.full(1, 1e-12)), np.zeros(1), tol=1e-15, max_iter=10
    )
    assert not result.converged


def test_a_descent_that_only_stirs_rounding_ends():
    # single precision: the gradient is never below its own noise, and values are all alike
    rng, curvatures = np.random.default_rng(0), np.array([1.0, 100.0])

    def noisy(x):
        value = np.float32(1.0 + x @ (curvatures * x) / 2.0)
        return float(value), curvatures * x + 1e-3 * rng.standard_normal(2)

    result = quasi_newton_descent(noisy, np.ones(2), tol=1e-9, max_iter=10_000)
    assert not result.converged
    assert result.n_iter < 300
    assert np.abs(result.x).max() < 1e-2


def test_divergence_raises():
    with pytest.raises(FloatingPointError, match="at step 1"), np.errstate(all="ignore"):
        proximal_descent(
            lambda x: (float(np.exp(x[0])), np.exp(x)), np.ones(1), -1e6, tol=1e-9, max_iter=10
        )
    with pytest.raises(FloatingPointError, match="at step 0"):
        quasi_newton_descent(lambda x: (np.inf, x), np.ones(1), tol=1e-9, max_iter=10)
