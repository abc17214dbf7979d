"""Laws NN-03, NN-04, NN-16, NN-20: layers, and networks that compute the same."""

from collections.abc import Callable, Sequence
from copy import copy
from functools import cache, partial, reduce
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.random import RandomState

from probml.classifiers import LogisticRegression
from probml.classifiers._network import (
    Parameters,
    initial_parameters,
    network_scores,
    split,
)
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.networks import _nets as book
from probml.laws.networks._library import layer_values
from probml.numerics import FloatArray, softmax

__all__ = ["LAWS"]

_LECTURES = "notes on Hung-yi Lee's lectures, "

# -- NN-03: layers ----------------------------------------------------------------------------


class _Sizes(NamedTuple):
    """Widths of input, hidden layers and output, and how many parameters a source counts."""

    units: tuple[int, ...]
    printed: int | None = None


def _layers(units: Sequence[int]) -> Parameters:
    return split(initial_parameters(units, "logistic", RandomState(0), np.float64), units)


def _layers_residual(layers: Callable[[Sequence[int]], Parameters], case: _Sizes) -> float:
    """Shapes that are wrong, and parameters too many or too few."""
    coefs, intercepts = layers(case.units)
    expected = list(pairwise(case.units))
    n = sum(p.size for p in (*coefs, *intercepts))
    counted = sum((fan_in + 1) * fan_out for fan_in, fan_out in expected)
    return largest(
        float([W.shape for W in coefs] != expected),
        float([b.shape for b in intercepts] != [(fan_out,) for _, fan_out in expected]),
        abs(n - counted),
        0.0 if case.printed is None else abs(n - case.printed),
    )


def _sized(
    units: Sequence[int],
    *,
    shape: Callable[[int, int], tuple[int, int]] = lambda fan_in, fan_out: (fan_in, fan_out),
    start: Callable[[int, int], int] = lambda fan_in, fan_out: fan_out,
) -> Parameters:
    """Parameters of other shapes."""
    pairs = list(pairwise(units))
    return Parameters([np.zeros(shape(*p)) for p in pairs], [np.zeros(start(*p)) for p in pairs])


# -- NN-04: forward pass ----------------------------------------------------------------------

_Scores = Callable[[FloatArray, Parameters, str], FloatArray]


def _forward_residual(scores: _Scores, case: book.Net) -> float:
    """Distance from the loops of all rows at once, and of one after another."""
    expected = book.by_loops(case)[-1]
    rest = case.parameters, case.activation
    rows = [scores(row[None], *rest)[0] for row in case.X]
    return largest(relative(scores(case.X, *rest), expected), relative(rows, expected))


def _pass_as(
    X: FloatArray,
    parameters: Parameters,
    activation: str,
    *,
    weights: Callable[[FloatArray], FloatArray] = lambda W: W,
    add: Callable[[FloatArray, FloatArray], FloatArray] = lambda z, b: z + b,
    linear: Callable[[int, int], bool] = lambda i, last: i == last,
) -> FloatArray:
    """With other weights, intercepts added otherwise, or other layers without activation."""
    a, last = X, len(parameters.coefs) - 1
    for i, (W, b) in enumerate(zip(*parameters, strict=True)):
        z = add(a @ weights(W), b)
        a = z if linear(i, last) else book.phi(activation, z)
    return a


def _square_transposed(W: FloatArray) -> FloatArray:
    return W.T if W.shape[0] == W.shape[1] else W


def _by_rows(z: FloatArray, b: FloatArray) -> FloatArray:
    """Intercepts go with the rows wherever there are as many of them."""
    return z + (b[:, None] if len(z) == len(b) else b)


# -- NN-16: without non-linearity -------------------------------------------------------------


def _collapsed(parameters: Parameters) -> Parameters:
    """One layer with the scores of a network whose activation is the identity."""
    W, b = parameters.coefs[0], parameters.intercepts[0]
    for W2, b2 in zip(parameters.coefs[1:], parameters.intercepts[1:], strict=True):
        W, b = W @ W2, b @ W2 + b2
    return Parameters([W], [b])


@cache
def _regression(d: int, K: int) -> LogisticRegression:
    """Softmax regression of K classes, to be given other parameters."""
    return LogisticRegression().fit(np.zeros((K, d)), np.arange(K))


def _collapse_residual(collapse: Callable[[Parameters], Parameters], case: book.Net) -> float:
    """Distance of softmax regression with the one layer from the library's network."""
    (W,), (b,) = collapse(case.parameters)
    model = copy(_regression(*W.shape))
    model.coef_, model.intercept_ = W.T, b
    if len(b) == 2:  # one score, that of class 1 against class 0
        model.coef_, model.intercept_ = W.T[1:] - W.T[:1], b[1:] - b[:1]
    scores = network_scores(case.X, case.parameters, "identity")
    return largest(
        relative(case.X @ W + b, scores), relative(model.predict_proba(case.X), softmax(scores))
    )


def _folded(
    parameters: Parameters, carry: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
) -> Parameters:
    """With intercepts that are carried otherwise from one layer to the next."""
    W, b = parameters.coefs[0], parameters.intercepts[0]
    for W2, b2 in zip(parameters.coefs[1:], parameters.intercepts[1:], strict=True):
        W, b = W @ W2, carry(b, W2, b2)
    return Parameters([W], [b])


def _product_reversed(parameters: Parameters) -> Parameters:
    return Parameters([reduce(lambda A, B: B @ A, parameters.coefs)], _collapsed(parameters)[1])


# -- NN-20: symmetries ------------------------------------------------------------------------


class _Rearranged(NamedTuple):
    """A network, one of its hidden layers, an order of its units, and a sign for each."""

    net: book.Net
    layer: int
    order: tuple[int, ...]
    signs: FloatArray


class _Symmetries(NamedTuple):
    """The parameters with the units of a layer in another order, or some of them turned over."""

    permuted: Callable[[Parameters, int, Sequence[int]], Parameters]
    flipped: Callable[[Parameters, int, FloatArray], Parameters]


@st.composite
def _rearranged(draw: DrawFn) -> _Rearranged:
    net = draw(book.nets(depth=(2, 3), width=4))
    layer = draw(st.integers(0, len(net.units) - 3))
    n = net.units[layer + 1]
    order = tuple(draw(st.permutations(range(n))))
    signs = np.array(draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=n, max_size=n)))
    return _Rearranged(net, layer, order, signs)


def _changed(
    parameters: Parameters,
    layer: int,
    into: Callable[[FloatArray], FloatArray],
    start: Callable[[FloatArray], FloatArray],
    out: Callable[[FloatArray], FloatArray],
) -> Parameters:
    """With changes to what goes into a layer, to its intercepts, and to what comes out of it."""
    coefs, intercepts = list(parameters.coefs), list(parameters.intercepts)
    coefs[layer], coefs[layer + 1] = into(coefs[layer]), out(coefs[layer + 1])
    intercepts[layer] = start(intercepts[layer])
    return Parameters(coefs, intercepts)


def _permuted(parameters: Parameters, layer: int, order: Sequence[int]) -> Parameters:
    o = list(order)
    return _changed(parameters, layer, lambda W: W[:, o], lambda b: b[o], lambda W: W[o])


def _flipped(parameters: Parameters, layer: int, signs: FloatArray) -> Parameters:
    s = signs
    return _changed(parameters, layer, lambda W: W * s, lambda b: b * s, lambda W: W * s[:, None])


_SYMMETRIES = _Symmetries(_permuted, _flipped)


def _symmetries_residual(symmetries: _Symmetries, case: _Rearranged) -> float:
    net, layer, order, signs = case
    permuted = symmetries.permuted(net.parameters, layer, order)
    flipped = symmetries.flipped(net.parameters, layer, signs)
    return largest(
        _change(net, permuted, layer, lambda a: a[:, list(order)]),
        _change(net._replace(activation="tanh"), flipped, layer, lambda a: a * signs),
    )


def _change(
    net: book.Net,
    parameters: Parameters,
    layer: int,
    moved: Callable[[FloatArray], FloatArray],
) -> float:
    """Of the scores, and of one layer's values beyond what was asked for."""
    before = layer_values(net.X, net.parameters, net.activation)
    after = layer_values(net.X, parameters, net.activation)
    return largest(
        relative(after[layer], moved(before[layer])),
        relative(network_scores(net.X, parameters, net.activation), before[-1]),
    )


def _partly(
    change: Callable[..., Parameters], parts: str, parameters: Parameters, layer: int, how: object
) -> Parameters:
    """Only some of the change: of what goes in (i), the intercepts (b), and what comes out (o)."""
    full = change(parameters, layer, how)
    return _changed(
        parameters,
        layer,
        lambda W: full.coefs[layer] if "i" in parts else W,
        lambda b: full.intercepts[layer] if "b" in parts else b,
        lambda W: full.coefs[layer + 1] if "o" in parts else W,
    )


def _order_undone(parameters: Parameters, layer: int, order: Sequence[int]) -> Parameters:
    o, back = list(order), np.argsort(order)
    return _changed(parameters, layer, lambda W: W[:, o], lambda b: b[o], lambda W: W[back])


LAWS = (
    Law(
        id="NN-03",
        title="layers",
        text="Every layer after the input has a weight for each unit of the layer before and each "
        "of its own, and an intercept for each of its own; the input is no layer.",
        latex=r"a^0 = x,\quad a^l = \varphi(W^l a^{l-1} + b^l),\quad "
        r"\sum_l (n_{l-1} + 1)\, n_l",
        source="roychuang, winter camp, Input Layer, Hidden Layer, Output Layer; "
        + _LECTURES
        + "Fully Connected Feedforward Network",
        cases=st.lists(st.integers(1, 6), min_size=2, max_size=5).map(lambda v: _Sizes(tuple(v))),
        residual=_layers_residual,
        tolerance=0.0,
        reason="shapes are compared, parameters counted",
        subject=_layers,
        mutants=(
            Mutant("input counted as a layer", lambda units: _layers([units[0], *units])),
            Mutant("output not counted", lambda units: _layers(units[:-1])),
            Mutant("rows for columns", partial(_sized, shape=lambda m, n: (n, m))),
            Mutant(
                "intercept among the weights too", partial(_sized, shape=lambda m, n: (m + 1, n))
            ),
            Mutant("no intercepts", partial(_sized, start=lambda m, n: 0)),
            Mutant("intercepts for the inputs", partial(_sized, start=lambda m, n: m)),
            Mutant("one intercept for a layer", partial(_sized, start=lambda m, n: 1)),
        ),
        examples=(_Sizes((2, 2, 2, 2), 18), _Sizes((784, 512, 10), 407_050)),
    ),
    Law(
        id="NN-04",
        title="forward pass in matrices",
        text="A product with a matrix for each layer, all rows at once, gives what loops over "
        "rows and units give.",
        latex=r"z^L = W^L \varphi(\dots \varphi(W^2 \varphi(W^1 x + b^1) + b^2) \dots) + b^L",
        source=_LECTURES
        + "Write the calculation as a matrix; roychuang, winter camp, 所以可以幹嘛",
        cases=book.nets(),
        residual=_forward_residual,
        tolerance=1e-12,
        reason="sums of three products at most of bounded numbers, or numbers that are exact",
        subject=network_scores,
        mutants=(
            Mutant("square layers transposed", partial(_pass_as, weights=_square_transposed)),
            Mutant("intercepts along the rows", partial(_pass_as, add=_by_rows)),
            Mutant("intercepts forgotten", partial(_pass_as, add=lambda z, b: z)),
            Mutant("intercepts added up", partial(_pass_as, add=lambda z, b: z + b.sum())),
            Mutant("activation of the scores too", partial(_pass_as, linear=lambda i, last: False)),
            Mutant("no activation", partial(_pass_as, linear=lambda i, last: True)),
            Mutant(
                "first layer without activation",
                partial(_pass_as, linear=lambda i, last: i in (0, last)),
            ),
        ),
    ),
    Law(
        id="NN-16",
        title="without activations depth collapses",
        text="A network of layers without activations is one layer, its matrix the product of "
        "theirs, and with the softmax it is softmax regression.",
        latex=r"W^2 (W^1 x + b^1) + b^2 = (W^2 W^1)\, x + (W^2 b^1 + b^2)",
        source="where the lectures stop; why a network needs its activations",
        cases=book.nets(("identity",), depth=(2, 3)),
        residual=_collapse_residual,
        tolerance=1e-10,
        reason="scores are exact; a softmax of scores up to some hundred",
        subject=_collapsed,
        mutants=(
            Mutant("first intercepts not carried on", partial(_folded, carry=lambda b, W, b2: b2)),
            Mutant("intercepts added up", partial(_folded, carry=lambda b, W, b2: b.sum() + b2)),
            Mutant("last intercepts forgotten", partial(_folded, carry=lambda b, W, b2: b @ W)),
            Mutant("product the other way round", _product_reversed),
            Mutant("last layer alone", lambda p: Parameters(p.coefs[-1:], p.intercepts[-1:])),
        ),
    ),
    Law(
        id="NN-20",
        title="hidden units have no order",
        text="Units of a hidden layer in another order, with their weights on both sides, compute "
        "the same; so do units of tanh with all their signs turned.",
        latex=r"W^2 P^\top \varphi(P W^1 x + P b^1) = W^2 \varphi(W^1 x + b^1),\quad "
        r"\tanh(-z) = -\tanh z",
        source="where the lectures stop; symmetries of the parameters",
        cases=_rearranged(),
        residual=_symmetries_residual,
        tolerance=1e-12,
        reason="the same few products, added up in another order",
        subject=_SYMMETRIES,
        mutants=(
            *(
                Mutant(name, _SYMMETRIES._replace(permuted=partial(_partly, _permuted, parts)))
                for name, parts in (
                    ("only what goes in permuted", "ib"),
                    ("only what comes out permuted", "o"),
                    ("intercepts not permuted", "io"),
                    ("nothing permuted", ""),
                )
            ),
            Mutant("order undone on the way out", _SYMMETRIES._replace(permuted=_order_undone)),
            *(
                Mutant(name, _SYMMETRIES._replace(flipped=partial(_partly, _flipped, parts)))
                for name, parts in (
                    ("only what goes in turned", "ib"),
                    ("only what comes out turned", "o"),
                    ("intercepts not turned", "io"),
                )
            ),
        ),
    ),
)
