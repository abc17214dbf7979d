"""Whitening and power iteration against their defining identities."""

from unittest.mock import patch

import numpy as np
import pytest
from scipy.linalg import LinAlgError, eigh

from probml.linalg import _spd, factor_spd, power_iteration


def orthogonal(rng, d):
    return np.linalg.qr(rng.standard_normal((d, d)))[0]


def spd(rng, d, low=0.5, high=5.0):
    Q = orthogonal(rng, d)
    return Q @ np.diag(rng.uniform(low, high, d)) @ Q.T


@pytest.mark.parametrize("seed", range(20))
def test_a_whitener_whitens_and_inverts(seed):
    rng = np.random.default_rng(seed)
    S = spd(rng, rng.integers(1, 8))
    W, log_det = factor_spd(S)
    np.testing.assert_allclose(W.T @ S @ W, np.eye(len(S)), atol=1e-12)
    np.testing.assert_allclose(W @ W.T, np.linalg.inv(S), atol=1e-10)
    assert log_det == pytest.approx(np.linalg.slogdet(S)[1], abs=1e-10)


@pytest.mark.parametrize("seed", range(20))
def test_a_singular_matrix_is_whitened_on_its_range(seed):
    # LA-20: S X S = S and X S X = X hold for X = W W' only if the range is the right one.
    rng = np.random.default_rng(seed)
    r, d = 3, 6
    A = rng.standard_normal((d, r))
    S = A @ A.T
    factor = factor_spd(S)
    X = factor.whitener @ factor.whitener.T
    assert factor.rank == r
    np.testing.assert_allclose(S @ X @ S, S, atol=1e-9)
    np.testing.assert_allclose(X @ S @ X, X, atol=1e-9)


def test_a_nearly_singular_matrix_counts_as_singular():
    # Cholesky succeeds here, and would divide by a pivot that is mostly rounding.
    rng = np.random.default_rng(0)
    Q = orthogonal(rng, 4)
    S = Q @ np.diag([1.0, 2.0, 3.0, 1e-11]) @ Q.T
    assert factor_spd(S, tol=1e-8).rank == 3
    assert factor_spd(S, tol=1e-14).rank == 4


def test_rank_does_not_depend_on_units():
    # The columns differ by 1e12 in scale; a rank decided on S itself would lose the small one.
    scale = np.array([1e-6, 1.0, 1e6])
    S = spd(np.random.default_rng(0), 3)
    assert factor_spd(S * np.outer(scale, scale)).rank == 3


def test_constant_and_duplicated_variables():
    x = np.random.default_rng(0).standard_normal((50, 2))
    X = np.column_stack([x, x[:, 0], np.full(50, 7.0)])
    assert factor_spd(np.cov(X.T, bias=True)).rank == 2
    assert factor_spd(np.zeros((2, 2))).rank == 0
    S = np.diag([4.0, 0.0, 1.0])
    S[1, [0, 2]] = S[[0, 2], 1] = 1e-20  # rounding beside no variance
    np.testing.assert_array_equal(factor_spd(S).whitener, [[0.5, 0.0], [0.0, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("low", [1e-9, 1e-6, 1.0])
def test_pivots_and_eigenvectors_agree(seed, low):
    # so small a tol leaves the rank to the eigenvalues; the smallest true one is `low`, of trace n
    rng = np.random.default_rng(seed)
    A = orthogonal(rng, 30)[:, :12] * np.sqrt(np.r_[low, rng.uniform(1.0, 5.0, 11)])
    S = A @ A.T
    S /= np.sqrt(np.outer(S.diagonal(), S.diagonal()))
    found = []
    for tol in (1e-8, 2e-14):
        with patch("probml.linalg._spd.eigh", wraps=eigh) as eigenvectors:
            found.append(factor_spd(S, tol))
        assert eigenvectors.called == (tol < 1e-8 or low < 1e-8)
    (W, log_det), (V, expected) = found
    assert found[0].rank == (11 if low < 1e-8 else 12)
    np.testing.assert_allclose(W.T @ S @ W, np.eye(W.shape[1]), atol=1e-8)
    if low >= 1e-8:
        np.testing.assert_allclose(W @ W.T, V @ V.T, rtol=1e-6, atol=1e-8 / low)
        assert log_det == pytest.approx(expected, abs=1e-6)


def test_pivots_alone_do_not_prove_a_rank():
    # eigenvalues 0.1 and 1.9, but pivots 1 and 0.19
    S = np.array([[1.0, 0.9], [0.9, 1.0]])
    assert [factor_spd(S, tol).rank for tol in (0.08, 0.12)] == [2, 1]


@pytest.mark.parametrize("seed", range(60))
def test_pivots_find_range_and_determinant(seed):
    # some variables are copies or sums of others: exact zeros among the eigenvalues
    rng = np.random.default_rng(seed)
    n, rank = rng.integers(3, 12), rng.integers(1, 12)
    A = rng.standard_normal((n, rank)) if seed % 2 else rng.integers(-2, 3, (n, rank)) + 0.0
    A[rng.integers(n)] = A[0] * -2.0
    A[rng.integers(n)] = 0.01 * (A[0] + 2.0 * A[1]) + A[2]  # nearly a copy
    A = A[A.any(axis=1)]
    S = A @ A.T
    R = S / np.sqrt(np.outer(S.diagonal(), S.diagonal()))
    eigenvalues, V = eigh(R)
    kept = eigenvalues > 1e-8
    found = _spd._whiten_range(R, 1e-8)
    if kept.all():  # is left to the whole Cholesky
        assert found is None
    else:
        W, log_det = found
        inverse = (V[:, kept] / eigenvalues[kept]) @ V[:, kept].T
        # rounding moves R by some 1e-14, and its inverse by that times its own square
        atol = 3e-14 / min(eigenvalues[kept].min(), 1.0) ** 2
        np.testing.assert_allclose(W @ W.T, inverse, rtol=0, atol=atol)
        assert log_det == pytest.approx(np.log(eigenvalues[kept]).sum(), abs=1e-8)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_variables_without_links(seed, rank):
    # three that are linked, of that rank, two that are alone, one that never varies
    rng = np.random.default_rng(seed)
    A, places = rng.standard_normal((3, rank)), rng.permutation(6)
    S = np.zeros((6, 6))
    S[np.ix_(places[:3], places[:3])] = A @ A.T
    S[places[3:5], places[3:5]] = rng.uniform(0.1, 9.0, 2)
    for matrix in (S, np.tril(S)):  # the lower triangle is enough
        W, log_det = factor_spd(matrix)
        assert W.shape == (6, rank + 2)
        np.testing.assert_allclose(W.T @ S @ W, np.eye(rank + 2), atol=1e-9)
        np.testing.assert_allclose(S @ W @ W.T @ S, S, atol=1e-9)
        if rank == 3:
            live = np.sort(places[:5])
            assert not np.tril(W[live], -1).any()
            expected = np.linalg.slogdet(S[np.ix_(live, live)])[1]
            assert log_det == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("bad", [[[np.nan]], [[-1.0]], [[np.inf]]])
def test_what_is_not_a_covariance(bad):
    with pytest.raises(LinAlgError, match="finite with a non-negative diagonal"):
        factor_spd(np.array(bad))


@pytest.mark.parametrize("seed", range(20))
def test_power_iteration_finds_the_largest_modulus_with_its_sign(seed):
    # LA-30: also where the dominant eigenvalue is negative and a larger positive one is not there.
    rng = np.random.default_rng(seed)
    Q = orthogonal(rng, 5)
    dominant = rng.choice([-1, 1]) * rng.uniform(1.5, 3.0)
    A = Q @ np.diag([dominant, *rng.uniform(-1, 1, 4)]) @ Q.T
    found = power_iteration(lambda v: A @ v, 5, tol=1e-8)
    assert found.value == pytest.approx(dominant, abs=1e-6)
    assert np.linalg.norm(found.vector) == pytest.approx(1.0)
    assert found.vector[np.abs(found.vector).argmax()] > 0
    assert np.linalg.norm(A @ found.vector - found.value * found.vector) <= 1e-8 * abs(dominant)
    assert found.residual <= 1e-8 * abs(found.value)
    assert power_iteration(lambda v: A @ v, 5, tol=1e-8, max_iter=found.n_iter) is not None


def test_power_iteration_of_zero_is_zero():
    assert power_iteration(lambda v: 0.0 * v, 3).value == 0.0


def test_power_iteration_says_when_there_is_no_dominant_eigenvalue():
    with pytest.raises(LinAlgError, match="nearly equal modulus"):
        power_iteration(lambda v: np.array([v[0], -v[1]]), 2, max_iter=50)


@pytest.mark.parametrize("multiply", [lambda v: v * np.nan, lambda v: v[:1], lambda v: 1.0])
def test_power_iteration_refuses_products_that_are_none(multiply):
    with pytest.raises(ValueError, match=r"finite vector of shape \(2,\)"):
        power_iteration(multiply, 2)
