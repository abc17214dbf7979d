"""Soft thresholds, proximal descent and ridge against scikit-learn and optimality conditions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from sklearn.linear_model import Lasso
from sklearn.linear_model import Ridge as SklearnRidge

from probml.losses import squared_error
from probml.optimize import SGD, ProximalGradient, descend, ridge, soft_threshold

NUMBERS = st.floats(-10, 10)


@given(a=NUMBERS, t=st.floats(0, 10))
def test_a_soft_threshold_is_the_minimum_on_a_grid(a, t):
    w = float(soft_threshold(a, t))
    grid = np.linspace(-12, 12, 2401)
    assert 0.5 * (w - a) ** 2 + t * abs(w) <= np.min(0.5 * (grid - a) ** 2 + t * abs(grid)) + 1e-12
    assert (abs(a) <= t) == (w == 0.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types_and_shapes_are_kept(dtype):
    shrunk = soft_threshold(np.array([[1.0, -0.2], [0.0, np.inf]], dtype), 0.5)
    assert shrunk.dtype == dtype
    assert shrunk.tolist() == [[0.5, 0.0], [0.0, np.inf]]
    assert not np.signbit(shrunk).any()
    assert soft_threshold([2, -3], 1).tolist() == [1.0, -2.0]


@pytest.mark.parametrize(("a", "t"), [([1.0], -0.1), ([np.nan], 0.1), ([1.0], np.inf), (["a"], 1)])
def test_what_cannot_be_shrunk(a, t):
    with pytest.raises(ValueError, match="must"):
        soft_threshold(a, t)


def problem(seed, n=30, d=8):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, X @ np.where(rng.random(d) < 0.5, 0.0, 3.0) + rng.standard_normal(n)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("alpha", [0.05, 0.5, 50.0])
def test_proximal_descent_finds_sklearns_lasso(seed, alpha):
    X, t = problem(seed)
    n = len(t)

    def loss(w):
        value, slope = squared_error(X @ w, t, np.full(n, 0.5 / n))
        return value + alpha * np.abs(w).sum(), X.T @ slope

    rule = ProximalGradient(n / np.linalg.norm(X, 2) ** 2, l1=alpha)
    found = descend(rule, loss, np.ones(X.shape[1]), tol=1e-10, max_iter=5000)
    twin = Lasso(alpha=alpha, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(X, t)
    assert found.converged
    assert_allclose(found.x, twin.coef_, atol=1e-7)
    assert np.array_equal(found.x == 0.0, twin.coef_ == 0.0)
    # the value of the whole objective never rises at a step of 1 / L
    assert np.all(np.diff([step.value for step in found.trace]) <= 1e-12)


def test_without_a_penalty_it_is_gradient_descent():
    def f(x):
        return float(x @ x), 2.0 * x

    plain = descend(SGD(0.1), f, [3.0, -1.0])
    proximal = descend(ProximalGradient(0.1, l1=0.0), f, [3.0, -1.0])
    assert_allclose(proximal.path, plain.path, atol=1e-14)


def test_a_state_is_not_overwritten():
    rule = ProximalGradient(0.5, l1=1.0)
    before = rule.init(np.array([2.0, 0.0]))
    step, after = rule.update(np.array([1.0, 0.5]), before)
    assert (before.theta.tolist(), step.tolist(), after.theta.tolist()) == (
        [2.0, 0.0],
        [-1.0, 0.0],
        [1.0, 0.0],
    )
    with pytest.raises(ValueError, match="gradient must match"):
        rule.update(np.ones(3), before)


@pytest.mark.parametrize(
    "words", [{"learning_rate": 0.0, "l1": 1.0}, {"learning_rate": 1, "l1": -1}]
)
def test_what_is_no_proximal_rule(words):
    with pytest.raises(ValueError, match="must be a number"):
        ProximalGradient(**words)


@pytest.mark.parametrize("alpha", [1e-6, 0.3, 100.0])
@given(seed=st.integers(0, 999), n=st.integers(2, 10), d=st.integers(1, 12))
def test_ridge_is_sklearns(alpha, seed, n, d):
    rng = np.random.default_rng(seed)
    X, t = rng.standard_normal((n, d)) + 3.0, rng.standard_normal(n)
    found = ridge(X, t, alpha)
    twin = SklearnRidge(alpha=alpha, solver="svd").fit(X, t)
    assert_allclose(found.coef, twin.coef_, rtol=1e-9, atol=1e-9)
    assert found.intercept == pytest.approx(twin.intercept_, abs=1e-8)


def test_least_squares_of_dependent_columns_is_the_shortest():
    X = np.array([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]])
    assert_allclose(ridge(X, [2.0, 4.0, 8.0], 0.0).coef, [1.0, 1.0])


@given(t=arrays(float, 4, elements=NUMBERS))
def test_constant_columns_leave_the_mean(t):
    found = ridge(np.ones((4, 2)), t, 1.0)
    assert found.coef.tolist() == [0.0, 0.0]
    assert found.intercept == t.mean()


@pytest.mark.parametrize(
    ("X", "t", "alpha"),
    [
        ([[1.0], [2.0]], [1.0], 1.0),
        ([1.0, 2.0], [1.0, 2.0], 1.0),
        ([[1.0], [2.0]], [[1.0], [2.0]], 1.0),
        ([[np.nan], [2.0]], [1.0, 2.0], 1.0),
        ([[1.0], [2.0]], [1.0, np.inf], 1.0),
        ([[1.0], [2.0]], [1.0, 2.0], -1.0),
        (np.zeros((0, 2)), [], 1.0),
    ],
)
def test_what_is_no_regression(X, t, alpha):
    with pytest.raises(ValueError, match="must be"):
        ridge(X, t, alpha)
