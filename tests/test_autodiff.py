"""Reverse mode against central differences and PyTorch, and what a graph must survive."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probml import autodiff as ad
from probml.autodiff import Var, describe, gradients, value_and_gradient

RNG = np.random.default_rng(0)
A, B, C = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2)), RNG.normal(size=(2, 3, 4))
V, W = RNG.normal(size=4), RNG.normal(size=3)
POSITIVE = np.abs(A) + 0.5

CASES = {
    "add a row": (lambda x, y: x + y, A, V),
    "add a column": (lambda x, y: x + y, A, W[:, None]),
    "add a number": (lambda x, y: x + y, A, 2.0),
    "subtract": (lambda x, y: x - y, V, C),
    "multiply": (lambda x, y: x * y, C, A),
    "divide": (lambda x, y: x / y, A, POSITIVE),
    "reflected": (lambda x: 1.0 - 2.0 / x + 3.0 * x + (1.0 + x), POSITIVE),
    "power": (lambda x: x**3 + x**-0.5, POSITIVE),
    "matrix by matrix": (lambda x, y: x @ y, A, B),
    "matrix by vector": (lambda x, y: x @ y, A, V),
    "vector by matrix": (lambda x, y: x @ y, W, A),
    "vector by vector": (lambda x, y: x @ y, V, V + 1.0),
    "stack by matrix": (lambda x, y: x @ y, C, B),
    "matrix by stack": (lambda x, y: x @ y, RNG.normal(size=(5, 3)), C),
    "stack by vector": (lambda x, y: x @ y, C, V),
    "vector by stack": (lambda x, y: x @ y, W, C),
    "sum": (lambda x: x.sum() * x.sum(axis=0) * x.sum(axis=1, keepdims=True), A),
    "sum over two axes": (lambda x: x.sum(axis=(0, 2)) ** 2, C),
    "mean": (lambda x: x.mean() * x.mean(axis=1) ** 2, A),
    "max": (lambda x: x.max() + x.max(axis=0) ** 2, A),
    "slice": (lambda x: x[1:, ::2] ** 2, A),
    "repeated index": (lambda x: x[[0, 0, 2]] ** 2, A),
    "index pairs": (lambda x: x[np.arange(3), [3, 3, 0]] ** 2, A),
    "reshape and transpose": (lambda x: x.reshape(2, 6).T[1:] ** 2, A),
    "exp": (ad.exp, A),
    "log": (ad.log, POSITIVE),
    "tanh": (ad.tanh, A),
    "sigmoid": (ad.sigmoid, 5.0 * A),
    "softplus": (ad.softplus, 5.0 * A),
    "relu": (ad.relu, A),
    "logsumexp": (ad.logsumexp, C),
    "log_softmax": (ad.log_softmax, C),
}


@pytest.mark.parametrize("name", CASES)
def test_every_operation_agrees_with_central_differences(name):
    f, *arrays = CASES[name]
    arrays = [np.asarray(a, dtype=float) for a in arrays]
    weight = np.random.default_rng(1).normal(size=f(*map(Var, arrays)).shape)

    def loss(*inputs):
        return (f(*inputs) * weight).sum()

    _, found = value_and_gradient(loss)(*arrays)
    for k, (array, slope) in enumerate(zip(arrays, found, strict=True)):
        assert slope.shape == array.shape
        for i in np.ndindex(array.shape):
            ends = []
            for h in (1e-6, -1e-6):
                moved = [a.copy() for a in arrays]
                moved[k][i] += h
                ends.append(loss(*map(Var, moved)).value)
            # Truncation of order h^2 and rounding of order 1e-16 / h.
            assert slope[i] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6, abs=1e-7)


def test_equal_largest_entries_share():
    (slope,) = gradients((x := Var([3.0, 3.0, 1.0])).max(), [x])
    np.testing.assert_array_equal(slope, [0.5, 0.5, 0.0])


def test_an_array_on_the_left_leaves_the_work_to_us():
    x = Var(V)
    for made in (A * x, A + x, A - x, A / x, A @ x):
        assert isinstance(made, Var)
    np.testing.assert_array_equal(gradients((A @ x).sum(), [x])[0], A.sum(axis=0))


def test_the_tails_stay_finite():
    z = Var([-1000.0, 1000.0])
    for f in (ad.sigmoid, ad.softplus, ad.tanh, ad.log_softmax):
        assert np.isfinite(gradients(f(z).sum(), [z])[0]).all()


def test_depth_is_no_limit_and_nothing_stays_behind():
    x = y = Var(1.0)
    for _ in range(100_000):
        y = y + 0.0
    assert gradients(y, [x])[0] == 1.0
    watched = weakref.ref(y)
    gc.disable()
    try:
        del y
        assert watched() is None  # reference counts alone let the whole graph go
    finally:
        gc.enable()


def test_a_node_can_be_asked_for_and_used_again():
    x = Var(3.0)
    y = x * x
    z = y * x + y
    assert [g.item() for g in gradients(z, [x, y, z])] == [33.0, 4.0, 1.0]
    assert gradients(z, [x])[0] == gradients(z, [x])[0] == 33.0
    assert gradients(z, [Var(1.0)])[0] == 0.0


def test_a_seed_weights_the_outputs():
    x = Var(V)
    np.testing.assert_array_equal(gradients(A @ x, [x], seed=W)[0], A.T @ W)


def test_single_precision_stays():
    x = Var(np.float32([1.0, 2.0]))
    y = ad.log_softmax(x * 2.0 + 1) / 3
    assert y.value.dtype == gradients(y.sum(), [x])[0].dtype == np.float32
    assert Var([1, 2]).value.dtype == np.float64


def test_results_are_not_views_of_the_inputs():
    x = Var(V)
    (slope,) = gradients(x.sum(), [x])
    slope[0] = 7.0
    assert gradients(x.sum(), [x])[0][0] == 1.0


def test_the_graph_can_be_read():
    x = Var(A, "x")
    text = describe(ad.exp(x).sum())
    assert text.splitlines()[0].split() == ["v0", "=", "x", "(3,", "4)"]
    assert "sum(v1)" in text


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: gradients(Var(V), []), r"output of shape \(4,\)"),
        (lambda: gradients(Var(V), [], seed=[1.0]), r"expected \(4,\) \(got \(1,\)\)"),
        (lambda: ad.log(Var([1.0, -1.0], "weights")), r"log of Var\(weights, .* is NaN in 1 of 2"),
        (lambda: Var(np.inf) - Var(np.inf), "subtract of .* is NaN"),
        (lambda: Var([np.nan], "x"), "input x must not be NaN"),
        (lambda: Var(["a"]), "must hold real numbers"),
        (lambda: Var(A) + Var(B), "broadcast"),
        (lambda: Var(A) @ Var(A), "mismatch"),
        (lambda: value_and_gradient(lambda x: 1.0)(1.0), r"expected a Var .*\(got float\)"),
        (lambda: value_and_gradient(lambda x: x)(V), "only a single number has a gradient"),
    ],
)
def test_what_has_no_gradient_is_said(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_an_exponent_is_a_number():
    with pytest.raises(TypeError, match="exponent must be a number"):
        Var(2.0) ** Var(2.0)


def random_loss(seed, make, module):
    """The same random graph, whatever makes its nodes: inputs and a single number."""
    rng = np.random.default_rng(seed)
    inputs = [make(rng.normal(size=(3, 3))) for _ in range(2)]
    nodes = list(inputs)
    rules = (
        lambda a, b: a + b,
        lambda a, b: a * b,
        lambda a, b: a @ b,
        lambda a, b: module.tanh(a - b),
        lambda a, b: module.sigmoid(a) * b,
        lambda a, b: a[[0, 0, 1]] * b.sum(),
        lambda a, b: a.reshape(9, 1)[2:5] - b.mean(),
        lambda a, b: a.T / (1.0 + b * b),
    )
    for _ in range(6):
        a, b = (nodes[i] for i in rng.integers(len(nodes), size=2))
        made = rules[rng.integers(len(rules))](a, b)
        nodes.append(made if made.shape == (3, 3) else made + a)
    return inputs, sum((node.sum() for node in nodes), nodes[0].sum())


@given(st.integers(0, 10_000))
def test_random_graphs_have_the_gradients_of_pytorch(seed):
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle that need not be installed")
    inputs, loss = random_loss(seed, Var, ad)
    theirs, their_loss = random_loss(seed, lambda a: torch.tensor(a, requires_grad=True), torch)
    their_loss.backward()
    for slope, x in zip(gradients(loss, inputs), theirs, strict=True):
        expected = np.zeros((3, 3)) if x.grad is None else x.grad.numpy()
        largest = np.abs(expected).max()
        np.testing.assert_allclose(slope, expected, rtol=1e-9, atol=1e-12 * (1 + largest))
