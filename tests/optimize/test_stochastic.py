"""SGD and Adam: golden values, scikit-learn's trajectories, and what a state may do."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from probml.optimize import AdaGrad, RMSProp, _vectors
from probml.optimize._stochastic import SGD, Adam

RULES = [
    SGD(0.1),
    SGD(0.1, momentum=0.9),
    SGD(0.1, momentum=0.9, nesterov=True),
    Adam(0.01),
]


def walk(rule, theta, gradients):
    """Points after each step; `gradients` is a list, or a function of the point."""
    state, path = rule.init(theta), []
    for i in range(5 if callable(gradients) else len(gradients)):
        g = gradients(theta) if callable(gradients) else gradients[i]
        step, state = rule.update(g, state)
        theta = theta + step
        path.append(theta)
    return np.array(path)


def test_momentum_golden_values_op_10():
    path = walk(SGD(0.1, momentum=0.9), np.array([1.0]), lambda x: 2 * x)
    np.testing.assert_allclose(path[:, 0], [0.8, 0.46, 0.062, -0.3086, -0.58042], rtol=1e-12)


def test_without_momentum_sgd_is_gradient_descent():
    path = walk(SGD(0.1), np.array([1.0]), lambda x: 2 * x)
    np.testing.assert_allclose(path[:, 0], 0.8 ** np.arange(1, 6), rtol=1e-14)


@pytest.mark.parametrize("nesterov", [False, True])
def test_terminal_velocity_under_a_constant_gradient_op_10(nesterov):
    rule, g = SGD(0.1, momentum=0.5, nesterov=nesterov), np.array([3.0])
    path = walk(rule, np.zeros(1), [g] * 60)
    np.testing.assert_allclose(path[-1] - path[-2], -0.1 * g / (1 - 0.5), rtol=1e-9)


@pytest.mark.parametrize("size", [1e-4, 1.0, 1e6])
def test_first_step_of_adam_has_the_length_of_the_learning_rate(size):
    g = size * np.array([1.0, -2.0, 5.0])
    step, _ = Adam(0.1, epsilon=1e-30).update(g, Adam().init(g))
    np.testing.assert_allclose(step, -0.1 * np.sign(g), rtol=1e-12)


def test_adam_without_memory_of_the_gradient_is_rmsprop_with_its_bias_corrected():
    rng = np.random.default_rng(0)
    gradients = rng.standard_normal((20, 3))
    path = walk(Adam(0.1, beta_1=0.0, beta_2=0.9, epsilon=1e-12), np.zeros(3), gradients)
    s, theta = np.zeros(3), np.zeros(3)
    for t, g in enumerate(gradients, start=1):
        s = 0.9 * s + 0.1 * g**2
        theta = theta - 0.1 * g / np.sqrt(s / (1 - 0.9**t))
    np.testing.assert_allclose(path[-1], theta, rtol=1e-10)


@pytest.mark.parametrize(
    ("rule", "make_twin"),
    [
        (SGD(0.3), lambda p: SGDOptimizer(p, 0.3, momentum=0.0, nesterov=False)),
        (SGD(0.3, 0.8), lambda p: SGDOptimizer(p, 0.3, momentum=0.8, nesterov=False)),
        (SGD(0.3, 0.8, True), lambda p: SGDOptimizer(p, 0.3, momentum=0.8, nesterov=True)),
        (SGD(0.3, 1.0, True), lambda p: SGDOptimizer(p, 0.3, momentum=1.0, nesterov=True)),
        (Adam(), AdamOptimizer),
        (Adam(0.05, 0.7, 0.9, 1e-3), lambda p: AdamOptimizer(p, 0.05, 0.7, 0.9, 1e-3)),
        (Adam(0.05, 0.0, 0.0, 1e-3), lambda p: AdamOptimizer(p, 0.05, 0.0, 0.0, 1e-3)),
    ],
)
def test_trajectory_is_scikit_learns(rule, make_twin):
    rng = np.random.default_rng(1)
    gradients = rng.standard_normal((200, 7)) * 10.0 ** rng.integers(-9, 3, 7)
    twin = [np.zeros(7)]
    optimizer = make_twin(twin)
    path = walk(rule, np.zeros(7), gradients)
    for point, g in zip(path, gradients, strict=True):
        optimizer.update_params(twin, [g])
        np.testing.assert_allclose(point, twin[0], rtol=1e-12, atol=1e-12 * abs(path).max())


@pytest.mark.parametrize("rule", RULES)
def test_blocks_do_not_change_a_bit(rule, monkeypatch):
    gradients = np.random.default_rng(2).standard_normal((3, 1000)).astype(np.float32)
    whole = walk(rule, np.zeros(1000, np.float32), gradients)
    monkeypatch.setattr(_vectors, "_BLOCK", 64)
    np.testing.assert_array_equal(walk(rule, np.zeros(1000, np.float32), gradients), whole)
    assert whole.dtype == np.float32


@pytest.mark.parametrize("rule", RULES)
def test_update_reads_the_gradient_and_the_state_only(rule):
    g = np.array([1.0, -2.0])
    g.flags.writeable = False
    theta = np.zeros(2)
    theta.flags.writeable = False
    first, state = rule.update(g, rule.init(theta))
    first = first.copy()
    rule.update(g, state)
    again, _ = rule.update(g, rule.init(theta))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("rule", RULES)
def test_rules_are_values(rule):
    assert rule == type(rule)(**vars(rule))
    assert hash(rule) == hash(type(rule)(**vars(rule)))
    with pytest.raises(AttributeError):
        rule.learning_rate = 1.0


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SGD(0.0), ValueError, "learning_rate must be a number in"),
        (lambda: SGD(float("nan")), ValueError, "learning_rate"),
        (lambda: SGD("fast"), TypeError, "learning_rate"),
        (lambda: SGD(0.1, momentum=1.5), ValueError, "momentum"),
        (lambda: Adam(-1.0), ValueError, "learning_rate"),
        (lambda: Adam(beta_1=1.0), ValueError, "beta_1"),
        (lambda: Adam(beta_2=-0.1), ValueError, "beta_2"),
        (lambda: Adam(epsilon=0.0), ValueError, "epsilon"),
    ],
)
def test_parameters_out_of_range_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("rule", RULES)
def test_vectors_that_do_not_fit_are_refused(rule):
    with pytest.raises(ValueError, match="one flat vector"):
        rule.init(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="floating-point"):
        rule.init(np.zeros(2, dtype=int))
    with pytest.raises(ValueError, match="gradient must match"):
        rule.update(np.zeros(3), rule.init(np.zeros(2)))
    with pytest.raises(ValueError, match="gradient must match"):
        rule.update(np.zeros(2), rule.init(np.zeros(2, np.float32)))


@pytest.mark.parametrize(
    "rule", [Adam(epsilon=1e-300), AdaGrad(0.1, 1e-300), RMSProp(0.1, 0.9, 1e-300)]
)
def test_what_single_precision_cannot_hold_is_refused(rule):
    rule.init(np.zeros(2))
    beyond = replace(rule, epsilon=1e300)
    with pytest.raises(ValueError, match="epsilon must be a positive number of the type of theta"):
        beyond.init(np.zeros(2, np.float32))
    with pytest.raises(ValueError, match="epsilon must be a positive number of the type of theta"):
        rule.init(np.zeros(2, np.float32))


@pytest.mark.parametrize("rule", [*RULES, AdaGrad(0.1), RMSProp(0.1)])
def test_a_step_may_be_written_where_its_gradient_was(rule):
    rng = np.random.default_rng(0)
    states = [rule.init(np.zeros(5)), rule.init(np.zeros(5))]
    for _ in range(4):
        gradient = rng.standard_normal(5)
        expected, states[0] = rule.update(gradient.copy(), states[0])
        found, states[1] = rule.update(gradient, states[1]._replace(step=gradient))
        np.testing.assert_array_equal(found, expected)
