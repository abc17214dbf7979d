"""Reliability and calibration error, against fractions and a loop over the samples."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probml.metrics import expected_calibration_error, reliability_curve
from probml.numerics import log_softmax


def exact_ece(y, log_proba, n_bins):
    """The definition, one sample at a time, without rounding."""
    edges = [Fraction(float(e)) for e in np.linspace(0, 1, n_bins + 1)]
    bins = {}
    for label, row in zip(y, log_proba, strict=True):
        confidence = Fraction(min(float(np.exp(row.max())), 1.0))
        b = next(b for b in range(n_bins) if edges[b] < confidence <= edges[b + 1])
        bins.setdefault(b, []).append((confidence, int(row.argmax() == label)))
    gaps = (abs(sum(right - c for c, right in members)) for members in bins.values())
    return float(sum(gaps) / len(y))


@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
def test_ece_is_its_definition(seed, n_bins):
    rng = np.random.default_rng(seed)
    K, n = int(rng.integers(2, 6)), int(rng.integers(1, 50))
    log_proba = log_softmax(rng.normal(size=(n, K)) * 3)
    y = rng.integers(0, K, n)
    ours = expected_calibration_error(y, log_proba, range(K), n_bins)
    assert ours == pytest.approx(exact_ece(y, log_proba, n_bins), rel=1e-12, abs=1e-14)


def test_fifteen_bins_unless_told_otherwise():
    rng = np.random.default_rng(0)
    log_proba = log_softmax(rng.normal(size=(200, 3)))
    y = rng.integers(0, 3, 200)
    default = expected_calibration_error(y, log_proba, range(3))
    assert default == expected_calibration_error(y, log_proba, range(3), n_bins=15)
    assert default != expected_calibration_error(y, log_proba, range(3), n_bins=14)


def test_an_edge_belongs_to_the_bin_below():
    log_proba = np.log(np.array([[0.5, 0.5], [0.75, 0.25], [1.0, 1e-300]]))
    curve = reliability_curve([0, 0, 1], log_proba, [0, 1], n_bins=4)
    assert [(bin.low, bin.high, bin.count) for bin in curve] == [
        (0.25, 0.5, 1),
        (0.5, 0.75, 1),
        (0.75, 1.0, 1),
    ]
    assert [bin.accuracy for bin in curve] == [1.0, 1.0, 0.0]


def test_certainty_that_rounding_pushed_above_one_is_certainty():
    [bin] = reliability_curve([0], [[1e-12, -40.0]], [0, 1])
    assert bin.confidence == 1.0


def test_right_and_sure_is_calibrated_wrong_and_sure_is_not():
    sure = [[0.0, -np.inf]] * 4
    assert expected_calibration_error([0] * 4, sure, [0, 1]) == 0.0
    assert expected_calibration_error([1] * 4, sure, [0, 1]) == 1.0


def test_bins_cover_every_sample_once():
    rng = np.random.default_rng(1)
    log_proba = log_softmax(rng.normal(size=(500, 4)))
    curve = reliability_curve(rng.integers(0, 4, 500), log_proba, range(4))
    assert sum(bin.count for bin in curve) == 500
    assert all(bin.low < bin.confidence <= bin.high for bin in curve)
    assert all(bin.count > 0 for bin in curve)


def test_bad_input_raises():
    with pytest.raises(ValueError, match="n_bins must be at least 1"):
        reliability_curve([0], [[0.0, -np.inf]], [0, 1], n_bins=0)
    with pytest.raises(ValueError, match="row 0"):
        expected_calibration_error([0], [[np.nan, 0.0]], [0, 1])
