"""Quasi-Newton steps between kinks: optimality, exact zeros, few steps, honest endings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probml.optimize import orthant_descent, quasi_newton_descent, shortest_subgradient


def quadratic(seed, d, condition):
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.standard_normal((d, d)))[0]
    H, b = Q @ np.diag(np.geomspace(1, condition, d)) @ Q.T, rng.standard_normal(d)
    return H, b, lambda x: (0.5 * x @ H @ x - b @ x, H @ x - b)


def plain(_):
    return lambda free: lambda g: np.where(free, g, 0.0)


def newton(H):
    """The inverse of the free part of a Hessian."""

    def on(free):
        def product(g):
            step = np.zeros_like(g)
            step[free] = np.linalg.solve(H[np.ix_(free, free)], g[free])
            return step

        return product

    return lambda _: on


@settings(max_examples=50)
@given(seed=st.integers(0, 10_000), l1=st.floats(0.0, 2.0), exact=st.booleans())
def test_no_subgradient_is_left_and_zeros_are_exact(seed, l1, exact):
    H, _, f = quadratic(seed, 8, 1e3)
    penalties = np.append(np.full(7, l1), 0.0)
    start = np.random.default_rng(seed).standard_normal(8)
    metric = newton(H) if exact else plain
    result = orthant_descent(f, start, penalties, metric, tol=1e-9, max_iter=500)
    assert result.converged
    gradient, on = f(result.x)[1], result.x != 0.0
    assert np.abs(gradient + penalties * np.sign(result.x))[on].max(initial=0.0) <= 1e-9
    assert (np.abs(gradient)[~on] <= penalties[~on] + 1e-9).all()
    assert (np.diff(result.values) <= 1e-12 * np.abs(result.values[0])).all()


@given(seed=st.integers(0, 10_000))
def test_without_a_kink_it_is_quasi_newton_descent(seed):
    _, _, f = quadratic(seed, 5, 1e3)
    words = {"tol": 1e-6, "max_iter": 200}
    found = orthant_descent(f, np.zeros(5), np.zeros(5), plain, **words)
    expected = quasi_newton_descent(f, np.zeros(5), **words)
    # which goes on until the next step promises little, too
    np.testing.assert_allclose(found.values, expected.values[: len(found.values)], rtol=1e-6)


@given(seed=st.integers(0, 10_000))
def test_the_inverse_hessian_needs_about_as_many_steps_as_the_support_changes(seed):
    H, _, f = quadratic(seed, 10, 1e4)
    result = orthant_descent(f, np.zeros(10), np.full(10, 0.3), newton(H), tol=1e-8, max_iter=30)
    assert result.converged


@given(seed=st.integers(0, 10_000), l1=st.floats(0.0, 2.0))
def test_no_subgradient_is_shorter(seed, l1):
    rng = np.random.default_rng(seed)
    x, gradient = rng.integers(-1, 2, 6).astype(float), rng.standard_normal(6)
    shortest = shortest_subgradient(x, gradient, np.full(6, l1))
    signs = np.where(x == 0.0, np.linspace(-1.0, 1.0, 201)[:, None], np.sign(x))
    assert (np.abs(shortest) <= np.abs(gradient + l1 * signs) + 1e-15).all()
    # and it is one: only where x is zero may it be other than gradient + l1 sign
    assert (np.abs(shortest - gradient) <= l1 + 2e-15).all()


def test_the_objective_has_a_say_in_where_steps_land_and_the_start_is_left_alone():
    # the penalty alone knows of what both entries share, and where it is least
    f = lambda x: ((x[0] - x[1] - 2.0) ** 2, 2.0 * (x[0] - x[1] - 2.0) * np.array([1.0, -1.0]))  # noqa: E731
    start = np.array([5.0, 5.0])
    words = {"tol": 1e-9, "max_iter": 50}

    def land(x, turned):
        x = np.where(turned, 0.0, x)
        return x - np.median([*x, 0.0])

    result = orthant_descent(f, start, np.full(2, 0.1), plain, land=land, **words)
    assert start.tolist() == [5.0, 5.0]
    assert result.converged
    assert result.x[0] - result.x[1] == pytest.approx(1.95)
    assert np.abs(result.x).sum() == pytest.approx(1.95)


@pytest.mark.parametrize("seed", range(5))
def test_a_valley_without_a_floor_but_for_the_kinks_is_no_trap(seed):
    # where there is no curvature to speak of, Newton's step goes on for ever
    A = np.random.default_rng(seed).standard_normal((3, 12))
    l1 = np.full(12, 1e-3)
    start = np.random.default_rng(seed).standard_normal(12)

    def f(x):
        misses = A @ x - 1.0
        return 0.5 * misses @ misses, A.T @ misses

    nearly = A.T @ A + 1e-9 * np.eye(12)
    result = orthant_descent(f, start, l1, newton(nearly), tol=1e-6, max_iter=100)
    assert result.converged


def test_where_no_way_is_down_the_end_is_said():
    result = orthant_descent(
        lambda x: (float(x @ x), -x), np.ones(2), np.zeros(2), plain, tol=1e-9, max_iter=9
    )
    assert not result.converged
    assert result.n_iter == 0


def test_running_out_of_steps_is_said():
    _, _, f = quadratic(0, 8, 1e3)
    result = orthant_descent(f, np.zeros(8), np.full(8, 0.1), plain, tol=1e-9, max_iter=3)
    assert not result.converged
    assert result.n_iter == 3
    with pytest.raises(FloatingPointError, match="objective is nan"):
        orthant_descent(lambda x: (np.nan, x), np.zeros(2), np.ones(2), plain, tol=1e-9, max_iter=3)
