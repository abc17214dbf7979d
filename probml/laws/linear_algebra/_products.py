"""Laws LA-07 to LA-12 and LA-17: products of matrices and vectors, transposes, the identity."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import identical, largest, refused
from probml.numerics import FloatArray

__all__ = ["LAWS"]

_Product = Callable[[FloatArray, FloatArray], Any]
_SIZES = st.integers(1, 3)


class _Factors(NamedTuple):
    """Two matrices that conform."""

    A: FloatArray
    B: FloatArray


@st.composite
def _factors(draw: DrawFn) -> _Factors:
    m = draw(_SIZES)
    # Square factors, too: there a transposed factor, or the other order, is no error of shape.
    k, q = draw(st.just(m) | _SIZES), draw(st.just(m) | _SIZES)
    return _Factors(draw(whole(m, k)), draw(whole(k, q)))


def _loops(A: FloatArray, B: FloatArray) -> list[list[float]]:
    """The product by its definition."""
    m, k, q = len(A), len(B), B.shape[1]
    rows, others = A.tolist(), B.tolist()
    return [[sum(rows[i][r] * others[r][j] for r in range(k)) for j in range(q)] for i in range(m)]


def _product_residual(multiply: _Product, case: _Factors) -> float:
    longer = np.vstack([case.B, case.B, case.B])
    return largest(
        identical(multiply(*case), _loops(*case)),
        refused(lambda: multiply(case.A, longer)),
    )


class _Maps(NamedTuple):
    """Three square matrices, and a vector that they map."""

    A: FloatArray
    B: FloatArray
    C: FloatArray
    x: FloatArray


_MAPS = st.integers(1, 3).flatmap(
    lambda n: st.builds(_Maps, whole(n, n), whole(n, n), whole(n, n), whole(n))
)


def _composition_residual(compose: _Product, case: _Maps) -> float:
    """Distance from first B, then A; from either grouping; and from the sum of two products."""
    A, B, C, x = case
    first = [float(row @ x) for row in B]
    then = [float(row @ np.array(first)) for row in A]
    return largest(
        identical(compose(A, B) @ x, then),
        identical(compose(compose(A, B), C), compose(A, compose(B, C))),
        identical(compose(A, B + C), compose(A, B) + compose(A, C)),
    )


class _Adjoint(NamedTuple):
    """A matrix, and a vector on either side of it."""

    A: FloatArray
    x: FloatArray
    y: FloatArray


_ADJOINTS = st.tuples(_SIZES, _SIZES).flatmap(
    lambda shape: st.builds(_Adjoint, whole(*shape), whole(shape[1]), whole(shape[0]))
)


def _transpose_residual(transpose: Callable[[FloatArray], Any], case: _Adjoint) -> float:
    A, x, y = case
    m, n = A.shape
    found = np.asarray(transpose(A))
    if found.shape != (n, m):
        return math.inf
    moved = sum(found[j, i] != A[i, j] for i, j in product(range(m), range(n)))
    return largest(
        float(moved),
        identical(transpose(found), A),
        abs(float((A @ x) @ y - x @ (found @ y))),
    )


def _transposed_product(At: FloatArray, Bt: FloatArray) -> FloatArray:
    """Transpose of A B from the transposes of its factors."""
    result: FloatArray = Bt @ At
    return result


def _transposed_product_residual(transposed: _Product, case: _Factors) -> float:
    expected = np.array(_loops(*case))
    return identical(transposed(case.A.T, case.B.T), [list(column) for column in expected.T])


# -- LA-11, LA-12: dot products -------------------------------------------------------------------


class _Vectors(NamedTuple):
    """Three vectors of one length, and a number."""

    x: FloatArray
    y: FloatArray
    z: FloatArray
    a: float


_VECTORS: SearchStrategy[_Vectors] = st.integers(1, 4).flatmap(
    lambda n: st.builds(_Vectors, whole(n), whole(n), whole(n), st.integers(-3, 3).map(float))
)


def _dot_residual(dot: _Product, case: _Vectors) -> float:
    """Distance from the sum of products; from linearity; and beyond Cauchy and Schwarz."""
    x, y, z, a = case
    found = np.asarray(dot(x, y))
    if found.shape != ():
        return math.inf
    longest = math.sqrt(math.fsum(x * x) * math.fsum(y * y))
    return largest(
        abs(float(found) - math.fsum(u * v for u, v in zip(x, y, strict=True))),
        abs(float(dot(y, x) - found)),
        abs(float(dot(a * x + z, y) - (a * found + dot(z, y)))),
        abs(float(found)) - longest * (1.0 + 1e-15),
        -float(dot(x, x)),
    )


class _TensorProducts(NamedTuple):
    """What contracts the last axis with the last but one, what contracts both, and neither."""

    dot: _Product
    frobenius: _Product
    outer: _Product


class _Tensors(NamedTuple):
    """A tensor of three axes, a matrix that conforms, one of its shape, and a vector."""

    T: FloatArray
    A: FloatArray
    B: FloatArray
    x: FloatArray


@st.composite
def _tensors(draw: DrawFn) -> _Tensors:
    n, m, k = draw(_SIZES), draw(_SIZES), draw(_SIZES)
    return _Tensors(draw(whole(n, 2, m)), draw(whole(m, k)), draw(whole(m, k)), draw(whole(m)))


def _frobenius(A: FloatArray, B: FloatArray) -> Any:
    return np.tensordot(A, B, 2)


def _tensors_residual(products: _TensorProducts, case: _Tensors) -> float:
    T, A, B, x = case
    slices = [_loops(matrix, A) for matrix in T]
    to_vector = [[row[0] for row in _loops(matrix, x[:, None])] for matrix in T]
    columns = A[:, 0].tolist()
    return largest(
        identical(products.dot(T, A), slices),
        identical(products.dot(T, x), to_vector),
        identical(products.frobenius(A, B), math.fsum((A * B).ravel().tolist())),
        identical(products.frobenius(A, B), float(np.trace(A.T @ B))),
        identical(products.outer(x, A[:, 0]), [[u * v for v in columns] for u in x.tolist()]),
    )


def _untransposed_trace(A: FloatArray, B: FloatArray) -> float:
    return float(np.trace(A @ B.reshape(A.T.shape)))


_TENSOR_PRODUCTS = _TensorProducts(np.dot, _frobenius, np.outer)


def _identity_residual(identity: Callable[[int], FloatArray], case: FloatArray) -> float:
    m, n = case.shape
    return largest(
        identical(case @ identity(n), case),
        identical(identity(m) @ case, case),
        refused(lambda: case @ identity(n + 1)),
    )


_A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
_SHEARS = (np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 1.0]]))

LAWS = (
    Law(
        id="LA-07",
        title="product of two matrices",
        text="Entry i, j sums row i of the first times column j of the second, whose numbers of "
        "entries must be equal.",
        latex=r"C_{ij} = \sum_k A_{ik} B_{kj}",
        source="Lai 2020, slide 8, slide 9, slide 10, slide 11; Zaidi, SIT744 lecture 2, Matrix "
        "product; roychuang, winter camp, Multiplication",
        cases=_factors(),
        residual=_product_residual,
        tolerance=0.0,
        reason="whole numbers are exact",
        subject=np.matmul,
        mutants=(
            Mutant("entry by entry", lambda A, B: A * B),
            Mutant("in the other order", lambda A, B: B @ A),
            Mutant("second factor transposed", lambda A, B: A @ B.T),
            Mutant("cut to fit", lambda A, B: A @ B[: A.shape[1]]),
        ),
        # [[15, 19], [33, 49]], whose corner one source prints as 17; [[58, 64], [139, 154]].
        examples=(
            _Factors(_A, np.array([[1.0, 5.0], [1.0, 1.0], [4.0, 4.0]])),
            _Factors(_A, np.array([[7.0, 8.0], [9.0, 10.0], [11.0, 12.0]])),
        ),
    ),
    Law(
        id="LA-08",
        title="laws of the product",
        text="The product is the composition of maps, first the right one: it may be grouped and "
        "multiplied out at will, but in general not turned round.",
        latex=r"(AB)x = A(Bx),\quad (AB)C = A(BC),\quad A(B + C) = AB + AC",
        source="Zaidi, SIT744 lecture 2, Matrix product is not commutative, composition",
        cases=_MAPS,
        residual=_composition_residual,
        tolerance=0.0,
        reason="whole numbers are exact",
        subject=np.matmul,
        mutants=(
            Mutant("in the other order", lambda A, B: B @ A),
            Mutant("made to commute", lambda A, B: (A @ B + B @ A) / 2.0),
            Mutant("entry by entry", lambda A, B: A * B),
            Mutant("sum of the maps", lambda A, B: A + B),
        ),
        # AB = [[2, 1], [1, 1]] and BA = [[1, 1], [1, 2]]
        examples=(_Maps(*_SHEARS, np.eye(2), np.array([1.0, 2.0])),),
    ),
    Law(
        id="LA-09",
        title="transpose",
        text="Rows become columns; twice is nothing; a matrix moves to the other side of a dot "
        "product as its transpose.",
        latex=r"(A^\top)_{ij} = A_{ji},\quad \langle Ax, y \rangle = \langle x, A^\top y \rangle",
        source="Lai 2020, slide 12, slide 42; Zaidi, SIT744 lecture 2, Transpose of a matrix; "
        "roychuang, winter camp, Transpose",
        cases=_ADJOINTS,
        residual=_transpose_residual,
        tolerance=0.0,
        reason="whole numbers are exact",
        subject=np.transpose,
        mutants=(
            Mutant("reshaped", lambda A: A.reshape(A.shape[::-1])),
            Mutant("turned by a right angle", np.rot90),
            Mutant("not at all", lambda A: A),
        ),
        examples=(
            _Adjoint(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.ones(2), np.ones(3)),
        ),
    ),
    Law(
        id="LA-10",
        title="transpose of a product",
        text="The transpose of a product is the product of the transposes in reverse order.",
        latex=r"(AB)^\top = B^\top A^\top",
        source="Zaidi, SIT744 lecture 2, Matrix product is not commutative",
        cases=_factors(),
        residual=_transposed_product_residual,
        tolerance=0.0,
        reason="whole numbers are exact",
        subject=_transposed_product,
        mutants=(
            Mutant("in the same order", lambda At, Bt: At @ Bt),
            Mutant("not transposed", lambda At, Bt: At.T @ Bt.T),
            Mutant("one factor transposed", lambda At, Bt: Bt @ At.T),
        ),
    ),
    Law(
        id="LA-11",
        title="dot product",
        text="The sum of the products is one number, symmetric and linear in both vectors, and "
        "never larger than the product of their lengths.",
        latex=r"\langle x, y \rangle = \sum_i x_i y_i,\quad "
        r"|\langle x, y \rangle| \le \|x\| \|y\|",
        source="Lai 2020, slide 13, slide 40; Zaidi, SIT744 lecture 2, Dot product; tanimutomo "
        "2019 (Chollet ch. 2), item 22; roychuang, winter camp, Vector & dot product",
        cases=_VECTORS,
        residual=_dot_residual,
        tolerance=1e-12,
        reason="whole numbers, and one square root",
        subject=np.dot,
        mutants=(
            Mutant("not summed", lambda x, y: x * y),
            Mutant("outer product", np.outer),
            Mutant("sizes only", lambda x, y: np.abs(x) @ np.abs(y)),
            Mutant("mean of the products", lambda x, y: np.mean(x * y)),
        ),
        # 22
        examples=(_Vectors(np.array([1.0, 1, 4]), np.array([5.0, 1, 4]), np.zeros(3), 1.0),),
    ),
    Law(
        id="LA-12",
        title="dot, scalar and tensor products",
        text="The dot product of tensors sums over the last axis and the last but one; the scalar "
        "product of matrices sums over both; the tensor product sums over none.",
        latex=r"\langle A, B \rangle = \mathrm{tr}(A^\top B),\quad (x \otimes y)_{ij} = x_i y_j",
        source="Lai 2020, slide 14, slide 39, slide 40; tanimutomo 2019 (Chollet ch. 2), item 22",
        cases=_tensors(),
        residual=_tensors_residual,
        tolerance=0.0,
        reason="whole numbers are exact",
        subject=_TENSOR_PRODUCTS,
        mutants=(
            Mutant("outer product for dot", _TENSOR_PRODUCTS._replace(dot=np.multiply.outer)),
            Mutant("dot product for outer", _TENSOR_PRODUCTS._replace(outer=np.dot)),
            Mutant(
                "trace without the transpose",
                _TENSOR_PRODUCTS._replace(frobenius=_untransposed_trace),
            ),
            Mutant("not summed", _TENSOR_PRODUCTS._replace(frobenius=lambda A, B: A * B)),
            Mutant(
                "first axis of the second",
                _TENSOR_PRODUCTS._replace(dot=lambda T, A: np.moveaxis(np.dot(T, A), 0, 1)),
            ),
        ),
    ),
    Law(
        id="LA-17",
        title="identity",
        text="The identity matrix of the right size, on either side, leaves a matrix as it is.",
        latex=r"A I_n = I_m A = A",
        source="Lai 2020, slide 18; Zaidi, SIT744 lecture 2, Identity and inverse",
        cases=st.tuples(_SIZES, _SIZES).flatmap(lambda shape: whole(*shape)),
        residual=_identity_residual,
        tolerance=0.0,
        reason="entries are multiplied by one and added to zero",
        subject=np.eye,
        mutants=(
            Mutant("all ones", lambda n: np.ones((n, n))),
            Mutant("the other diagonal", lambda n: np.eye(n)[::-1]),
            Mutant("a single number", lambda n: np.float64(1.0)),
        ),
    ),
)
