"""Rows class by class."""

import numpy as np
import pytest

from probml.distributions._grouping import groups


@pytest.mark.parametrize("n_classes", [1, 3, 300, 70_000])
@pytest.mark.parametrize("most", [4, 1000])
def test_groups_hold_rows_of_one_class_in_order_as_many_as_may_be(n_classes, most):
    # some are equal to short integers
    y = np.random.default_rng(0).choice([0, 1, 2, 256, 257, 65_536, 65_537], 1000) % n_classes
    found = list(groups(y, 1, most))
    assert all(len(np.unique(y[rows])) == 1 and (np.diff(rows) > 0).all() for rows in found)
    np.testing.assert_array_equal(np.sort(np.concatenate(found)), np.arange(1000))
    assert len(found) == (-(-np.bincount(y) // most)).sum()
