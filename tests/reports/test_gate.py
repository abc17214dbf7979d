"""The gate: planted regressions are found, noise is not, and different data are refused."""

from dataclasses import replace

import numpy as np
import pytest
from stub_models import OURS, THEIRS, evaluated, small_dataset, stub_pair

from probml.metrics import paired_interval
from probml.reports import Predictions, Report, differences, parse_condition
from probml.reports.gate import check_data
from probml.reports.records import score

TOLERANCE = 0.002


def record(wrong, n=10_000, log_p=-0.1, **fields):
    """A record of `n` rows of which those at the given places are labelled wrongly."""
    y = np.arange(n) % 2
    predicted = y.copy()
    predicted[wrong] = 1 - predicted[wrong]
    log_proba = np.full((n, 2), np.log1p(-np.exp(log_p)))
    log_proba[np.arange(n), predicted] = log_p
    found = Predictions(y, predicted, log_proba)
    [blank, _] = evaluated(small_dataset(), [stub_pair(OURS, THEIRS)])
    return replace(blank, n_test=n, scores=score(found), predictions=found, **fields)


def accuracy(new, old):
    return next(d for d in differences([new], [old]) if d.score == "accuracy")


def test_two_percent_are_found_and_a_thousandth_is_not():
    old = record(range(500))
    two = accuracy(record(range(700)), old)
    assert two.mean == pytest.approx(-0.02)
    assert two.worse_by(TOLERANCE)
    assert "accuracy changed by -0.0200" in two.reason(TOLERANCE)
    thousandth = accuracy(record(range(510)), old)
    assert thousandth.high < 0  # it is there
    assert not thousandth.worse_by(TOLERANCE)  # and it is tolerated
    assert thousandth.worse_by(0.0)
    assert not accuracy(old, record(range(700))).worse_by(0.0)


def test_noise_is_no_regression():
    """As many rows got better as got worse, or a few more."""
    old = record(range(500))
    assert not accuracy(record(range(250, 750)), old).worse_by(0.0)
    assert not accuracy(record(range(240, 760)), old).worse_by(0.0)


def test_losses_are_gated_as_well():
    old, new = record(range(500)), record(range(500), log_p=-0.3)
    found = {d.score: d for d in differences([new], [old])}
    assert not found["accuracy"].worse_by(0.0)
    assert found["log_loss_clipped"].worse_by(TOLERANCE)
    assert found["brier"].worse_by(TOLERANCE)
    better = {d.score: d for d in differences([old], [new])}
    assert not any(d.worse_by(0.0) for d in better.values())


def test_the_mean_is_that_of_the_scores_and_the_interval_that_of_the_rows():
    old, new = record(range(500)), record(range(450, 1000), log_p=-0.3)
    for d in differences([new], [old]):
        delta = getattr(new.scores, d.score) - getattr(old.scores, d.score)
        # Sums of 10,000 numbers in another order.
        assert d.mean == pytest.approx(delta, abs=1e-11)
    right = [r.predictions.y_true == r.predictions.y_pred for r in (new, old)]
    assert (accuracy(new, old).low, accuracy(new, old).high) == paired_interval(*right)


def test_a_row_is_averaged_over_seeds_and_folds_are_joined():
    old = [record([0], 10, seed=s) for s in (0, 1)]
    new = [record([0], 10, seed=0), record([0, 1], 10, seed=1)]
    [d] = [d for d in differences(new, old) if d.score == "accuracy"]
    assert d.mean == pytest.approx(-0.05)
    [joined] = [
        d
        for d in differences(
            [record([1], 10, fold=f) for f in (0, 1)], [record([], 10, fold=f) for f in (0, 1)]
        )
        if d.score == "accuracy"
    ]
    assert joined.mean == pytest.approx(-0.1)
    a, b = np.tile(np.arange(10) != 1, 2), np.ones(20)
    assert (joined.low, joined.high) == paired_interval(a, b)


def test_different_data_are_refused():
    old = record([0], 10)
    with pytest.raises(
        ValueError, match=r"expected a report on the same data \(got stub/probml on"
    ):
        differences([replace(old, data="f" * 64)], [old])
    with pytest.raises(ValueError, match="features, labels, or their split differ"):
        check_data([old], ["f" * 64])
    check_data([old], [old.data])


def test_nothing_to_compare_is_said():
    old = record([0], 10)
    failed = replace(old, scores=None, predictions=None, status="failed")
    for other in (replace(old, model="other"), replace(old, seed=9), failed):
        with pytest.raises(ValueError, match="at least one model succeeded in both"):
            differences([other], [old])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("stub.accuracy<0.96", "stub.accuracy is 0.95: stub.accuracy<0.96"),
        ("stub.accuracy < 0.95", ""),
        ("stub.accuracy<=0.95", "stub.accuracy is 0.95: stub.accuracy<=0.95"),
        ("stub.accuracy>0.9", "stub.accuracy is 0.95: stub.accuracy>0.9"),
        ("stub.accuracy>=0.96", ""),
        ("stub.log_loss > 1e9", ""),
    ],
)
def test_conditions(text, reason):
    twin = record(range(10_000), implementation="sklearn")
    records = [record(range(500)), twin]
    assert parse_condition(text, ["stub"]).broken_by(Report(records).results) == reason


def test_a_condition_on_a_failed_model_is_not_the_gates_affair():
    failed = replace(record([0], 10), scores=None, predictions=None, status="failed")
    assert parse_condition("stub.accuracy<2", ["stub"]).broken_by(Report([failed]).results) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accuracy<0.9", "expected MODEL.FIGURE<NUMBER"),
        ("stub.accuracy=0.9", "expected MODEL.FIGURE<NUMBER"),
        ("svm.accuracy<0.9", r"expected a model out of stub \(got 'svm'"),
        ("stub.f1<0.9", "expected a figure out of n_train, n_test, accuracy"),
        ("stub.laws<0.9", "expected a figure out of"),
        ("stub.accuracy<much", "expected a number after <"),
    ],
)
def test_conditions_that_say_nothing(text, message):
    with pytest.raises(ValueError, match=message):
        parse_condition(text, ["stub"])
