"""Accelerated descent: optimality, restart, and honest endings."""

import numpy as np
import pytest

from probml.optimize import accelerated_gradient_descent


def quadratic(rng, d, condition):
    Q = np.linalg.qr(rng.standard_normal((d, d)))[0]
    H = Q @ np.diag(np.geomspace(1, condition, d)) @ Q.T
    b = rng.standard_normal(d)
    return H, b, lambda x: (0.5 * x @ H @ x - b @ x, H @ x - b)


@pytest.mark.parametrize("seed", range(5))
def test_the_minimiser_of_a_quadratic(seed):
    H, b, f = quadratic(np.random.default_rng(seed), 5, 1e4)
    result = accelerated_gradient_descent(
        f, np.zeros(5), lambda g: g / 1e4, tol=1e-9, max_iter=20_000
    )
    assert result.converged
    assert result.max_gradient <= 1e-9
    np.testing.assert_allclose(result.x, np.linalg.solve(H, b), atol=1e-8)


def test_acceleration_and_restart_earn_their_keep():
    # Plain descent needs of the order of kappa steps, this method of the order of sqrt(kappa).
    _, _, f = quadratic(np.random.default_rng(0), 5, 1e6)
    result = accelerated_gradient_descent(
        f, np.zeros(5), lambda g: g / 1e6, tol=1e-8, max_iter=60_000
    )
    assert result.converged
    assert result.n_iter < 60 * np.sqrt(1e6)


def test_the_inverse_hessian_gets_there_in_one_step():
    H, _, f = quadratic(np.random.default_rng(1), 4, 1e3)
    result = accelerated_gradient_descent(
        f, np.zeros(4), lambda g: np.linalg.solve(H, g), tol=1e-9, max_iter=5
    )
    assert (result.n_iter, result.converged) == (1, True)


def test_running_out_of_steps_is_said():
    _, _, f = quadratic(np.random.default_rng(0), 3, 1e4)
    x0 = np.ones(3)
    result = accelerated_gradient_descent(f, x0, lambda g: g / 1e4, tol=1e-9, max_iter=3)
    assert (result.n_iter, result.converged) == (3, False)
    assert result.max_gradient == pytest.approx(np.abs(f(result.x)[1]).max())
    assert len(result.values) == 4
    np.testing.assert_array_equal(x0, 1.0)


def test_a_start_at_the_optimum_takes_no_step():
    result = accelerated_gradient_descent(
        lambda x: (0.0, 0.0 * x), np.ones(2), lambda g: g, tol=1e-9, max_iter=10
    )
    assert (result.n_iter, result.converged) == (0, True)


def test_divergence_raises():
    with pytest.raises(FloatingPointError, match="at step 1"), np.errstate(all="ignore"):
        accelerated_gradient_descent(
            lambda x: (float(np.exp(x[0])), np.exp(x)),
            np.ones(1),
            lambda g: -1e6 * g,
            tol=1e-9,
            max_iter=10,
        )
