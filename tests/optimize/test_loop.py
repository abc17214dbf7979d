"""The loop of every rule: traces, callbacks, golden paths, and functions that misbehave."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from probml.optimize import SGD, AdaGrad, Adam, RMSProp, descend


def square(x):
    return float(x @ x), 2.0 * x


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (SGD(0.1), [0.8, 0.64, 0.512, 0.4096, 0.32768]),
        (SGD(0.1, momentum=0.9), [0.8, 0.46, 0.062, -0.3086, -0.58042]),
        (AdaGrad(0.1), [0.9, 0.8331035, 0.7804562, 0.7362231]),
        (RMSProp(0.1), [0.6837722, 0.4988706, 0.3691806, 0.2728249]),
    ],
)
def test_the_paths_of_the_sources_on_a_square(rule, path):
    found = descend(rule, square, 1.0, max_iter=len(path))
    assert_allclose(found.path[1:, 0], path, atol=5e-8)


@pytest.mark.parametrize("rule", [SGD(0.1), AdaGrad(0.5), Adam(0.05)])
def test_a_descent_tells_where_it_was_and_why_it_stopped(rule):
    told = []
    found = descend(rule, square, [3.0, -1.0], tol=1e-4, max_iter=5000, callback=told.append)
    assert found.converged
    assert tuple(told) == found.trace
    assert [step.n_iter for step in told] == list(range(found.n_iter + 1))
    assert told[-1].gradient_norm <= 1e-4 < told[-2].gradient_norm
    assert (found.path[0].tolist(), found.value) == ([3.0, -1.0], float(found.x @ found.x))
    for step in told:
        assert step.value == float(step.x @ step.x)
        assert step.gradient_norm == pytest.approx(2.0 * np.sqrt(step.value))
    lengths = np.linalg.norm(np.diff(found.path, axis=0), axis=1)
    assert [step.step_norm for step in told] == pytest.approx([0.0, *lengths])


def test_without_a_step_the_start_is_the_answer():
    assert descend(SGD(1.0), square, [0.0]).n_iter == 0
    unfinished = descend(SGD(1.0), square, [1.0], max_iter=0)
    assert (unfinished.n_iter, unfinished.converged, unfinished.x.tolist()) == (0, False, [1.0])


def test_the_start_is_left_alone():
    x0 = np.array([1.0, 2.0])
    descend(SGD(0.1), square, x0)
    assert x0.tolist() == [1.0, 2.0]


def test_a_descent_that_diverges_says_when():
    with pytest.raises(ValueError, match=r"got inf after \d+ steps.*lower the learning rate"):
        descend(SGD(10.0), square, [1.0])


@pytest.mark.parametrize(
    ("objective", "told"),
    [
        (lambda x: (np.nan, x), "got nan after 0 steps"),
        (lambda x: (1.0, x * np.inf), "finite gradient"),
        (lambda x: (1.0, np.zeros(3)), r"expected \(2,\) \(got \(3,\)\)"),
        (lambda x: (1.0, 0.0), r"got \(\)"),
    ],
)
def test_objectives_that_misbehave(objective, told):
    with pytest.raises(ValueError, match=told):
        descend(SGD(0.1), objective, [1.0, 2.0])


@pytest.mark.parametrize("rule", [AdaGrad, RMSProp])
def test_steps_that_go_nowhere_are_refused(rule):
    for bad in (
        {"learning_rate": 0.0},
        {"learning_rate": -1.0},
        {"learning_rate": 1, "epsilon": 0},
    ):
        with pytest.raises(ValueError, match="must be a number"):
            rule(**bad)


@pytest.mark.parametrize("rule", [AdaGrad(0.1), RMSProp(0.1)])
def test_a_coordinate_without_gradient_stays_and_types_are_kept(rule):
    theta = np.zeros(2, dtype=np.float32)
    step, state = rule.update(np.array([0.0, 1.0], dtype=np.float32), rule.init(theta))
    assert (step[0], step.dtype, state.squares.dtype) == (0.0, np.float32, np.float32)
    with pytest.raises(ValueError, match="gradient must match"):
        rule.update(np.zeros(3, dtype=np.float32), state)
    with pytest.raises(ValueError, match="flat vector"):
        rule.init(np.zeros((2, 2)))


def test_a_decay_is_below_one():
    with pytest.raises(ValueError, match="rho"):
        RMSProp(0.1, rho=1.0)
