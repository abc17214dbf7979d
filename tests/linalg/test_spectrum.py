"""Quadratic forms and eigendecompositions: oracles, defective matrices near and far, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.linalg import LinAlgError, block_diag

from probml.linalg import eigendecomposition, quadratic_extremes, rayleigh_quotient


@given(seed=st.integers(0, 999), n=st.integers(1, 5))
def test_no_point_of_the_sphere_is_beyond_the_extremes(seed, n):
    rng = np.random.default_rng(seed)
    A, X = rng.standard_normal((n, n)), rng.standard_normal((50, n))
    found = quadratic_extremes(A)
    values = [rayleigh_quotient(A, x) for x in X]
    assert found.minimum - 1e-12 <= min(values)
    assert max(values) <= found.maximum + 1e-12
    assert rayleigh_quotient(A, found.argmin) == pytest.approx(found.minimum)
    assert rayleigh_quotient(A, found.argmax) == pytest.approx(found.maximum)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_the_quotient_does_not_depend_on_the_length(scale):
    x = np.array([2.0, 1.0])
    assert rayleigh_quotient([[2, 1], [1, 2]], scale * x) == pytest.approx(2.8, rel=1e-14)


@pytest.mark.parametrize(
    ("A", "x", "told"),
    [
        (np.eye(2), [0.0, 0.0], "zero vector"),
        (np.eye(2), [1.0], r"expected 2 \(got 1\)"),
        ([[1.0, 2.0]], [1.0, 1.0], "A must be a square matrix"),
        (np.eye(2), [[1.0], [1.0]], "x must be a vector"),
    ],
)
def test_what_has_no_quotient(A, x, told):
    with pytest.raises(ValueError, match=told):
        rayleigh_quotient(A, x)


def conditioned(rng, n, highest=30.0):
    """A random matrix with singular values from 1 to `highest`."""
    Q, R = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
    return Q * np.geomspace(1.0, highest, n) @ R


def rebuilt(A):
    values, V = eigendecomposition(A)
    assert_allclose(np.linalg.norm(V, axis=0), 1.0)
    return V * values @ np.linalg.inv(V)


@pytest.mark.parametrize("seed", range(30))
def test_diagonalisable_matrices_are_rebuilt(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(2, 6)
    P = conditioned(rng, n)
    distinct = P * rng.permutation(n) @ np.linalg.inv(P)
    # the eigenvalue 1 twice: repeated is not defective
    repeated = P * [1.0, 1.0, *range(2, n)] @ np.linalg.inv(P)
    Q = np.linalg.qr(P)[0]
    for A in (distinct, repeated, Q * np.ones(n) @ Q.T, rng.standard_normal((n, n))):
        assert_allclose(rebuilt(A), A, atol=1e-8)


@pytest.mark.parametrize("others", [[], [1.0], [1.0 + 1e-5, 5.0], [1.0, 1.0, -2.0]])
def test_copies_of_an_eigenvalue_that_rounding_has_entangled_are_told_apart(others):
    # numpy.linalg.eig takes the rounding for a shear: its two vectors are parallel up to 2e-5
    A = np.diag([1.0, 1.0, *others])
    A[0, 1] = 1e-11
    assert np.linalg.cond(np.linalg.eig(A).eigenvectors) > 1e4
    values, V = eigendecomposition(A)
    assert_allclose(values, A.diagonal(), atol=1e-10)
    assert np.linalg.cond(V) < 10
    assert_allclose(V * values @ np.linalg.inv(V), A, atol=1e-10)
    A[0, 1] = 1e-8
    with pytest.raises(LinAlgError, match="there are fewer"):
        eigendecomposition(A)


@pytest.mark.parametrize("seed", range(30))
def test_defective_matrices_are_refused(seed):
    rng = np.random.default_rng(seed)
    size = rng.integers(2, 4)
    block = np.eye(size) * rng.uniform(-2, 2) + np.eye(size, k=1)
    J = block_diag(block, np.diag(rng.uniform(3, 5, rng.integers(0, 3))))
    P = conditioned(rng, len(J))
    with pytest.raises(LinAlgError, match=f"must have {len(J)} independent eigenvectors"):
        eigendecomposition(P @ J @ np.linalg.inv(P))


def test_nearly_defective_is_not_defective():
    A = np.array([[1.0, 1.0], [0.0, 1.0 + 1e-5]])
    assert_allclose(rebuilt(A), A, atol=1e-9)


def test_real_matrices_with_real_eigenvalues_stay_real():
    values, V = eigendecomposition([[2.0, 1.0], [1.0, 2.0]])
    assert values.dtype == V.dtype == np.float64
    assert eigendecomposition([[0.0, 1.0], [-1.0, 0.0]]).values.dtype == np.complex128


@pytest.mark.parametrize("A", [[[1.0, 2.0]], [[np.nan]], [1.0], np.zeros((0, 0))])
@pytest.mark.parametrize("f", [eigendecomposition, quadratic_extremes])
def test_what_is_no_square_matrix(f, A):
    with pytest.raises(ValueError, match="A must be"):
        f(A)
