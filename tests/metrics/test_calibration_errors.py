"""Debiased calibration errors and null bands: what they are for forecasters that are calibrated."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from probml.metrics import calibration_error, expected_calibration_error
from probml.metrics.calibration_errors import _drawn_columns, _halved
from probml.numerics import log_softmax

RUNS = 200


def forecaster(rng, n, K, temperature=1.0):
    """Log-probabilities, and labels drawn from them if the temperature is 1."""
    scores = 2 * rng.normal(size=(n, K))
    y = (log_softmax(scores) + rng.gumbel(size=(n, K))).argmax(axis=1)
    return y, log_softmax(scores * temperature)


@pytest.mark.parametrize("binning", ["width", "mass"])
@pytest.mark.parametrize(("class_wise", "runs"), [(False, RUNS), (True, 60)])
def test_calibrated_forecasters_lie_in_the_band_and_have_no_error(binning, class_wise, runs):
    rng = np.random.default_rng(0)
    options = {"binning": binning, "class_wise": class_wise}
    errors = [calibration_error(*forecaster(rng, 150, 3), range(3), **options) for _ in range(runs)]
    hits = sum(e.null.low <= e.plain <= e.null.high for e in errors)
    # 95 %, give or take four standard errors of a share
    assert abs(hits / runs - 0.95) <= 4 * np.sqrt(0.95 * 0.05 / runs)
    debiased = np.array([e.debiased for e in errors])
    # zero, give or take four standard errors of a mean; the plain mean is many of them above
    allowed = 4 * debiased.std() / np.sqrt(runs)
    assert abs(debiased.mean()) <= allowed
    assert np.mean([e.plain for e in errors]) > 3 * allowed


@pytest.mark.parametrize("class_wise", [False, True])
def test_a_forecaster_that_is_too_sure_is_found_out(class_wise):
    rng = np.random.default_rng(1)
    y, log_proba = forecaster(rng, 20_000, 3, temperature=1.5)
    truth = expected_calibration_error(y, log_proba, range(3), class_wise=class_wise)
    error = calibration_error(y[:2000], log_proba[:2000], range(3), class_wise=class_wise)
    assert error.plain > error.null.high
    # Where all bins are far off, little is to be corrected: noise of 2000 rows, sqrt(1/4/2000).
    assert error.debiased == pytest.approx(truth, abs=0.011)
    assert error.debiased < error.plain


def test_the_plain_error_is_the_expected_calibration_error():
    y, log_proba = forecaster(np.random.default_rng(2), 300, 4)
    for options in ({}, {"binning": "mass"}, {"class_wise": True}, {"n_bins": 3}):
        plain = expected_calibration_error(y, log_proba, range(4), **options)
        ours = calibration_error(y, log_proba, range(4), **options).plain
        assert ours == pytest.approx(plain, rel=1e-12)


@pytest.mark.parametrize("gap", [0.0, 0.3, -1.0, 4.0])
def test_the_mean_over_halves_is_an_integral(gap):
    """Halves of a gap are ``gap + e`` and ``gap - e`` with e normal; here sd is 0.7."""
    expected, _ = quad(
        lambda e: (gap + e) * np.sign(gap - e) * norm.pdf(e, scale=0.7),
        *(-10, 10),
        points=[gap],
        epsabs=1e-12,
    )
    assert _halved(np.array([gap]), np.array([0.7]))[0] == pytest.approx(expected, abs=1e-9)


def test_what_was_certain_has_no_noise_to_take_away():
    sure = [[0.0, -np.inf]] * 4
    right = calibration_error([0] * 4, sure, [0, 1])
    assert (right.plain, right.debiased, right.null) == (0.0, 0.0, (0.0, 0.0))
    wrong = calibration_error([1] * 4, sure, [0, 1], class_wise=True)
    assert (wrong.plain, wrong.debiased, wrong.null) == (1.0, 1.0, (0.0, 0.0))


def test_columns_are_drawn_as_often_as_they_are_likely():
    rng = np.random.default_rng(3)
    for K in (1, 2, 3, 8, 200):
        p = rng.dirichlet(np.full(K, 0.3), size=500)
        cumulative, u = p.cumsum(axis=1), rng.random(500)
        drawn = _drawn_columns(cumulative.T, u * cumulative[:, -1])
        loop = [int(np.argmax(c > v * c[-1])) for c, v in zip(cumulative, u, strict=True)]
        assert drawn.tolist() == loop


def test_a_class_of_probability_zero_is_never_drawn():
    cumulative = np.tile([0.0, 0.5, 0.5, 1.0, 1.0], (3, 1))
    assert _drawn_columns(cumulative.T, np.array([0.0, 0.5, 0.75])).tolist() == [1, 3, 3]


def test_two_hundred_classes_one_class_and_ties_everywhere():
    y, log_proba = forecaster(np.random.default_rng(4), 100, 200)
    assert calibration_error(y, log_proba, range(200), class_wise=True).null.low > 0
    alone = calibration_error([0, 0], [[0.0], [0.0]], [0], binning="mass")
    assert alone.plain == alone.debiased == 0.0
    ties = np.log(np.full((50, 2), 0.5))
    error = calibration_error([0, 1] * 25, ties, [0, 1], binning="mass")
    assert error.plain == 0.0 < error.null.high


def test_the_same_forecasts_have_the_same_band():
    y, log_proba = forecaster(np.random.default_rng(5), 100, 3)
    assert calibration_error(y, log_proba, range(3)) == calibration_error(y, log_proba, range(3))
    with pytest.raises(ValueError, match="binning must be one of"):
        calibration_error(y, log_proba, range(3), binning="depth")
