"""Who is asked what: claims, abilities found by trying, and the limits of a run."""

import time
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from probml import classifiers as ours
from probml.laws import (
    FAMILIES,
    PROPERTIES,
    LawViolationError,
    NewLawWarning,
    check_fitted,
    check_probabilistic_classifier,
)
from probml.laws.classifiers import _check
from probml.laws.classifiers._all import CLASSIFIER_LAWS
from probml.laws.classifiers._capabilities import capabilities
from probml.laws.classifiers._claims import claims_of, expanded


def verdicts(estimator, **words):
    words = {"profile": "quick", "on_fail": "return"} | words
    return {r.law_id: r for r in check_probabilistic_classifier(estimator, **words)}


class Tempered(ClassifierMixin, BaseEstimator):
    """Divides log-odds by two, which is legitimate as long as nobody is named."""

    def fit(self, X, y):
        self.inner_ = ours.LinearDiscriminantAnalysis().fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict_proba(self, X):
        E = np.sqrt(self.inner_.predict_proba(X))
        return E / E.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.inner_.predict(X)


def test_what_is_legitimate_is_wrong_under_a_claim():
    assert verdicts(Tempered(), laws=["GEN-01"])["GEN-01"].verdict == "not_applicable"
    found = verdicts(Tempered(), laws=["GEN-01"], claims=["shared-covariance"])["GEN-01"]
    assert found.verdict == "violation"
    assert "the probabilities are not those of the model that is named" in found.reason


class LosesWeights(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


def test_a_subclass_claims_what_its_base_does():
    assert verdicts(LosesWeights(), laws=["MET-04"])["MET-04"].verdict == "violation"
    found = verdicts(LosesWeights(), laws=["MET-04"], claims=())["MET-04"]
    assert found.verdict == "quirk"


@pytest.mark.parametrize(
    ("estimator", "claim", "made"),
    [
        (LogisticRegression(), "softmax-regression", True),
        (LogisticRegression(), "row-order", True),
        (LogisticRegression(C=np.inf), "softmax-regression", True),
        (LogisticRegression(C=np.inf), "row-order", False),
        (LogisticRegression(solver="liblinear"), "softmax-regression", False),
        (LogisticRegressionCV(), "softmax-regression", False),
        (LinearDiscriminantAnalysis(), "shared-covariance", True),
        (LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1), "shared-covariance", False),
        (DecisionTreeClassifier(), "table", True),
        (DecisionTreeClassifier(max_depth=2), "table", False),
        (GaussianNB(), "weights", False),
        (ours.GaussianNB(), "weights", True),
        (ours.LogisticRegression(), "logarithms", True),
        (LogisticRegression(), "logarithms", False),
        (KNeighborsClassifier(), "row-order", False),
    ],
)
def test_what_is_claimed_depends_on_parameters(estimator, claim, made):
    assert (claim in claims_of(estimator)) == made


def test_claims_are_names_that_are_known():
    assert expanded(["table"]) >= {"table"}
    assert set().union(*FAMILIES.values()) <= set(PROPERTIES)
    known = {*FAMILIES, *PROPERTIES}
    assert all(set(law.claimed_by) <= known for law in CLASSIFIER_LAWS)
    with pytest.raises(ValueError, match=r"claims must be families or properties \(got \['lda'\]"):
        check_probabilistic_classifier(Tempered(), claims=["lda"])


def test_who_says_that_he_differs_is_not_asked():
    threshold = FixedThresholdClassifier(LogisticRegression(), threshold=0.9)
    found = verdicts(threshold, laws=["ANY-03"])["ANY-03"]
    assert (found.verdict, "threshold" in found.reason) == ("not_applicable", True)
    stratified = verdicts(DummyClassifier(strategy="stratified"), laws=["ANY-06"])["ANY-06"]
    assert "at random" in stratified.reason


@pytest.mark.parametrize(
    ("estimator", "has", "lacks"),
    [
        (GaussianNB(), {"priors", "sample_weight", "partial_fit"}, {"decision_function", "C"}),
        (LogisticRegression(), {"C", "coef_", "decision_function"}, {"priors", "partial_fit"}),
        (KNeighborsClassifier(), {"deterministic", "extrapolates"}, {"sample_weight"}),
        (make_pipeline(GaussianNB()), set(), {"sample_weight", "priors"}),
    ],
)
def test_abilities_are_found_by_trying(estimator, has, lacks):
    able = capabilities(estimator)
    assert has <= able.has
    assert not lacks & able.has
    assert able.domain.min_per_class >= (4 if isinstance(estimator, KNeighborsClassifier) else 2)


def test_an_estimator_of_many_features_gets_many():
    able = capabilities(make_pipeline(PCA(n_components=5), GaussianNB()))
    assert able.domain.features == (10, 12)


def test_probabilities_may_show_once_fitted():
    stack = StackingClassifier([("nb", ours.GaussianNB())], cv=2)
    found = verdicts(stack, laws=["ANY-01", "ANY-02"], max_examples=3)
    assert {r.verdict for r in found.values()} == {"holds"}
    with pytest.raises(TypeError, match="must have predict_proba"):
        check_probabilistic_classifier(SGDClassifier())
    with pytest.raises(TypeError, match="must have predict_proba"):
        check_probabilistic_classifier(SVC())


def test_weights_and_chunks_are_ways_to_teach():
    class OnlyWithWeights(ours.GaussianNB):
        def fit(self, X, y, sample_weight=None):
            self.spoilt_ = sample_weight is not None
            return super().fit(X, y, sample_weight)

        def predict_proba(self, X):
            return super().predict_proba(X) * (1.0 + 1e-7 * getattr(self, "spoilt_", False))

    class OnlyInChunks(MultinomialNB):
        def partial_fit(self, X, y, classes=None, sample_weight=None):
            self.spoilt_ = True
            return super().partial_fit(X, y, classes)

        def predict_proba(self, X):
            return super().predict_proba(X) - 1e-9 * hasattr(self, "spoilt_")

    assert verdicts(OnlyWithWeights(), laws=["ANY-02"])["ANY-02"].verdict == "violation"
    assert verdicts(OnlyInChunks(), laws=["ANY-02"])["ANY-02"].verdict == "violation"


class Hangs(ours.GaussianNB):
    """Does not return for float32, and catches what it can."""

    def fit(self, X, y, sample_weight=None):
        while X.dtype == np.float32:
            try:
                time.sleep(0.01)
            except Exception:
                continue
        return super().fit(X, y, sample_weight)


def test_what_hangs_is_said_and_the_run_goes_on(monkeypatch):
    monkeypatch.setattr("probml.laws.classifiers._held._PATIENCE", 0.3)
    found = verdicts(Hangs(), laws=["ANY-02", "ANY-05"], law_seconds=2.0)
    assert {r.verdict for r in found.values()} == {"error"}
    assert "TooLongError: did not return within" in found["ANY-02"].reason


class Crashes(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        raise KeyError("weights")

    def predict_proba(self, X):
        return None


def test_what_crashes_on_the_easiest_problem_is_one_error():
    found = verdicts(Crashes())
    assert [r.law_id for r in found.values() if r.verdict != "not_applicable"] == ["ANY-08"]
    assert found["ANY-08"].reason.endswith("raised KeyError: 'weights'")
    with pytest.raises(LawViolationError, match="KeyError"):
        check_probabilistic_classifier(Crashes())


def test_a_new_law_warns_for_one_release(monkeypatch):
    new = tuple(replace(law, since="0.2") for law in CLASSIFIER_LAWS)
    monkeypatch.setattr(_check, "CLASSIFIER_LAWS", new)
    words = {"laws": ["GEN-01"], "claims": ["shared-covariance"], "profile": "quick"}
    with pytest.raises(LawViolationError):
        check_probabilistic_classifier(Tempered(), **words)
    monkeypatch.setattr(_check, "__version__", "0.2.5")
    with pytest.warns(NewLawWarning, match="GEN-01"):
        results = check_probabilistic_classifier(Tempered(), **words)
    assert results[0].verdict == "violation"


def test_rows_can_be_drawn_by_the_caller():
    seen = []

    class Recording(DecisionTreeClassifier):
        def fit(self, X, y, sample_weight=None):
            seen.append(X)
            return super().fit(X, y, sample_weight)

    rows = st.tuples(st.sampled_from([0.5, 1.5]), st.integers(5, 9))
    words = {"X_strategy": rows, "min_samples": 11, "min_per_class": 3}
    found = verdicts(Recording(), laws=["ANY-01"], max_examples=5, **words)["ANY-01"]
    assert found.verdict == "holds"
    drawn = np.vstack(seen)
    assert set(drawn[:, 0]) <= {0.5, 1.5}
    assert drawn[:, 1].min() >= 5
    assert min(map(len, seen)) >= 11


def test_a_finished_model_on_a_table_with_names():
    X = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 3.0, 2.0]})
    y = ["no", "no", "yes", "yes"]
    model = ours.GaussianNB().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = {r.law_id: r for r in check_fitted(model, X, y)}
    assert found["ANY-06"].verdict == "holds"
    assert found["EXT-01"].verdict == "not_applicable"
    with pytest.raises(ValueError, match="y must have one label for each of the 4 rows"):
        check_fitted(model, X, ["no", "no", "yes", "perhaps"])
    with pytest.raises(ValueError, match="X must have rows"):
        check_fitted(model, X[:0])


def test_damage_to_a_finished_model_is_told_for_its_own_labels():
    class Doubled(GaussianNB):
        def predict_proba(self, X):
            return 2.0 * super().predict_proba(X)

    X, y = np.array([[0.0], [1.0], [9.0], [10.0]]), np.array([0, 0, 1, 1])
    (found,) = (
        r for r in check_fitted(Doubled().fit(X, y), X, y, on_fail="return") if r.law_id == "ANY-02"
    )
    # twice the probability of the class that came about is certain, and log 2 too good
    assert "expected log loss -0.693 for 0" in found.damage
