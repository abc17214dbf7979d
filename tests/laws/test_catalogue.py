"""Every law of the catalogue holds for this library, and rejects every one of its mutants."""

import pytest

from probml.laws import CATALOGUE


def test_ids_are_unique_and_sorted():
    ids = [law.id for law in CATALOGUE]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("law", CATALOGUE, ids=lambda law: law.id)
def test_law(law):
    result = law.check()
    assert result.verdict == "holds", f"{result.reason}\n{result.counterexample}"


@pytest.mark.parametrize("law", CATALOGUE, ids=lambda law: law.id)
def test_mutants(law):
    assert law.survivors() == []
