"""Frames: exact deltas, their sign, and cells that do not exist."""

import math
from dataclasses import replace

import numpy as np
import pytest
from stub_models import OURS, THEIRS, evaluated, small_dataset, stub_pair, table

from probml.metrics import calibration_error, expected_calibration_error, parity
from probml.reports import Report, Run

COLUMNS = [
    *["model", "implementation", "dataset", "seed", "fold", "n_train", "n_test", "accuracy"],
    *["accuracy_low", "accuracy_high", "log_loss", "log_loss_clipped", "brier", "ece"],
    *["log_loss_low", "log_loss_high", "brier_low", "brier_high"],
    *["balanced_accuracy", "balanced_accuracy_low", "balanced_accuracy_high"],
    *["ece_debiased", "ece_null_low", "ece_null_high", "ece_class_wise"],
    *["fit_seconds", "fit_seconds_q1", "fit_seconds_q3", "fit_us_per_row"],
    *["predict_seconds", "predict_seconds_q1", "predict_seconds_q3", "predict_us_per_row"],
    *["predict_proba_seconds", "predict_proba_seconds_q1", "predict_proba_seconds_q3"],
    *["predict_proba_us_per_row", "peak_mib", "repeats", "threads", "laws", "status", "reason"],
]
KEY = ["model", "reference", "dataset", "seed", "fold", "status", "verdict"]
DELTAS = ["delta_accuracy", "delta_log_loss", "delta_brier"]
BROKEN = {"proba": OURS, "error": RuntimeError("broken")}


def frames(ours, theirs):
    records = evaluated(small_dataset(), [stub_pair(ours, theirs)])
    report = Report(records)
    return report.results, report.pairs


def test_results_have_the_documented_columns_and_values():
    results, _ = frames(OURS, THEIRS)
    assert results.columns.tolist() == COLUMNS
    assert results["implementation"].tolist() == ["probml", "sklearn"]
    assert results["accuracy"].tolist() == [1.0, 0.5]
    assert results["status"].tolist() == ["ok", "ok"]
    told = (np.array([0, 0, 1, 1]), np.log(THEIRS), [0, 1])
    error, theirs = calibration_error(*told), results.iloc[1]
    assert (theirs["ece_null_low"], theirs["ece_null_high"]) == error.null
    assert theirs["ece_debiased"] == error.debiased
    assert theirs["ece_class_wise"] == expected_calibration_error(*told, class_wise=True)
    assert (results["fit_seconds"] >= 0).all()


def test_pairs_are_probml_minus_sklearn():
    results, pairs = frames(OURS, THEIRS)
    [row] = pairs.to_dict("records")
    ours, theirs = results.to_dict("records")
    assert row["delta_accuracy"] == 0.5
    assert row["delta_log_loss"] == ours["log_loss"] - theirs["log_loss"] < 0
    assert row["delta_brier"] == ours["brier"] - theirs["brier"] < 0
    # Labels: no no yes yes against no yes yes no.
    assert row["label_agreement"] == 0.5
    assert row["labels_different"] == 2
    truth = np.array([0, 0, 1, 1])
    expected = parity(
        truth,
        np.log(OURS, where=np.array(OURS) > 0, out=np.full((4, 2), -np.inf)),
        np.log(THEIRS),
        [0, 1],
    )
    assert (row["only_model_right"], row["only_reference_right"]) == (2, 0)
    assert row["delta_log_loss_clipped"] == expected.log_loss
    assert (row["delta_brier_low"], row["delta_brier_high"]) == expected.brier_interval
    assert (row["mcnemar_p"], row["mcnemar_p_holm"]) == (expected.mcnemar_p, expected.mcnemar_p)
    assert row["verdict"] == expected.verdict
    assert row["max_abs_dproba"] == pytest.approx(0.5, rel=1e-15)
    assert row["fit_speedup"] == theirs["fit_seconds"] / ours["fit_seconds"]
    assert row["predict_speedup"] == theirs["predict_seconds"] / ours["predict_seconds"]


def test_swapping_the_implementations_negates_every_delta():
    _, pairs = frames(OURS, THEIRS)
    _, swapped = frames(THEIRS, OURS)
    np.testing.assert_array_equal(swapped[DELTAS], -pairs[DELTAS])
    same = ["label_agreement", "labels_different", "max_abs_dproba"]
    assert swapped[same].equals(pairs[same])


def test_a_failed_member_leaves_empty_cells():
    results, pairs = frames(BROKEN, THEIRS)
    assert results["status"].tolist() == ["failed", "ok"]
    assert results["reason"].tolist() == ["RuntimeError: broken", ""]
    assert math.isnan(results["accuracy"][0])
    assert pairs["status"].tolist() == ["failed"]
    assert pairs.drop(columns=KEY).isna().all(axis=None)


def test_two_infinite_losses_have_no_difference():
    ruled_out = table(0.0, 0.0, 0.0, 1.0)
    _, both = frames(ruled_out, ruled_out)
    assert math.isnan(both["delta_log_loss"][0])
    assert both["delta_brier"][0] == 0.0
    _, one = frames(ruled_out, THEIRS)
    assert one["delta_log_loss"][0] == math.inf


def test_a_record_without_its_twin_is_no_pair():
    records = evaluated(small_dataset(), [stub_pair(OURS, THEIRS)])
    assert len(Report(records[:1]).pairs) == 0
    assert len(Report(records[:1]).results) == 1


def with_runs(record, *seconds):
    """A record whose fits took so long, and whose predictions took a thousandth of that."""
    runs = tuple(Run(x, x / 1000, x / 500, int(x * 2**20)) for x in seconds)
    return replace(record, runs=runs)


def test_costs_are_medians_with_quartiles_and_one_run_has_none():
    ours, theirs = evaluated(small_dataset(), [stub_pair(OURS, THEIRS)])
    row = Report([with_runs(ours, 3.0, 1.0, 2.0, 10.0, 4.0)]).results.iloc[0]
    assert [row[f"fit_seconds{end}"] for end in ("_q1", "", "_q3")] == [2.0, 3.0, 4.0]
    assert row["fit_us_per_row"] == 1e6 * 3.0 / 3
    assert row["predict_us_per_row"] == pytest.approx(1e6 * 0.003 / 4, rel=1e-15)
    assert (row["peak_mib"], row["repeats"]) == (3.0, 5)
    [alone] = Report([with_runs(ours, 3.0)]).results.to_dict("records")
    assert alone["fit_seconds"] == 3.0
    assert math.isnan(alone["fit_seconds_q1"])
    [untimed] = Report([with_runs(theirs)]).results.to_dict("records")
    assert math.isnan(untimed["fit_seconds"])


def test_a_speed_up_is_the_median_of_ratios_of_neighbours():
    ours, theirs = evaluated(small_dataset(), [stub_pair(OURS, THEIRS)])
    pair = [with_runs(ours, 1.0, 2.0, 4.0), with_runs(theirs, 3.0, 2.0, 20.0)]
    row = Report(pair).pairs.iloc[0]
    # The ratio of the medians would be 1.5.
    assert [row[f"fit_speedup{end}"] for end in ("_q1", "", "_q3")] == [2.0, 3.0, 4.0]
    alone = Report([with_runs(ours, 1.0), with_runs(theirs, 3.0)]).pairs.iloc[0]
    assert alone["fit_speedup"] == 3.0
    assert math.isnan(alone["fit_speedup_q1"])


def test_records_of_different_data_are_not_compared():
    ours, theirs = evaluated(small_dataset(), [stub_pair(OURS, THEIRS)])
    with pytest.raises(ValueError, match=r"expected records of the same data \(got stub/probml on"):
        Report([ours, replace(theirs, data="f" * 64)])


def test_a_reference_that_no_seed_changes_stands_beside_every_seed():
    ours, theirs = evaluated(small_dataset(), [stub_pair(OURS, THEIRS)])
    pairs = Report([ours, replace(ours, seed=1), theirs]).pairs
    assert pairs["seed"].tolist() == [0, 1]
    assert pairs["delta_accuracy"].tolist() == [0.5, 0.5]
