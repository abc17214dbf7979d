"""Loss and gradient belong together; values against definitions."""

import numpy as np
import pytest
from scipy.special import expit, log_softmax

from probml.losses import binary_cross_entropy, l2_penalty, softmax_cross_entropy


def central(f, x, h=1e-6):
    """Central differences of a scalar function of an array."""
    out = np.empty_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        out[i] = (f(up) - f(down)) / (2 * h)
    return out


@pytest.mark.parametrize("seed", range(10))
def test_softmax_cross_entropy(seed):
    rng = np.random.default_rng(seed)
    Z = 3 * rng.standard_normal((6, 4))
    y, w = rng.integers(0, 4, 6), rng.uniform(0, 2, 6)
    value, gradient = softmax_cross_entropy(Z.copy(), y, w)
    assert value == pytest.approx(-np.sum(w * log_softmax(Z, axis=1)[np.arange(6), y]), rel=1e-13)
    numerical = central(lambda z: softmax_cross_entropy(z.copy(), y, w)[0], Z)
    np.testing.assert_allclose(gradient, numerical, atol=1e-8)


@pytest.mark.parametrize("seed", range(10))
def test_binary_cross_entropy(seed):
    rng = np.random.default_rng(seed)
    z = 3 * rng.standard_normal(6)
    t, w = rng.integers(0, 2, 6).astype(float), rng.uniform(0, 2, 6)
    value, gradient = binary_cross_entropy(z, t, w)
    p = expit(z)
    assert value == pytest.approx(-np.sum(w * (t * np.log(p) + (1 - t) * np.log(1 - p))), rel=1e-12)
    numerical = central(lambda v: binary_cross_entropy(v, t, w)[0], z)
    np.testing.assert_allclose(gradient, numerical, atol=1e-8)


def test_two_class_softmax_is_the_sigmoid():
    # LR-11: softmax_2(z) = sigma(z_2 - z_1), so losses and slopes agree.
    z, y, w = np.array([-2.0, 0.3, 5.0]), np.array([0, 1, 1]), np.ones(3)
    binary = binary_cross_entropy(z, y.astype(float), w)
    softmax = softmax_cross_entropy(np.column_stack([np.zeros(3), z]), y, w)
    assert binary[0] == pytest.approx(softmax[0], rel=1e-14)
    np.testing.assert_allclose(binary[1], softmax[1][:, 1], rtol=1e-13)


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
    np.testing.assert_allclose(gradient, central(lambda v: l2_penalty(v, 0.7)[0], W), atol=1e-8)
