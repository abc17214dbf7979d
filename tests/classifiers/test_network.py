"""The network's forward and backward pass: golden values, differences, and symmetries."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.utils import check_random_state

from probml.classifiers._minibatches import MiniBatches, Rows
from probml.classifiers._network import (
    Parameters,
    backward,
    forward,
    initial_parameters,
    join,
    loss_and_gradient,
    network_scores,
    split,
)
from probml.laws import REFERENCE_NET
from probml.losses import binary_cross_entropy
from probml.numerics import ACTIVATIONS

UNITS = (2, 2, 2, 2)


def worlds(n=40, n_features=3, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    return rng.standard_normal((n, n_features)) + y[:, None], y, rng


def test_reference_network_nn_05():
    layers = [np.array([[1.0, -1.0]]), *(np.empty((1, 2)) for _ in range(3))]
    forward(layers, REFERENCE_NET, "logistic")
    assert_allclose(layers[1], [[0.9820137900, 0.1192029220]], atol=1e-9)
    assert_allclose(layers[2], [[0.8635183127, 0.1107374438]], atol=1e-9)
    assert_allclose(layers[3], [[0.4798174942, 1.5794314627]], atol=1e-9)
    assert_allclose(network_scores(layers[0], REFERENCE_NET, "logistic"), layers[3], rtol=1e-15)


def test_softmax_gradient_of_the_reference_network_nn_14():
    X, y = np.array([[1.0, -1.0]]), np.array([0])
    value, g = loss_and_gradient(join(REFERENCE_NET), UNITS, X, y, np.ones(1), 0.0, "logistic")
    delta = split(g, UNITS).intercepts
    assert_allclose(value, 1.3870457150, atol=1e-9)
    assert_allclose(delta[2], [-0.7501877679, 0.7501877679], atol=1e-9)
    assert_allclose(delta[1], [-0.3536518262, 0.3693724358], atol=1e-9)
    assert_allclose(delta[0], [-0.0255411302, -0.0016505632], atol=1e-9)


def test_sigmoid_gradient_of_the_reference_network_nn_14():
    layers = [np.array([[1.0, -1.0]]), *(np.empty((1, 2)) for _ in range(3))]
    deltas, g = [np.empty((1, 2)) for _ in range(2)], split(np.empty(18), UNITS)
    forward(layers, REFERENCE_NET, "logistic")
    value, delta = binary_cross_entropy(layers[3][0], np.array([1.0, 0.0]), np.ones(2))
    backward(delta[None], layers, deltas, REFERENCE_NET, g, "logistic")
    assert_allclose(value, 2.2485616806, atol=1e-9)
    assert_allclose(g.intercepts[2], [-0.3822952222, 0.8291239842], atol=1e-9)
    assert_allclose(g.intercepts[1], [-0.2328815036, 0.3642372105], atol=1e-9)
    assert_allclose(g.intercepts[0], [-0.0210934648, -0.0137915066], atol=1e-9)
    dW3 = [[-0.3301189253, -0.0423343957], [0.7159637438, 0.0918150706]]
    dW2 = [[-0.2286928480, -0.0277601557], [0.3576859636, 0.0434181398]]
    dW1 = [[-0.0210934648, 0.0210934648], [-0.0137915066, 0.0137915066]]
    for found, expected in zip(g.coefs, (dW1, dW2, dW3), strict=True):
        assert_allclose(found.T, expected, atol=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 3.0])
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("hidden", [(), (4,), (4, 5)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_is_the_central_difference_nn_14(activation, hidden, n_outputs, alpha):
    units, rng = (3, *hidden, n_outputs), np.random.default_rng(5)
    X, y = rng.standard_normal((6, 3)), rng.integers(0, max(2, n_outputs), 6)
    weight = rng.uniform(0.5, 2, 6)
    for seed in range(100):  # a start with no pre-activation near a kink of relu
        theta = initial_parameters(units, activation, check_random_state(seed), float)
        layers = [X, *(np.empty((6, n)) for n in units[1:])]
        forward(layers, split(theta, units), "identity" if len(hidden) < 2 else activation)
        if activation != "relu" or abs(layers[1]).min() > 1e-3 < abs(layers[-2]).min():
            break
    rest = (units, X, y, weight, alpha, activation)
    gradient, h = loss_and_gradient(theta, *rest)[1], 1e-5
    for i, e in enumerate(np.eye(len(theta)) * h):
        up, down = (loss_and_gradient(theta + s * e, *rest)[0] for s in (1, -1))
        assert_allclose(gradient[i], (up - down) / (2 * h), rtol=1e-6, atol=1e-9)


def test_penalty_is_divided_by_the_weights_and_spares_intercepts_nn_21():
    X, y, rng = worlds()
    units, weight = (3, 4, 3), rng.uniform(0.5, 2, 40)
    theta = rng.standard_normal(31)
    with_, without = (
        loss_and_gradient(theta, units, X, y, weight, alpha, "tanh")[0] for alpha in (0.7, 0.0)
    )
    squares = sum((W**2).sum() for W in split(theta, units).coefs)
    assert_allclose(with_ - without, 0.7 / (2 * weight.sum()) * squares, rtol=1e-10)


def test_one_sigmoid_is_a_softmax_of_two():
    X, y, rng = worlds(n_classes=2)
    one = split(rng.standard_normal(21), (3, 4, 1))
    two = Parameters(
        [one.coefs[0], np.hstack([np.zeros((4, 1)), one.coefs[1]])],
        [one.intercepts[0], np.append(0.0, one.intercepts[1])],
    )
    rest = X, y, rng.uniform(0.5, 2, 40), 0.0, "tanh"
    a, g = loss_and_gradient(join(one), (3, 4, 1), *rest)
    b, h = loss_and_gradient(join(two), (3, 4, 2), *rest)
    assert_allclose(a, b, rtol=1e-13)
    assert_allclose(split(g, (3, 4, 1)).coefs[0], split(h, (3, 4, 2)).coefs[0], atol=1e-14)
    assert_allclose(split(g, (3, 4, 1)).coefs[1], split(h, (3, 4, 2)).coefs[1][:, 1:], atol=1e-14)


def test_batches_weighted_by_their_totals_give_the_full_gradient_op_09():
    X, y, rng = worlds(n=13)
    weight, theta, units = rng.uniform(0.5, 2, 13), rng.standard_normal(31), (3, 4, 3)
    full = loss_and_gradient(theta, units, X, y, weight, 0.0, "tanh")[1]
    batches = MiniBatches(Rows(X, y, weight), np.arange(13), 5, np.float64)
    parts = [
        b.total * loss_and_gradient(theta, units, b.X, b.y, b.share, 0.0, "tanh")[1]
        for b in batches
    ]
    assert len(parts) == 3
    assert MiniBatches(Rows(X, y, weight), np.arange(13), 99, np.float64).size == 13
    assert_allclose(sum(parts) / batches.total, full, atol=1e-14)


def test_theta_of_another_length_is_refused():
    with pytest.raises(ValueError, match="theta must hold 9 parameters"):
        split(np.zeros(8), (2, 2, 1))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_outputs", [1, 4])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_is_pytorchs(activation, n_outputs, dtype):
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle that need not be installed")
    units, rng = (3, 5, 4, n_outputs), np.random.default_rng(0)
    theta = rng.standard_normal(44 + 5 * n_outputs).astype(dtype)
    X, y = rng.standard_normal((9, 3)).astype(dtype), rng.integers(0, max(2, n_outputs), 9)
    weight = rng.uniform(0.5, 2.0, 9)
    value, gradient = loss_and_gradient(theta, units, X, y, weight, 0.7, activation)
    vector = torch.tensor(theta, requires_grad=True)
    sizes = [15, 20, 4 * n_outputs, 5, 4, n_outputs]
    W1, W2, W3, b1, b2, b3 = vector.split(sizes)
    phi = {"identity": lambda z: z, "logistic": torch.sigmoid}.get(activation)
    phi = phi or getattr(torch, activation)
    a = phi(torch.tensor(X) @ W1.view(3, 5) + b1)
    Z = (phi(a @ W2.view(5, 4) + b2) @ W3.view(4, n_outputs) + b3).double()
    losses, targets = torch.nn.functional, torch.tensor(y)
    if n_outputs == 1:
        loss = losses.binary_cross_entropy_with_logits(Z[:, 0], targets.double(), reduction="none")
    else:
        loss = losses.cross_entropy(Z, targets, reduction="none")
    squares = vector[: sum(sizes[:3])].square().sum()
    w = torch.tensor(weight)
    whole = (w @ loss + 0.35 * squares) / w.sum()
    whole.backward()
    # a few dozen numbers are added up
    rounding = 64 * float(np.finfo(dtype).eps)
    assert value == pytest.approx(whole.item(), rel=rounding)
    assert_allclose(gradient, vector.grad.numpy(), rtol=0, atol=rounding * abs(gradient).max())
