"""Loss and gradient belong together; values against definitions."""

import numpy as np
import pytest
from scipy.special import expit, log_softmax

from probml.calculus import gradient as gradient_of
from probml.losses import (
    absolute_error,
    binary_cross_entropy,
    l1_penalty,
    l2_penalty,
    softmax_cross_entropy,
    squared_error,
)


@pytest.mark.parametrize("seed", range(10))
def test_softmax_cross_entropy(seed):
    rng = np.random.default_rng(seed)
    Z = 3 * rng.standard_normal((6, 4))
    y, w = rng.integers(0, 4, 6), rng.uniform(0, 2, 6)
    value, gradient = softmax_cross_entropy(Z.copy(), y, w)
    assert value == pytest.approx(-np.sum(w * log_softmax(Z, axis=1)[np.arange(6), y]), rel=1e-13)
    numerical = gradient_of(lambda z: softmax_cross_entropy(z.copy(), y, w)[0], Z)
    np.testing.assert_allclose(gradient, numerical, atol=1e-8)


@pytest.mark.parametrize("seed", range(10))
def test_binary_cross_entropy(seed):
    rng = np.random.default_rng(seed)
    z = 3 * rng.standard_normal(6)
    t, w = rng.integers(0, 2, 6).astype(float), rng.uniform(0, 2, 6)
    value, gradient = binary_cross_entropy(z, t, w)
    p = expit(z)
    assert value == pytest.approx(-np.sum(w * (t * np.log(p) + (1 - t) * np.log(1 - p))), rel=1e-12)
    numerical = gradient_of(lambda v: binary_cross_entropy(v, t, w)[0], z)
    np.testing.assert_allclose(gradient, numerical, atol=1e-8)


def test_two_class_softmax_is_the_sigmoid():
    # LR-11: softmax_2(z) = sigma(z_2 - z_1), so losses and slopes agree.
    z, y, w = np.array([-2.0, 0.3, 5.0]), np.array([0, 1, 1]), np.ones(3)
    binary = binary_cross_entropy(z, y.astype(float), w)
    softmax = softmax_cross_entropy(np.column_stack([np.zeros(3), z]), y, w)
    assert binary[0] == pytest.approx(softmax[0], rel=1e-14)
    np.testing.assert_allclose(binary[1], softmax[1][:, 1], rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_keep_their_digits_where_the_prediction_is_nearly_right(dtype):
    # (p - 1) would be a multiple of the rounding of 1, or nothing
    z = np.array([10.0, 20.0, 50.0, 80.0])
    wrong = np.exp(-np.logaddexp(0.0, z))
    rtol = 8 * float(np.finfo(dtype).eps)
    one = np.ones(4)
    loss, slope = binary_cross_entropy(z.astype(dtype), one.astype(dtype), one)
    np.testing.assert_allclose(slope, -wrong, rtol=rtol)
    assert loss == pytest.approx(np.logaddexp(0.0, -z).sum(), rel=rtol)
    Z = np.column_stack([np.zeros(4), z]).astype(dtype)
    _, gradient = softmax_cross_entropy(Z, np.ones(4, int), one)
    np.testing.assert_allclose(gradient, np.column_stack([wrong, -wrong]), rtol=rtol)


def test_losses_are_finite_far_from_the_truth():
    value, gradient = softmax_cross_entropy(np.array([[1e4, 0.0]]), np.array([1]), np.ones(1))
    assert value == 1e4
    np.testing.assert_array_equal(gradient, [[1.0, -1.0]])
    value, gradient = binary_cross_entropy(np.array([-1e4]), np.ones(1), np.ones(1))
    assert (value, gradient[0]) == (1e4, -1.0)


def test_l2_penalty():
    W = np.random.default_rng(0).standard_normal((3, 2))
    value, gradient = l2_penalty(W, 0.7)
    assert value == pytest.approx(0.35 * np.linalg.norm(W) ** 2)
    np.testing.assert_allclose(gradient, gradient_of(lambda v: l2_penalty(v, 0.7)[0], W), atol=1e-8)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("loss", [squared_error, absolute_error])
def test_errors(loss, seed):
    rng = np.random.default_rng(seed)
    # apart by more than a step: the absolute error has a kink where they meet
    t = rng.standard_normal(5)
    z, w = t + rng.choice([-1, 1], 5) * rng.uniform(0.1, 3, 5), rng.uniform(0, 2, 5)
    value, gradient = loss(z, t, w)
    missed = np.abs(z - t) ** (2 if loss is squared_error else 1)
    assert value == pytest.approx(np.sum(w * missed), rel=1e-13)
    numerical = gradient_of(lambda v: loss(v, t, w)[0], z)
    np.testing.assert_allclose(gradient, numerical, atol=1e-8)
    assert loss(t, t, w)[0] == 0.0
    assert not loss(t, t, w)[1].any()


def test_the_l1_penalty():
    W = np.array([[1.5, -2.0], [0.0, 0.25]])
    value, gradient = l1_penalty(W, 3.0)
    assert (value, gradient.tolist()) == (11.25, [[3.0, -3.0], [0.0, 3.0]])
