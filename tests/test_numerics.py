"""The log-domain primitives against SciPy, and where SciPy's answers would be NaN."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
import scipy.special
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from probml.numerics import exponential, log_softmax, logsumexp, relu, sigmoid, softmax, softplus

FINITE = st.floats(-1e300, 1e300)
SCORES = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=5), elements=FINITE)


LOGS = st.floats(-760, 5) | st.sampled_from([-np.inf, np.nan, -3e38, -707.0, -746.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
@given(st.lists(LOGS, min_size=20, max_size=20))
@example([-745.2, -745.1, -744.4, -708.4, -707.1, *[0.0] * 15])
def test_exponential_has_the_bits_of_numpys(dtype, order, logs):
    logs = np.array(logs, dtype).reshape(4, 5).copy(order)
    before = logs.copy()
    np.testing.assert_array_equal(exponential(logs), np.exp(logs), strict=True)
    np.testing.assert_array_equal(logs, before)


def exact_excess(row):
    """``log sum exp(row - max row)`` in 400 digits, and how many roundings its digits may bear.

    Of a summand: half of one for each unit of the difference, two of `exp`, one per addition.
    """
    with localcontext(prec=400):
        scores = [Decimal(float(v)) for v in row]
        below = [v - max(scores) for v in scores]
        summands = [v.exp() for v in below]
        excess = sum(summands).ln()
        borne = [abs(v) / 2 + 2 + len(row) if v else 0 for v in below]
        rounded = sum(n * e for n, e in zip(borne, summands, strict=True))
        return float(excess), float(excess + rounded / sum(summands))


@given(SCORES | arrays(np.float64, (3, 3), elements=st.floats(-50, 50) | st.integers(-3, 0)))
@example(np.array([[-5.0, 0.0], [0.0, -800.0], [-40.0, 0.0]]))
def test_logs_of_sums_are_right_to_their_own_digits(z):
    excess, roundings = np.array([exact_excess(row) for row in z]).T
    m, unit = z.max(axis=1), np.finfo(float)
    slack = unit.eps * roundings + 8 * unit.smallest_subnormal
    assert (abs(logsumexp(z) - (m + excess)) <= unit.eps * abs(m) + slack).all()
    assert (abs(log_softmax(z).max(axis=1) + excess) <= slack).all()


@given(SCORES, st.floats(-100, 100))
def test_logsumexp_of_shifted_scores_is_shifted(z, c):
    z = z / 1e298  # a shift of 100 must be visible
    np.testing.assert_allclose(logsumexp(z + c), logsumexp(z) + c, rtol=1e-12, atol=1e-12)


def test_logsumexp_of_nothing_is_log_zero():
    assert logsumexp([-np.inf, -np.inf]) == -np.inf


@given(SCORES)
def test_log_softmax_rows_are_distributions(z):
    log_p = log_softmax(z)
    assert (log_p <= 0).all()
    # n terms, each right to one rounding of exp
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1.0, rtol=8 * np.finfo(float).eps)
    assert (log_p[np.arange(len(z)), np.argmax(z, axis=1)] == log_p.max(axis=1)).all()


@given(arrays(np.float64, 3, elements=st.floats(-700, 700)))
def test_softmax_is_scipys(z):
    np.testing.assert_allclose(softmax(z), scipy.special.softmax(z), rtol=1e-13, atol=1e-300)


def test_log_softmax_keeps_differences_of_huge_scores():
    np.testing.assert_array_equal(log_softmax([1e300, 0.0]), [0.0, -1e300])
    np.testing.assert_array_equal(log_softmax([-1e300, -np.inf]), [0.0, -np.inf])
    np.testing.assert_array_equal(log_softmax([1.7e308, -1.7e308]), [0.0, -np.inf])


@pytest.mark.parametrize("bad", [[np.nan, 0.0], [np.inf, 0.0], [-np.inf, -np.inf]])
def test_log_softmax_refuses_rows_without_a_distribution(bad):
    with pytest.raises(ValueError, match="at least one finite score"):
        log_softmax([[0.0, 0.0], bad])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floating_types_are_kept(dtype):
    z = np.array([[0.0, 1.0]], dtype=dtype)
    assert log_softmax(z).dtype == softplus(z).dtype == relu(z).dtype == sigmoid(z).dtype == dtype


@given(st.floats(-1000, 1000))
def test_sigmoid_and_softplus_belong_together(z):
    # LR-02: log sigma(z) = -softplus(-z), and sigma(z) + sigma(-z) = 1.
    assert sigmoid(z) + sigmoid(-z) == pytest.approx(1.0, abs=1e-15)
    np.testing.assert_allclose(scipy.special.log_expit(z), -softplus(-z), rtol=1e-14, atol=1e-300)


@given(arrays(np.float64, 4, elements=FINITE))
def test_relu(z):
    np.testing.assert_array_equal(relu(z), [max(v, 0.0) for v in z])
    np.testing.assert_array_equal(relu(relu(z)), relu(z))
