"""Evidence: figures are those of the metrics, whatever became of seeds, folds and members."""

import math
from dataclasses import replace

import numpy as np
import pytest

from probml.metrics import (
    Interval,
    balanced_accuracy,
    bootstrap_interval,
    corrected_t_interval,
    holm_adjusted,
    paired_interval,
    parity,
    rank_models,
    row_scores,
    seeds_interval,
    wilson_interval,
)
from probml.numerics import log_softmax
from probml.reports import Predictions, Record, Run, weigh
from probml.reports.evidence import twins
from probml.reports.frames import speedup
from probml.reports.records import score

K = 3
NAMES = ("a", "b", "c")


def truth(n=200, seed=0):
    return np.random.default_rng(seed).integers(0, K, n)


def said(y, noise, seed):
    """Log-probabilities that know the classes better the less noise there is."""
    random = np.random.default_rng(seed)
    return log_softmax(2.0 * np.eye(K)[y] + noise * random.normal(size=(len(y), K)))


def record(y, log_proba, model="m", implementation="probml", labels=None, **options):
    labels = log_proba.argmax(axis=1) if labels is None else labels
    predictions = Predictions(y, labels, log_proba)
    fields = {
        "title": model.upper(), "dataset": "d", "seed": 0, "parameters": {}, "n_train": 1000,
        "n_test": len(y), "class_names": NAMES, "status": "ok", "scores": score(predictions),
        "predictions": predictions,
    }  # fmt: skip
    return Record(model=model, implementation=implementation, **{**fields, **options})


def pair_of(y, first, second, model="m", **options):
    ours = record(y, first, model, reference=f"{model}/sklearn", **options)
    return [ours, record(y, second, model, "sklearn", **options)]


def failed(record_):
    return replace(record_, status="failed", reason="no", scores=None, predictions=None)


def near(interval):
    return pytest.approx(interval, rel=1e-9, abs=1e-12)


def test_one_fit_has_the_figures_of_the_metrics():
    y = truth()
    first, second = said(y, 1.0, 1), said(y, 1.2, 2)
    evidence = weigh(pair_of(y, first, second))
    [comparison] = evidence.comparisons
    [got], expected = comparison.parities, parity(y, first, second, range(K))
    assert got.verdict == expected.verdict == comparison.verdict
    for name in ("accuracy", "log_loss", "brier"):
        assert getattr(got, name) == near(getattr(expected, name))
        assert getattr(got, f"{name}_interval") == near(getattr(expected, f"{name}_interval"))
        assert getattr(comparison, name).interval == getattr(got, f"{name}_interval")
    assert (got.only_first, got.only_second) == (expected.only_first, expected.only_second)
    assert comparison.holm == (expected.mcnemar_p,)

    ours = evidence.results[0]
    rows = row_scores(y, first, range(K))
    assert ours.accuracy == (rows.right.mean(), wilson_interval(int(rows.right.sum()), len(y)))
    assert ours.log_loss.interval == near(bootstrap_interval(rows.log_loss, y))
    assert ours.brier.interval == near(bootstrap_interval(rows.brier, y))
    balanced = balanced_accuracy(y, first, range(K))
    assert (ours.balanced_accuracy.value, *ours.balanced_accuracy.interval) == balanced


def test_labels_count_that_are_not_the_most_probable():
    y = truth()
    table = said(y, 1.0, 1)
    evidence = weigh([record(y, table, labels=y, reference="n/probml"), record(y, table, "n")])
    ours = evidence.results[0]
    assert ours.accuracy.value == 1.0 == ours.balanced_accuracy.value
    assert [c.recall.value for c in ours.fits[0].classes] == [1.0] * K
    [comparison] = evidence.comparisons
    right = int(np.sum(table.argmax(axis=1) == y))
    assert (
        comparison.parities[0].labels_different
        == len(y) - right
        == comparison.parities[0].only_first
    )
    assert comparison.verdict == "different"


def test_several_seeds_are_a_sample_as_rows_are():
    y = truth()
    ours = [said(y, 1.0, seed) for seed in range(4)]
    other = said(y, 1.5, 99)
    records = [record(y, x, seed=i, reference="m/sklearn") for i, x in enumerate(ours)]
    # The twin depends on no seed, and stands beside each.
    evidence = weigh([*records, record(y, other, implementation="sklearn")])
    result, [comparison] = evidence.results[0], evidence.comparisons
    rows, against = [row_scores(y, x, range(K)) for x in ours], row_scores(y, other, range(K))
    right = np.array([r.right for r in rows])
    assert result.accuracy == (near(right.mean()), near(seeds_interval(right)))
    brier = np.array([r.brier - against.brier for r in rows])
    assert comparison.brier == (near(brier.mean()), near(seeds_interval(brier)))
    assert len(comparison.parities) == 4
    assert comparison.holm == holm_adjusted([p.mcnemar_p for p in comparison.parities])
    apart = [r.log_loss - against.log_loss for r in rows]
    [best, behind] = evidence.rankings["d"]
    assert (best.name, behind.name) == ("m/probml", "m/sklearn")
    assert behind.difference == near(-np.mean(apart))
    low, high = seeds_interval(apart)
    assert behind.difference_interval == near((-high, -low))
    weighted = [[r.right[y == k].mean() for k in range(K)] for r in rows]
    assert result.balanced_accuracy.value == near(np.mean(weighted))
    apart = comparison.accuracy.interval
    both = [seeds_interval(right - against.right)]
    both.append(paired_interval(right.mean(axis=0), against.right))
    assert apart == near((min(i.low for i in both), max(i.high for i in both)))


def test_several_folds_have_the_corrected_interval():
    records, means, apart = [], [], []
    for fold in range(5):
        y = truth(seed=fold)
        first, second = said(y, 1.0, 10 + fold), said(y, 1.4, 20 + fold)
        records += pair_of(y, first, second, fold=fold)
        losses = [row_scores(y, x, range(K)).log_loss.mean() for x in (first, second)]
        means.append(losses[0])
        apart.append(losses[0] - losses[1])
    evidence = weigh(records)
    expected = corrected_t_interval(means, 1000, 200)
    assert evidence.results[0].log_loss == (near(np.mean(means)), near(expected))
    [comparison] = evidence.comparisons
    assert comparison.log_loss.interval == near(corrected_t_interval(apart, 1000, 200))


def test_labels_that_never_differ_do_not_prove_equal_models():
    y = truth()
    table = said(y, 1.0, 0)
    other = log_softmax(1.001 * table)
    for kind, n in (("seed", 200), ("fold", 600)):
        records = [r for i in range(3) for r in pair_of(y, table, other, **{kind: i})]
        [comparison] = weigh(records).comparisons
        assert comparison.accuracy.value == 0.0
        assert comparison.accuracy.interval == near(paired_interval(np.zeros(n), np.zeros(n)))


def test_costs_are_those_of_all_fits():
    y = truth()
    records = []
    for fold, (ours, theirs) in enumerate([(1.0, 4.0), (2.0, 4.0), (4.0, 4.0)]):
        pair = pair_of(y, said(y, 1.0, 0), said(y, 1.0, 1), fold=fold)
        seconds = (ours, theirs)
        records += [
            replace(r, runs=(Run(s, s, s, None),)) for r, s in zip(pair, seconds, strict=True)
        ]
    evidence = weigh(records)
    assert evidence.results[0].costed.cost("fit_seconds") == (1.5, 2.0, 3.0)
    assert speedup(*evidence.comparisons[0].costed, "fit_seconds") == (2.0, 1.5, 3.0)


def test_identical_means_in_every_fit():
    y = truth()
    table, other = said(y, 1.0, 0), said(y, 1.0, 1)
    records = [*pair_of(y, table, table), *pair_of(y, table, other, seed=1)]
    [comparison] = weigh(records).comparisons
    assert [p.verdict for p in comparison.parities] == ["identical", "undecided"]
    assert comparison.verdict == "undecided"


def test_a_class_that_does_not_occur_has_no_part_in_the_mean_recall():
    y = 2 * (truth() % 2)
    records = [record(y, said(y, 1.5, seed), seed=seed) for seed in range(2)]
    [result] = weigh(records).results
    recalls = [[(r.predictions.y_pred == y)[y == k].mean() for k in (0, 2)] for r in records]
    assert result.balanced_accuracy.value == near(np.mean(recalls))


def test_p_values_are_adjusted_over_all_pairs():
    y = truth()
    pairs = [
        r for i in range(4) for r in pair_of(y, said(y, 0.6, i), said(y, 1.0 + i, 9 + i), f"m{i}")
    ]
    evidence = weigh([*pairs, *map(failed, pair_of(y, said(y, 1.0, 3), said(y, 1.0, 4), "f"))])
    p = [c.parities[0].mcnemar_p for c in evidence.comparisons[:4]]
    assert [c.holm[0] for c in evidence.comparisons[:4]] == list(holm_adjusted(p))
    assert evidence.comparisons[4].holm == (None,)


def test_the_ranking_is_that_of_the_metrics_without_equivalent_twins():
    y = truth(2000)
    good, bad, twin = said(y, 0.5, 1), said(y, 2.0, 2), said(y, 1.0, 3)
    records = [
        *pair_of(y, bad, bad, "bad"),
        *pair_of(y, good, twin, "good"),
        failed(record(y, good, "lost")),
    ]
    evidence = weigh(records)
    verdicts = [c.verdict for c in evidence.comparisons]
    assert verdicts == ["identical", "different"]
    tables = {"bad/probml": bad, "good/probml": good, "good/sklearn": twin, "lost/probml": None}
    expected = rank_models(y, tables, range(K))
    got = evidence.rankings["d"]
    assert [r.name for r in got] == [r.name for r in expected]
    for mine, theirs in zip(got[:3], expected[:3], strict=True):
        assert mine.score == near(theirs.score)
        assert mine.difference == near(theirs.difference)
        assert mine.difference_interval == near(theirs.difference_interval)
        assert mine.may_be_best == theirs.may_be_best
    assert got[3].score is None


def test_what_was_ruled_out_and_happened_comes_last():
    y = truth()
    sure = np.log(np.eye(K)[(y + 1) % K].clip(1e-300))
    sure[:] = np.where(np.eye(K)[(y + 1) % K] == 1, 0.0, -np.inf)
    [fine, never] = weigh([record(y, sure, "never"), record(y, said(y, 1.0, 0), "fine")]).rankings[
        "d"
    ]
    assert (fine.name, never.name) == ("fine/probml", "never/probml")
    assert (never.score, never.difference, never.may_be_best) == (math.inf, math.inf, False)
    [a, b] = weigh([record(y, sure, "one"), record(y, sure, "two")]).rankings["d"]
    assert a.difference is b.difference is None


def test_a_member_that_failed_has_no_figures_and_its_twin_has():
    y = truth()
    ours, theirs = pair_of(y, said(y, 1.0, 0), said(y, 1.0, 1))
    evidence = weigh([failed(ours), theirs])
    lost, there = evidence.results
    assert (lost.fits, lost.accuracy, lost.log_loss) == ((), None, None)
    assert there.accuracy is not None
    [comparison] = evidence.comparisons
    assert (comparison.verdict, comparison.parities) == (None, (None,))


def test_of_some_seeds_that_failed_the_others_count():
    y = truth()
    records = [r for s in range(3) for r in pair_of(y, said(y, 1.0, s), said(y, 1.0, 9), seed=s)]
    records[2] = failed(records[2])
    evidence = weigh(records)
    rows = [row_scores(y, said(y, 1.0, s), range(K)).brier for s in (0, 2)]
    assert evidence.results[0].brier == (near(np.mean(rows)), near(seeds_interval(rows)))
    assert [p is None for p in evidence.comparisons[0].parities] == [False, True, False]


def test_one_test_row_has_no_interval_for_its_losses():
    y = np.array([1])
    table = said(np.array([1]), 1.0, 0)
    [ours, _] = weigh(pair_of(y, table, said(y, 1.0, 1))).results
    assert ours.log_loss == (near(-table[0, 1]), None)
    assert ours.accuracy.interval == near(wilson_interval(int(ours.accuracy.value), 1))


@pytest.mark.parametrize(
    ("accuracy", "log_loss", "verdict"),
    [(0.2, 0.2, "equivalent"), (0.0, 0.2, "undecided"), (0.2, 0.0, "different")],
)
def test_margins_decide_what_is_equivalent(accuracy, log_loss, verdict):
    y = truth(2000)
    table = said(y, 1.0, 0)
    sharper = log_softmax(1.5 * table)  # the same labels, and another loss
    evidence = weigh(pair_of(y, table, sharper), accuracy_margin=accuracy, log_loss_margin=log_loss)
    assert [c.verdict for c in evidence.comparisons] == [verdict]
    with pytest.raises(ValueError, match=r"accuracy_margin must be"):
        weigh(pair_of(y, table, table), accuracy_margin=-0.1)


def test_swapping_the_pair_negates_every_difference():
    y = truth()
    first, second = said(y, 1.0, 0), said(y, 1.3, 1)
    [a] = weigh(pair_of(y, first, second)).comparisons
    [b] = weigh(pair_of(y, second, first)).comparisons
    for name in ("accuracy", "log_loss", "brier"):
        x, z = getattr(a, name), getattr(b, name)
        assert x.value == near(-z.value)
        assert x.interval == near(Interval(-z.interval.high, -z.interval.low))
    assert a.verdict == b.verdict


def test_twins_of_other_data_are_refused():
    y = truth()
    ours, theirs = pair_of(y, said(y, 1.0, 0), said(y, 1.0, 1))
    with pytest.raises(ValueError, match="expected records of the same data"):
        twins([ours, replace(theirs, data="f" * 64)])
