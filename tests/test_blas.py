"""The product with a triangle, against NumPy's."""

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probml._blas import times_upper


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_times_upper_is_the_product_in_place(m, n, seed):
    rng = np.random.default_rng(seed)
    Z, W = np.asfortranarray(rng.normal(size=(m, n))), rng.normal(size=(n, n))
    upper, size = np.triu(W), np.abs(Z) @ np.abs(np.triu(W))
    expected = Z @ upper
    W[np.tril_indices(n, -1)] = np.nan  # is not read
    out = times_upper(Z, W)
    assert out is Z
    # n products and sums, each rounded once, in either of the two
    assert (np.abs(out - expected) <= 2 * n * np.finfo(float).eps * size).all()


@pytest.mark.parametrize(("m", "n"), [(3, 0), (0, 3)])
def test_nothing_is_said_of_no_work(m, n, capfd):
    assert times_upper(np.ones((m, n), order="F"), np.ones((n, n))).shape == (m, n)
    assert capfd.readouterr() == ("", "")  # BLAS would speak of an illegal value


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (4, 4)])
def test_a_triangle_of_another_size_is_refused(shape):
    with pytest.raises(ValueError, match=r"W must be \(3, 3\) for 3 columns"):
        times_upper(np.ones((2, 3), order="F"), np.ones(shape))


def not_to_be_written():
    Z = np.ones((2, 3), order="F")
    Z.flags.writeable = False
    return Z


@pytest.mark.parametrize(
    ("Z", "W"),
    [
        (np.ones((2, 3)), np.ones((3, 3))),
        (np.ones((2, 3), order="F"), np.ones((3, 3), order="F")),
        (np.ones((2, 3), np.float32, order="F"), np.ones((3, 3))),
        (np.ones((2, 3), order="F"), np.ones((3, 3), np.float32)),
        (not_to_be_written(), np.ones((3, 3))),
    ],
)
def test_memory_of_another_layout_is_never_touched(Z, W):
    before = Z.copy()
    with pytest.raises(ctypes.ArgumentError):
        times_upper(Z, W)
    np.testing.assert_array_equal(Z, before)
