"""Laws OP-04 to OP-06, OP-10, OP-11: gradient descent, its step size, and steps with memory."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn

from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.numerics import FloatArray
from probml.optimize import SGD, AdaGrad, RMSProp, descend

__all__ = ["LAWS"]

# -- OP-04: one variable --------------------------------------------------------------------------


class _Square(NamedTuple):
    """A start on x^2, a learning rate, and how many steps."""

    x0: float
    rate: float
    n_steps: int


def _squared(x: FloatArray) -> tuple[float, FloatArray]:
    return float(x @ x), 2.0 * x


def _path_on_square(x0: float, rate: float, n_steps: int) -> list[float]:
    found = descend(SGD(rate), _squared, [x0], tol=0.0, max_iter=n_steps)
    points: list[float] = found.path[:, 0].tolist()
    # at the minimum the gradient is zero and the descent ends
    return points + [points[-1]] * (n_steps + 1 - len(points))


def _square_residual(path: Callable[..., list[float]], case: _Square) -> float:
    expected = [(1.0 - 2.0 * case.rate) ** k * case.x0 for k in range(case.n_steps + 1)]
    return relative(path(*case), expected)


def _power_path(factor: float, x0: float, rate: float, n_steps: int) -> list[float]:
    return [(1.0 + factor * rate) ** k * x0 for k in range(n_steps + 1)]


# -- OP-05, OP-06: several variables --------------------------------------------------------------


class _Bowl(NamedTuple):
    """A quadratic ``x' S x / 2 - b' x``, a start, and a learning rate in units of 1 / L."""

    S: FloatArray
    b: FloatArray
    x0: FloatArray
    rate: float


@st.composite
def _bowls(draw: DrawFn, highest: float) -> _Bowl:
    n = draw(st.integers(1, 3))
    entries = st.integers(-8, 8).map(lambda v: v / 4)
    # A product of reflections is a rotation, and of these no two are alike but by chance.
    Q = np.eye(n)
    for _ in range(draw(st.integers(0, 2))):
        v = draw(arrays(float, n, elements=entries)) + 1 / 7
        Q = Q - 2.0 * np.outer(v, v @ Q) / (v @ v)
    spectrum = draw(arrays(float, n, elements=st.integers(1, 40).map(lambda v: v / 10)))
    vector = arrays(float, n, elements=entries)
    rate = draw(st.integers(1, round(20 * highest)).map(lambda v: v / 20))
    return _Bowl(Q * spectrum @ Q.T, draw(vector), draw(vector), rate)


def _value_and_slope(bowl: _Bowl, x: FloatArray) -> tuple[float, FloatArray]:
    return float(x @ bowl.S @ x / 2 - bowl.b @ x), bowl.S @ x - bowl.b


def _one_step(bowl: _Bowl, rate: float) -> FloatArray:
    return descend(SGD(rate), partial(_value_and_slope, bowl), bowl.x0, tol=0.0, max_iter=1).x


def _step_residual(step: Callable[[_Bowl, float], FloatArray], case: _Bowl) -> float:
    """By how much the step misses its formula, the descent lemma or the contraction."""
    curvatures = np.linalg.eigvalsh(case.S)
    L, mu = float(curvatures[-1]), float(curvatures[0])
    rate, best = case.rate / L, np.linalg.solve(case.S, case.b)
    value, slope = _value_and_slope(case, case.x0)
    x = step(case, rate)
    after = _value_and_slope(case, x)[0]
    promised = value - rate * (1.0 - L * rate / 2.0) * float(slope @ slope)
    distance = np.linalg.norm(x - best) - (1.0 - rate * mu) * np.linalg.norm(case.x0 - best)
    return largest(relative(x, case.x0 - rate * slope), after - promised, float(distance))


def _one_by_one(bowl: _Bowl, rate: float) -> FloatArray:
    x = bowl.x0.copy()
    for i in range(len(x)):
        x[i] -= rate * (bowl.S[i] @ x - bowl.b[i])
    return x


class _Ended(NamedTuple):
    """Where a descent came to rest, and whether it says that it did."""

    x: FloatArray
    converged: bool


_TOL, _PATIENCE = 1e-6, 400


def _run(bowl: _Bowl, rate: float) -> _Ended:
    objective = partial(_value_and_slope, bowl)
    found = descend(SGD(rate), objective, bowl.x0, tol=_TOL, max_iter=_PATIENCE)
    return _Ended(found.x, found.converged)


def _stopping_residual(run: Callable[[_Bowl, float], _Ended], case: _Bowl) -> float:
    """Number of the things that are wrong, in a case whose slowest rate of decay is known."""
    curvatures = np.linalg.eigvalsh(case.S)
    rate = case.rate / float(curvatures[-1])
    ended = run(case, rate)
    slope = np.linalg.norm(case.S @ ended.x - case.b)
    # every coordinate of the gradient shrinks by a factor of its own, known beforehand
    start = np.linalg.eigh(case.S)[1].T @ (case.S @ case.x0 - case.b)
    left = np.linalg.norm(np.abs(1.0 - rate * curvatures) ** _PATIENCE * start)
    wrong = [ended.converged != bool(slope <= _TOL)]
    if left < _TOL / 2.0:
        wrong.append(not ended.converged)
    elif left > 2.0 * _TOL and np.linalg.norm(start) > 2.0 * _TOL:
        wrong.append(ended.converged)
    return float(sum(wrong))


def _by_value(bowl: _Bowl, rate: float) -> _Ended:
    """Stops where the value hardly changes, whatever the gradient."""
    x, before = bowl.x0, math.inf
    for _ in range(_PATIENCE):
        value, slope = _value_and_slope(bowl, x)
        if abs(before - value) <= 1e-3:
            return _Ended(x, True)
        x, before = x - rate * slope, value
    return _Ended(x, False)


# -- OP-10, OP-11: memory -------------------------------------------------------------------------


class _Course(NamedTuple):
    """Gradients in the order in which they come, a learning rate, a decay, and a factor."""

    gradients: FloatArray
    rate: float
    decay: float
    factor: float


_COURSES = st.builds(
    _Course,
    arrays(
        float,
        st.tuples(st.integers(1, 5), st.integers(1, 2)),
        elements=st.integers(1, 16).map(lambda v: (-1) ** v * v / 8),
    ),
    st.integers(1, 10).map(lambda v: v / 10),
    st.integers(0, 9).map(lambda v: v / 10),
    st.sampled_from([1.0, 8.0, 1024.0]),
)

_Rule = Callable[[FloatArray, float, float], list[FloatArray]]


def _steps(rule: Any, gradients: FloatArray) -> list[FloatArray]:
    state, made = rule.init(gradients[0]), []
    for gradient in gradients:
        step, state = rule.update(gradient, state)
        made.append(step.copy())
    return made


def _momentum(gradients: FloatArray, rate: float, decay: float) -> list[FloatArray]:
    return _steps(SGD(rate, momentum=decay), gradients)


def _momentum_residual(momentum: _Rule, case: _Course) -> float:
    velocity, expected = np.zeros(case.gradients.shape[1]), []
    for gradient in case.gradients:
        velocity = np.array(
            [case.decay * v - case.rate * g for v, g in zip(velocity, gradient, strict=True)]
        )
        expected.append(velocity)
    constant = np.tile(case.gradients[:1], (400, 1))
    terminal = -case.rate * case.gradients[0] / (1.0 - case.decay)
    return largest(
        relative(momentum(case.gradients, case.rate, case.decay), expected),
        relative(momentum(constant, case.rate, case.decay)[-1], terminal),
        relative(
            momentum(case.gradients, case.rate, 0.0), [-case.rate * g for g in case.gradients]
        ),
    )


def _forgetful(gradients: FloatArray, rate: float, decay: float) -> list[FloatArray]:
    return [_momentum(gradient[None], rate, decay)[0] for gradient in gradients]


def _averaged(gradients: FloatArray, rate: float, decay: float) -> list[FloatArray]:
    return [(1.0 - decay) * step for step in _momentum(gradients, rate, decay)]


class _Adaptive(NamedTuple):
    """Steps of both rules for the gradients of a course."""

    adagrad: _Rule
    rmsprop: _Rule


def _adagrad(gradients: FloatArray, rate: float, decay: float) -> list[FloatArray]:
    return _steps(AdaGrad(rate, epsilon=1e-12), gradients)


def _rmsprop(gradients: FloatArray, rate: float, decay: float) -> list[FloatArray]:
    return _steps(RMSProp(rate, decay, epsilon=1e-12), gradients)


def _adaptive_by_hand(
    kept: float | None,
    gradients: FloatArray,
    rate: float,
    decay: float,
    *,
    accumulated: bool = True,
    rooted: bool = True,
) -> list[FloatArray]:
    """AdaGrad for ``kept = 1``, RMSProp for None, which keeps the decay; perhaps wrong."""
    share = decay if kept is None else kept
    squares, made = [0.0] * gradients.shape[1], []
    for gradient in gradients.tolist():
        added = 1.0 - share if kept is None else 1.0
        before = squares if accumulated else [0.0] * len(squares)
        squares = [share * s + added * g * g for s, g in zip(before, gradient, strict=True)]
        lengths = [math.sqrt(s) if rooted else s for s in squares]
        made.append(np.array([-rate * g / n for g, n in zip(gradient, lengths, strict=True)]))
    return made


def _adaptive_residual(rules: _Adaptive, case: _Course) -> float:
    worst = 0.0
    for rule, kept in ((rules.adagrad, 1.0), (rules.rmsprop, None)):
        expected = _adaptive_by_hand(kept, *case[:3])
        same = rule(case.factor * case.gradients, case.rate, case.decay)
        worst = largest(worst, relative(rule(*case[:3]), expected), relative(same, expected))
    return worst


LAWS = (
    Law(
        id="OP-04",
        title="gradient descent, one variable",
        text="On x^2 every step multiplies x by 1 - 2 eta: it shrinks, swings for ever at eta = 1, "
        "or grows beyond.",
        latex=r"x' = x - \eta f'(x),\quad f = x^2 \Rightarrow x_k = (1 - 2\eta)^k x_0",
        source="Zaidi, SIT744 lecture 2, Gradient-Based optimisation; roychuang, winter camp, "
        "Gradient Descent",
        cases=st.builds(
            _Square,
            st.integers(-40, 40).map(lambda v: v / 10),
            st.integers(1, 30).map(lambda v: v / 20),
            st.integers(1, 10),
        ),
        residual=_square_residual,
        tolerance=1e-12,
        reason="one rounding per step",
        subject=_path_on_square,
        mutants=(
            Mutant("uphill", partial(_power_path, 2.0)),
            Mutant("derivative without its factor", partial(_power_path, -1.0)),
            Mutant("rate halved", lambda x0, rate, n: _path_on_square(x0, rate / 2.0, n)),
            Mutant("one step short", lambda x0, rate, n: [x0, *_path_on_square(x0, rate, n)[:-1]]),
        ),
        # 1, .8, .64, .512, .4096, .32768; then -1, 1, -1, ...
        examples=(_Square(1.0, 0.1, 5), _Square(1.0, 1.0, 4), _Square(1.0, 1.5, 4)),
    ),
    Law(
        id="OP-05",
        title="gradient descent, several variables",
        text="All coordinates move at once, against the gradient; with a step of at most 1 / L "
        "the value falls and the distance to the minimum shrinks as promised.",
        latex=r"x' = x - \eta \nabla f(x),\quad f(x') \le f(x) - \eta(1 - \tfrac{L\eta}2)"
        r"\|\nabla f\|^2,\quad \|x' - x^*\| \le (1 - \eta\mu)\|x - x^*\|",
        source="Zaidi, SIT744 lecture 2, Gradient descent; roychuang, winter camp, Gradient "
        "Descent; Lai 2020, slide 52",
        cases=_bowls(1.0),
        residual=_step_residual,
        tolerance=1e-9,
        reason="quadratics with a condition number up to 40",
        subject=_one_step,
        mutants=(
            Mutant("uphill", lambda bowl, rate: 2.0 * bowl.x0 - _one_step(bowl, rate)),
            Mutant("one coordinate after another", _one_by_one),
            Mutant("no step", lambda bowl, rate: bowl.x0),
            Mutant("twice the step", lambda bowl, rate: _one_step(bowl, 2.0 * rate)),
        ),
    ),
    Law(
        id="OP-06",
        title="step size and stopping",
        text="On a quadratic descent converges exactly for steps below 2 / L; it stops at a small "
        "gradient, or says that it did not get there.",
        latex=r"0 < \eta < 2 / \lambda_{\max},\quad \|\nabla f\| \le \mathrm{tol}",
        source="Zaidi, SIT744 lecture 2, Gradient descent; roychuang, winter camp, Gradient "
        "Descent",
        cases=_bowls(2.05),
        residual=_stopping_residual,
        tolerance=0.0,
        reason="converged or not; cases within a factor of two of the tolerance are left open",
        subject=_run,
        mutants=(
            Mutant("a small change of the value", _by_value),
            Mutant("says that it converged", lambda b, rate: _Ended(_run(b, rate).x, True)),
            Mutant("never converged", lambda b, rate: _Ended(_run(b, rate).x, False)),
            Mutant("half the step", lambda b, rate: _run(b, rate / 2.0)),
        ),
        # Curvatures 1 and .1: eta L = 1.9 converges, 2 swings, 2.05 grows.
        examples=tuple(
            _Bowl(np.diag([1.0, 0.1]), np.zeros(2), np.ones(2), rate) for rate in (1.9, 2.0, 2.05)
        ),
    ),
    Law(
        id="OP-10",
        title="momentum",
        text="The velocity keeps a share of itself and adds the step of gradient descent, with no "
        "factor; under a constant gradient it grows to 1 / (1 - beta) times that step.",
        latex=r"v \leftarrow \beta v - \eta g,\quad \theta \leftarrow \theta + v,\quad "
        r"v \to -\eta g / (1 - \beta)",
        source="Lai 2020, slide 53; tanimutomo 2019 (Chollet ch. 2), item 34",
        cases=_COURSES,
        residual=_momentum_residual,
        tolerance=1e-9,
        reason="geometric series of up to 400 terms",
        subject=_momentum,
        mutants=(
            Mutant("velocity forgotten", _forgetful),
            Mutant("factor 1 - beta", _averaged),
            Mutant("uphill", lambda g, rate, decay: _momentum(-g, rate, decay)),
            Mutant(
                "Nesterov's step",
                lambda g, rate, decay: _steps(SGD(rate, momentum=decay, nesterov=True), g),
            ),
        ),
    ),
    Law(
        id="OP-11",
        title="AdaGrad and RMSProp",
        text="Each coordinate divides its step by the root of its squared gradients, added up or "
        "averaged, so that the scale of the gradient does not matter.",
        latex=r"s \leftarrow s + g^2 \text{ or } \rho s + (1 - \rho) g^2,\quad "
        r"\theta \leftarrow \theta - \eta g / (\sqrt s + \varepsilon)",
        source="tanimutomo 2019 (Chollet ch. 2), item 32",
        cases=_COURSES,
        residual=_adaptive_residual,
        tolerance=1e-9,
        reason="an epsilon of 1e-12 beside gradients of 1/8 and more",
        subject=_Adaptive(_adagrad, _rmsprop),
        mutants=(
            Mutant(
                "squares not added up",
                _Adaptive(partial(_adaptive_by_hand, 1.0, accumulated=False), _rmsprop),
            ),
            Mutant(
                "average forgotten",
                _Adaptive(_adagrad, partial(_adaptive_by_hand, None, accumulated=False)),
            ),
            Mutant(
                "root forgotten", _Adaptive(partial(_adaptive_by_hand, 1.0, rooted=False), _rmsprop)
            ),
            Mutant("one rule for the other", _Adaptive(_rmsprop, _adagrad)),
            Mutant(
                "epsilon that is felt",
                _Adaptive(lambda g, rate, rho: _steps(AdaGrad(rate, epsilon=0.1), g), _rmsprop),
            ),
        ),
    ),
)
