"""Rankings: order, paired intervals, and models that failed or are infinitely wrong."""

import numpy as np
import pytest

from probml.metrics import Interval, brier_score, log_loss, rank_models
from probml.metrics.bootstrap import bootstrap_interval
from probml.metrics.scores import row_scores
from probml.numerics import log_softmax


def world(rng, n, temperatures, K=3):
    """Labels drawn from a softmax, and models that are ever surer of the same scores."""
    scores = 2 * rng.normal(size=(n, K))
    y = (log_softmax(scores) + rng.gumbel(size=(n, K))).argmax(axis=1)
    return y, {f"T={t}": log_softmax(scores * t) for t in temperatures}


@pytest.mark.parametrize(("score", "oracle"), [("log_loss", log_loss), ("brier", brier_score)])
def test_models_are_ordered_by_their_score(score, oracle):
    y, models = world(np.random.default_rng(0), 300, (3.0, 1.0, 0.2))
    ranked = rank_models(y, models, range(3), score)
    expected = {name: oracle(y, table, range(3)) for name, table in models.items()}
    assert [r.name for r in ranked] == sorted(expected, key=expected.get)
    best = expected[ranked[0].name]
    for r in ranked:
        assert r.score == pytest.approx(expected[r.name], rel=1e-12)
        assert r.difference == pytest.approx(expected[r.name] - best, abs=1e-13)
        assert r.interval.low < r.score < r.interval.high
    assert ranked[0].difference_interval == (0.0, 0.0)


def test_intervals_are_those_of_the_bootstrap_within_classes():
    y, models = world(np.random.default_rng(1), 200, (1.0, 2.0))
    best, second = rank_models(y, models, range(3))
    rows = {name: row_scores(y, table, range(3)).log_loss for name, table in models.items()}
    np.testing.assert_allclose(best.interval, bootstrap_interval(rows[best.name], y), rtol=1e-9)
    apart = rows[second.name] - rows[best.name]
    np.testing.assert_allclose(
        second.difference_interval, bootstrap_interval(apart, y), rtol=1e-9, atol=1e-12
    )


def test_pairing_sees_what_overlapping_intervals_hide():
    y, models = world(np.random.default_rng(2), 500, (1.0, 1.6))
    best, second = rank_models(y, models, range(3))
    assert (best.name, second.name) == ("T=1.0", "T=1.6")
    assert second.interval.low < best.interval.high
    assert second.difference_interval.low > 0.0
    assert best.may_be_best
    assert not second.may_be_best


def test_two_equally_good_models_are_seldom_told_apart():
    """95 %, less four standard errors: of 150 runs at most 18."""
    rng, told = np.random.default_rng(3), 0
    for _ in range(150):
        y, models = world(rng, 60, (1.0,))
        exact = models["T=1.0"]
        noisy = {k: log_softmax(exact + rng.normal(size=exact.shape)) for k in "ab"}
        told += not all(r.may_be_best for r in rank_models(y, noisy, range(3)))
    assert told <= 18


def test_equal_models_keep_their_order():
    y, models = world(np.random.default_rng(4), 30, (1.0,))
    table = models["T=1.0"]
    ranked = rank_models(y, {"b": table, "a": table}, range(3))
    assert [r.name for r in ranked] == ["b", "a"]
    assert ranked[1].difference == 0.0
    assert ranked[1].may_be_best


def test_models_that_failed_come_last_and_infinite_losses_before_them():
    sane, mad = np.log([[0.6, 0.4]] * 4), [[0.0, -np.inf]] * 4
    ranked = rank_models([0, 0, 1, 1], {"x": None, "mad": mad, "sane": sane}, [0, 1])
    assert [r.name for r in ranked] == ["sane", "mad", "x"]
    endless = Interval(np.inf, np.inf)
    assert (ranked[1].score, ranked[1].interval) == (np.inf, endless)
    assert (ranked[1].difference, ranked[1].difference_interval) == (np.inf, endless)
    assert not ranked[1].may_be_best
    assert ranked[2].score is ranked[2].interval is ranked[2].difference is None
    assert not ranked[2].may_be_best
    [only] = rank_models([0, 0, 1, 1], {"mad": mad}, [0, 1])
    assert (only.score, only.difference, only.may_be_best) == (np.inf, None, False)
    assert rank_models([0, 0, 1, 1], {"mad": mad, "sane": sane}, [0, 1], "brier")[1].score == 1.0


@pytest.mark.parametrize("K", [1, 200])
def test_one_class_and_two_hundred(K):
    rng = np.random.default_rng(5)
    y, models = np.zeros(9, int), {"a": np.zeros((9, 1)), "b": np.zeros((9, 1))}
    if K > 1:
        y, models = world(rng, 300, (1.0, 0.5), K)
    ranked = rank_models(y, models, range(K))
    assert all(r.interval.low <= r.score <= r.interval.high for r in ranked)


def test_bad_input():
    with pytest.raises(ValueError, match="at least one model with predictions"):
        rank_models([0, 1], {"x": None}, [0, 1])
    with pytest.raises(ValueError, match="score must be one of"):
        rank_models([0, 1], {"x": None}, [0, 1], "accuracy")
    with pytest.raises(ValueError, match="at least two rows"):
        rank_models([0], {"x": [[0.0]]}, [0])
    with pytest.raises(ValueError, match="log_proba must be"):
        rank_models([0, 0], {"x": [[0.0]]}, [0])
