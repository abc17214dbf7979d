"""Difference quotients against formulas and automatic differentiation; orders; refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from probml import autodiff
from probml.calculus import check_gradient, derivative, gradient, hessian, jacobian, partial

SCHEMES = ["central", "forward", "complex"]
REACH = {"central": 1e-9, "forward": 1e-7, "complex": 1e-14}


def smooth(t):
    return np.exp(t / 3.0) + np.sin(t) * t**2


def slope(t):
    return math.exp(t / 3.0) / 3.0 + math.cos(t) * t**2 + 2.0 * t * math.sin(t)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(x=st.floats(-5, 5))
def test_default_steps_reach_what_their_order_promises(scheme, x):
    assert derivative(smooth, x, scheme=scheme) == pytest.approx(slope(x), abs=30 * REACH[scheme])


@pytest.mark.parametrize("x", [1e8, -1e-12, 1e150])
def test_steps_grow_with_the_point(x):
    assert derivative(lambda t: t * (t / x), x) == pytest.approx(2.0, rel=1e-6)


@pytest.mark.parametrize(("scheme", "ratio"), [("forward", 2), ("central", 4), ("complex", 4)])
def test_the_error_falls_with_the_order(scheme, ratio):
    wide, narrow = (
        abs(derivative(smooth, 0.7, scheme=scheme, h=h) - slope(0.7)) for h in (0.02, 0.01)
    )
    assert wide / narrow == pytest.approx(ratio, rel=0.05)


@given(seed=st.integers(0, 999))
def test_gradients_are_those_of_automatic_differentiation(seed):
    rng = np.random.default_rng(seed)
    W, x = rng.standard_normal((3, 2)), rng.standard_normal((4, 3))

    def f(X, exp, log):
        return log(exp(X @ W).sum(axis=1) + 1.0).sum()

    var = autodiff.Var(x)
    (exact,) = autodiff.gradients(f(var, autodiff.exp, autodiff.log), [var])
    for scheme in SCHEMES:
        found = gradient(lambda X: f(X, np.exp, np.log), x, scheme=scheme)
        assert found.shape == x.shape
        assert_allclose(found, exact, atol=300 * REACH[scheme])


def test_a_partial_derivative_is_a_coordinate_of_the_gradient():
    f, x = lambda v: v[0] ** 2 * v[1] + np.sin(v[2]), np.array([1.0, 2.0, 3.0])
    assert [partial(f, x, i) for i in range(3)] == gradient(f, x).tolist()
    with pytest.raises(IndexError):
        partial(f, x, 3)


def test_a_jacobian_has_the_shape_of_value_and_point():
    J = jacobian(lambda X: X @ [1.0, 2.0], np.ones((3, 2)))
    assert J.shape == (3, 3, 2)
    assert_allclose(J[1, 1], [1.0, 2.0], atol=1e-9)
    assert_allclose(J[1, 0], 0.0)


@given(seed=st.integers(0, 999), n=st.integers(1, 4))
def test_a_hessian_is_the_jacobian_of_the_gradient(seed, n):
    rng = np.random.default_rng(seed)
    A, x = rng.standard_normal((n, n)), rng.standard_normal(n)

    def f(v):
        return np.exp(np.sin(A @ v).sum() / n)

    def exact_gradient(v):
        return f(v) * (A.T @ np.cos(A @ v)) / n

    H = hessian(f, x)
    assert_allclose(H, jacobian(exact_gradient, x), atol=1e-5)
    assert np.array_equal(H, H.T)


def test_a_function_may_keep_or_overwrite_what_it_is_given():
    kept = []

    def rude(v):
        kept.append(v)
        value = (v**2).sum()
        v[:] = 0.0
        return value

    x = np.array([1.0, 2.0])
    assert_allclose(gradient(rude, x), [2.0, 4.0], atol=1e-8)
    assert_allclose(hessian(rude, x), 2.0 * np.eye(2), atol=1e-6)
    assert x.tolist() == [1.0, 2.0]
    assert len({id(v) for v in kept}) == len(kept)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"h": 0.0}, r"h must be a number in \(0, inf\)"),
        ({"h": -1.0}, "h must be"),
        ({"h": np.nan}, "h must be"),
        ({"scheme": "backward"}, "scheme must be one of"),
        ({"h": 1e-17}, "h must not vanish beside x"),
    ],
)
@pytest.mark.parametrize("f", [gradient, jacobian])
def test_what_is_no_step(f, words, told):
    with pytest.raises(ValueError, match=told):
        f(lambda v: v.sum(), [1.0, 2.0], **words)


@pytest.mark.parametrize("differentiate", [gradient, jacobian, hessian])
@pytest.mark.parametrize(
    ("f", "x", "told"),
    [
        (lambda v: np.nan, [1.0], r"f must return finite numbers \(got nan at \[1\.0"),
        (lambda v: np.inf * v[0], [1.0], "f must return finite numbers"),
        (lambda v: "one", [1.0], "f must return finite numbers"),
        (lambda v: v[0], [np.inf], "x must be finite"),
        (lambda v: v[0], ["a"], "x must hold real numbers"),
    ],
)
def test_what_has_no_derivative(differentiate, f, x, told):
    with pytest.raises(ValueError, match=told):
        differentiate(f, x)


def test_a_point_beside_the_edge_of_a_domain_is_named():
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="the domain of f"):
        derivative(np.sqrt, 0.0)


def test_a_gradient_is_for_numbers_and_a_hessian_for_vectors():
    with pytest.raises(ValueError, match=r"one number \(got shape \(2,\)\); use jacobian"):
        gradient(lambda v: v, [1.0, 2.0])
    with pytest.raises(ValueError, match=r"one number \(got shape \(2,\)\)"):
        hessian(lambda v: v, [1.0, 2.0])
    with pytest.raises(ValueError, match=r"x must be a vector \(got shape \(1, 1\)\)"):
        hessian(lambda v: v[0, 0], [[1.0]])


def test_a_value_must_keep_its_shape():
    with pytest.raises(ValueError, match="f must keep one shape"):
        jacobian(lambda v: v[v > 1.0], [1.0, 2.0])


def test_a_wrong_gradient_is_found_where_it_is_wrong():
    def f(W):
        return (W**3).sum()

    def wrong(W):
        slope = 3.0 * W**2
        slope[1, 0] *= -1.0
        return slope

    W = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = check_gradient(f, wrong, W)
    assert found.worst == (1, 0)
    assert found.error == pytest.approx(54.0 / 49.0)
    for scheme in SCHEMES:
        right = check_gradient(f, lambda W: 3.0 * W**2, W, scheme=scheme)
        assert right.error < 3 * REACH[scheme]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda v: v[:1], r"expected \(2,\) \(got \(1,\)\)"),
        (lambda v: 2.0, r"expected \(2,\) \(got \(\)\)"),
        (lambda v: v * np.nan, "the gradient must be finite"),
    ],
)
def test_what_is_no_gradient(wrong, told):
    with pytest.raises(ValueError, match=told):
        check_gradient(lambda v: v.sum(), wrong, [1.0, 2.0])
