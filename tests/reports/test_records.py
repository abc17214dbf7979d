"""Records survive the disk, infinities included, and no write is half done."""

import json
import math
import os
from dataclasses import replace

import numpy as np
import pytest
from stub_models import OURS, THEIRS, evaluated, small_dataset, stub_pair, table

from probml.reports import Report, read_records, write_records


@pytest.fixture
def records():
    pairs = [
        stub_pair(table(0.0, 0.0, 0.0, 1.0), THEIRS, name="infinite"),
        stub_pair({"proba": OURS, "error": ValueError("no")}, OURS, name="failed"),
        stub_pair(
            {"proba": OURS, "warning": UserWarning("hm")},
            OURS,
            name="odd",
            title="<b>é & co</b>",
            parameters={"sizes": (3, 4), "none": None, "limit": math.inf, "f": np.float64(0.5)},
        ),
    ]
    first, *others = evaluated(small_dataset(), pairs)
    return [replace(first, curve=((1, 2.5), (7, 0.1))), *others]


def refuse(name):
    raise AssertionError(f"{name} is not JSON")


def test_round_trip(tmp_path, records):
    write_records(tmp_path, records)
    back = read_records(tmp_path)
    assert back == records
    for ours, theirs in zip(back, records, strict=True):
        if theirs.predictions is None:
            assert ours.predictions is None
            continue
        for name in ("y_true", "y_pred", "log_proba"):
            np.testing.assert_array_equal(
                getattr(ours.predictions, name), getattr(theirs.predictions, name)
            )
        assert ours.predictions.log_proba.dtype == np.float64
    assert Report(back).results.equals(Report(records).results)
    assert Report(back).pairs.equals(Report(records).pairs)


def test_the_lines_are_strict_json(tmp_path, records):
    write_records(tmp_path, records)
    lines = (tmp_path / "records.jsonl").read_text(encoding="utf-8").splitlines()
    parsed = [json.loads(line, parse_constant=refuse) for line in lines]
    assert len(parsed) == 6
    assert parsed[0]["scores"]["log_loss"] == "inf"
    assert parsed[2]["scores"] is None
    assert parsed[4]["parameters"] == {"sizes": [3, 4], "none": None, "limit": "inf", "f": 0.5}


def test_the_same_records_give_the_same_bytes(tmp_path, records):
    for folder in ("a", "b"):
        write_records(tmp_path / folder, records)
    for name in ("records.jsonl", "predictions.npz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_write_that_fails_leaves_the_old_files(tmp_path, records, monkeypatch):
    write_records(tmp_path, records)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_records(tmp_path, records[:1])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_predictions_are_read_without_pickle(tmp_path, records):
    write_records(tmp_path, records)
    np.savez(tmp_path / "predictions.npz", **{"0.y_true": np.array([{}], dtype=object)})
    with pytest.raises((ValueError, KeyError)):
        read_records(tmp_path)


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_records(tmp_path)
