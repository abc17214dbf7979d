"""Studentised bootstrap: against all resamples of a few rows, and its coverage of skewed losses."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probml.metrics import bootstrap_interval, paired_interval
from probml.metrics.bootstrap import _strata, bootstrap_table


def enumerated(scores, level):
    """The interval from all n**n resamples, each as likely as any other."""
    n, mean = len(scores), scores.mean()
    floor = 0.25 * ((scores - mean) ** 2).max() / n**2

    def se(rows):
        return np.sqrt(rows.var(ddof=1) / n + floor)

    resamples = [scores[list(rows)] for rows in itertools.product(range(n), repeat=n)]
    t = np.sort([(rows.mean() - mean) / se(rows) for rows in resamples])
    low, high = np.quantile(t, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return mean - high * se(scores), mean - low * se(scores)


def test_it_is_the_interval_of_all_resamples():
    scores = np.array([0.0, 0.3, 1.0, 4.0, 4.5])
    # At this level no quantile lies within 4 standard errors of a step of the distribution.
    drawn = bootstrap_interval(scores, level=0.7, n_resamples=99_999)
    np.testing.assert_allclose(drawn, enumerated(scores, 0.7), rtol=1e-9)


def test_strata_that_do_not_vary_leave_nothing_open():
    y = np.repeat([0, 1], 50)
    scores = np.where(y == 0, 0.1, 2.0)
    low, high = bootstrap_interval(scores, y)
    assert low == pytest.approx(1.05, rel=1e-12)
    assert high == pytest.approx(1.05, rel=1e-12)
    plain = bootstrap_interval(scores)
    assert plain.high - plain.low > 0.3


def test_it_is_the_t_interval_where_scores_are_normal():
    scores = np.random.default_rng(0).normal(size=2000)
    ours, theirs = bootstrap_interval(scores), paired_interval(scores, np.zeros(2000))
    # The quantile of 1999 resamples has a standard error of 3 %, as the density at it is 0.058.
    assert ours.high - ours.low == pytest.approx(theirs.high - theirs.low, rel=0.1)


@pytest.mark.parametrize("rows", [(120, 40), (600, 40)])
def test_it_covers_skewed_losses_of_two_classes(rows):
    """Of 400 intervals 95 % less four standard errors, 363, at least; percentiles miss more."""
    rng, runs, hits = np.random.default_rng(3), 400, 0
    y = np.repeat([0, 1], rows)
    scale = np.where(y == 0, 0.1, 1.0)
    for _ in range(runs):
        losses = scale * rng.exponential(size=len(y)) ** 2  # mean 2, standard deviation 4.5
        low, high = bootstrap_interval(losses, y, n_resamples=399, random_state=rng)
        hits += low <= 2 * scale.mean() <= high
    assert 363 <= hits <= 397


@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
@settings(max_examples=20)
def test_negated_scores_negate_the_interval(seed, n):
    rng = np.random.default_rng(seed)
    scores, y = rng.exponential(size=n), rng.integers(0, 4, n)
    low, high = bootstrap_interval(scores, y, n_resamples=99, random_state=seed)
    mirrored = bootstrap_interval(-scores, y, n_resamples=99, random_state=seed)
    assert mirrored == (-high, -low)
    assert low < scores.mean() < high


def test_columns_share_their_resamples():
    table = np.random.default_rng(1).exponential(size=(60, 2))
    alone = [bootstrap_interval(column, n_resamples=99) for column in table.T]
    # One product for both columns may round otherwise than one product for each.
    np.testing.assert_allclose(bootstrap_table(table, n_resamples=99), alone, rtol=1e-9)


def test_blocks_change_nothing_but_the_draws(monkeypatch):
    scores = np.random.default_rng(2).exponential(size=50)
    whole = bootstrap_interval(scores, n_resamples=99)
    monkeypatch.setattr("probml.metrics.bootstrap._BLOCK", 333)
    np.testing.assert_allclose(bootstrap_interval(scores, n_resamples=99), whole, rtol=1e-9)


@given(st.lists(st.integers(0, 200), min_size=2, max_size=400))
def test_small_strata_are_joined(labels):
    groups = _strata(labels, len(labels))
    assert sorted(np.concatenate(groups)) == list(range(len(labels)))
    assert len(groups) == 1 or min(map(len, groups)) >= 5
    seen = [set(np.array(labels)[rows]) for rows in groups]
    assert sum(map(len, seen)) == len(set(labels))  # no class is torn apart


def test_a_level_and_a_seed():
    scores = np.random.default_rng(3).exponential(size=100)
    wide, narrow = bootstrap_interval(scores, level=0.99), bootstrap_interval(scores, level=0.8)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert bootstrap_interval(scores) == bootstrap_interval(scores, random_state=0)
    assert bootstrap_interval(scores) != bootstrap_interval(scores, random_state=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scores": [1.0]}, "got 1 rows"),
        ({"scores": [1.0, np.inf]}, "got NaN or infinity"),
        ({"scores": [[1.0], [2.0]]}, r"got shape \(2, 1\)"),
        ({"scores": [1.0, 2.0], "strata": [0]}, r"one label per row, 2 \(got 1\)"),
        ({"scores": [1.0, 2.0], "level": 1.0}, "level must be"),
        ({"scores": [1.0, 2.0], "n_resamples": 38}, r"n_resamples must be an integer in \[39"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(**arguments)
