"""Reliability and calibration error, against fractions and a loop over the samples."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probml.metrics import (
    ReliabilityBin,
    expected_calibration_error,
    reliability_curve,
    reliability_frame,
    wilson_interval,
)
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
    rows, labels = log_softmax(rng.normal(size=(200, 3))), rng.integers(0, 3, 200)
    default = expected_calibration_error(labels, rows, range(3))
    assert default == expected_calibration_error(labels, rows, range(3), n_bins=15)
    # 7/15 lies between the two confidences, and no multiple of 1/14 does
    log_proba, y = np.log([[0.45, 0.30, 0.25], [0.49, 0.30, 0.21]]), [1, 0]
    assert expected_calibration_error(y, log_proba, range(3)) == pytest.approx((0.45 + 0.51) / 2)
    in_one_bin = expected_calibration_error(y, log_proba, range(3), n_bins=14)
    assert in_one_bin == pytest.approx((0.51 - 0.45) / 2)


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


@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
@settings(max_examples=30)
def test_bins_of_equal_mass_differ_by_one_where_nothing_ties(seed, n_bins):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 80))
    log_proba = log_softmax(rng.normal(size=(n, 3)))
    curve = reliability_curve(rng.integers(0, 3, n), log_proba, range(3), n_bins, binning="mass")
    counts = [bin.count for bin in curve]
    assert len(counts) == min(n, n_bins)
    assert max(counts) - min(counts) <= 1
    confidences = np.exp(log_proba.max(axis=1))
    assert all(bin.high in confidences for bin in curve[:-1])
    assert all(bin.low < bin.confidence <= bin.high for bin in curve)


def test_equal_confidences_share_a_bin():
    log_proba = np.log([[0.5, 0.5]] * 5 + [[0.75, 0.25]])
    curve = reliability_curve([0] * 6, log_proba, [0, 1], n_bins=3, binning="mass")
    assert [bin.count for bin in curve] == [5, 1]


@given(st.integers(0, 2**32 - 1), st.sampled_from(["width", "mass"]))
@settings(max_examples=30)
def test_the_class_wise_error_is_the_mean_over_curves(seed, binning):
    rng = np.random.default_rng(seed)
    names = np.array(["cow", "ant", "bee"])
    log_proba, y = log_softmax(rng.normal(size=(30, 3)) * 3), rng.choice(names, 30)
    curves = [reliability_curve(y, log_proba, names, binning=binning, label=k) for k in names]
    for k, curve in zip(names, curves, strict=True):
        column = list(names).index(k)
        assert sum(bin.count * bin.accuracy for bin in curve) == pytest.approx(np.sum(y == k))
        total = sum(bin.count * bin.confidence for bin in curve)
        assert total == pytest.approx(np.exp(log_proba[:, column]).sum(), rel=1e-12)
    gaps = [bin.count / 30 * abs(bin.accuracy - bin.confidence) for c in curves for bin in c]
    ours = expected_calibration_error(y, log_proba, names, binning=binning, class_wise=True)
    assert ours == pytest.approx(sum(gaps) / 3, rel=1e-11, abs=1e-15)


def test_a_band_is_that_of_the_count():
    for right in range(101):
        bin = ReliabilityBin(0.0, 1.0, 100, 0.5, right / 100)
        assert bin.interval() == wilson_interval(right, 100)


@pytest.mark.parametrize("label", [None, 1])
def test_a_frame_holds_a_curve_and_its_bands(label):
    rng = np.random.default_rng(2)
    log_proba, y = log_softmax(rng.normal(size=(200, 3))), rng.integers(0, 3, 200)
    frame = reliability_frame(y, log_proba, range(3), 5, binning="mass", label=label)
    curve = reliability_curve(y, log_proba, range(3), 5, binning="mass", label=label)
    assert len(frame) == len(curve) == 5
    for row, bin in zip(frame.rename(columns={"count": "count_"}).itertuples(), curve, strict=True):
        assert (row.low, row.high, row.count_) == (bin.low, bin.high, bin.count)
        assert (row.confidence, row.accuracy) == (bin.confidence, bin.accuracy)
        right = int(np.rint(bin.accuracy * bin.count))
        assert (row.accuracy_low, row.accuracy_high) == wilson_interval(right, bin.count)


def test_bad_input_raises():
    with pytest.raises(ValueError, match="n_bins must be at least 1"):
        reliability_curve([0], [[0.0, -np.inf]], [0, 1], n_bins=0)
    with pytest.raises(ValueError, match="binning must be one of"):
        reliability_curve([0], [[0.0, -np.inf]], [0, 1], binning="depth")
    with pytest.raises(ValueError, match="label must hold only labels listed in classes"):
        reliability_curve([0], [[0.0, -np.inf]], [0, 1], label=2)
    with pytest.raises(ValueError, match="row 0"):
        expected_calibration_error([0], [[np.nan, 0.0]], [0, 1])
