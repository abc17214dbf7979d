"""Unit balls: on their norm, inside one another, and refused where there is no norm."""

from itertools import pairwise

import numpy as np
import pytest

from probml.linalg import unit_ball


@pytest.mark.parametrize("p", [1, 1.5, 2, 7, np.inf])
def test_every_point_has_norm_one(p):
    np.testing.assert_allclose(np.linalg.norm(unit_ball(p, 401), p, axis=1), 1.0, rtol=1e-12)


def test_balls_grow_with_p():
    balls = [np.linalg.norm(unit_ball(p, 360), axis=1) for p in (1, 1.5, 2, 7, np.inf)]
    assert all(np.all(a <= b + 1e-12) for a, b in pairwise(balls))
    # Off the axes they differ: the diamond's side is half as far out as the square's corner.
    np.testing.assert_allclose(balls[-1][45] / balls[0][45], 2.0, rtol=1e-12)


@pytest.mark.parametrize(("p", "n"), [(0.5, 8), (np.nan, 8), (2, 2)])
def test_what_is_no_ball(p, n):
    with pytest.raises(ValueError, match="must be"):
        unit_ball(p, n)
