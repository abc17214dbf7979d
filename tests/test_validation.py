"""Checks say what was expected, what came, and what to do."""

import numpy as np
import pytest

from probml._validation import check_choice, check_number, check_priors, check_sample_weight


@pytest.mark.parametrize("value", [-1, np.nan, 2.5, np.inf])
def test_numbers_outside_the_interval(value):
    with pytest.raises(ValueError, match=r"alpha must be a number in \[0, 2\] \(got"):
        check_number("alpha", value, 0, 2)


@pytest.mark.parametrize("value", ["1", None, True, 1j])
def test_what_is_not_a_number(value):
    with pytest.raises(TypeError, match="must be a number"):
        check_number("alpha", value, 0)


def test_open_ends_and_integers():
    check_number("n", np.int64(1), 0, integer=True)
    with pytest.raises(TypeError, match="an integer"):
        check_number("n", 1.0, 0, integer=True)
    with pytest.raises(ValueError, match=r"\(0, 1\)"):
        check_number("x", 0.0, 0, 1, open_low=True, open_high=True)
    with pytest.raises(ValueError, match=r"\[0, 1\)"):
        check_number("x", 1.0, 0, 1, open_high=True)


def test_choice():
    with pytest.raises(ValueError, match=r"solver must be one of \['a', 'b'\] \(got 'c'\)"):
        check_choice("solver", "c", {"b", "a"})


def test_priors_default_to_frequencies():
    np.testing.assert_allclose(check_priors(None, np.array([79.0, 61.0])), [0.5642857, 0.4357143])


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        ([0.5, 0.6], r"should be 1 \(got 1.1\); pass counts"),
        ([1.5, -0.5], "non-negative"),
        ([np.nan, 1.0], "finite"),
        ([1.0], "Number of priors must match"),
    ],
)
def test_bad_priors(priors, message):
    with pytest.raises(ValueError, match=message):
        check_priors(priors, np.array([1.0, 1.0]))


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1.0], "one entry per row"),
        ([[1.0, 1.0]], "1D array"),
        ([1.0, -1.0], "got -1.0 in row 1"),
        ([np.nan, 1.0], "got nan in row 0"),
        ([np.inf, 1.0], "finite"),
        ([0.0, 0.0], "zero for every row"),
    ],
)
def test_bad_sample_weights(weight, message):
    with pytest.raises(ValueError, match=message):
        check_sample_weight(weight, 2)


def test_a_scalar_weight_is_that_of_every_row():
    np.testing.assert_array_equal(check_sample_weight(2, 3), [2.0, 2.0, 2.0])
