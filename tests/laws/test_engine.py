"""The engine itself: it finds, shrinks and reports, and owes nothing to its host."""

import math

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from probml.laws import Law, Mutant, load_subject, self_test, verify


def law(kind=Law, **changes):
    parts = {
        "id": "XX-01",
        "title": "squares are not negative",
        "text": "",
        "latex": "",
        "source": "",
        "cases": st.integers(-1000, 1000),
        "residual": lambda square, x: max(0.0, -square(x)),
        "tolerance": 0.5,
        "reason": "integers are exact",
        "subject": lambda x: x * x,
        "mutants": (Mutant("cubes", lambda x: x**3),),
    }
    return kind(**(parts | changes))


def test_a_law_holds_and_counts():
    result = law().check(max_examples=50)
    assert (result.verdict, result.margin, result.reason, result.counterexample) == (
        "holds", 0.0, "", "",
    )  # fmt: skip
    assert result.examples == 50


def test_a_violation_is_shrunk_and_measured_against_the_tolerance():
    result = law().check(lambda x: x**3)
    assert result.verdict == "violation"
    assert result.counterexample == "-1"
    assert result.margin == 2.0  # a residual of 1 over a tolerance of one half


@pytest.mark.parametrize(
    ("candidate", "told"),
    [(lambda x: 1 / 0, "raised ZeroDivisionError"), (lambda x: math.nan, "NaN")],
)
def test_raising_and_nan_are_violations(candidate, told):
    result = law(residual=lambda f, x: f(x)).check(candidate)
    assert (result.verdict, result.margin) == ("violation", math.inf)
    assert told in result.reason


def test_examples_are_tried_first_and_always():
    rare = law(examples=(12345,)).check(lambda x: -1 if x == 12345 else 1)
    assert (rare.verdict, rare.counterexample, rare.examples) == ("violation", "12345", 1)


def test_a_tolerance_of_zero_is_exact():
    exact = law(tolerance=0.0)
    assert exact.check().margin == 0.0
    assert exact.check(lambda x: -1e-300).margin == math.inf


def test_equal_seeds_draw_equal_cases():
    def drawn(seed):
        seen = []
        law(residual=lambda f, x: seen.append(x) or 0.0).check(random_seed=seed)
        return seen

    assert drawn(1) == drawn(1) != drawn(2)


def test_where_every_case_is_refused_it_ends_early():
    class Choosy(Law):
        def refuses(self, error):
            return isinstance(error, LookupError)

    asked = []

    def refuse(x):
        asked.append(x)
        raise LookupError("not today")

    result = law(Choosy).check(refuse, max_examples=1000)
    assert (result.verdict, result.examples) == ("not_applicable", 0)
    assert result.reason == "every case was refused: not today"
    assert len(asked) == 100


def test_the_hosts_profile_is_neither_used_nor_changed():
    settings.register_profile("three", max_examples=3)
    settings.load_profile("three")
    try:
        assert law().check(max_examples=50).examples == 50
        assert settings.default.max_examples == 3
    finally:
        settings.load_profile("default")


def test_warnings_do_not_decide():
    noisy = law(residual=lambda f, x: 0.0 if np.isinf(np.exp(np.float64(1e4))) else 1.0)
    assert noisy.check().verdict == "holds"


def test_a_mutant_that_survives_is_named():
    blind = law(residual=lambda f, x: 0.0)
    assert blind.survivors() == ["cubes"]
    assert law().survivors() == []
    frame = self_test([law(), blind])
    assert frame.killed.tolist() == [True, False]


def test_a_law_needs_a_mutant():
    with pytest.raises(ValueError, match="XX-01 must have at least one mutant"):
        law(mutants=())


def test_verify_is_a_frame():
    blind = law(id="XX-02", residual=lambda f, x: 0.0)
    frame = verify([law(), blind], max_examples=50)
    columns = ["law_id", "verdict", "examples", "mutants", "killed"]
    assert frame[columns].to_numpy().tolist() == [
        ["XX-01", "holds", 50, 1, 1],
        ["XX-02", "holds", 50, 1, 0],
    ]
    # a mutant that one case may not tell is given more
    assert verify([law()], max_examples=1).loc[0, "killed"] == 1
    wrong = verify([law()], candidate=lambda x: -1, max_examples=5)
    assert wrong.loc[0, "verdict"] == "violation"
    assert "killed" not in wrong


def test_a_verdict_without_shrinking():
    result = law().check(lambda x: x**3, shrink=False)
    assert (result.verdict, int(result.counterexample) < 0) == ("violation", True)


@pytest.mark.parametrize("path", ["math", "math:", "no_such_module:f", "math:f.g", ":f"])
def test_what_cannot_be_imported_is_said(path):
    with pytest.raises(ValueError, match="expected MODULE:NAME"):
        load_subject(path)
