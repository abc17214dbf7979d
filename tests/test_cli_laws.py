"""``probml laws`` and ``probml verify``: what is printed, and the exit codes."""

import csv
import io
import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB

from probml.cli import main
from probml.laws import CATALOGUE


def run(capsys, *words):
    with pytest.raises(SystemExit) as end:
        main(list(map(str, words)))
    out, err = capsys.readouterr()
    return end.value.code, out, err


@pytest.fixture
def homework(tmp_path, monkeypatch):
    (tmp_path / "homework.py").write_text(
        "import numpy as np\n"
        "def naive(z):\n    return np.log(np.sum(np.exp(z)))\n"
        "def stable(z):\n"
        "    m = np.max(z)\n"
        "    return m + np.log(np.sum(np.exp(z - m))) if np.isfinite(m) else m\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("homework", None)


def test_list_and_show(capsys):
    code, out, _ = run(capsys, "laws", "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [law.id for law in CATALOGUE]
    code, out, _ = run(capsys, "laws", "list", "--source", "lai 2020, slide 57")
    assert (code, out.split()[0], len(out.splitlines())) == (0, "PR-08", 1)
    code, out, _ = run(capsys, "laws", "show", "di-11")
    assert code == 0
    assert "naive exponentials" in out


@pytest.mark.parametrize(
    ("source", "ids"),
    [
        ("Lai 2020, slide 34", ["DT-03"]),
        ("chollet ch. 2, item 35", ["DT-08", "DT-14", "DT-15"]),
        ("Lai 2020, slide 55", ["PR-01", "PR-02", "PR-03"]),
    ],
)
def test_from_a_slide_to_its_laws(capsys, source, ids):
    code, out, _ = run(capsys, "laws", "list", "--source", source)
    assert (code, [line.split()[0] for line in out.splitlines()]) == (0, ids)


def test_a_source_without_laws_is_said(capsys):
    # Slide 1 is not the beginning of slide 12.
    code, out, err = run(capsys, "laws", "list", "--source", "Lai 2020, slide 1")
    assert (code, out) == (2, "")
    assert "no law comes from 'Lai 2020, slide 1'" in err


def test_verify_ours(capsys):
    code, out, _ = run(capsys, "verify", "--law", "DI-11,PR-06", "--examples", "20")
    assert code == 0
    assert out.count("holds") == 2
    assert "4/4" in out  # mutants of either law


@pytest.mark.parametrize("width", [40, 60, 80])
def test_tables_fit_and_no_verdict_is_cut_off(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = run(capsys, "verify", "--law", "CA-17,DT-08", "--examples", "5")
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out
    for word in ("CA-17", "DT-08", "margin", "mutants", "verdict", "holds"):
        assert word in out
    assert len(re.findall(r"\d/[45]\b", out)) == 2  # mutants killed, of four and of five
    assert ("updates" in out) == (width >= 60)


def test_an_exercise_is_marked(capsys, homework):
    right = run(capsys, "verify", "--law", "DI-11", "--subject", "homework:stable")
    assert (right[0], "holds" in right[1]) == (0, True)
    code, out, err = run(capsys, "verify", "--law", "DI-11", "--subject", "homework:naive")
    assert (code, err) == (1, "")
    assert "DI-11 is broken" in out
    assert "array([" in out


def test_self_test_lists_every_mutant(capsys):
    code, out, _ = run(capsys, "verify", "--self-test", "--law", "DI-11")
    assert (code, out.count("killed")) == (0, 1 + 4)  # the header, and four mutants


@pytest.mark.parametrize("words", [("verify",), ("verify", "--self-test")])
def test_a_law_that_rejects_too_little_fails(capsys, monkeypatch, words):
    (law,) = (law for law in CATALOGUE if law.id == "DI-11")
    blind = replace(law, residual=lambda subject, case: 0.0)
    monkeypatch.setattr("probml.laws.CATALOGUE", (blind,))
    code, out, _ = run(capsys, *words)
    assert code == 1
    assert ("DI-11 rejects too little" in out) == (words == ("verify",))
    assert out.count("SURVIVED") == (0 if words == ("verify",) else 4)


def test_machines_can_read_it(capsys, homework):
    words = ("verify", "--law", "DI-11", "--subject", "homework:naive")
    code, out, _ = run(capsys, *words, "--json")
    (row,) = json.loads(out, parse_constant=pytest.fail)
    assert (code, row["verdict"], row["margin"]) == (1, "violation", "inf")
    code, out, _ = run(capsys, *words, "--csv")
    (row,) = csv.DictReader(io.StringIO(out))
    assert (code, row["law_id"], row["margin"]) == (1, "DI-11", "inf")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("verify", "--law", "XX-99"), "no law XX-99"),
        (("verify", "--law", ","), "no law named"),
        (("verify", "--subject", "math:sqrt"), "exactly one law"),
        (("verify", "--law", "DI-11", "--subject", "no.such:thing"), "expected MODULE:NAME"),
        (("verify", "--law", "DI-11", "--examples", "0"), "examples"),
        (("laws", "show", "XX-99"), "no law XX-99"),
    ],
)
def test_wrong_usage(capsys, words, told):
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert told in err


def test_a_classifier_is_held_against_the_laws(capsys, tmp_path):
    words = ("verify", "sklearn.naive_bayes:GaussianNB", "--law", "ANY-02,EXT-01,MET-07")
    code, out, err = run(capsys, *words, "--profile", "quick")
    assert (code, err) == (1, "")
    assert "ANY-02" in out
    assert "EXT-01 is broken" in out
    assert "MET-07 is a quirk" in out
    assert "estimator = GaussianNB()" in out
    known = tmp_path / "known.json"
    known.write_text('{"EXT-01": "exp(jll - lse)"}')
    code, out, _ = run(capsys, *words, "--examples", "20", "--expected-failures", known, "--json")
    rows = {row["law_id"]: row for row in json.loads(out)}
    assert (code, rows["EXT-01"]["verdict"], rows["ANY-02"]["examples"]) == (0, "violation", 20)
    assert rows["EXT-01"]["estimator"] == "GaussianNB"


def test_claims_and_budget(capsys):
    words = ("verify", "sklearn.dummy:DummyClassifier", "--examples", "5")
    code, out, _ = run(capsys, *words, "--law", "WLD-01", "--json")
    assert (code, json.loads(out)[0]["verdict"]) == (0, "quirk")
    code, out, _ = run(capsys, *words, "--law", "WLD-01", "--claims", "table, weights", "--json")
    assert (code, json.loads(out)[0]["verdict"]) == (1, "violation")
    code, out, _ = run(capsys, *words, "--law", "ANY-02", "--budget", "0", "--json")
    (row,) = json.loads(out)
    assert (code, row["verdict"], row["reason"]) == (0, "not_applicable", "out of time")


def test_an_atlas(capsys, tmp_path, monkeypatch):
    some = {"prior": DummyClassifier(), "gnb": GaussianNB()}
    monkeypatch.setattr("probml.laws.classifiers._atlas.atlas_estimators", lambda: some)
    words = ("verify", "--atlas", "--examples", "2", "--budget", "20")
    code, out, err = run(capsys, *words, "--out", tmp_path / "new" / "atlas")
    assert (code, out, err.split()) == (0, "", ["prior", "gnb"])
    assert {path.name for path in (tmp_path / "new" / "atlas").iterdir()} == {
        "atlas.csv",
        "README.md",
    }
    code, out, _ = run(capsys, *words, "--json")
    assert {row["estimator"] for row in json.loads(out)} == set(some)
    (tmp_path / "file").touch()
    code, _, err = run(capsys, *words, "--out", tmp_path / "file" / "atlas")
    assert (code, "--out" in err) == (2, True)


def test_parameters_of_a_classifier(capsys):
    words = ("verify", "sklearn.tree:DecisionTreeClassifier", "--law", "ANY-04", "--examples", "5")
    assert run(capsys, *words, "--params", '{"max_depth": 2}')[0] == 0
    code, _, err = run(capsys, *words, "--params", '{"depth": 2}')
    assert code == 2
    assert "unexpected keyword argument 'depth'" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sklearn.svm:LinearSVC",), "without predict_proba"),
        (("no.such:Class",), "expected MODULE:NAME"),
        (("sklearn.tree:DecisionTreeClassifier", "--params", "{"), "--params"),
        (("sklearn.tree:DecisionTreeClassifier", "--params", "[1]"), "expected a JSON object"),
        (("sklearn.tree:DecisionTreeClassifier", "--self-test"), "no place for --self-test"),
        (("sklearn.tree:DecisionTreeClassifier", "--law", "DI-11"), "no law of classifiers"),
        (("--params", "{}"), "--params needs a classifier, MODULE:CLASS"),
        (("--budget", "3"), "--budget needs a classifier, MODULE:CLASS, or --atlas"),
        (("--out", "somewhere"), "--out needs --atlas"),
        (("--atlas", "--law", "ANY-02"), "--atlas holds all laws"),
        (("--atlas", "--self-test"), "--self-test leaves no place for --atlas"),
        (("sklearn.tree:DecisionTreeClassifier", "--claims", "tree"), "claims must be families"),
    ],
)
def test_wrong_usage_with_a_classifier(capsys, words, told):
    code, out, err = run(capsys, "verify", *words)
    assert (code, out) == (2, "")
    assert told in err


def test_the_page_about_ci_is_true(capsys, tmp_path):
    page = (Path(__file__).parents[1] / "docs" / "laws-in-your-ci.md").read_text("utf-8")
    commands = re.findall(r"(?m)(?:^\$|- run:) probml (verify .*)$", page)
    assert len(commands) == 2
    for command in commands:
        # one law of all, since the others are tried elsewhere
        assert run(capsys, *shlex.split(command), "--law", "ANY-02")[0] == 0, command
    tests, claims = re.findall(r"(?s)```python\n(.*?)```", page)
    exec(compile(claims, "page", "exec"), {})
    (tmp_path / "test_page.py").write_text(tests)
    words = [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--rootdir={tmp_path}",
        "-k",
        "ANY-02",
    ]
    out = subprocess.run([sys.executable, *words, tmp_path], capture_output=True, text=True)
    assert "2 passed" in out.stdout, out.stdout
    assert "[LogisticRegression-ANY-02]" in page
