"""Vanishing gradients: golden values, the Jacobian by differences, and fitted networks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris

from probml.calculus import gradient_magnitude_by_layer, jacobian
from probml.classifiers import MLPClassifier

PHI = {
    "identity": lambda z: z,
    "logistic": lambda z: 1.0 / (1.0 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
}


@given(seed=st.integers(0, 999), activation=st.sampled_from(sorted(PHI)))
def test_magnitudes_are_norms_of_the_jacobian(seed, activation):
    rng = np.random.default_rng(seed)
    units = rng.integers(1, 5, rng.integers(2, 6))
    shapes = list(pairwise(units))
    layers = [(rng.standard_normal(s), rng.standard_normal(s[1])) for s in shapes]
    x = rng.standard_normal(units[0])

    def through(a, some):
        for W, b in some:
            a = PHI[activation](a @ W + b)
        return a

    found = gradient_magnitude_by_layer(*zip(*layers, strict=True), x, activation)
    for i in range(len(layers) + 1):
        J = jacobian(lambda v, i=i: through(v, layers[i:]), through(x, layers[:i]))
        assert_allclose(found.magnitudes[i], np.linalg.norm(J, 2), rtol=1e-5, atol=1e-7)
    assert np.all(found.magnitudes <= found.bounds * (1 + 1e-12))


def test_a_deep_sigmoid_network_fades_and_a_relu_network_need_not():
    rng = np.random.default_rng(0)
    Q = [np.linalg.qr(rng.standard_normal((8, 8)))[0] for _ in range(10)]
    b = [np.zeros(8)] * 10
    x = rng.standard_normal(8)
    sigmoid = gradient_magnitude_by_layer(Q, b, x).magnitudes
    relu = gradient_magnitude_by_layer(Q, b, x, "relu").magnitudes
    assert sigmoid[0] <= 0.25**10 * (1 + 1e-12)
    assert relu[0] > 1e3 * sigmoid[0]
    assert sigmoid[-1] == relu[-1] == 1.0


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_hidden_layers_of_a_fitted_network():
    X, y = load_iris(return_X_y=True)
    model = MLPClassifier((5, 4, 3), activation="logistic", max_iter=5, random_state=0).fit(X, y)
    found = gradient_magnitude_by_layer(model.coefs_[:-1], model.intercepts_[:-1], X[0])
    assert found.magnitudes.shape == found.bounds.shape == (4,)
    assert found.magnitudes[0] < found.magnitudes[1] < found.magnitudes[2] < 1.0


@pytest.mark.parametrize(
    ("coefs", "intercepts", "x", "told"),
    [
        ([np.eye(2)], [np.zeros(2), np.zeros(2)], np.zeros(2), r"\(got 1 and 2\)"),
        ([np.eye(3)], [np.zeros(3)], np.zeros(2), r"layer 0 must have weights .* fan_in of 2"),
        ([np.eye(2)], [np.zeros(3)], np.zeros(2), "layer 0 must have weights"),
        ([np.eye(2) * np.nan], [np.zeros(2)], np.zeros(2), "layer 0 must have finite sums"),
        ([np.eye(2)], [np.zeros(2)], [np.inf, 0.0], "layer 0 must have finite sums"),
    ],
)
def test_what_is_no_network(coefs, intercepts, x, told):
    with pytest.raises(ValueError, match=told):
        gradient_magnitude_by_layer(coefs, intercepts, x)


def test_an_unknown_activation_is_named():
    with pytest.raises(ValueError, match=r"activation must be one of .* \(got 'swish'\)"):
        gradient_magnitude_by_layer([np.eye(1)], [np.zeros(1)], [0.0], "swish")
