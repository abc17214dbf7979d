"""Distinct labels, against NumPy's."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probml._labels import distinct

INTEGERS = [np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64]


@st.composite
def integers(draw):
    """Labels of any type that lie close together, or anywhere."""
    info = np.iinfo(draw(st.sampled_from(INTEGERS)))
    low = draw(st.integers(info.min, info.max))
    high = min(info.max, low + draw(st.sampled_from([0, 3, 40, info.max])))
    return np.array(draw(st.lists(st.integers(low, high), max_size=30)), info.dtype)


def check(y):
    labels, positions = distinct(y)
    expected, inverse = np.unique(y, return_inverse=True)
    np.testing.assert_array_equal(labels, expected, strict=True)
    np.testing.assert_array_equal(positions, inverse, strict=True)


@given(integers())
@example(np.array([-128, 127, -127], np.int8))
@example(np.array([2**64 - 1, 2**64 - 2], np.uint64))
@example(np.array([2**63 - 1, 2**63 - 1]))
@example(np.arange(200, dtype=np.uint8))
@example(np.repeat(np.array([-128, 127], np.int8), 150))
def test_integers(y):
    check(y)


@pytest.mark.parametrize("y", [["b", "a", "b"], [0.5, -0.5, 0.5], [True, False], []])
def test_other_labels(y):
    check(np.array(y))
