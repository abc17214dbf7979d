"""A node of the computation graph: a value, and how gradients flow back through it.

A node y made from x carries the product with the transpose of its Jacobian,

    dL/dx = (dy/dx)' dL/dy,

and nothing else of its operation: a sweep over the graph in reverse (:mod:`._reverse`) needs no
more (catalogue CA-17).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml.numerics import FloatArray

__all__ = ["Var", "node", "sum_to"]

Pull = Callable[[FloatArray], FloatArray]
"""Maps the gradient with respect to a node to its share with respect to one parent."""


class Var:
    """An array whose history is remembered.

    Operators ``+ - * / ** @``, indexing, `sum`, `mean`, `max`, `reshape` and `T` follow NumPy,
    broadcasting included, and the other operand may be an array or a number.  Nodes never
    change; :func:`gradients` reads the graph and leaves it as it is.

    Parameters
    ----------
    value : array_like
        Numbers; integers become float64, float32 stays float32.
    name : str
        Shown by :func:`describe`.

    Attributes
    ----------
    value : ndarray
        The numbers.
    operation : str
        What made the node; empty for an input.
    parents : tuple of Var
        What it was made of.

    Raises
    ------
    ValueError
        If a value is NaN, or text.

    Examples
    --------
    >>> from probml.autodiff import gradients
    >>> a, b = Var(2.0, "a"), Var(1.0, "b")
    >>> e = (a + b) * (b + 1)
    >>> e.value.item(), [g.item() for g in gradients(e, (a, b))]
    (6.0, [2.0, 5.0])
    """

    __slots__ = ("__weakref__", "_pulls", "name", "operation", "parents", "value")

    # an array on the left must leave the operation to us
    __array_ufunc__ = None

    def __init__(self, value: ArrayLike, name: str = "") -> None:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise ValueError(f"a Var must hold real numbers (got dtype {array.dtype})")
        self.value: FloatArray = array if array.dtype.kind == "f" else array.astype(np.float64)
        if np.isnan(self.value).any():
            raise ValueError(
                f"the input {name or 'of a graph'} must not be NaN; drop or fill what is missing"
            )
        self.name, self.operation = name, ""
        self.parents: tuple[Var, ...] = ()
        self._pulls: tuple[Pull, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the value."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.value.ndim

    @property
    def T(self) -> "Var":  # noqa: N802 (NumPy's name)
        """Axes in reverse order."""
        return node("transpose", self.value.T, (self, lambda g: g.T))

    def pull(self, gradient: FloatArray) -> list[FloatArray]:
        """The shares of the parents in the gradient with respect to this node."""
        return [pull(gradient) for pull in self._pulls]

    def __repr__(self) -> str:
        return f"Var({self.name or self.operation or 'input'}, shape={self.shape})"

    def __add__(self, other: Any) -> "Var":
        return _elementwise("add", np.add, self, other, lambda g, a, b: g, lambda g, a, b: g)

    def __radd__(self, other: Any) -> "Var":
        return self.__add__(other)

    def __neg__(self) -> "Var":
        return node("negative", -self.value, (self, lambda g: -g))

    def __sub__(self, other: Any) -> "Var":
        return _elementwise(
            "subtract", np.subtract, self, other, lambda g, a, b: g, lambda g, a, b: -g
        )

    def __rsub__(self, other: Any) -> "Var":
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> "Var":
        return _elementwise(
            "multiply", np.multiply, self, other, lambda g, a, b: g * b, lambda g, a, b: g * a
        )

    def __rmul__(self, other: Any) -> "Var":
        return self.__mul__(other)

    def __truediv__(self, other: Any) -> "Var":
        return _elementwise(
            "divide", np.divide, self, other, lambda g, a, b: g / b, lambda g, a, b: -g * a / b**2
        )

    def __rtruediv__(self, other: Any) -> "Var":
        return Var(other) / self

    def __pow__(self, exponent: float) -> "Var":
        if not isinstance(exponent, int | float):
            raise TypeError(f"an exponent must be a number (got {exponent!r}); use exp(b * log(a))")
        x: Any = self.value
        with np.errstate(all="ignore"):
            powers = x**exponent
        return node("power", powers, (self, lambda g: g * exponent * x ** (exponent - 1)))

    def __matmul__(self, other: Any) -> "Var":
        return _matmul(self, other)

    def __rmatmul__(self, other: Any) -> "Var":
        return _matmul(other, self)

    def __getitem__(self, index: Any) -> "Var":
        x = self.value

        def pull(g: FloatArray) -> FloatArray:
            whole = np.zeros(x.shape, g.dtype)
            # an entry that was taken twice counts twice
            np.add.at(whole, index, g)
            return whole

        return node("getitem", x[index], (self, pull))

    def reshape(self, *shape: int) -> "Var":
        """The same numbers in another shape, in row-major order."""
        before = self.shape
        return node("reshape", self.value.reshape(shape), (self, lambda g: g.reshape(before)))

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Var":
        """Sum over an axis, some, or all."""
        shape, value = self.shape, self.value.sum(axis, keepdims=keepdims)
        return node(
            "sum", value, (self, lambda g: np.broadcast_to(_spread(g, axis, keepdims), shape))
        )

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Var":
        """Mean over an axis, some, or all."""
        total = self.sum(axis, keepdims)
        return total * (total.value.size / self.value.size)

    def max(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Var":
        """Largest entry; where several are equally large, each has an equal share."""
        x, value = self.value, self.value.max(axis, keepdims=keepdims)
        largest = x == _spread(value, axis, keepdims)
        share = largest / largest.sum(axis, keepdims=True, dtype=x.dtype)
        return node("max", value, (self, lambda g: _spread(g, axis, keepdims) * share))


def node(operation: str, value: ArrayLike, *flows: tuple[Any, Pull]) -> Var:
    """A node of the graph; `flows` are pairs of a parent and the pull to it.

    Parents that are no :class:`Var` are constants and left out.

    Raises
    ------
    ValueError
        If the value is NaN somewhere: the operation and its operands are named.
    """
    made = Var.__new__(Var)
    made.value, made.name, made.operation = np.asarray(value), "", operation
    kept = [(parent, pull) for parent, pull in flows if isinstance(parent, Var)]
    made.parents = tuple(parent for parent, _ in kept)
    made._pulls = tuple(pull for _, pull in kept)
    if np.isnan(made.value).any():
        raise ValueError(
            f"{operation} of {', '.join(map(repr, made.parents))} is NaN in "
            f"{int(np.isnan(made.value).sum())} of {made.value.size} entries; keep its operands "
            "in the domain of the operation"
        )
    return made


def sum_to(g: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Undo broadcasting: sum over the axes along which an operand was repeated."""
    if g.shape == shape:
        return g
    lead = g.ndim - len(shape)
    axes = [*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1)]
    summed: FloatArray = g.sum(axis=tuple(axes), keepdims=True).reshape(shape)
    return summed


def _elementwise(
    operation: str,
    apply: Callable[..., NDArray[Any]],
    a: Any,
    b: Any,
    pull_a: Callable[..., FloatArray],
    pull_b: Callable[..., FloatArray],
) -> Var:
    x, y = _number(a), _number(b)
    shapes = np.shape(x), np.shape(y)
    with np.errstate(all="ignore"):
        value = apply(x, y)
    return node(
        operation,
        value,
        (a, lambda g: sum_to(pull_a(g, x, y), shapes[0])),
        (b, lambda g: sum_to(pull_b(g, x, y), shapes[1])),
    )


def _number(a: Any) -> Any:
    """A value to compute with; a Python number does not change the type of an array."""
    if isinstance(a, Var):
        return a.value
    return a if isinstance(a, int | float) else np.asarray(a)


def _matmul(a: Any, b: Any) -> Var:
    x, y = np.asarray(_number(a)), np.asarray(_number(b))
    with np.errstate(all="ignore"):
        value = x @ y
    # as matrices: a row on the left, a column on the right
    X = x[None, :] if x.ndim == 1 else x
    Y = y[:, None] if y.ndim == 1 else y

    def as_matrix(g: FloatArray) -> FloatArray:
        g = np.asarray(g)
        g = g[..., None] if y.ndim == 1 else g
        return g[..., None, :] if x.ndim == 1 else g

    def pull_a(g: FloatArray) -> FloatArray:
        return sum_to(as_matrix(g) @ Y.swapaxes(-1, -2), X.shape).reshape(x.shape)

    def pull_b(g: FloatArray) -> FloatArray:
        return sum_to(X.swapaxes(-1, -2) @ as_matrix(g), Y.shape).reshape(y.shape)

    return node("matmul", value, (a, pull_a), (b, pull_b))


def _spread(g: FloatArray, axis: int | tuple[int, ...] | None, keepdims: bool) -> FloatArray:
    """Put back the axes that a reduction took away, with length one."""
    if keepdims or axis is None:
        return np.asarray(g)
    return np.expand_dims(g, axis)
