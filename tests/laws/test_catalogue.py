"""Every law of the catalogue holds for this library, and rejects every one of its mutants."""

import re
from pathlib import Path

import pytest

from probml.laws import CATALOGUE


def test_ids_are_unique_and_sorted():
    ids = [law.id for law in CATALOGUE]
    assert ids == sorted(set(ids))


def test_the_complete_themes_have_a_law_for_every_statement():
    sizes = {
        "LA": 34,
        "CA": 18,
        "OP": 15,
        "PR": 15,
        "DI": 13,
        "GE": 20,
        "LR": 16,
        "NN": 22,
        "DT": 18,
    }
    expected = {f"{theme}-{i:02d}" for theme, n in sizes.items() for i in range(1, n + 1)}
    assert expected <= {law.id for law in CATALOGUE}


@pytest.mark.parametrize("law", CATALOGUE, ids=lambda law: law.id)
def test_law(law):
    result = law.check()
    assert result.verdict == "holds", f"{result.reason}\n{result.counterexample}"


@pytest.mark.parametrize("law", CATALOGUE, ids=lambda law: law.id)
def test_mutants(law):
    assert law.survivors() == []


def test_the_errors_in_the_sources_lead_to_laws():
    page = (Path(__file__).parents[2] / "docs" / "errors-in-the-sources.md").read_text("utf-8")
    assert sorted(map(int, re.findall(r"^\| E-(\d+) ", page, re.MULTILINE))) == list(range(1, 58))
    ids = {law.id for law in CATALOGUE}
    named = set(re.findall(r"\b[A-Z]{2}-\d\d\b", page))
    assert named
    assert named <= ids
