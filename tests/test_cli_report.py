"""``probml report`` on your own data and models, and as a gate."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

import probml.cli._models
from probml.cli import main
from probml.datasets import Dataset
from probml.reports import Predictions, Report, collect_provenance, read_records, run_pairs
from probml.reports.records import score

MODULE = """
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB
from probml.reports import Pair

MODELS = {"nb": GaussianNB(), "most": DummyClassifier()}
PAIRS = [Pair("own", "Own", GaussianNB, GaussianNB)]
NOTHING = []
"""


def report(*words):
    """Exit code of a report."""
    with pytest.raises(SystemExit) as end:
        main(["report", *map(str, words)])
    return end.value.code


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a table and a module, as a user has them."""
    rng = np.random.default_rng(0)
    label = np.arange(80) % 2
    table = pd.DataFrame(
        {
            "x": rng.normal(size=80) + 2 * label,
            "word": np.where(rng.random(80) < 0.2, None, np.where(label, "a", "b")),
            "w": rng.random(80),
            "label": np.where(label, "good", "bad"),
        }
    )
    table.loc[::9, "x"] = np.nan
    table.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "own_models.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("own_models", None)


SLEEPER = """
import os, pathlib, time
from sklearn.naive_bayes import GaussianNB

class Sleeper(GaussianNB):
    def fit(self, X, y):
        pathlib.Path("pid").write_text(str(os.getpid()))
        time.sleep(600)

MODELS = {"nb": GaussianNB(), "sleeper": Sleeper()}
"""

TABLE = ("--dataset", "t.csv", "--target", "label", "--out", "r")
OWN = (*TABLE, "--pairs", "own_models:MODELS")


def test_your_own_table_and_models(here, capsys):
    assert report(*OWN, "--weight", "w", "--cv", "2", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    rows = document["results"]
    assert [(r["model"], r["fold"]) for r in rows] == [
        (name, fold) for fold in (0, 1) for name in ("nb", "most")
    ] + [("prior", 0), ("prior", 1)]
    assert all(r["status"] == "ok" and r["laws"] == "holds" for r in rows)
    [nb, *_] = rows
    assert nb["accuracy"] > 0.8
    assert [p["reference"] for p in document["pairs"]] == ["prior/baseline"] * 4
    [first, second] = document["provenance"]["data"]
    assert "1 columns of text, one-hot" in first["preprocessing"]
    assert first["arrays"]["X_test"] != second["arrays"]["X_test"]
    assert set(first["sha256"]) == {"t.csv"}
    assert first["preprocessing"] in (here / "r" / "report.html").read_text()
    records = read_records("r")
    tested = np.concatenate([r.predictions.rows for r in records if r.model == "nb"])
    np.testing.assert_array_equal(np.sort(tested), np.arange(80))


def test_calibration_is_said_and_changes_the_probabilities(here, capsys):
    assert report(*OWN, "--models", "nb", "--calibrate", "sigmoid", "--json", "--jobs", "2") == 0
    rows = json.loads(capsys.readouterr().out)["results"]
    assert [r["status"] for r in rows] == ["ok", "ok"]
    nb, prior = read_records("r")
    assert nb.parameters["calibration"] == "sigmoid"
    assert "calibration" not in prior.parameters


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--dataset", "t.csv"), 2, "t.csv needs --target COL"),
        (("--dataset", "t.csv", "--target", "lable"), 2, "expected columns out of x, word"),
        (("--dataset", "t.csv", "--target", "x"), 4, "expected a label in every row of 'x'"),
        ((*TABLE, "--preprocess", "none"), 4, "expected numbers in every column (got text in"),
        (("--dataset", "no.csv", "--target", "y"), 4, "no.csv: cannot be read as CSV"),
        (("--dataset", "t.xls", "--target", "y"), 2, "whose name ends in .csv"),
        (("--dataset", "digits", "--target", "y"), 2, "--target is for a table of your own"),
        ((*TABLE, "--cv", "2", "--test-size", ".5"), 2, "one way to set a test set apart"),
        ((*TABLE, "--cv", "1"), 2, "not in the range"),
        ((*TABLE, "--pairs", "absent:MODELS"), 2, "No module named 'absent'"),
        ((*TABLE, "--pairs", "own_models:ABSENT"), 2, "no attribute 'ABSENT'"),
        (
            (*TABLE, "--pairs", "own_models:NOTHING"),
            2,
            "expected a sequence of probml.reports.Pair",
        ),
        ((*TABLE, "--pairs", "own_models"), 2, "expected MODULE:NAME"),
        ((*OWN, "--models", "svm"), 2, "expected models out of nb, most (got svm)"),
        ((*OWN, "--jobs", "2", "--repeats", "2"), 2, "at the same time disturb"),
        ((*OWN, "--fail-on", "nb.accuracy"), 2, "expected MODEL.FIGURE<NUMBER"),
        ((*OWN, "--fail-on-regression"), 2, "--fail-on-regression needs --against"),
        ((*OWN, "--out", "t.csv"), 2, "cannot write into t.csv"),
        ((*OWN, "--against", "absent"), 2, "absent holds no report that can be read"),
    ],
)
def test_what_is_refused_is_refused_at_once(here, capsys, monkeypatch, words, code, message):
    monkeypatch.setattr("probml.reports.runner.Unfinished.carry_out", None)
    assert report(*words) == code
    shown = capsys.readouterr()
    assert message in " ".join(shown.err.split())
    assert shown.out == ""
    assert {path.name for path in here.iterdir()} <= {"t.csv", "own_models.py", "__pycache__"}


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs a list of processes")
def test_a_killed_run_leaves_whole_records_and_no_process(here):
    """As by ``kill -9``: nothing can be tidied up, and still nothing is left."""
    (here / "own_models.py").write_text(SLEEPER)
    words = [sys.executable, "-m", "probml", "report", *OWN]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: (here / "pid").exists() and (here / "pid").read_text())
        finally:
            process.kill()
    sleeper = Path("/proc") / (here / "pid").read_text()
    wait_for(lambda: not sleeper.exists())
    (here / "own_models.py").write_text(MODULE)
    assert [path.suffix for path in (here / "r" / "cells").glob("*.npz")] == [".npz"]
    assert report(*OWN, "--quiet") == 0
    assert not (here / "r" / "cells" / "work").exists()


def wait_for(condition):
    """Until it is true, or far too long."""
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def reports(tmp_path, monkeypatch):
    """Reports of a model that is right in so many of 2,000 rows, without fitting anything."""
    y = np.arange(2000) % 2
    data = Dataset(np.zeros((2, 1)), np.array([0, 1]), y[:, None] * 1.0, y, "d", (1,), ("0", "1"))
    [blank, _] = run_pairs(data, {"nb": DummyClassifier()}, fit=False)
    ok = replace(blank, status="ok", reason="")

    def record(wrong, **fields):
        predicted = np.where(np.arange(2000) < wrong, 1 - y, y)
        log_proba = np.log(np.where(np.arange(2) == predicted[:, None], 0.9, 0.1))
        found = Predictions(y, predicted, log_proba)
        return replace(ok, predictions=found, scores=score(found), reference="", **fields)

    def ready(*records):
        """What the next run will find."""
        monkeypatch.setattr("probml.reports.run_pairs", lambda *a, **k: list(records))
        monkeypatch.setattr("probml.cli._report.load", lambda *a: ((data,), ""))
        monkeypatch.setattr(
            "probml.cli._report.chooser", lambda *a: probml.cli._models.Choice(("nb",), {"nb": 0})
        )
        return ("--out", tmp_path / "new")

    Report([record(100)], collect_provenance([data])).write(tmp_path / "old")
    return record, ready, ("--against", tmp_path / "old", "--fail-on-regression")


def test_a_regression_ends_with_one_and_its_reason(reports, capsys):
    record, ready, against = reports
    assert report(*ready(record(140)), *against, "--json") == 1
    shown = capsys.readouterr()
    gate = json.loads(shown.out)["gate"]
    assert gate["failed"] is True
    assert any("nb (given): accuracy changed by -0.0200" in reason for reason in gate["reasons"])
    assert {d["score"]: d["worse"] for d in gate["differences"]}["accuracy"] is True
    assert "gate: nb (given): accuracy changed by -0.0200" in shown.err


def test_a_thousandth_and_an_improvement_do_not(reports, capsys):
    record, ready, against = reports
    assert report(*ready(record(102)), *against) == 0
    assert report(*ready(record(50)), *against) == 0
    assert "gate" not in capsys.readouterr().err
    assert report(*ready(record(140)), *against, "--tolerance", "0.05") == 0


def test_without_fail_on_regression_it_only_tells(reports, capsys):
    record, ready, against = reports
    assert report(*ready(record(140)), *against[:2], "--json") == 0
    gate = json.loads(capsys.readouterr().out)["gate"]
    assert (gate["failed"], len(gate["differences"])) == (False, 3)


def test_conditions_end_with_one(reports, capsys):
    record, ready, _ = reports
    assert report(*ready(record(100)), "--fail-on", "nb.accuracy<0.97") == 1
    assert "gate: nb.accuracy is 0.95: nb.accuracy<0.97" in capsys.readouterr().err
    assert report(*ready(record(100)), "--fail-on", "nb.accuracy<0.95") == 0


def test_a_failed_model_outweighs_the_gate(reports, capsys):
    record, ready, against = reports
    failed = record(100, status="failed", model="other", reason="no")
    assert report(*ready(record(140), failed), *against) == 3
    assert "gate: nb" in capsys.readouterr().err


def test_an_older_report_of_other_data_is_refused_before_the_run(reports, capsys, monkeypatch):
    record, ready, against = reports
    words = ready(record(100))
    other = Dataset(
        np.zeros((2, 1)), np.array([0, 1]), np.ones((1, 1)), np.array([1]), "d", (1,), ("0", "1")
    )
    monkeypatch.setattr("probml.cli._report.load", lambda *a: ((other,), ""))
    monkeypatch.setattr("probml.reports.run_pairs", None)
    assert report(*words, *against) == 2
    assert "expected a report on the same data" in " ".join(capsys.readouterr().err.split())
