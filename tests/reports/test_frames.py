"""Frames: exact deltas, their sign, and cells that do not exist."""

import math

import numpy as np
import pytest
from stub_models import OURS, THEIRS, small_dataset, stub_pair, table

from probml.reports import pairs_frame, results_frame, run_pairs

COLUMNS = [
    *["model", "implementation", "dataset", "seed", "n_train", "n_test", "accuracy"],
    *["accuracy_low", "accuracy_high", "log_loss", "log_loss_clipped", "brier", "ece"],
    *["fit_seconds", "predict_seconds", "status", "reason"],
]
DELTAS = ["delta_accuracy", "delta_log_loss", "delta_brier"]
BROKEN = {"proba": OURS, "error": RuntimeError("broken")}


def frames(ours, theirs):
    records = run_pairs(small_dataset(), [stub_pair(ours, theirs)])
    return results_frame(records), pairs_frame(records)


def test_results_have_the_documented_columns_and_values():
    results, _ = frames(OURS, THEIRS)
    assert results.columns.tolist() == COLUMNS
    assert results["implementation"].tolist() == ["probml", "sklearn"]
    assert results["accuracy"].tolist() == [1.0, 0.5]
    assert results["status"].tolist() == ["ok", "ok"]
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
    assert pairs.drop(columns=["model", "dataset", "seed"]).isna().all(axis=None)


def test_two_infinite_losses_have_no_difference():
    ruled_out = table(0.0, 0.0, 0.0, 1.0)
    _, both = frames(ruled_out, ruled_out)
    assert math.isnan(both["delta_log_loss"][0])
    assert both["delta_brier"][0] == 0.0
    _, one = frames(ruled_out, THEIRS)
    assert one["delta_log_loss"][0] == math.inf


def test_a_record_without_its_twin_is_no_pair():
    records = run_pairs(small_dataset(), [stub_pair(OURS, THEIRS)])
    assert len(pairs_frame(records[:1])) == 0
    assert len(results_frame(records[:1])) == 1
