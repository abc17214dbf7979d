"""Verdicts on pairs: against SciPy, swapped, on the edges, and how often they are wrong."""

import itertools
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from probml.metrics import (
    accuracy,
    brier_score,
    holm_adjusted,
    log_loss_clipped,
    mcnemar_test,
    parity,
)
from probml.numerics import log_softmax


def tables(rng, n, K=3, noise=0.5):
    """Labels drawn from a softmax, and two models that see it through noise."""
    scores = 2 * rng.normal(size=(n, K))
    y = (log_softmax(scores) + rng.gumbel(size=(n, K))).argmax(axis=1)
    return y, *(log_softmax(scores + noise * rng.normal(size=(n, K))) for _ in range(2))


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_mcnemar_is_a_binomial_test(b, c):
    exact = binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    assert mcnemar_test(b, c) == mcnemar_test(c, b) == pytest.approx(exact, rel=1e-9)


def test_mcnemar_of_no_discordant_rows_accuses_nobody():
    assert mcnemar_test(0, 0) == 1.0
    assert mcnemar_test(7, 7) == 1.0
    with pytest.raises(TypeError, match="only_first must be an integer"):
        mcnemar_test(0.5, 0)
    with pytest.raises(ValueError, match="only_second"):
        mcnemar_test(0, -1)


@given(st.lists(st.none() | st.floats(0, 1), max_size=6))
def test_holm_is_the_closure_of_bonferroni(p_values):
    """A hypothesis falls with every intersection that it is part of."""
    tested = [i for i, p in enumerate(p_values) if p is not None]
    families = [f for m in range(1, len(tested) + 1) for f in itertools.combinations(tested, m)]
    for i, adjusted in enumerate(holm_adjusted(p_values)):
        if p_values[i] is None:
            assert adjusted is None
        else:
            bonferroni = [
                min(1.0, len(f) * min(p_values[j] for j in f)) for f in families if i in f
            ]
            assert adjusted == pytest.approx(max(bonferroni), rel=1e-12)


def test_holm_refuses_what_is_no_p_value():
    with pytest.raises(ValueError, match=r"p_values\[1\] must be a number in \[0, 1\]"):
        holm_adjusted([0.5, np.nan])
    with pytest.raises(TypeError, match=r"p_values\[0\]"):
        holm_adjusted(["0.5"])


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_swapping_the_pair_negates_every_difference(seed):
    rng = np.random.default_rng(seed)
    y, a, b = tables(rng, int(rng.integers(2, 60)))
    a[0] = [0.0, -np.inf, -np.inf]
    there, back = asdict(parity(y, a, b, range(3))), asdict(parity(y, b, a, range(3)))
    for name in ("accuracy", "log_loss", "brier"):
        assert there[name] == -back[name]
        low, high = there[f"{name}_interval"]
        # The closed form sums in both directions; the bootstrap mirrors to the bit.
        np.testing.assert_allclose(back[f"{name}_interval"], (-high, -low), rtol=1e-12, atol=1e-14)
    assert (there["only_first"], there["only_second"]) == (back["only_second"], back["only_first"])
    for name in ("max_abs_dp", "max_abs_dlogp", "labels_different", "mcnemar_p", "verdict"):
        assert there[name] == back[name]


def test_differences_are_those_of_the_scores():
    y, a, b = tables(np.random.default_rng(0), 500)
    result = parity(y, a, b, range(3))
    for name, score in (("log_loss", log_loss_clipped), ("brier", brier_score)):
        expected = score(y, a, range(3)) - score(y, b, range(3))
        # Two means of order 1 are subtracted.
        assert getattr(result, name) == pytest.approx(expected, abs=1e-13)
    expected = accuracy(y, a.argmax(axis=1)) - accuracy(y, b.argmax(axis=1))
    assert result.accuracy == pytest.approx(expected, abs=1e-15)
    assert result.labels_different == np.sum(a.argmax(axis=1) != b.argmax(axis=1))
    assert result.max_abs_dp == np.abs(np.exp(a) - np.exp(b)).max()
    assert result.max_abs_dlogp == np.abs(a - b).max()


def test_a_table_in_single_precision_is_as_exact_as_that_can_be():
    y, a, b = tables(np.random.default_rng(0), 100)
    rough = (a + 2e-6).astype(np.float32)  # rows sum to 1 + 2e-6
    result = parity(y, rough, b.astype(np.float32), [0, 1, 2])
    assert result.log_loss == pytest.approx(parity(y, a, b, [0, 1, 2]).log_loss, abs=1e-5)
    with pytest.raises(ValueError, match="sum to 1"):
        parity(y, a + 2e-6, b, [0, 1, 2])


def test_zeros_of_probability():
    never, rarely = [[0.0, -np.inf]] * 2, [[0.0, -50.0]] * 2
    assert parity([0, 0], never, never, [0, 1]).max_abs_dlogp == 0.0
    result = parity([0, 1], never, rarely, [0, 1])
    assert result.max_abs_dlogp == np.inf
    assert result.verdict == "identical"
    assert result.log_loss == 0.0  # both are charged for 1e-15


def probabilities(p):
    return np.log(np.column_stack([1 - p, p]))


def test_identical_means_all_labels_and_one_millionth():
    y, p = np.arange(20) % 2, np.full(20, 0.4)
    assert parity(y, probabilities(p), probabilities(p + 0.9e-6), [0, 1]).verdict == "identical"
    assert parity(y, probabilities(p), probabilities(p + 1.1e-6), [0, 1]).verdict == "undecided"
    tie = np.full(20, 0.5)
    assert parity(y, probabilities(tie), probabilities(tie + 1e-7), [0, 1]).labels_different == 20
    assert parity(y, probabilities(tie), probabilities(tie + 1e-7), [0, 1]).verdict == "undecided"


def test_margins_decide_what_is_equivalent():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.1, 0.9, 4000)
    y = (rng.random(4000) < p).astype(int)
    first, second = probabilities(p), probabilities(np.clip(p + rng.normal(0, 0.01, 4000), 0, 1))
    assert parity(y, first, second, [0, 1]).verdict == "equivalent"
    for margins in ({"accuracy_margin": 1e-5}, {"log_loss_margin": 1e-6}):
        assert parity(y, first, second, [0, 1], **margins).verdict != "equivalent"
    assert parity(y[:60], first[:60], second[:60], [0, 1]).verdict == "undecided"
    worse = probabilities(0.5 + (p - 0.5) / 2)  # the same labels, other losses
    assert parity(y, first, worse, [0, 1]).verdict == "different"
    assert parity(y, first, worse, [0, 1], log_loss_margin=1.0).verdict == "equivalent"
    wrong = probabilities(1 - p)
    assert parity(y, first, wrong, [0, 1], log_loss_margin=9.0).verdict == "different"


def test_a_small_difference_that_is_certain_is_no_difference():
    """All rows lose 1e-4 nats; that few rows say little of labels does not make it more."""
    y, p = np.ones(10, int), np.full(10, 0.6)
    models = probabilities(p), probabilities(p * (1 + 1e-4))
    result = parity(y, *models, [0, 1])
    assert result.log_loss_interval.low > 0
    assert result.verdict == "undecided"
    assert parity(y, *models, [0, 1], log_loss_margin=1e-5).verdict == "different"


def test_models_that_are_equally_good_are_seldom_called_different():
    """Two intervals of 95 %: of 200 pairs at most 10 %, and four standard errors, so 37."""
    rng = np.random.default_rng(2)
    verdicts = [parity(*tables(rng, 80), range(3)).verdict for _ in range(200)]
    assert verdicts.count("different") <= 37
    assert verdicts.count("equivalent") == 0


@pytest.mark.parametrize("K", [1, 200])
def test_one_class_and_two_hundred(K):
    rng = np.random.default_rng(3)
    y, first, second = np.zeros(400, int), np.zeros((400, 1)), np.zeros((400, 1))
    if K > 1:
        y, first, second = tables(rng, 400, K)
    result = parity(y, first, second, range(K))
    assert result.log_loss_interval.low <= result.log_loss <= result.log_loss_interval.high
    assert result.verdict == "identical" if K == 1 else result.verdict != "identical"


def test_labels_of_any_kind_in_any_order():
    y, a, b = tables(np.random.default_rng(4), 50)
    names = np.array(["cow", "ant", "bee"])
    assert parity(names[y], a, b, names) == parity(y, a, b, range(3))


@pytest.mark.parametrize(
    ("arguments", "margins", "message"),
    [
        (([0, 0], [[0.0]], [[0.0]]), {}, "must be .n_samples, n_classes. = .2, 1."),
        (([0], [[0.0]], [[0.0]]), {}, "at least two rows"),
        (([1, 0], [[0.0]] * 2, [[0.0]] * 2), {}, "only labels listed in classes"),
        (([0, 0], [[0.0]] * 2, [[0.0]] * 2), {"accuracy_margin": -1.0}, "accuracy_margin"),
        (([0, 0], [[0.0]] * 2, [[0.0]] * 2), {"log_loss_margin": np.nan}, "log_loss_margin"),
    ],
)
def test_bad_input(arguments, margins, message):
    with pytest.raises(ValueError, match=message):
        parity(*arguments, [0], **margins)
