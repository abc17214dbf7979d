"""Rank, echelon forms and coordinates: exact oracles, hard cases, and what is refused."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.linalg import LinAlgError, hilbert

from probml.linalg import coordinates, linearly_independent, rank, row_echelon

WHOLE = arrays(
    float, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.integers(-4, 4).map(float)
)


def exactly_reduced(A):
    """Reduced row echelon form in fractions, and the columns of its pivots."""
    R, pivots = [[Fraction(v) for v in row] for row in A.tolist()], []
    for j in range(A.shape[1]):
        i = len(pivots)
        found = next((k for k in range(i, len(R)) if R[k][j]), None)
        if found is None:
            continue
        R[i], R[found] = R[found], R[i]
        R[i] = [v / R[i][j] for v in R[i]]
        for k in range(len(R)):
            if k != i:
                R[k] = [a - R[k][j] * b for a, b in zip(R[k], R[i], strict=True)]
        pivots.append(j)
    return np.array([[float(v) for v in row] for row in R]), tuple(pivots)


@given(A=WHOLE)
def test_the_reduced_form_is_the_exact_one(A):
    matrix, pivots = exactly_reduced(A)
    form = row_echelon(A)
    assert form.pivots == pivots
    assert_allclose(form.matrix, matrix, atol=1e-11)
    assert form.rank == rank(A) == len(pivots)
    assert linearly_independent(A) == (len(pivots) == A.shape[1])


def test_a_small_pivot_magnifies_rounding():
    # of 1000 random products of rank 2, some have first columns that are nearly parallel
    rng = np.random.default_rng(0)
    for _ in range(1000):
        A = rng.standard_normal((3, 2)) @ rng.standard_normal((2, 3))
        form = row_echelon(A)
        assert form.pivots == (0, 1)
        assert_allclose(A[:, :2] @ form.matrix[:2], A, atol=1e-10)


def test_the_argument_is_left_alone():
    A = np.array([[2.0, 1.0], [4.0, 3.0]])
    row_echelon(A)
    assert A.tolist() == [[2.0, 1.0], [4.0, 3.0]]


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_rank_does_not_depend_on_the_scale(scale):
    A = scale * np.array([[1.0, 2.0], [2.0, 4.0], [0.0, 1.0]])
    assert (rank(A), row_echelon(A).rank, rank(A[:2]), row_echelon(A[:2]).rank) == (2, 2, 1, 1)


def test_short_vectors_are_independent_of_long_ones():
    # as columns of one matrix, the second would be rounding beside the first
    assert linearly_independent([[1e20, 0.0], [0.0, 1e-20]])
    assert_allclose(coordinates([[1e20, 0.0], [0.0, 1e-20]], [1e20, 3e-20]), [1.0, 3.0])
    assert not linearly_independent([[1.0, 0.0], [0.0, 0.0]])


def test_nearly_dependent_columns_count_as_the_tolerance_says():
    A = [[1.0, 1.0], [0.0, 1e-9]]
    assert (rank(A), rank(A, rtol=1e-6)) == (2, 1)
    assert (row_echelon(A).rank, row_echelon(A, rtol=1e-6).rank) == (2, 1)
    assert (linearly_independent(A), linearly_independent(A, rtol=1e-6)) == (True, False)


def test_the_rank_of_zero_is_zero():
    form = row_echelon(np.zeros((2, 3)))
    assert (rank(np.zeros((2, 3))), form.rank, form.pivots) == (0, 0, ())


@given(A=WHOLE, c=st.lists(st.integers(-5, 5), min_size=5, max_size=5))
def test_coordinates_are_found_or_refused(A, c):
    c = np.array(c[: A.shape[1]], float)
    if linearly_independent(A):
        assert_allclose(coordinates(A, A @ c), c, atol=1e-8)
    else:
        with pytest.raises(LinAlgError, match=r"must be linearly independent \(their rank is \d"):
            coordinates(A, A @ c)


def test_an_ill_conditioned_basis_is_no_reason_to_refuse():
    V = hilbert(8)  # of condition 1e10
    assert_allclose(coordinates(V, V @ np.ones(8)), np.ones(8), atol=1e-4)


@pytest.mark.parametrize(
    ("V", "x", "told"),
    [
        ([[1.0], [0.0]], [1.0, 1.0], r"must lie in the span of V \(it is 1 away from it\)"),
        ([[1.0], [0.0]], [1.0], r"expected shape \(2,\) \(got \(1,\)\)"),
        ([[1.0, 0.0], [0.0, 1.0]], [[1.0], [1.0]], r"\(got \(2, 1\)\)"),
        ([[1.0, 0.0], [0.0, 1.0]], [np.inf, 1.0], "finite vector"),
        ([1.0, 2.0], [1.0, 2.0], "V must be a matrix"),
        ([[np.nan]], [1.0], "V must be finite"),
    ],
)
def test_what_has_no_coordinates(V, x, told):
    with pytest.raises(ValueError, match=told):
        coordinates(V, x)


@pytest.mark.parametrize("f", [rank, row_echelon, linearly_independent])
@pytest.mark.parametrize("A", [[1.0, 2.0], [[np.inf]], np.zeros((0, 2)), [["a"]], [[1j]]])
def test_what_is_no_matrix(f, A):
    with pytest.raises(ValueError, match="must"):
        f(A)


@pytest.mark.parametrize("rtol", [-1.0, np.nan, 2.0])
def test_what_is_no_tolerance(rtol):
    with pytest.raises(ValueError, match="rtol must be"):
        rank([[1.0]], rtol)
