"""Laws LA-14 to LA-16 and LA-18 to LA-20: what vectors span, and what maps can be undone."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml.laws._drawn import orthogonal, regular, whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, refused, relative
from probml.linalg import (
    RowEchelon,
    coordinates,
    linearly_independent,
    pseudo_inverse,
    rank,
    row_echelon,
    solve_spd,
)
from probml.numerics import FloatArray

__all__ = ["LAWS"]

_Inverse = Callable[[FloatArray], FloatArray]


# -- LA-14, LA-15: independence and bases ---------------------------------------------------------


class _Columns(NamedTuple):
    """Columns of random numbers, and whether the last is a combination of the others."""

    d: int
    k: int
    seed: int
    dependent: bool

    @property
    def matrix(self) -> FloatArray:
        """Shape (d, k)."""
        rng = np.random.default_rng(self.seed)
        V = rng.standard_normal((self.d, self.k))
        if self.dependent:
            V[:, -1] = V[:, :-1] @ rng.uniform(0.5, 1.0, self.k - 1)
        return V


# Random numbers of a generator, since those that Hypothesis shrinks become dependent.
_COLUMNS = st.builds(
    lambda d, k, seed, dependent: _Columns(d, k, seed, dependent and k > 1),
    st.integers(1, 5),
    st.integers(1, 6),
    st.integers(0, 99),
    st.booleans(),
)


def _independence_residual(independent: Callable[[FloatArray], bool], case: _Columns) -> float:
    expected = case.k <= case.d and not case.dependent
    return float(bool(independent(case.matrix)) != expected)


def _pairwise(V: FloatArray) -> bool:
    """Looks for two parallel columns, and no further."""
    U = V / np.linalg.norm(V, axis=0)
    return bool((np.abs(U.T @ U) - np.eye(V.shape[1]) < 1.0 - 1e-12).all())


class _Basis(NamedTuple):
    """A regular matrix whose columns are a basis, and coordinates in it."""

    V: FloatArray
    c: FloatArray


_BASES = st.integers(1, 4).flatmap(lambda n: st.builds(_Basis, regular(n), whole(n)))


def _basis_residual(find: Callable[[FloatArray, FloatArray], FloatArray], case: _Basis) -> float:
    return relative(find(case.V, case.V @ case.c), case.c)


# -- LA-16: rank ----------------------------------------------------------------------------------


class _Ranked(NamedTuple):
    """A product of random factors of shapes (m, r) and (r, n), after columns of zeros."""

    m: int
    n: int
    r: int
    n_zeros: int
    seed: int

    @property
    def matrix(self) -> FloatArray:
        """Shape (m, n_zeros + n), rank r."""
        rng = np.random.default_rng(self.seed)
        left, right = rng.standard_normal((self.m, self.r)), rng.standard_normal((self.r, self.n))
        return np.hstack([np.zeros((self.m, self.n_zeros)), left @ right])


@st.composite
def _ranked(draw: DrawFn) -> _Ranked:
    m, n = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    r = draw(st.integers(1, min(m, n)))
    return _Ranked(m, n, r, draw(st.integers(0, 2)), draw(st.integers(0, 99)))


class _Ranks(NamedTuple):
    """The rank by singular values, and the form in which it can be read off."""

    rank: Callable[[FloatArray], int]
    echelon: Callable[[FloatArray], RowEchelon]


def _rank_residual(ranks: _Ranks, case: _Ranked) -> float:
    """Of every factor and product; and A must be its pivot columns times the echelon form."""
    A = case.matrix
    wrong = sum(ranks.rank(B) != case.r for B in (A, A.T, A.T @ A))
    form = ranks.echelon(A)
    if len(form.pivots) != case.r or wrong:
        return math.inf
    rows = form.matrix[: case.r]
    return largest(
        relative(A[:, list(form.pivots)] @ rows, A),
        relative(rows[:, list(form.pivots)], np.eye(case.r)),
        float(np.abs(form.matrix[case.r :]).max(initial=0.0)),
    )


def _without_exchange(A: FloatArray) -> RowEchelon:
    """Elimination down the diagonal, whatever stands there."""
    R, pivots = A.copy(), []
    for i in range(min(R.shape)):
        if abs(R[i, i]) > 1e-12:
            R[i] /= R[i, i]
            others = np.arange(len(R)) != i
            R[others] -= np.outer(R[others, i], R[i])
            pivots.append(i)
    return RowEchelon(R, tuple(pivots))


_RANKS = _Ranks(rank, row_echelon)


# -- LA-18, LA-19: inverses and solutions ---------------------------------------------------------


class _Inverses(NamedTuple):
    """The inverse of a matrix, and that of a product from those of its factors."""

    of_matrix: _Inverse
    of_product: Callable[[FloatArray, FloatArray], FloatArray]


class _Regular(NamedTuple):
    """Two invertible matrices, and two numbers."""

    A: FloatArray
    B: FloatArray
    a: int
    b: int


_REGULARS = st.integers(1, 4).flatmap(
    lambda n: st.builds(_Regular, regular(n), regular(n), st.integers(1, 9), st.integers(-9, 9))
)


def _inverse_residual(inverses: _Inverses, case: _Regular) -> float:
    A, B, a, b = case
    one, Ai, Bi = np.eye(len(A)), inverses.of_matrix(A), inverses.of_matrix(B)
    # the second row is twice the first, which elimination finds without rounding
    singular = np.array([[a, b], [2.0 * a, 2.0 * b]])
    return largest(
        relative(A @ Ai, one),
        relative(Ai @ A, one),
        relative(A @ B @ inverses.of_product(Ai, Bi), one),
        relative(inverses.of_matrix(A.T), Ai.T),
        refused(lambda: inverses.of_matrix(singular)),
    )


_INVERSES = _Inverses(np.linalg.inv, lambda Ai, Bi: Bi @ Ai)


class _System(NamedTuple):
    """An invertible matrix, and the solution."""

    A: FloatArray
    x: FloatArray


_SYSTEMS = st.integers(1, 4).flatmap(lambda n: st.builds(_System, regular(n), whole(n)))


class _Solvers(NamedTuple):
    """For any invertible matrix, and for a symmetric positive definite one."""

    general: Callable[[FloatArray, FloatArray], FloatArray]
    definite: Callable[[FloatArray, FloatArray], FloatArray]


def _solver_residual(solvers: _Solvers, case: _System) -> float:
    A, x = case
    S = A.T @ A
    # a matrix whose diagonal is positive, and which is indefinite all the same
    indefinite = np.array([[1.0, 2.0], [2.0, 1.0]])
    return largest(
        relative(A @ solvers.general(A, A @ x), A @ x),
        relative(S @ solvers.definite(S, S @ x), S @ x),
        refused(lambda: solvers.definite(indefinite, np.ones(2))),
    )


_SOLVERS = _Solvers(np.linalg.solve, solve_spd)


def _one_triangle(S: FloatArray, b: FloatArray) -> FloatArray:
    solution: FloatArray = np.linalg.solve(np.linalg.cholesky(S), b)
    return solution


# -- LA-20: pseudo-inverse ------------------------------------------------------------------------


class _Rectangle(NamedTuple):
    """A matrix by its singular values, zeros included, and a right-hand side."""

    U: FloatArray
    stretches: tuple[float, ...]
    V: FloatArray
    b: FloatArray

    @property
    def matrix(self) -> FloatArray:
        """``U diag(stretches) V'``."""
        k = len(self.stretches)
        A: FloatArray = self.U[:, :k] * np.array(self.stretches) @ self.V[:, :k].T
        return A

    @property
    def rank(self) -> int:
        """Number of singular values that are not zero."""
        return sum(s > 0 for s in self.stretches)


@st.composite
def _rectangles(draw: DrawFn) -> _Rectangle:
    m, n = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    k = min(m, n)
    stretch = st.sampled_from([0.0, 0.5, 1.0, 1.0, 2.0, 3.0])
    stretches = tuple(draw(st.lists(stretch, min_size=k, max_size=k)))
    return _Rectangle(draw(orthogonal(m)), stretches, draw(orthogonal(n)), draw(whole(m)))


def _pseudo_residual(inverse: Callable[[FloatArray, Any], FloatArray], case: _Rectangle) -> float:
    """Moore and Penrose's four identities by every route that exists, and the normal equations."""
    A, r = case.matrix, case.rank
    m, n = A.shape
    if not A.any():
        return float(np.abs(inverse(A, "svd")).max())
    P = inverse(A, "svd")
    worst = largest(
        relative(A @ P @ A, A),
        relative(P @ A @ P, P),
        relative((A @ P).T, A @ P),
        relative((P @ A).T, P @ A),
        relative(A.T @ (A @ (P @ case.b) - case.b), np.zeros(n)),
    )
    for route, exists in (("left", r == n), ("right", r == m)):
        if exists:
            worst = largest(worst, relative(inverse(A, route), P))
        elif r < min(m, n) or (m > n) == (route == "right"):
            worst = largest(worst, refused(lambda route=route: inverse(A, route)))  # type: ignore[misc]
    return worst


def _always_left(A: FloatArray, route: str) -> FloatArray:
    P: FloatArray = np.linalg.inv(A.T @ A) @ A.T
    return P


def _always_right(A: FloatArray, route: str) -> FloatArray:
    P: FloatArray = A.T @ np.linalg.inv(A @ A.T)
    return P


def _ridged(A: FloatArray, route: Any) -> FloatArray:
    pseudo_inverse(A, route)
    P: FloatArray = np.linalg.solve(A.T @ A + 1e-3 * np.eye(A.shape[1]), A.T)
    return P


_U, _STRETCHES, _VT = np.linalg.svd(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))

LAWS = (
    Law(
        id="LA-14",
        title="linear independence",
        text="Vectors are independent if only zero coefficients combine them to zero; then their "
        "number is their rank, and no more than there are dimensions.",
        latex=r"\textstyle\sum_i a_i v_i = 0 \Rightarrow a = 0",
        source="Lai 2020, slide 15",
        cases=_COLUMNS,
        residual=_independence_residual,
        tolerance=0.0,
        reason="independent or not",
        subject=linearly_independent,
        mutants=(
            Mutant("no two are parallel", _pairwise),
            Mutant("no more than dimensions", lambda V: V.shape[1] <= V.shape[0]),
            Mutant("a square of full rank", lambda V: V.shape[0] == V.shape[1] == rank(V)),
            Mutant("dimensions of the span", lambda V: rank(V) == min(V.shape)),
        ),
    ),
    Law(
        id="LA-15",
        title="coordinates in a basis",
        text="In a basis every vector has coordinates, and no others.",
        latex=r"V c = x,\quad c \text{ unique}",
        source="Lai 2020, slide 16",
        cases=_BASES,
        residual=_basis_residual,
        tolerance=1e-10,
        reason="condition numbers up to 40",
        subject=coordinates,
        mutants=(
            Mutant("as if orthonormal", lambda V, x: V.T @ x),
            Mutant("as if orthogonal", lambda V, x: V.T @ x / np.sum(V * V, axis=0)),
            Mutant("of the rows", lambda V, x: np.linalg.solve(V.T, x)),
            Mutant("the vector itself", lambda V, x: x),
        ),
        examples=(_Basis(np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([1.0, 2.0])),),
    ),
    Law(
        id="LA-16",
        title="rank",
        text="There are as many independent rows as columns, and as many pivots; a matrix is its "
        "pivot columns times its reduced echelon form.",
        latex=r"\mathrm{rank}(A) = \mathrm{rank}(A^\top) = \mathrm{rank}(A^\top A)",
        source="Lai 2020, slide 17",
        cases=_ranked(),
        residual=_rank_residual,
        tolerance=1e-9,
        reason="elimination in Gaussian matrices of up to five rows",
        subject=_RANKS,
        mutants=(
            Mutant("smaller side", _RANKS._replace(rank=lambda A: min(A.shape))),
            Mutant(
                "rows that are not zero",
                _RANKS._replace(rank=lambda A: int(np.any(A != 0, axis=1).sum())),
            ),
            Mutant("any singular value", _RANKS._replace(rank=lambda A: rank(A, rtol=0.0))),
            Mutant(
                "rows not divided",
                _RANKS._replace(
                    echelon=lambda A: row_echelon(A)._replace(matrix=2.0 * row_echelon(A).matrix)
                ),
            ),
            Mutant("pivots on the diagonal", _RANKS._replace(echelon=_without_exchange)),
        ),
    ),
    Law(
        id="LA-18",
        title="inverse",
        text="The inverse undoes a map on both sides; of a product, in reverse order; a singular "
        "matrix has none.",
        latex=r"A^{-1} A = A A^{-1} = I,\quad (AB)^{-1} = B^{-1} A^{-1},\quad "
        r"(A^\top)^{-1} = (A^{-1})^\top",
        source="Lai 2020, slide 19; Zaidi, SIT744 lecture 2, Identity and inverse",
        cases=_REGULARS,
        residual=_inverse_residual,
        tolerance=1e-10,
        reason="condition numbers up to 1600",
        subject=_INVERSES,
        mutants=(
            Mutant(
                "entry by entry",
                _INVERSES._replace(of_matrix=lambda A: 1.0 / np.where(A == 0.0, 1.0, A)),
            ),
            Mutant("transpose", _INVERSES._replace(of_matrix=np.transpose)),
            Mutant("of singular ones, too", _INVERSES._replace(of_matrix=np.linalg.pinv)),
            Mutant("in the same order", _INVERSES._replace(of_product=np.matmul)),
        ),
    ),
    Law(
        id="LA-19",
        title="systems of equations",
        text="An invertible system has one solution, found by factorisation; a symmetric positive "
        "definite one by Cholesky's, which refuses any other.",
        latex=r"A x = b \iff x = A^{-1} b",
        source="Zaidi, SIT744 lecture 2, Identity and inverse; Lai 2020, slide 19",
        cases=_SYSTEMS,
        residual=_solver_residual,
        tolerance=1e-10,
        reason="condition numbers up to 1600",
        subject=_SOLVERS,
        mutants=(
            Mutant(
                "from the right",
                _SOLVERS._replace(general=lambda A, b: np.linalg.solve(A.T, b)),
            ),
            Mutant("one triangle of two", _SOLVERS._replace(definite=_one_triangle)),
            Mutant("indefinite ones, too", _SOLVERS._replace(definite=np.linalg.solve)),
            Mutant("by the transpose", _SOLVERS._replace(general=lambda A, b: A.T @ b)),
        ),
    ),
    Law(
        id="LA-20",
        title="pseudo-inverse and least squares",
        text="Every matrix has one pseudo-inverse, which gives the shortest of the vectors that "
        "come nearest; the short formulas need independent columns, or rows.",
        latex=r"A^+ = (A^\top A)^{-1} A^\top = A^\top (A A^\top)^{-1},\quad "
        r"A^\top (A A^+ b - b) = 0",
        source="Lai 2020, slide 20",
        cases=_rectangles(),
        residual=_pseudo_residual,
        tolerance=1e-9,
        reason="singular values from 1/2 to 3, squared",
        subject=pseudo_inverse,
        mutants=(
            Mutant("transpose", lambda A, route: A.T),
            Mutant("left formula for all", _always_left),
            Mutant("right formula for all", _always_right),
            Mutant("any route is the same", lambda A, route: pseudo_inverse(A)),
            Mutant("with a ridge", _ridged),
        ),
        # [[-4/3, -1/3, 2/3], [13/12, 1/3, -5/12]]; b = (1, 2, 3) is met exactly by (0, 1/2)
        examples=(_Rectangle(_U, tuple(_STRETCHES.tolist()), _VT.T, np.array([1.0, 2.0, 3.0])),),
    ),
)
