"""The worked examples of the lecture texts, figure by figure."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from probml import autodiff
from probml.calculus import (
    classify_hessian,
    derivative,
    gradient,
    gradient_magnitude_by_layer,
    hessian,
)
from probml.linalg import (
    angle,
    cosine_similarity,
    eigendecomposition,
    norm,
    power_iteration,
    pseudo_inverse,
    quadratic_extremes,
    rank,
    row_echelon,
)
from probml.numerics import sigmoid, softmax
from probml.optimize import SGD, descend, ridge, soft_threshold


def test_the_graph_of_lai_slide_50():
    a, b = autodiff.Var(2.0, "a"), autodiff.Var(1.0, "b")
    c, d = a + b, b + 1.0
    e = c * d
    assert [float(v.value) for v in (c, d, e)] == [3.0, 2.0, 6.0]
    assert [float(g) for g in autodiff.gradients(e, [c, d, a, b])] == [2.0, 3.0, 2.0, 5.0]


def test_the_shear_of_lai_slide_25():
    S = np.array([[1.0, 1.0], [0.0, 1.0]])
    assert (S @ [1.0, 1.0]).tolist() == [2.0, 1.0]
    assert (np.linalg.matrix_power(S, 100) @ [1.0, 1.0]).tolist() == [101.0, 1.0]
    assert rank(S - np.eye(2)) == 1
    with pytest.raises(np.linalg.LinAlgError, match="which it has 2 times, there are fewer"):
        eigendecomposition(S)
    # power iteration creeps: after k products from (1, 1) the slope is 1 / (k + 1)
    found = power_iteration(lambda v: S @ v, 2, start=[1.0, 1.0], tol=0.01)
    assert found.vector[1] / found.vector[0] == pytest.approx(1.0 / found.n_iter)
    # a matrix whose second eigenvalue is half the first would be 2^10 times nearer by then
    assert found.n_iter == 10


def test_power_iteration_of_lai_slide_26():
    A = np.array([[2.0, 1.0], [1.0, 2.0]])
    found = power_iteration(lambda v: A @ v, 2, start=[1.0, 0.0], tol=1e-9)
    assert_allclose(found.history[[0, 1, 5, 10]], [2.0, 2.8, 2.99996613, 2.9999999994], atol=5e-9)
    assert_allclose(found.vector, [0.5**0.5, 0.5**0.5], atol=1e-8)
    first = power_iteration(lambda v: A @ v, 2, start=[1.0, 0.0], tol=0.3).vector
    assert_allclose(first, [0.894427191, 0.4472135955], atol=5e-10)
    # the eigenvalue of largest modulus is negative, and the vector swings from sign to sign
    flipped = power_iteration(lambda v: np.array([-3.0 * v[0], v[1]]), 2, start=[1.0, 1.0])
    assert flipped.value == pytest.approx(-3.0, abs=1e-5)
    assert_allclose(flipped.vector, [1.0, 0.0], atol=1e-3)


def test_vectors_and_matrices():
    x, y = [1.0, 1.0, 4.0], [5.0, 1.0, 4.0]
    assert [norm(x, p) for p in (1, 2, np.inf)] == pytest.approx([6.0, 18**0.5, 4.0])
    assert cosine_similarity(x, y) == pytest.approx(0.8001322642, abs=5e-11)
    assert np.cos(angle(x, y)) == pytest.approx(22.0 / (18.0 * 42.0) ** 0.5)
    assert rank([[1, 2, 1], [-2, -3, 1], [3, 5, 0]]) == 2
    assert row_echelon([[1, 2, 1], [-2, -3, 1], [3, 5, 0]]).pivots == (0, 1)
    A = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    inverse = [[-4 / 3, -1 / 3, 2 / 3], [13 / 12, 1 / 3, -5 / 12]]
    for route in ("svd", "left"):
        assert_allclose(pseudo_inverse(A, route), inverse)
    assert_allclose(pseudo_inverse(A) @ [1.0, 2.0, 3.0], [0.0, 0.5], atol=1e-14)
    found = quadratic_extremes([[2, 1], [1, 3]])
    assert [found.minimum, found.maximum] == pytest.approx([1.3819660113, 3.6180339887])


@pytest.mark.parametrize(
    ("f", "values", "kind"),
    [
        (lambda v: v[0] ** 2 + v[0] * v[1] + v[1] ** 2, [1.0, 3.0], "min"),
        (lambda v: v[0] ** 2 - v[1] ** 2, [-2.0, 2.0], "saddle"),
        (lambda v: -(v[0] ** 2) - v[1] ** 2, [-2.0, -2.0], "max"),
        (lambda v: v[0] ** 2 + 3 * v[0] * v[1] + v[1] ** 2, [-1.0, 5.0], "saddle"),
        (lambda v: v[0] ** 2 + v[1] ** 4, [0.0, 2.0], "inconclusive"),
    ],
)
def test_the_hessians_of_lai_slide_48(f, values, kind):
    H = hessian(f, [0.0, 0.0])
    assert_allclose(np.linalg.eigvalsh(H), values, atol=1e-6)
    assert classify_hessian(H, tol=1e-5) == kind


def test_derivatives():
    assert derivative(lambda x: x**2, 3.0) == pytest.approx(6.0)
    assert derivative(lambda x: 1 / x, 2.0) == pytest.approx(-0.25)
    assert derivative(lambda x: x**3, 5.0) == pytest.approx(75.0)
    found = gradient(lambda v: v[0] ** 2 + v[0] * v[1] + v[1] ** 2, [1.0, 2.0])
    assert_allclose(found, [4.0, 5.0], atol=1e-8)
    assert derivative(sigmoid, 10.0) == pytest.approx(4.539580773595167e-5, rel=1e-5)
    assert derivative(sigmoid, 0.3) == pytest.approx(0.2444583117, abs=1e-9)


def test_the_nested_sigmoids_of_zaidi():
    slopes = [0.25, 0.0587509281, 0.0133520938, 0.0030081287, 0.0006763392]
    for L, slope in enumerate(slopes, start=1):
        found = gradient_magnitude_by_layer([[[1.0]]] * L, [[0.0]] * L, [0.0])
        assert found.magnitudes[0] == pytest.approx(slope, abs=5e-11)
        assert found.bounds[0] == 0.25**L


def test_two_minima_one_local():
    def f(x):
        return float((x**4 - 3 * x**2 + x).sum()), 4 * x**3 - 6 * x + 1

    ends = [descend(SGD(0.02), f, [start]).x.item() for start in (-2.0, 2.0)]
    assert_allclose(ends, [-1.3008, 1.1309], atol=5e-5)


def test_penalties_on_one_weight():
    assert_allclose(soft_threshold([1.3, 0.3], 0.4), [0.9, 0.0])
    # (w - a)^2 + lambda w^2 at a = 1.3 and lambda = .8, mirrored so that the intercept is zero
    half = 0.5**0.5
    found = ridge([[half], [-half]], [1.3 * half, -1.3 * half], 0.8)
    assert found.coef.item() == pytest.approx(0.7222222, abs=5e-8)


def test_the_softmax_of_three_logits():
    assert_allclose(
        softmax([3.0, 1.0, -3.0]), [0.8788782427, 0.1189432359, 0.0021785214], atol=5e-11
    )
