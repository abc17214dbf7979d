"""Several seeds, several splits: closed forms, their bootstrap, and coverage by simulation."""

import numpy as np
import pytest
from scipy.stats import t

from probml.metrics import corrected_t_interval, seeds_interval


def assert_covers(hits, runs, level=0.95):
    """The share asked for, less four standard errors."""
    assert hits / runs >= level - 4 * np.sqrt(level * (1 - level) / runs)


@pytest.mark.parametrize("between_seeds", [0.0, 0.05, 0.3])
def test_seeds_and_rows_are_both_covered(between_seeds):
    """Effects of seeds are normal, of rows skewed, and of both noise; the mean is 0.

    At the larger effects the mean over seeds, which only a t interval knows, is what is unknown.
    """
    rng, hits, runs = np.random.default_rng(0), 0, 400
    for _ in range(runs):
        seed = between_seeds * rng.normal(size=(5, 1))
        row = rng.exponential(size=200) - 1
        low, high = seeds_interval(seed + row + rng.normal(size=(5, 200)))
        hits += low <= 0 <= high
    assert_covers(hits, runs)
    assert hits < runs


def test_its_variance_is_that_of_drawing_seeds_and_rows_anew():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(30, 1)) + 3 * rng.normal(size=40) + rng.normal(size=(30, 40))
    seeds, rows = rng.integers(0, 30, (4000, 30)), rng.integers(0, 40, (4000, 40))
    drawn = [x[s[:, None], r].mean() for s, r in zip(seeds, rows, strict=True)]
    low, high = seeds_interval(x)
    # Quantiles of 4000 draws, and what noise adds to them, are within some per cent.
    assert (high - low) / 2 == pytest.approx(2.0 * np.std(drawn), rel=0.1)


def test_one_source_alone_is_a_t_interval():
    by_seed = np.array([0.8, 0.9, 0.85])
    scores = np.repeat(by_seed[:, None], 50, axis=1)
    spread = t.ppf(0.975, 2) * by_seed.std(ddof=1) / np.sqrt(3)
    np.testing.assert_allclose(seeds_interval(scores), (0.85 - spread, 0.85 + spread), rtol=1e-10)
    np.testing.assert_allclose(seeds_interval(scores.T), (0.85 - spread, 0.85 + spread), rtol=1e-10)
    assert seeds_interval(np.ones((2, 3))) == (1.0, 1.0)


@pytest.mark.parametrize("interval", [seeds_interval, lambda x: corrected_t_interval(x[0], 9, 1)])
def test_negated_scores_negate_the_interval(interval):
    x = np.random.default_rng(2).normal(size=(4, 30))
    low, high = interval(x)
    assert interval(-x) == (-high, -low)


def splits(rng, n, n_test, n_splits):
    """Squared error of the mean of the training rows, over random splits of normal rows."""
    y = rng.normal(size=n)
    order = rng.permuted(np.tile(np.arange(n), (n_splits, 1)), axis=1)
    test, train = y[order[:, :n_test]], y[order[:, n_test:]]
    return ((test - train.mean(axis=1, keepdims=True)) ** 2).mean(axis=1)


def test_splits_of_one_data_set_are_covered():
    """The expected error of the mean of m rows is ``1 + 1/m``; a plain t interval misses it."""
    rng, runs, hits, plain = np.random.default_rng(3), 400, 0, 0
    truth = 1 + 1 / 80
    for _ in range(runs):
        x = splits(rng, 100, 20, 15)
        low, high = corrected_t_interval(x, 80, 20)
        hits += low <= truth <= high
        spread = t.ppf(0.975, 14) * x.std(ddof=1) / np.sqrt(15)
        plain += abs(x.mean() - truth) <= spread
    assert_covers(hits, runs)
    assert plain / runs < 0.8


def test_the_correction_in_closed_form():
    x = np.array([0.9, 0.92, 0.91, 0.95])
    spread = t.ppf(0.95, 3) * x.std(ddof=1) * np.sqrt(1 / 4 + 10 / 30)
    expected = (x.mean() - spread, x.mean() + spread)
    np.testing.assert_allclose(corrected_t_interval(x, 30, 10, level=0.9), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([[1.0, 0.0]], r"got shape \(1, 2\)\); for a single fit use bootstrap_interval"),
        ([1.0, 0.0], r"got shape \(2,\)"),
        ([[1.0], [0.0]], r"got shape \(2, 1\)"),
        ([[1.0, np.nan], [0.0, 1.0]], "seeds that failed"),
    ],
)
def test_seeds_that_tell_nothing(scores, message):
    with pytest.raises(ValueError, match=message):
        seeds_interval(scores)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.5], 10, 5), r"at least two \(got \[0.5\]"),
        (([0.5, np.nan], 10, 5), "leave out those that failed"),
        (([0.5, 0.6], 0, 5), "n_train must be"),
        (([0.5, 0.6], 10, 0), "n_test must be"),
        (([0.5, 0.6], 10, 5, 1.0), "level must be"),
    ],
)
def test_splits_that_tell_nothing(arguments, message):
    with pytest.raises(ValueError, match=message):
        corrected_t_interval(*arguments)
