"""Solutions by Cholesky's factor and pseudo-inverses against SciPy; what is refused, and how."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.linalg import LinAlgError

from probml.linalg import pseudo_inverse, solve_spd


@given(seed=st.integers(0, 999), n=st.integers(1, 6), columns=st.integers(0, 3))
def test_solutions_are_scipys(seed, n, columns):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, n))
    S = A @ A.T + 0.1 * np.eye(n)
    B = rng.standard_normal((n, columns) if columns else n)
    found = solve_spd(S, B)
    assert found.shape == B.shape
    assert_allclose(found, scipy.linalg.solve(S, B, assume_a="pos"), rtol=1e-8, atol=1e-8)


def test_units_do_not_make_a_matrix_singular():
    # the condition number of S is 1e40, and that of the correlations behind it 3
    s = np.array([1e-10, 1.0, 1e10])
    R = np.array([[1.0, 0.3, 0.2], [0.3, 1.0, 0.1], [0.2, 0.1, 1.0]])
    x = np.array([1.0, -2.0, 3.0]) / s
    assert_allclose(solve_spd(R * np.outer(s, s), s * (R @ [1.0, -2.0, 3.0])), x, rtol=1e-12)


@pytest.mark.parametrize(
    "S",
    [
        [[1.0, 2.0], [2.0, 1.0]],
        [[1.0, 1.0], [1.0, 1.0]],
        [[1.0, 1.0], [1.0, 1.0 + 4e-16]],
        [[0.0]],
        [[-1.0]],
        [[1.0, 0.0], [0.0, 0.0]],
    ],
)
def test_only_definite_matrices(S):
    with pytest.raises(LinAlgError, match=r"must be positive definite \(its smallest eigenvalue"):
        solve_spd(S, np.ones(len(S)))


@pytest.mark.parametrize(
    ("S", "B", "told"),
    [
        ([[1.0, 0.5], [0.4, 1.0]], [1.0, 1.0], "S must be symmetric"),
        ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [1.0, 1.0], r"square matrix \(got shape \(2, 3\)\)"),
        (np.eye(2), [1.0, 1.0, 1.0], r"expected 2 \(got shape \(3,\)\)"),
        (np.eye(2), 1.0, r"got shape \(\)"),
        (np.eye(2), [np.nan, 1.0], "B must be finite"),
        ([[np.nan]], [1.0], "S must be finite"),
    ],
)
def test_what_cannot_be_solved(S, B, told):
    with pytest.raises(ValueError, match=told):
        solve_spd(S, B)


@given(seed=st.integers(0, 999), m=st.integers(1, 5), n=st.integers(1, 5), r=st.integers(1, 5))
def test_pseudo_inverses_are_scipys_by_every_route_there_is(seed, m, n, r):
    rng = np.random.default_rng(seed)
    r = min(m, n, r)
    U = np.linalg.qr(rng.standard_normal((m, r)))[0]
    V = np.linalg.qr(rng.standard_normal((n, r)))[0]
    A = U * rng.uniform(0.5, 2.0, r) @ V.T
    expected = scipy.linalg.pinv(A)
    assert_allclose(pseudo_inverse(A), expected, atol=1e-12)
    for route, exists in (("left", r == n), ("right", r == m)):
        if exists:
            assert_allclose(pseudo_inverse(A, route), expected, atol=1e-10)
        else:
            with pytest.raises(LinAlgError, match=f"the {route} inverse needs independent"):
                pseudo_inverse(A, route)


def test_an_unknown_route_is_named():
    with pytest.raises(ValueError, match=r"route must be one of .* \(got 'qr'\)"):
        pseudo_inverse(np.eye(2), "qr")
