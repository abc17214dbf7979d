"""The sweep: every gradient in one pass over the graph, from the output to the inputs.

In reverse topological order, each node hands on what has reached it,

    dL/dx = sum over the nodes y made from x of  (dy/dx)' dL/dy,

so a node that is used several times receives the sum (catalogue CA-14, CA-17).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from probml.autodiff._variable import Var
from probml.numerics import FloatArray

__all__ = ["describe", "gradients", "value_and_gradient"]


def gradients(
    output: Var, inputs: Sequence[Var], seed: ArrayLike | None = None
) -> list[FloatArray]:
    """Gradient of `output` with respect to each of `inputs`.

    Parameters
    ----------
    output : Var
        A single number, unless `seed` is given.
    inputs : sequence of Var
        Nodes of its graph; one that the output does not depend on has gradient zero.
    seed : array_like of the shape of `output`, optional
        Weights v of the outputs: the result is ``J' v``.

    Returns
    -------
    list of ndarray
        One array per input, of its shape.

    Raises
    ------
    ValueError
        If the output is no single number and there is no seed, or the seed has another shape.

    Examples
    --------
    >>> x = Var([1.0, 2.0], "x")
    >>> gradients((x * x).sum(), [x])[0].tolist()
    [2.0, 4.0]
    """
    reached = {id(output): _start(output, seed)}
    wanted = {id(x) for x in inputs}
    with np.errstate(all="ignore"):
        for y in reversed(_topological(output)):
            # what nobody asks for is let go as soon as it was handed on
            g = reached[id(y)] if id(y) in wanted else reached.pop(id(y))
            for parent, share in zip(y.parents, y.pull(g), strict=True):
                before = reached.get(id(parent))
                reached[id(parent)] = share if before is None else before + share
    return [
        np.array(reached[id(x)]) if id(x) in reached else np.zeros_like(x.value) for x in inputs
    ]


def value_and_gradient(
    f: Callable[..., Var],
) -> Callable[..., tuple[float, tuple[FloatArray, ...]]]:
    """The function that computes `f` and its gradient with respect to every argument.

    Parameters
    ----------
    f : callable
        Maps nodes to a single node.

    Returns
    -------
    callable
        Maps arrays to ``(value, gradients)``, one gradient per argument, of its shape.

    Raises
    ------
    ValueError
        When called, if `f` does not return a single number computed from its arguments.

    Examples
    --------
    >>> f = value_and_gradient(lambda w, x: (w @ x) ** 2)
    >>> value, (dw, dx) = f(np.array([1.0, 2.0]), np.array([3.0, 0.5]))
    >>> value, dw.tolist(), dx.tolist()
    (16.0, [24.0, 4.0], [8.0, 16.0])
    """

    def both(*arrays: ArrayLike) -> tuple[float, tuple[FloatArray, ...]]:
        inputs = [Var(array) for array in arrays]
        output: Any = f(*inputs)
        if not isinstance(output, Var):
            raise ValueError(
                f"expected a Var that is computed from the arguments (got {type(output).__name__})"
                "; use the operators of Var and the functions of probml.autodiff"
            )
        found = gradients(output, inputs)
        return float(output.value), tuple(found)

    return both


def describe(output: Var) -> str:
    """The graph of a node as text, one line per node, operands before results.

    Examples
    --------
    >>> a, b = Var(2.0, "a"), Var(1.0, "b")
    >>> print(describe((a + b) * (b + 1)))
    v0 = a                  () 2
    v1 = b                  () 1
    v2 = add(v0, v1)        () 3
    v3 = add(v1)            () 2
    v4 = multiply(v2, v3)   () 6
    """
    order = _topological(output)
    names = {id(x): f"v{i}" for i, x in enumerate(order)}
    made = [
        f"{names[id(x)]} = {x.operation}({', '.join(names[id(p)] for p in x.parents)})"
        if x.operation
        else f"{names[id(x)]} = {x.name or 'input'}"
        for x in order
    ]
    width = max(map(len, made)) + 3
    values = [f"{x.value.item():.6g}" if x.value.size == 1 else "" for x in order]
    lines = zip(made, order, values, strict=True)
    return "\n".join(f"{text:<{width}}{x.shape} {value}".rstrip() for text, x, value in lines)


def _start(output: Var, seed: ArrayLike | None) -> FloatArray:
    if seed is None:
        if output.value.size != 1:
            raise ValueError(
                f"only a single number has a gradient (got an output of shape {output.shape}); "
                "sum it, or pass a seed of that shape"
            )
        return np.ones_like(output.value)
    weights = np.asarray(seed, output.value.dtype)
    if weights.shape != output.shape:
        raise ValueError(
            f"seed must have the shape of the output: expected {output.shape} (got {weights.shape})"
        )
    return weights


def _topological(output: Var) -> list[Var]:
    """Every node after its parents; a stack of its own, so that depth is no limit."""
    order: list[Var] = []
    seen = {id(output)}
    stack = [(output, iter(output.parents))]
    while stack:
        y, parents = stack[-1]
        for parent in parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                stack.append((parent, iter(parent.parents)))
                break
        else:
            stack.pop()
            order.append(y)
    return order
