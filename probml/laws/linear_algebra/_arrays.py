"""Laws LA-01 to LA-06, LA-13, LA-31, LA-32: arrays, and what is done entry by entry."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from probml.classifiers._network import Parameters, forward
from probml.datasets.layouts import flatten_images
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import identical, largest, refused, relative
from probml.linalg import add, normalize
from probml.numerics import FloatArray, relu

__all__ = ["LAWS"]

_Array = NDArray[Any]
_SIZES = st.integers(1, 3)


# -- LA-01 to LA-03: what an array is -------------------------------------------------------------


class _Anatomy(NamedTuple):
    """Number of axes of an array, and direction of a vector."""

    order: Callable[[_Array], int]
    direction: Callable[[FloatArray], FloatArray]


class _Body(NamedTuple):
    """A shape, and a vector that is not zero."""

    shape: tuple[int, ...]
    x: FloatArray


_BODIES = st.builds(
    _Body,
    st.lists(_SIZES, max_size=4).map(tuple),
    _SIZES.flatmap(lambda n: whole(n).map(lambda v: v + 1 / 7)),
)


def _anatomy_residual(anatomy: _Anatomy, case: _Body) -> float:
    length = math.sqrt(math.fsum(v * v for v in case.x.tolist()))
    return largest(
        float(anatomy.order(np.zeros(case.shape)) != len(case.shape)),
        relative(length * anatomy.direction(case.x), case.x),
    )


def _scaled(X: _Array) -> FloatArray:
    scaled: FloatArray = X.astype(np.float64) / 255.0
    return scaled


def _scaled_residual(scaled: Callable[[_Array], FloatArray], case: _Array) -> float:
    """Distance of sums of scaled pixels from the fractions that they are."""
    found = np.asarray(scaled(case))
    if found.dtype.kind != "f" or found.shape != case.shape:
        return math.inf
    exact = [[float(2 * Fraction(int(v), 255)) for v in row] for row in case]
    return relative(found + found, np.reshape(exact, case.shape))


class _Entry(NamedTuple):
    """A matrix as a list of rows, and a row and a column counted from one."""

    rows: list[list[int]]
    i: int
    j: int


@st.composite
def _entries(draw: DrawFn) -> _Entry:
    m, n = draw(_SIZES), draw(_SIZES)
    rows = draw(whole(m, n)).astype(int).tolist()
    return _Entry(rows, draw(st.integers(1, m)), draw(st.integers(1, n)))


def _entry(rows: list[list[int]], i: int, j: int) -> float:
    return float(np.array(rows)[i - 1, j - 1])


def _entry_residual(entry: Callable[..., float], case: _Entry) -> float:
    return abs(entry(*case) - case.rows[case.i - 1][case.j - 1])


# -- LA-04 to LA-06: sums -------------------------------------------------------------------------


class _Matrices(NamedTuple):
    """Two matrices of one shape, two numbers, and a vector for the rows."""

    A: FloatArray
    B: FloatArray
    a: float
    c: float
    b: FloatArray


@st.composite
def _matrices(draw: DrawFn) -> _Matrices:
    m = draw(_SIZES)
    n = draw(st.just(m) | _SIZES)
    number = st.integers(-9, 9).map(float)
    A, B = draw(whole(m, n)), draw(whole(m, n))
    return _Matrices(A, B, draw(number), draw(number), draw(whole(n)))


def _entrywise(f: Callable[..., float], *matrices: FloatArray) -> list[list[float]]:
    rows = zip(*(A.tolist() for A in matrices), strict=True)
    return [[f(*entries) for entries in zip(*row, strict=True)] for row in rows]


def _sum_residual(total: Callable[[_Array, _Array], _Array], case: _Matrices) -> float:
    A, B = case.A, case.B
    return largest(
        relative(total(A, B), _entrywise(lambda x, y: x + y, A, B)),
        relative(total(total(A, B), -B), A),
        identical(total(B, A), total(A, B)),
        refused(lambda: total(np.vstack([A, A]), A[:1])),
        refused(lambda: total(np.vstack([A, A]), A[0])),
    )


def _scaled_and_shifted(a: float, B: FloatArray, c: float) -> FloatArray:
    result: FloatArray = a * B + c
    return result


def _shift_residual(map_: Callable[..., FloatArray], case: _Matrices) -> float:
    return relative(map_(case.a, case.B, case.c), _entrywise(lambda x: case.a * x + case.c, case.B))


def _broadcast_residual(total: Callable[[_Array, _Array], _Array], case: _Matrices) -> float:
    expected = [[x + y for x, y in zip(row, case.b.tolist(), strict=True)] for row in case.A]
    found = relative(total(case.A, case.b), expected)
    if len(case.b) == 1:  # a single column is itself stretched
        return found
    return largest(found, refused(lambda: total(case.A, np.append(case.b, [1.0, 2.0]))))


# -- LA-13: element by element --------------------------------------------------------------------


def _relu_residual(rectify: Callable[[FloatArray], FloatArray], case: FloatArray) -> float:
    given = case.copy()
    found = rectify(given)
    expected = [[max(v, 0.0) for v in row] for row in case.tolist()]
    return largest(
        identical(found, np.reshape(expected, case.shape)),
        identical(rectify(found), found),
        identical(given, case),
    )


# -- LA-31, LA-32: the layer and the layout -------------------------------------------------------


class _Layer(NamedTuple):
    """Rows, weights that join input i to unit j, and intercepts."""

    X: FloatArray
    W: FloatArray
    b: FloatArray


@st.composite
def _layers(draw: DrawFn) -> _Layer:
    d = draw(_SIZES)
    n, k = draw(st.just(d) | _SIZES), draw(st.just(d) | _SIZES)
    return _Layer(draw(whole(n, d)), draw(whole(d, k)), draw(whole(k)))


def _affine(X: FloatArray, W: FloatArray, b: FloatArray) -> FloatArray:
    layers = [X, np.empty((len(X), len(b)))]
    forward(layers, Parameters([W], [b]), "identity")
    return layers[1]


def _affine_residual(affine: Callable[..., FloatArray], case: _Layer) -> float:
    X, W, b = (part.tolist() for part in case)
    expected = [
        [sum(x[i] * W[i][j] for i in range(len(W))) + b[j] for j in range(len(b))] for x in X
    ]
    return relative(affine(*case), expected)


class _Moves(NamedTuple):
    """What moves the entries of an array: into another shape, over the diagonal, into rows."""

    reshape: Callable[[_Array, tuple[int, ...]], _Array]
    transpose: Callable[[_Array], _Array]
    flatten: Callable[[_Array], _Array]


def _moves_residual(moves: _Moves, case: _Array) -> float:
    h, w = case.shape[1:]
    images, first = case.tolist(), case[0]
    rows = [[v for row in image for v in row] for image in images]
    turned = [[first[i, j] for i in range(h)] for j in range(w)]
    return largest(
        identical(moves.flatten(case), rows),
        identical(moves.reshape(first, (w, h)), np.array(rows[0]).reshape(w, h)),
        identical(moves.transpose(first), turned),
        refused(lambda: moves.reshape(first, (h + 1, w))),
    )


_ROW_MAJOR = _Moves(np.reshape, np.transpose, flatten_images)


LAWS = (
    Law(
        id="LA-01",
        title="axes, length and direction",
        text="A scalar has no axis, a vector one, a matrix two; the number of entries along an "
        "axis is another thing. A vector is its length times its direction.",
        latex=r"x = \|x\| u,\quad \|u\| = 1",
        source="Lai 2020, slide 2, slide 3, slide 5, slide 29, slide 30; Zaidi, SIT744 lecture 2, "
        "Tensors; tanimutomo 2019 (Chollet ch. 2), item 10; roychuang, winter camp, Matrix",
        cases=_BODIES,
        residual=_anatomy_residual,
        tolerance=1e-12,
        reason="a square root and a quotient",
        subject=_Anatomy(np.ndim, normalize),
        mutants=(
            Mutant(
                "length of the first axis", _Anatomy(lambda x: len(np.atleast_1d(x)), normalize)
            ),
            Mutant("number of entries", _Anatomy(np.size, normalize)),
            Mutant("divided by the sum", _Anatomy(np.ndim, lambda x: x / np.abs(x).sum())),
            Mutant("divided by the square", _Anatomy(np.ndim, lambda x: x / (x @ x))),
        ),
        # 12 is a scalar; [12, 3, 6, 14] a vector with one axis and four entries.
        examples=(
            _Body((), np.array([3.0, 4.0])),
            _Body((4,), np.array([12.0, 3.0, 6.0, 14.0])),
        ),
    ),
    Law(
        id="LA-02",
        title="shape and type",
        text="Pixels are stored in eight bits and computed with as floats between 0 and 1: in "
        "eight bits 200 + 100 is 44.",
        latex=r"x \in \{0, \dots, 255\} \mapsto x / 255 \in [0, 1]",
        source="Lai 2020, slide 31",
        cases=arrays(np.uint8, st.tuples(_SIZES, _SIZES)),
        residual=_scaled_residual,
        tolerance=1e-15,
        reason="one division",
        subject=_scaled,
        mutants=(
            Mutant("left in eight bits", lambda X: X),
            Mutant("divided as whole numbers", lambda X: (X // 255).astype(np.float64)),
            Mutant("added in eight bits", lambda X: (X + X).astype(np.float64) / 510.0),
            Mutant("by 256", lambda X: X / 256.0),
            Mutant("by the largest", lambda X: X / max(int(X.max()), 1)),
        ),
        examples=(np.array([[200, 100]], dtype=np.uint8),),
    ),
    Law(
        id="LA-03",
        title="matrix",
        text="The first subscript is the row, the second the column, both from one.",
        latex=r"A = (a_{ij}),\quad i = 1, \dots, m,\ j = 1, \dots, n",
        source="Lai 2020, slide 6; roychuang, winter camp, Matrix",
        cases=_entries(),
        residual=_entry_residual,
        tolerance=0.0,
        reason="entries are copied",
        subject=_entry,
        mutants=(
            Mutant("subscripts swapped", lambda rows, i, j: _entry(rows, j, i)),
            Mutant("counted from zero", lambda rows, i, j: float(np.array(rows)[i, j])),
            Mutant("from the end", lambda rows, i, j: float(np.array(rows)[-i, -j])),
        ),
        examples=(_Entry([[1, 2], [3, 4]], 1, 2), _Entry([[1, 2], [3, 4]], 2, 1)),
    ),
    Law(
        id="LA-04",
        title="sum of two matrices",
        text="Matrices of one shape are added entry by entry, in either order, and subtracted "
        "again; two shapes have no sum.",
        latex=r"C_{ij} = A_{ij} \pm B_{ij}",
        source="Lai 2020, slide 7; Zaidi, SIT744 lecture 2, Sum of two matrices; roychuang, winter "
        "camp, Add",
        cases=_matrices(),
        residual=_sum_residual,
        tolerance=0.0,
        reason="whole numbers are exact",
        subject=add,
        mutants=(
            Mutant("stretched to fit", np.add),
            Mutant("difference", lambda A, B: add(A, -B)),
            Mutant("larger of the two", lambda A, B: add(np.maximum(A, B), 0.0 * B)),
        ),
        examples=(
            _Matrices(
                np.array([[1.0, 2.0], [3.0, 4.0]]),
                np.array([[4.0, 3.0], [2.0, 1.0]]),
                5.0,
                5.0,
                np.ones(2),
            ),
        ),
    ),
    Law(
        id="LA-05",
        title="multiple and shift",
        text="A number multiplies every entry, and a number added is added to every entry.",
        latex=r"D_{ij} = a B_{ij} + c",
        source="Zaidi, SIT744 lecture 2, Scalar multiplication and sum; roychuang, winter camp, "
        "Multiply a Scalar, Add",
        cases=_matrices(),
        residual=_shift_residual,
        tolerance=0.0,
        reason="whole numbers are exact",
        subject=_scaled_and_shifted,
        mutants=(
            Mutant("shift of the diagonal", lambda a, B, c: a * B + c * np.eye(*B.shape)),
            Mutant("shifted first", lambda a, B, c: a * (B + c)),
            Mutant("first row only", lambda a, B, c: np.vstack([a * B[:1] + c, B[1:]])),
        ),
    ),
    Law(
        id="LA-06",
        title="broadcasting",
        text="A vector added to a matrix is added to every row; its length must be that of a row.",
        latex=r"C_{ij} = A_{ij} + b_j",
        source="Lai 2020, slide 38; Zaidi, SIT744 lecture 2, A confusing notation; tanimutomo 2019 "
        "(Chollet ch. 2), item 21",
        cases=_matrices(),
        residual=_broadcast_residual,
        tolerance=0.0,
        reason="whole numbers are exact",
        subject=np.add,
        mutants=(
            Mutant("by column", lambda A, b: A + np.resize(b, len(A))[:, None] + 0.0 * b),
            Mutant("cut or repeated to fit", lambda A, b: A + np.resize(b, A.shape[1])),
            Mutant("to the first row", lambda A, b: A + np.eye(len(A))[:1].T * b),
        ),
    ),
    Law(
        id="LA-13",
        title="element by element",
        text="A function of arrays applied to every element is the loop over them; the argument "
        "stays what it was.",
        latex=r"f(A)_{ij} = f(A_{ij}),\quad \mathrm{relu}(z) = \max(z, 0)",
        source="Lai 2020, slide 36, slide 37; tanimutomo 2019 (Chollet ch. 2), item 20",
        cases=st.tuples(_SIZES, _SIZES).flatmap(lambda shape: whole(*shape)),
        residual=_relu_residual,
        tolerance=0.0,
        reason="elements are copied or become zero",
        subject=relu,
        mutants=(
            Mutant("overwrites its argument", lambda A: np.maximum(A, 0.0, out=A)),
            Mutant("largest of all", lambda A: np.full_like(A, max(float(A.max()), 0.0))),
            Mutant("absolute value", np.abs),
            Mutant("leaks", lambda A: np.where(A > 0, A, 0.01 * A)),
        ),
    ),
    Law(
        id="LA-31",
        title="affine map of a batch",
        text="Unit j of a row is the sum of its inputs times the weights that join them to j, plus "
        "the intercept of j.",
        latex=r"Z = X W + \mathbf 1 b^\top,\quad z_j = \sum_i w_{ij} x_i + b_j",
        source="roychuang, winter camp, 所以可以幹嘛; notes on Hung-yi Lee's lectures, Fully "
        "Connected, Matrix",
        cases=_layers(),
        residual=_affine_residual,
        tolerance=1e-12,
        reason="whole numbers",
        subject=_affine,
        mutants=(
            Mutant("weights transposed", lambda X, W, b: _affine(X, W.T, b)),
            Mutant("intercept by sample", lambda X, W, b: X @ W + np.resize(b, len(X))[:, None]),
            Mutant("intercept forgotten", lambda X, W, b: X @ W),
            Mutant("intercept of the first row", lambda X, W, b: X @ W + np.eye(len(X))[:1].T * b),
        ),
    ),
    Law(
        id="LA-32",
        title="reshaping is not transposing",
        text="A new shape keeps the entries in the order of the rows; transposing moves them. An "
        "image becomes a row that way, row by row.",
        latex=r"\mathrm{vec}(\mathrm{reshape}(A)) = \mathrm{vec}(A),\quad (A^\top)_{ij} = A_{ji}",
        source="Lai 2020, slide 41; tanimutomo 2019 (Chollet ch. 2), item 23",
        cases=st.tuples(_SIZES, _SIZES, _SIZES).flatmap(lambda shape: whole(*shape)),
        residual=_moves_residual,
        tolerance=0.0,
        reason="entries are copied",
        subject=_ROW_MAJOR,
        mutants=(
            Mutant(
                "reshaped to transpose",
                _ROW_MAJOR._replace(transpose=lambda A: A.reshape(A.shape[::-1])),
            ),
            Mutant(
                "transposed to reshape",
                _ROW_MAJOR._replace(reshape=lambda A, shape: A.T.reshape(shape)),
            ),
            Mutant(
                "image by columns",
                _ROW_MAJOR._replace(flatten=lambda A: A.transpose(0, 2, 1).reshape(len(A), -1)),
            ),
            Mutant("images mixed", _ROW_MAJOR._replace(flatten=lambda A: A.reshape(-1, len(A)).T)),
            Mutant("cut or repeated to fit", _ROW_MAJOR._replace(reshape=np.resize)),
        ),
        examples=(np.arange(6.0).reshape(1, 3, 2),),
    ),
)
