"""Laws LA-25 to LA-29: eigenvalues, and what they say of a matrix."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import ArrayLike, NDArray

from probml.laws._drawn import Symmetric, regular, symmetric, whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, refused, relative
from probml.linalg import (
    QuadraticExtremes,
    eigendecomposition,
    quadratic_extremes,
)
from probml.numerics import FloatArray

__all__ = ["LAWS"]

_Array = NDArray[Any]


def _gap(a: ArrayLike, b: ArrayLike) -> float:
    """Largest ``|a - b| / (1 + |b|)`` of two arrays of complex numbers."""
    got, expected = np.asarray(a), np.asarray(b)
    if got.shape != expected.shape or np.isnan(got).any():
        return math.inf
    return float(np.max(np.abs(got - expected) / (1.0 + np.abs(expected)), initial=0.0))


# -- LA-25 to LA-27: eigenvectors and decompositions ----------------------------------------------


class _Eigen(NamedTuple):
    """Eigenvalues, and eigenvectors as columns."""

    values: _Array
    vectors: _Array


class _Distinct(NamedTuple):
    """``P diag(values) P^-1``, whose values are distinct."""

    P: FloatArray
    values: tuple[float, ...]

    @property
    def matrix(self) -> FloatArray:
        """The matrix."""
        A: FloatArray = self.P * np.array(self.values) @ np.linalg.inv(self.P)
        return A


@st.composite
def _distinct(draw: DrawFn) -> _Distinct:
    n = draw(st.integers(1, 4))
    values = draw(st.lists(st.integers(-6, 6), min_size=n, max_size=n, unique=True))
    return _Distinct(draw(regular(n, lowest=0.5, highest=2.0)), tuple(v / 2 for v in values))


def _numpy_eig(A: FloatArray) -> _Eigen:
    values, V = np.linalg.eig(A)
    return _Eigen(values, V)


def _eigen_residual(eig: Callable[[FloatArray], _Eigen], case: _Distinct) -> float:
    """Of ``A v = lambda v``, trace and determinant; the vectors may have any sign and scale."""
    A = case.matrix
    values, V = eig(A)
    shortest = float(np.linalg.norm(V, axis=0).min())
    if not shortest > 0.0:
        return math.inf
    V = V / np.linalg.norm(V, axis=0)
    return largest(
        _gap(A @ V, V * values),
        _gap(np.sum(values), np.trace(A)),
        _gap(np.prod(values), np.prod(np.array(case.values))),
    )


def _sorted_apart(A: FloatArray) -> _Eigen:
    values, V = _numpy_eig(A)
    return _Eigen(np.sort(values)[::-1], V)


class _Decomposition(NamedTuple):
    """Eigenvectors as columns, eigenvalues, and the inverse of the former."""

    V: _Array
    values: _Array
    inverse: _Array


def _decompose(A: FloatArray) -> _Decomposition:
    values, V = eigendecomposition(A)
    return _Decomposition(V, values, np.linalg.inv(V))


def _decomposition_residual(
    decompose: Callable[[FloatArray], _Decomposition], case: _Distinct
) -> float:
    """Distance from A; and a matrix with one eigenvector too few must be refused."""
    V, values, inverse = decompose(case.matrix)
    rebuilt = _gap(V * values @ inverse, case.matrix.astype(complex))
    n = len(case.values)
    if n == 1:
        return rebuilt
    block = np.diag(case.values)
    block[1, 1], block[0, 1] = block[0, 0], 1.0
    defective = case.P @ block @ np.linalg.inv(case.P)
    return largest(
        rebuilt,
        refused(lambda: decompose(defective)),
        refused(lambda: decompose(np.array([[1.0, case.values[0] + 4.0], [0.0, 1.0]]))),
    )


def _transposed_for_inverse(A: FloatArray) -> _Decomposition:
    found = _decompose(A)
    return found._replace(inverse=found.V.T)


def _unchecked(A: FloatArray) -> _Decomposition:
    values, V = np.linalg.eig(A)
    return _Decomposition(V, values, np.linalg.inv(V))


def _numpy_eigh(A: FloatArray) -> _Eigen:
    values, Q = np.linalg.eigh(A)
    return _Eigen(values, Q)


def _symmetric_residual(eigh: Callable[[FloatArray], _Eigen], case: Symmetric) -> float:
    values, Q = eigh(case.matrix)
    if np.iscomplexobj(values) or np.iscomplexobj(Q):
        return math.inf
    return largest(
        relative(Q * values @ Q.T, case.matrix),
        relative(Q.T @ Q, np.eye(len(Q))),
        relative(np.sort(values), sorted(case.spectrum)),
    )


# -- LA-28: quadratic forms -----------------------------------------------------------------------


class _Form(NamedTuple):
    """A matrix, symmetric or not, and points."""

    A: FloatArray
    points: FloatArray


_FORMS = st.integers(1, 3).flatmap(
    lambda n: st.builds(_Form, whole(n, n), whole(5, n).map(lambda x: x + 1 / 7))
)


def _form_residual(extremes: Callable[[FloatArray], QuadraticExtremes], case: _Form) -> float:
    """How far a point goes beyond the extremes, and how far the extremes are from being taken."""
    A, found = case.A, extremes(case.A)
    worst = 0.0
    for point, value in ((found.argmin, found.minimum), (found.argmax, found.maximum)):
        worst = largest(worst, relative(point @ A @ point, value), relative(point @ point, 1.0))
    # at the points drawn, and along each axis and diagonal
    axes = np.vstack([case.points, np.eye(len(A)), np.eye(len(A)) + np.ones((len(A), 1)) * 0.5])
    for x in axes:
        q = float(x @ A @ x / (x @ x))
        worst = largest(worst, found.minimum - q, q - found.maximum)
    symmetric = np.linalg.eigvalsh((A + A.T) / 2.0)
    return largest(worst, relative([found.minimum, found.maximum], symmetric[[0, -1]]))


def _of_the_matrix_itself(A: FloatArray) -> QuadraticExtremes:
    values, V = np.linalg.eig(A)
    low, high = int(values.real.argmin()), int(values.real.argmax())
    return QuadraticExtremes(
        float(values[low].real), V[:, low].real, float(values[high].real), V[:, high].real
    )


def _of_the_diagonal(A: FloatArray) -> QuadraticExtremes:
    d, one = A.diagonal(), np.eye(len(A))
    return QuadraticExtremes(float(d.min()), one[d.argmin()], float(d.max()), one[d.argmax()])


def _swapped(found: QuadraticExtremes) -> QuadraticExtremes:
    return QuadraticExtremes(found.maximum, found.argmax, found.minimum, found.argmin)


# -- LA-29: shear ---------------------------------------------------------------------------------


class _Sheared(NamedTuple):
    """Two shears, how often, and a point."""

    k: float
    other: float
    n: int
    x: float
    y: float


_QUARTERS = st.integers(-12, 12).map(lambda v: v / 4)
_SHEARED = st.builds(
    _Sheared, _QUARTERS.filter(bool), _QUARTERS, st.integers(1, 100), _QUARTERS, _QUARTERS
)


def _shear(k: float) -> FloatArray:
    return np.array([[1.0, k], [0.0, 1.0]])


def _shear_residual(shear: Callable[[float], FloatArray], case: _Sheared) -> float:
    """Of what a shear does, how shears add up, and what it has for eigenvectors."""
    k, other, n, x, y = case
    S = shear(k)
    only = S - np.eye(2)
    return largest(
        relative(S @ [1.0, 0.0], [1.0, 0.0]),
        relative(S @ [x, y], [x + k * y, y]),
        relative(S @ shear(other), shear(k + other)),
        relative(np.linalg.matrix_power(S, n), shear(n * k)),
        relative(shear(-k) @ S, np.eye(2)),
        # of S - 1 the square vanishes and the matrix does not: one eigenvector for two eigenvalues
        relative(only @ only, np.zeros((2, 2))),
        float(not only.any()),
        refused(lambda: eigendecomposition(S)),
    )


LAWS = (
    Law(
        id="LA-25",
        title="eigenvectors",
        text="An eigenvector keeps its direction, at any sign and scale; the eigenvalues add up to "
        "the trace and multiply to the determinant.",
        latex=r"A v = \lambda v,\ v \ne 0;\quad \textstyle\sum_i \lambda_i = \mathrm{tr} A,\ "
        r"\prod_i \lambda_i = \det A",
        source="Lai 2020, slide 24; Zaidi, SIT744 lecture 2, Eigendecomposition",
        cases=_distinct(),
        residual=_eigen_residual,
        tolerance=1e-9,
        reason="eigenvectors with a condition number up to 4",
        subject=_numpy_eig,
        mutants=(
            Mutant(
                "rows for columns", lambda A: _Eigen(_numpy_eig(A).values, _numpy_eig(A).vectors.T)
            ),
            Mutant("values sorted by themselves", _sorted_apart),
            Mutant("zero vectors", lambda A: _Eigen(_numpy_eig(A).values, np.zeros_like(A))),
            Mutant("of the symmetric part", lambda A: _numpy_eigh((A + A.T) / 2.0)),
            Mutant("singular values", lambda A: _Eigen(*np.linalg.svd(A.T)[1::-1])),
        ),
    ),
    Law(
        id="LA-26",
        title="eigendecomposition",
        text="A matrix with independent eigenvectors is rebuilt from them, their eigenvalues and "
        "the inverse; one that has too few must be refused.",
        latex=r"A = V \mathrm{diag}(\lambda) V^{-1} \iff A \text{ is diagonalisable}",
        source="Zaidi, SIT744 lecture 2, Eigendecomposition",
        cases=_distinct(),
        residual=_decomposition_residual,
        tolerance=1e-8,
        reason="two condition numbers up to 4",
        subject=_decompose,
        mutants=(
            Mutant("transpose for the inverse", _transposed_for_inverse),
            Mutant("defective ones, too", _unchecked),
            Mutant("as if symmetric", lambda A: _decompose((A + A.T) / 2.0)),
        ),
    ),
    Law(
        id="LA-27",
        title="symmetric matrices",
        text="A symmetric matrix has real eigenvalues and orthonormal eigenvectors, which rebuild "
        "it without an inverse.",
        latex=r"A = A^\top \Rightarrow A = Q \Lambda Q^\top,\ Q^\top Q = I,\ \lambda \in \mathbb R",
        source="Zaidi, SIT744 lecture 2, real symmetric matrices",
        cases=symmetric(),
        residual=_symmetric_residual,
        tolerance=1e-12,
        reason="up to five eigenvalues up to 3",
        subject=_numpy_eigh,
        mutants=(
            Mutant("rows for columns", lambda A: _Eigen(_numpy_eigh(A)[0], _numpy_eigh(A)[1].T)),
            Mutant("not of length one", lambda A: _Eigen(_numpy_eigh(A)[0], 2 * _numpy_eigh(A)[1])),
            Mutant("sizes only", lambda A: _Eigen(np.abs(_numpy_eigh(A)[0]), _numpy_eigh(A)[1])),
            Mutant("upper triangle doubled", lambda A: _numpy_eigh(A + np.tril(A, -1))),
        ),
    ),
    Law(
        id="LA-28",
        title="extremes of a quadratic form",
        text="On the unit sphere the form lies between the smallest and the largest eigenvalue of "
        "its symmetric part, and takes both at their eigenvectors.",
        latex=r"\lambda_{\min} \le \frac{x^\top A x}{x^\top x} \le \lambda_{\max}\quad "
        r"\text{of } (A + A^\top) / 2",
        source="Zaidi, SIT744 lecture 2, quadratic expressions",
        cases=_FORMS,
        residual=_form_residual,
        tolerance=1e-12,
        reason="whole numbers up to 6, three by three",
        subject=quadratic_extremes,
        mutants=(
            Mutant("of the matrix itself", _of_the_matrix_itself),
            Mutant("without the half", lambda A: quadratic_extremes(A + A.T)),
            Mutant("largest and smallest swapped", lambda A: _swapped(quadratic_extremes(A))),
            Mutant("of the diagonal", _of_the_diagonal),
        ),
        # 1.3819660113 and 3.6180339887; then -1 and 1, where every eigenvalue is 0
        examples=(
            _Form(np.array([[2.0, 1.0], [1.0, 3.0]]), np.eye(2)),
            _Form(np.array([[0.0, 2.0], [0.0, 0.0]]), np.eye(2)),
        ),
    ),
    Law(
        id="LA-29",
        title="shear",
        text="A shear moves points along the horizontal axis, which alone it leaves in place: two "
        "equal eigenvalues, one direction. Shears add up.",
        latex=r"S_k = \begin{pmatrix} 1 & k \\ 0 & 1 \end{pmatrix},\quad S_k^n = S_{nk},\ "
        r"S_k^{-1} = S_{-k}",
        source="Lai 2020, slide 25",
        cases=_SHEARED,
        residual=_shear_residual,
        tolerance=1e-12,
        reason="quarters are exact",
        subject=_shear,
        mutants=(
            Mutant("along the vertical axis", lambda k: _shear(k).T),
            Mutant("two eigenvectors", lambda k: np.diag([1.0, 1.0 + k])),
            Mutant("to the left", lambda k: _shear(-k)),
            Mutant("not at all", lambda k: np.eye(2)),
        ),
        # S (1, 1) = (2, 1), and a hundred times (101, 1)
        examples=(_Sheared(1.0, 1.0, 100, 1.0, 1.0),),
    ),
)
