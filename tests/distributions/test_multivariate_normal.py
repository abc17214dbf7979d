"""The normal density of a vector: SciPy, geometry, conditioning, likelihood, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.linalg import LinAlgError

from probml.distributions import Categorical, GaussianStatistics, MultivariateNormal, Normal

SEEDS = st.integers(0, 1000)

# Probability, per test, of failing with a right sampler; the seed is fixed and never retried.
ALPHA = 1e-6


def covariance(rng, d):
    A = rng.standard_normal((d, d))
    return A @ A.T + 0.5 * np.eye(d)


def gaussian(rng, d):
    return MultivariateNormal(rng.standard_normal(d), covariance(rng, d))


def assert_same(a, b, rtol=1e-9):
    np.testing.assert_allclose(a.mean, b.mean, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(a.covariance, b.covariance, rtol=rtol, atol=rtol)


@given(seed=SEEDS, d=st.integers(1, 6))
def test_it_is_scipys(seed, d):
    rng = np.random.default_rng(seed)
    ours = gaussian(rng, d)
    theirs = stats.multivariate_normal(ours.mean, ours.covariance)
    X = 3 * rng.standard_normal((9, d))
    np.testing.assert_allclose(ours.log_prob(X), theirs.logpdf(X), rtol=1e-9)
    np.testing.assert_allclose(ours.prob(X), theirs.pdf(X), rtol=1e-9)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(ours.variance, np.diag(ours.covariance))


def test_golden_values():
    assert MultivariateNormal([0, 0], np.eye(2)).prob([0, 0]) == pytest.approx(
        0.1591549431, abs=5e-11
    )
    S = 0.01 * np.eye(784)
    assert np.linalg.det(S) == 0.0
    value = MultivariateNormal(np.zeros(784), S).log_prob(np.zeros((1, 784)))[0]
    assert value == pytest.approx(1084.7789028749, abs=1e-9)
    # The opposite: a determinant that overflows
    large = MultivariateNormal(np.zeros(784), 100.0 * np.eye(784))
    expected = -0.5 * 784 * np.log(2 * np.pi * 100)
    assert large.log_prob(np.zeros(784)) == pytest.approx(expected, rel=1e-12)


def test_784_dimensions_are_scipys():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((784, 1000))
    normal = MultivariateNormal(rng.standard_normal(784), A @ A.T / 1000)
    X = normal.sample(3000, rng)  # more than one block of rows
    expected = stats.multivariate_normal(normal.mean, normal.covariance).logpdf(X)
    np.testing.assert_allclose(normal.log_prob(X), expected, rtol=1e-9)
    np.testing.assert_allclose(normal.log_prob(np.asfortranarray(X)), expected, rtol=1e-9)


def test_it_integrates_to_one():
    normal = MultivariateNormal([0.5, -1.0], [[1.0, 0.6], [0.6, 0.8]])
    x, y = np.linspace(-7, 8, 301), np.linspace(-8, 6, 301)
    density = normal.prob(np.stack(np.meshgrid(x, y), axis=-1))
    total = integrate.trapezoid(integrate.trapezoid(density, x), y)
    assert total == pytest.approx(1.0, abs=1e-4)


def test_independent_variables_multiply():
    rng = np.random.default_rng(0)
    mean, variance, X = rng.standard_normal(4), rng.uniform(0.1, 3, 4), rng.standard_normal((6, 4))
    expected = Normal(mean, variance).log_prob(X).sum(axis=1)
    joint = MultivariateNormal(mean, np.diag(variance))
    np.testing.assert_allclose(joint.log_prob(X), expected, rtol=1e-12)
    np.testing.assert_allclose(joint.entropy(), Normal(mean, variance).entropy().sum(), rtol=1e-12)
    line, point = MultivariateNormal([1.0], [[4.0]]), Normal(1.0, 4.0)
    assert line.kl(MultivariateNormal([0.0], [[1.0]])) == pytest.approx(point.kl(Normal(0.0, 1.0)))


def test_an_ill_conditioned_covariance_goes_by_the_eigenvalues():
    # tol lies between the bound that Cholesky gives on the smallest eigenvalue and its true value
    S = np.full((6, 6), 0.9) + 0.1 * np.eye(6)
    X = np.random.default_rng(0).standard_normal((5, 6))
    fallback = MultivariateNormal(np.zeros(6), S, tol=0.05)
    assert not fallback._triangular
    usual = MultivariateNormal(np.zeros(6), S)
    assert usual._triangular
    np.testing.assert_allclose(fallback.log_prob(X), usual.log_prob(X), rtol=1e-12)


def test_a_density_in_pieces_is_that_of_the_quadratic_form():
    # variables without covariances lie among the others; rows are more than one piece of work
    rng = np.random.default_rng(3)
    d, alone = 150, rng.permutation(150)[:30]
    A = rng.standard_normal((d, d)) + 15 * np.eye(d)
    A[alone] = 0.0
    A[:, alone] = 0.0
    A[alone, alone] = rng.uniform(0.5, 2.0, 30)
    S, mean = A @ A.T, rng.standard_normal(d)
    X = rng.standard_normal((15_000, d)).astype(np.float32)
    Z = X - mean
    squares = np.einsum("ij,ij->i", Z, np.linalg.solve(S, Z.T).T)
    constant = d * np.log(2.0 * np.pi) + np.linalg.slogdet(S)[1]
    normal = MultivariateNormal(mean, S)
    assert set(normal._alone) == set(alone)
    np.testing.assert_allclose(normal.log_prob(X), -0.5 * (constant + squares), rtol=1e-12)


@given(seed=SEEDS, d=st.integers(1, 5))
def test_affine_change_of_variables(seed, d):
    # log f_{AX+b}(Ax+b) = log f_X(x) - log|det A|
    rng = np.random.default_rng(seed)
    normal, A, b = gaussian(rng, d), rng.standard_normal((d, d)) + 3 * np.eye(d), 2.0
    X = rng.standard_normal((5, d))
    moved, log_det = normal.affine(A, b), np.linalg.slogdet(A)[1]
    expected = normal.log_prob(X) - log_det
    np.testing.assert_allclose(moved.log_prob(X @ A.T + b), expected, rtol=1e-7, atol=1e-7)
    assert moved.entropy() == pytest.approx(normal.entropy() + log_det, rel=1e-8, abs=1e-8)


def test_a_projection_is_a_marginal():
    normal = gaussian(np.random.default_rng(1), 4)
    assert_same(normal.affine(np.eye(4)[[2, 0]], [0.0, 0.0]), normal.marginal([2, 0]), rtol=1e-14)
    shifted = normal.marginal([1]).affine([[2.0]], [1.0])
    assert shifted.mean == pytest.approx(2 * normal.mean[[1]] + 1)
    assert shifted.covariance[0, 0] == pytest.approx(4 * normal.covariance[1, 1])


@given(seed=SEEDS, d=st.integers(2, 6), data=st.data())
def test_joint_density_is_marginal_times_conditional(seed, d, data):
    rng = np.random.default_rng(seed)
    normal = gaussian(rng, d)
    b = data.draw(st.permutations(range(d)).map(lambda p: p[: 1 + seed % (d - 1)]))
    a = [i for i in range(d) if i not in b]
    x = normal.sample(3, rng)
    for row in x:
        ratio = normal.log_prob(row) - normal.marginal(b).log_prob(row[b])
        conditional = normal.conditional(b, row[b])
        assert conditional.log_prob(row[a]) == pytest.approx(ratio, rel=1e-8, abs=1e-8)


def test_conditioning_by_the_textbook():
    # Two standard variables of correlation r: given y, the other is N(r y, 1 - r**2)
    normal = MultivariateNormal([0.0, 0.0], [[1.0, 0.6], [0.6, 1.0]])
    given_y = normal.conditional([1], [2.0])
    assert given_y.mean == pytest.approx([1.2])
    assert given_y.covariance == pytest.approx(np.array([[0.64]]))


def test_marginals_integrate_the_others_out():
    normal = MultivariateNormal([0.5, -1.0], [[1.0, 0.6], [0.6, 0.8]])
    y = np.linspace(-9, 7, 2001)
    density = integrate.trapezoid(normal.prob(np.column_stack([np.full(2001, 0.3), y])), y)
    assert normal.marginal([0]).prob([0.3]) == pytest.approx(density, rel=1e-9)


def test_fit_divides_by_n():
    corners = MultivariateNormal.fit([[0, 0], [2, 0], [0, 2], [2, 2]])
    assert corners.mean.tolist() == [1.0, 1.0]
    assert corners.covariance.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    X = np.random.default_rng(0).standard_normal((30, 3)) + 7
    weight = np.random.default_rng(1).integers(0, 3, 30)
    fitted = MultivariateNormal.fit(X, weight)
    np.testing.assert_allclose(
        fitted.covariance, np.cov(X.T, ddof=0, fweights=weight), rtol=1e-12, atol=1e-15
    )
    assert_same(fitted, MultivariateNormal.fit(np.repeat(X, weight, axis=0)), rtol=1e-12)


@given(seed=SEEDS, size=st.floats(1e-4, 1))
def test_no_other_normal_is_more_likely_than_the_fit(seed, size):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((25, 3)) @ rng.standard_normal((3, 3)) + 5
    best = MultivariateNormal.fit(X)
    L = np.linalg.cholesky(best.covariance)
    Z = np.eye(3) + size * rng.standard_normal((3, 3))
    S = L @ Z @ Z.T @ L.T
    mean = best.mean + size * (L @ rng.standard_normal(3))
    top = best.log_likelihood(X)
    assert top >= MultivariateNormal(best.mean, S).log_likelihood(X) - 1e-9
    assert top >= MultivariateNormal(mean, best.covariance).log_likelihood(X) - 1e-9


def test_likelihood_is_stationary_in_the_scale_of_the_fit():
    X, h = np.random.default_rng(0).standard_normal((12, 2)) + 3, 1e-5
    best = MultivariateNormal.fit(X)
    up, down = (
        MultivariateNormal(best.mean, c * best.covariance).log_likelihood(X) for c in (1 + h, 1 - h)
    )
    assert (up - down) / (2 * h) == pytest.approx(0, abs=1e-4)


@given(seed=SEEDS)
def test_fit_commutes_with_affine_maps(seed):
    rng = np.random.default_rng(seed)
    X, A, b = rng.standard_normal((20, 3)), rng.standard_normal((3, 3)), rng.standard_normal(3)
    A += 3 * np.eye(3)
    assert_same(MultivariateNormal.fit(X @ A.T + b), MultivariateNormal.fit(X).affine(A, b))


def shared(X, y):
    """Maximum-likelihood normals of one covariance: class means, pooled scatter over N."""
    statistics = GaussianStatistics.of(X, y, int(y.max()) + 1, "pooled")
    S = statistics.scatter / statistics.counts.sum()
    return [MultivariateNormal(mean, S) for mean in statistics.means]


def test_shared_covariance_weighs_classes_by_their_sizes():
    # Catalogue DI-07: variances 1 and 14 / 3, weighted 2 : 3
    X, y = np.array([[0.0], [2.0], [5.0], [9.0], [10.0]]), np.array([0, 0, 1, 1, 1])
    assert shared(X, y)[0].covariance == pytest.approx(np.array([[3.2]]))


@given(seed=SEEDS, size=st.floats(1e-4, 0.5))
def test_no_other_shared_covariance_is_more_likely(seed, size):
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [4, 21])  # unbalanced, so that equal weights would be wrong
    X = rng.standard_normal((25, 2)) * (1 + 2 * y[:, None]) + 4 * y[:, None]
    best = shared(X, y)

    def joint(S):
        return sum(
            MultivariateNormal(g.mean, S).log_likelihood(X[y == k]) for k, g in enumerate(best)
        )

    S = best[0].covariance
    classes = [MultivariateNormal.fit(X[y == k]).covariance for k in (0, 1)]
    np.testing.assert_allclose(S, (4 * classes[0] + 21 * classes[1]) / 25, rtol=1e-10, atol=1e-14)
    L, Z = np.linalg.cholesky(S), np.eye(2) + size * rng.standard_normal((2, 2))
    assert joint(S) >= joint(L @ Z @ Z.T @ L.T) - 1e-9
    slope = (joint((1 + 1e-5) * S) - joint((1 - 1e-5) * S)) / 2e-5
    assert slope == pytest.approx(0, abs=1e-4)


def test_samples_follow_the_distribution():
    rng = np.random.default_rng(11)
    normal = gaussian(rng, 3)
    X = normal.sample(20_000, rng)
    assert X.shape == (20_000, 3)
    squares = 2 * (normal.log_prob(normal.mean) - normal.log_prob(X))  # Mahalanobis distances
    assert stats.kstest(squares, stats.chi2(3).cdf).pvalue > ALPHA
    for direction in (*np.eye(3), np.ones(3), np.array([1.0, -2.0, 0.5])):
        line = normal.affine(direction[None], 0.0)
        theirs = stats.norm(line.mean[0], np.sqrt(line.variance[0]))
        assert stats.kstest(X @ direction, theirs.cdf).pvalue > ALPHA
    np.testing.assert_array_equal(normal.sample(5, 0), normal.sample(5, np.random.default_rng(0)))


def test_a_generative_model_is_recovered_from_its_samples():
    # Catalogue DI-12: draw a class, then its features, and estimate both again
    rng = np.random.default_rng(5)
    priors, parts = Categorical([0.3, 0.7]), [gaussian(rng, 2), gaussian(rng, 2)]
    n = 20_000
    y = priors.sample(n, rng).astype(int)
    X = np.stack([part.sample(n, rng) for part in parts])[y, np.arange(n)]
    assert np.abs(Categorical.fit(y).p - priors.p).max() < 5 * np.sqrt(0.21 / n)
    for k, part in enumerate(parts):
        members = X[y == k]
        error = np.sqrt(part.variance / len(members))
        fitted = MultivariateNormal.fit(members)
        assert (np.abs(fitted.mean - part.mean) < 5 * error).all()
        spread = 5 * np.sqrt(2 / len(members)) * np.outer(error, error) * len(members)
        assert (np.abs(fitted.covariance - part.covariance) < spread).all()


@given(seed=SEEDS, d=st.integers(1, 5))
def test_gibbs_inequality(seed, d):
    rng = np.random.default_rng(seed)
    p, q = gaussian(rng, d), gaussian(rng, d)
    assert p.kl(q) > 0
    assert p.kl(p) == pytest.approx(0, abs=1e-12)
    # Divergence is invariant under a change of coordinates of both.
    A = rng.standard_normal((d, d)) + 3 * np.eye(d)
    assert p.affine(A, 1.0).kl(q.affine(A, 1.0)) == pytest.approx(float(p.kl(q)), rel=1e-6)


def test_kl_is_the_expected_log_ratio():
    p = MultivariateNormal([0.5, -1.0], [[1.0, 0.6], [0.6, 0.8]])
    q = MultivariateNormal([0.0, 0.0], [[2.0, -0.3], [-0.3, 1.0]])
    x, y = np.linspace(-8, 9, 401), np.linspace(-9, 7, 401)
    grid = np.stack(np.meshgrid(x, y), axis=-1)

    def mean_of(f):
        return integrate.trapezoid(integrate.trapezoid(p.prob(grid) * f, x), y)

    ratio = mean_of(p.log_prob(grid) - q.log_prob(grid))
    assert p.kl(q) == pytest.approx(ratio, rel=1e-9)
    assert p.entropy() == pytest.approx(mean_of(-p.log_prob(grid)), rel=1e-9)


def test_log_likelihood_is_a_sum_over_rows():
    normal = gaussian(np.random.default_rng(0), 3)
    X = normal.sample(1000, 1)
    assert np.prod(normal.prob(X)) == 0
    assert normal.log_likelihood(X) == pytest.approx(normal.log_prob(X).sum(), rel=1e-12)
    weight = np.arange(1000)
    assert normal.log_likelihood(X, weight) == pytest.approx(weight @ normal.log_prob(X))


def test_infinity_has_density_zero_and_nan_is_refused():
    normal = gaussian(np.random.default_rng(0), 2)
    far = [[np.inf, 0], [np.inf, -np.inf], [1e300, -1e300], [1e308, 1e308]]
    assert normal.log_prob(far).tolist() == [-np.inf] * 4
    with pytest.raises(ValueError, match=r"x must hold numbers \(got NaN in 1 places\)"):
        normal.log_prob([[0.0, 0.0], [0.0, np.nan]])


def test_it_is_a_value():
    normal = gaussian(np.random.default_rng(0), 2)
    twin = MultivariateNormal(normal.mean, normal.covariance)
    assert twin == normal
    assert hash(twin) == hash(normal)
    S = np.eye(2)
    standard = MultivariateNormal([0, 0], S)
    S[0, 0] = 9.0
    assert standard.covariance[0, 0] == 1.0
    X = np.ones((3, 2))
    standard.log_prob(X)
    assert (X == 1).all()
    with pytest.raises(AttributeError, match="immutable"):
        standard.covariance = S


@pytest.mark.parametrize("S", [np.ones((2, 2)), np.diag([1.0, 0.0]), [[1.0, 2.0], [2.0, 1.0]]])
def test_a_singular_or_indefinite_covariance_is_refused(S):
    with pytest.raises(LinAlgError, match=r"positive definite, but has rank 1 of 2; drop"):
        MultivariateNormal(np.zeros(2), S)
    with pytest.raises(LinAlgError, match="non-negative diagonal"):
        MultivariateNormal(np.zeros(2), np.diag([1.0, -1.0]))
    with pytest.raises(LinAlgError, match="rank 1 of 2"):
        MultivariateNormal.fit([[0.0, 0.0], [1.0, 1.0]])


def test_symmetry_is_judged_in_units_of_the_standard_deviations():
    message = r"covariance must be symmetric \(got max \|A - A'\| = 0\.1\); pass \(A \+ A\.T\) / 2"
    with pytest.raises(ValueError, match=message):
        MultivariateNormal(np.zeros(2), [[1.0, 0.2], [0.1, 1.0]])
    rounded = [[1.0, 0.1 + 0.2], [0.3, 1.0]]
    assert MultivariateNormal(np.zeros(2), rounded).covariance[0, 1] == 0.1 + 0.2
    # The error is tiny beside the variance of the first variable, but not beside the others'.
    with pytest.raises(ValueError, match="symmetric"):
        MultivariateNormal(np.zeros(3), [[1e12, 0, 0], [0, 1e-6, 5e-7], [0, 4e-7, 1e-6]])


def test_shapes_are_checked():
    with pytest.raises(ValueError, match=r"shape \(2, 2\) for a mean of length 2 \(got \(3, 3\)\)"):
        MultivariateNormal(np.zeros(2), np.eye(3))
    for mean in (0.0, [], [[0.0, 0.0]]):
        with pytest.raises(ValueError, match="mean must be a vector"):
            MultivariateNormal(mean, np.eye(2))
    with pytest.raises(ValueError, match=r"mean must be finite \(got nan\)"):
        MultivariateNormal([np.nan, 0.0], np.eye(2))
    with pytest.raises(ValueError, match=r"covariance must be finite \(got inf\)"):
        MultivariateNormal([0.0, 0.0], [[1.0, np.inf], [np.inf, 1.0]])
    normal = MultivariateNormal(np.zeros(3), np.eye(3))
    for x in (np.zeros(2), np.zeros((3, 2)), 0.0):
        with pytest.raises(ValueError, match="vectors of length 3 along its last axis"):
            normal.log_prob(x)
    assert normal.log_prob(np.zeros((0, 3))).shape == (0,)
    assert normal.log_prob(np.zeros((4, 5, 3))).shape == (4, 5)
    for indices in ([], [0, 0], [3], [-1], [0.5], [True, False, True], 1):
        with pytest.raises(ValueError, match="distinct integers from 0 to 2"):
            normal.marginal(indices)
    for indices, values in (([0], [1.0, 2.0]), ([0], [np.nan]), ([0, 1, 2], [0.0, 0.0, 0.0])):
        with pytest.raises(ValueError, match="one finite value for each of fewer than 3 indices"):
            normal.conditional(indices, values)
    for A, b in ((np.eye(2), 0.0), (np.eye(3), [1.0, 2.0]), (np.ones(3), 0.0)):
        with pytest.raises(ValueError, match=r"affine expects A of shape \(k, 3\)"):
            normal.affine(A, b)
    with pytest.raises(LinAlgError, match="rank 1 of 2"):
        normal.affine([[1.0, 1.0, 0.0], [2.0, 2.0, 0.0]], 0.0)
    with pytest.raises(ValueError, match=r"X must be \(n_samples, d\)"):
        MultivariateNormal.fit([1.0, 2.0])
    with pytest.raises(ValueError, match=r"as many variables in both \(got 3 and 2\)"):
        normal.kl(normal.marginal([0, 1]))
