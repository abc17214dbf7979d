"""The laws for classifiers themselves: snippets, tolerances, and our own classifiers under all."""

import builtins
import contextlib
import io
import re
import warnings

import pytest

from probml import classifiers as ours
from probml.laws import check_probabilistic_classifier
from probml.laws.classifiers._all import CLASSIFIER_LAWS


@pytest.mark.parametrize("law", CLASSIFIER_LAWS, ids=lambda law: law.id)
def test_a_snippet_finds_what_the_law_found(law):
    result = law.check(law.mutants[0].subject)
    assert law.rejects(result)
    assert result.seed == 0
    printed = io.StringIO()
    crash = result.reason.partition("raised ")[2].partition(":")[0]
    expected = pytest.raises(getattr(builtins, crash)) if crash else contextlib.nullcontext()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(), expected:
        warnings.simplefilter("ignore")  # of estimators that stop early
        exec(compile(result.snippet, law.id, "exec"), {"__name__": "snippet"})
    if crash:
        return
    missed, allowed = map(
        float,
        re.match(r"missed by (\S+), rounding explains (\S+)\n", printed.getvalue()).groups(),
    )
    assert missed > allowed
    if allowed:
        assert missed / allowed == pytest.approx(result.margin, rel=0.02)
    assert "probml.laws.classifiers.measures" not in result.snippet


@pytest.mark.parametrize("law", CLASSIFIER_LAWS, ids=lambda law: law.id)
def test_a_result_says_what_its_tolerance_depends_on(law):
    result = law.check(max_examples=5)
    assert re.fullmatch(r"\S+ \(.+\)", result.tolerance), result.tolerance


@pytest.mark.parametrize(
    "estimator",
    [
        ours.LinearDiscriminantAnalysis(),
        ours.QuadraticDiscriminantAnalysis(),
        ours.GaussianNB(),
        ours.BernoulliNB(),
        ours.MultinomialNB(),
        ours.LogisticRegression(),
        ours.MLPClassifier((4,), max_iter=5),
    ],
    ids=lambda e: type(e).__name__,
)
def test_our_classifiers_keep_every_law_that_concerns_them(estimator):
    results = check_probabilistic_classifier(estimator, on_fail="return")
    broken = [r for r in results if r.verdict in ("violation", "error")]
    assert not broken, [f"{r.law_id} {r.reason} {r.tolerance}\n{r.snippet}" for r in broken]
