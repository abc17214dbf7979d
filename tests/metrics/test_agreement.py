"""Agreement of two models, and the gate that tables of probabilities pass through."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probml.metrics import check_probabilities, label_agreement, max_abs_difference

# Ten outputs of a network, called probabilities in a lecture, that sum to 1.02.
OUTPUTS = np.array([0.01, 0.02, 0.01, 0.03, 0.02, 0.03, 0.5, 0.02, 0.3, 0.08])


def test_the_lectures_vector_is_refused_until_it_is_divided_by_its_sum():
    with pytest.raises(ValueError, match=r"sum to 1 \(got 1\.02\)"):
        check_probabilities(OUTPUTS)
    np.testing.assert_array_equal(check_probabilities(OUTPUTS / 1.02), OUTPUTS / 1.02)


@given(st.integers(0, 2**32 - 1))
def test_distributions_pass_unchanged(seed):
    P = np.random.default_rng(seed).dirichlet(np.ones(5), size=7)
    np.testing.assert_array_equal(check_probabilities(P), P)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([0.5, 0.500002], r"row 1: expected probabilities that sum to 1 \(got 1\.000002\)"),
        ([0.5, 0.499998], r"row 1: expected probabilities that sum to 1 \(got 0\.999998\)"),
        ([-1e-12, 1.0], r"row 1: .*\[0, 1\] \(got -1e-12 in column 0\)"),
        ([1.1, -0.1], "row 1: .*got 1.1 in column 0"),
        ([np.nan, 1.0], "row 1: .*got nan in column 0"),
        ([0.0, np.inf], "row 1: .*got inf in column 1"),
    ],
)
def test_anything_else_is_refused_by_row(bad, message):
    with pytest.raises(ValueError, match=message):
        check_probabilities([[0.5, 0.5], bad])


def test_rounding_is_not_an_error():
    check_probabilities(np.array([[1 / 3] * 3], dtype=np.float32))
    check_probabilities([[1.0 + 2e-16, 0.0]])
    check_probabilities([[0.6, 0.6]], tol=0.21)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 2, 2), ()])
def test_a_table_is_a_table(shape):
    with pytest.raises(ValueError, match="shape"):
        check_probabilities(np.ones(shape))


def test_agreement_counts_labels_whatever_they_are_called():
    assert label_agreement(["a", "b", "b"], ["a", "b", "a"]) == 2 / 3
    with pytest.raises(ValueError, match="same samples"):
        label_agreement([1, 2], [1])


@given(st.integers(0, 2**32 - 1))
def test_max_abs_difference_is_a_distance(seed):
    P, Q, R = np.random.default_rng(seed).integers(-40, 40, size=(3, 4, 2)) / 8  # sums are exact
    assert max_abs_difference(P, P) == 0.0
    assert max_abs_difference(P, Q) == max_abs_difference(Q, P)
    assert max_abs_difference(P, R) <= max_abs_difference(P, Q) + max_abs_difference(Q, R)
    assert max_abs_difference(P, Q) == max(abs(a - b) for a, b in zip(P.flat, Q.flat, strict=True))


@pytest.mark.parametrize(
    ("P", "Q", "message"),
    [
        ([[1.0]], [[1.0, 0.0]], "one shape"),
        ([], [], "non-empty"),
        ([np.nan], [0.0], "finite"),
        ([0.0], [np.inf], "finite"),
    ],
)
def test_max_abs_difference_never_returns_nan(P, Q, message):
    with pytest.raises(ValueError, match=message):
        max_abs_difference(P, Q)
