"""The conformance atlas: who stands in it, what is written, and what is committed."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.discovery import all_estimators

from probml.laws import atlas, write_atlas
from probml.laws.classifiers._atlas import atlas_estimators

COMMITTED = Path(__file__).parents[2] / "reports" / "atlas"


def test_everybody_with_probabilities_is_there():
    known = {type(estimator).__name__ for estimator in atlas_estimators().values()}
    missing = {
        name
        for name, kind in all_estimators("classifier")
        if hasattr(kind, "predict_proba") and name not in known
    }
    assert missing == {"ClassifierChain", "MultiOutputClassifier"}  # of many outputs
    assert {"LogisticRegression('saga')", "probml.MLPClassifier"} <= set(atlas_estimators())


class NoClassifier(BaseEstimator):
    def fit(self, X, y):
        raise ValueError("only on Tuesdays")

    def predict_proba(self, X):
        return X


@pytest.fixture(scope="module")
def frame():
    some = {"tree": DecisionTreeClassifier(), "gnb": GaussianNB(), "none": NoClassifier()}
    heard = []
    found = atlas(some, max_examples=20, callback=heard.append)
    assert heard == list(some)
    return found


def test_one_that_cannot_be_held_is_a_row_with_the_reason(frame):
    (row,) = frame[frame["estimator"] == "none"].itertuples()
    assert (row.verdict, row.law_id) == ("not_applicable", "")
    assert "only on Tuesdays" in row.reason


def test_what_is_written(frame, tmp_path):
    table, page = write_atlas(frame, tmp_path, n_examples=20, random_seed=0)
    written = pd.read_csv(table)
    assert (
        written[["estimator", "law_id", "verdict"]]
        .fillna("")
        .equals(frame[["estimator", "law_id", "verdict"]])
    )
    text = page.read_text("utf-8")
    assert "20 problems per law and classifier, seed 0, with probml " in text
    assert "- none: NoClassifier must be able to fit" in text
    theme = text.partition("## EXT")[2].partition("\n## ")[0]
    marks = dict(re.findall(r"(?m)^\| `(gnb|tree)` \| (.*) \|$", theme))
    assert marks["gnb"].startswith("✗")
    assert marks["tree"].startswith("·")
    breach = text.partition("### `gnb`: EXT-01\n")[2].partition("\n### ")[0]
    (code,) = re.findall(r"(?s)```python\n(.*?)```", breach)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("missed by ")


def test_every_breach_that_is_committed_has_been_explained():
    table = pd.read_csv(COMMITTED / "atlas.csv")
    red = table[table["verdict"].isin(["violation", "error"])]
    assert not red["estimator"].str.startswith("probml.").any()
    explained = {
        (name, law_id)
        for names, ids in re.findall(
            r"(?m)^\| (`.*?`) \| ([A-Z0-9, -]+) \|", (COMMITTED / "notes.md").read_text("utf-8")
        )
        for name in re.findall(r"`(.*?)`", names)
        for law_id in ids.split(", ")
    }
    assert explained == set(zip(red["estimator"], red["law_id"], strict=True))
