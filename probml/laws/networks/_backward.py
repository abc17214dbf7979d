"""Laws NN-11, NN-13: how slopes pass one layer, and all of them."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml import autodiff, calculus
from probml.classifiers._network import Parameters, join, split
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.networks import _nets as book
from probml.laws.networks._formulas import Rules, by_formulas
from probml.laws.networks._library import layer_values, slopes
from probml.laws.networks._outputs import output_delta
from probml.numerics import FloatArray

__all__ = ["LAWS"]

# -- NN-11: backward pass ---------------------------------------------------------------------


class _Passed(NamedTuple):
    """Slopes by the sums of one layer, its weights, the sums of the layer before, and their phi."""

    delta: FloatArray
    W: FloatArray
    z: FloatArray
    activation: str


@st.composite
def _passed(draw: DrawFn) -> _Passed:
    n, h, K = (draw(st.integers(1, 3)) for _ in range(3))
    z = draw(whole(n, h, largest=12)) / 4.0
    delta, W = draw(whole(n, K)) / 4.0, draw(whole(h, K)) / 4.0
    return _Passed(delta, W, z, draw(st.sampled_from(book.NAMES)))


def _back(delta: FloatArray, W: FloatArray, z: FloatArray, activation: str) -> FloatArray:
    """Through the library's network, whose input is chosen such that the sums are z."""
    (n, K), h = delta.shape, len(W)
    parameters = Parameters([z, W], [np.zeros(h), np.zeros(K)])
    net = book.Net(parameters, activation, np.eye(n), np.zeros(n, dtype=np.intp))
    passed: FloatArray = slopes(net, lambda Z: delta.copy()).deltas[0]
    return passed


def _passed_residual(back: Callable[..., FloatArray], case: _Passed) -> float:
    """Distance from the sums that are written out, unit by unit."""
    delta, W, z, activation = case
    expected = [
        [
            float(book.slope(activation, np.array(v)))
            * sum(w * d for w, d in zip(weights, slopes, strict=True))
            for v, weights in zip(row, W.tolist(), strict=True)
        ]
        for row, slopes in zip(z.tolist(), delta.tolist(), strict=True)
    ]
    node = autodiff.Var(z)
    total = ((book.on_graph(activation, node) @ W) * delta).sum()
    by_graph = autodiff.gradients(total, [node])[0]
    found = back(*case)
    return largest(relative(found, expected), relative(found, by_graph))


def _back_as(
    delta: FloatArray,
    W: FloatArray,
    z: FloatArray,
    activation: str,
    *,
    carried: Callable[[FloatArray], FloatArray] = lambda W: W.T,
    slope: Callable[[str, FloatArray], FloatArray] = book.slope,
) -> FloatArray:
    """With other weights or another slope."""
    passed: FloatArray = (delta @ carried(W)) * slope(activation, z)
    return passed


def _square_turned(W: FloatArray) -> FloatArray:
    return W if W.shape[0] == W.shape[1] else W.T


def _one_for_all_rows(
    delta: FloatArray, W: FloatArray, z: FloatArray, activation: str
) -> FloatArray:
    return _back_as(np.tile(delta.sum(axis=0), (len(z), 1)), W, z, activation)


# -- NN-13: recursion -------------------------------------------------------------------------


class _Counted(np.ndarray[Any, Any]):
    """Weights that count the operators they take part in, together with their views."""

    uses: list[str]

    def __array_finalize__(self, obj: Any) -> None:
        self.uses = getattr(obj, "uses", [])

    def __array_ufunc__(self, ufunc: np.ufunc, method: Any, *inputs: Any, **keywords: Any) -> Any:
        self.uses.append(ufunc.__name__)
        plain = [np.asarray(x) if isinstance(x, _Counted) else x for x in inputs]
        return getattr(ufunc, method)(*plain, **keywords)


def _counted(net: book.Net) -> tuple[book.Net, list[str]]:
    """The network with weights that count, and the list in which they do."""
    uses: list[str] = []
    coefs: list[FloatArray] = []
    for W in net.parameters.coefs:
        weights = W.view(_Counted)
        weights.uses = uses
        coefs.append(weights)
    return net._replace(parameters=net.parameters._replace(coefs=coefs)), uses


def _recursive(net: book.Net) -> Parameters:
    """Gradient of the mean cross-entropy: one pass forward and one backward."""
    return slopes(net, lambda Z: output_delta("softmax", Z, net.targets)[1] / len(net.y)).gradient


def _recursion_residual(gradient: Callable[[book.Net], Parameters], case: book.Net) -> float:
    """Distance from difference quotients; 1 if weights are used more than three times per layer."""
    counting, uses = _counted(case)
    found = gradient(counting)
    expected = calculus.gradient(
        lambda theta: _cross_entropy(case, split(theta, case.units)), join(case.parameters)
    )
    return largest(
        book.apart(found, split(expected, case.units)),
        float(len(uses) > 3 * len(case.parameters.coefs)),
    )


def _cross_entropy(net: book.Net, parameters: Parameters) -> float:
    """Mean of the rows', with the given parameters instead of the network's own."""
    scores = layer_values(net.X, parameters, net.activation)[-1]
    return output_delta("softmax", scores, net.targets)[0] / len(scores)


def _by_differences(net: book.Net) -> Parameters:
    """A small change of every parameter, and two passes forward for each."""
    found = book.layers(*([np.empty(p.shape) for p in part] for part in net.parameters))
    for p, g in zip(chain(*net.parameters), chain(*found), strict=True):
        for k in np.ndindex(p.shape):
            values, kept = [], p[k]
            for step in (1e-5, -1e-5):
                p[k] = kept + step
                values.append(_cross_entropy(net, net.parameters))
            p[k], g[k] = kept, (values[0] - values[1]) / 2e-5
    return found


def _other_layer(coefs: Sequence[FloatArray], i: int) -> FloatArray:
    """Of the layer below."""
    return coefs[i - 1].T


def _by(net: book.Net, **rules: Any) -> Parameters:
    return by_formulas(net, Rules(**rules)).gradient


def _of_last_layer(net: book.Net) -> Parameters:
    """Nothing below the last layer learns."""
    coefs, intercepts = _recursive(net)
    return Parameters(
        [*(0.0 * g for g in coefs[:-1]), coefs[-1]],
        [*(0.0 * g for g in intercepts[:-1]), intercepts[-1]],
    )


_ROUND = "roychuang, winter camp, Backpropagation, "
_LECTURES = "notes on Hung-yi Lee's lectures, "

LAWS = (
    Law(
        id="NN-11",
        title="backward pass",
        text="What a unit passes back is the slope of its activation at its sum, times the sum of "
        "what it is given, each times the weight it came by; that slope is known once the pass "
        "forward is done, but no constant.",
        latex=r"\frac{\partial C}{\partial z} = \sigma'(z) \left[w_3 "
        r"\frac{\partial C}{\partial z'} + w_4 \frac{\partial C}{\partial z''}\right],\quad "
        r"\delta^l = \varphi'(z^l) \circ W^{l+1} \delta^{l+1}",
        source=_ROUND + "Backward Pass; " + _LECTURES + "Backward pass",
        cases=_passed(),
        residual=_passed_residual,
        tolerance=1e-12,
        reason="sums of three products that floats hold exactly, times one slope",
        subject=_back,
        mutants=(
            Mutant("no slope", partial(_back_as, slope=lambda name, z: np.ones_like(z))),
            Mutant(
                "slope at the value",
                partial(_back_as, slope=lambda name, z: book.slope(name, book.phi(name, z))),
            ),
            Mutant(
                "slope a constant",
                partial(_back_as, slope=lambda name, z: book.slope(name, 0.0 * z)),
            ),
            Mutant("weights the other way round", partial(_back_as, carried=_square_turned)),
            Mutant("weights forgotten", partial(_back_as, carried=lambda W: np.ones_like(W.T))),
            Mutant("rows added up", _one_for_all_rows),
        ),
        # case 1 of the source: the last layer of the reference network passes on to two sigmoids
        examples=(
            _Passed(
                np.array([[-0.3822952222, 0.8291239842]]),
                np.array([[3.0, -1.0], [-1.0, 4.0]]),
                np.array([[1.8448246581, -2.0832305021]]),
                "logistic",
            ),
        ),
    ),
    Law(
        id="NN-13",
        title="recursion from the last layer to the first",
        text="One pass backward gives the slopes of all layers, each from those of the layer "
        "above; every layer is visited about once in either direction, however many parameters "
        "it has.",
        latex=r"\delta^L \to \delta^{L-1} \to \dots \to \delta^1,\quad "
        r"\text{cost} \propto L",
        source=_ROUND + "case 2; " + _LECTURES + "Continue to the next layer",
        cases=book.nets(("identity", "logistic", "tanh"), depth=(2, 3)),
        residual=_recursion_residual,
        tolerance=1e-6,
        reason="central differences of losses up to some hundred",
        subject=_recursive,
        mutants=(
            Mutant("difference quotients", _by_differences),
            Mutant("weights of another layer", partial(_by, carried=_other_layer)),
            Mutant("weights of the last layer", partial(_by, carried=lambda W, i: W[-1].T)),
            Mutant("last layer alone", _of_last_layer),
            Mutant(
                "slope at the value",
                partial(_by, slope=lambda name, z, a, x: book.slope(name, a)),
            ),
            Mutant("no slope", partial(_by, slope=lambda name, z, a, x: np.ones_like(z))),
        ),
    ),
)
