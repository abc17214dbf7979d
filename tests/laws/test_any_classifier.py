"""Anyone's classifier: wrong ones are rejected, sound ones are not accused, snippets run alone."""

import math
import pickle
import re
import subprocess
import sys
from math import inf, nan
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from probml import classifiers as ours
from probml.laws import (
    LawViolationError,
    check_fitted,
    check_probabilistic_classifier,
    parametrize_with_laws,
    to_frame,
)
from probml.laws.classifiers.measures._basics import rounding
from probml.laws.classifiers.measures._predictions import rows_sum_to_one


def verdicts(estimator, **words):
    words = {"profile": "quick", "on_fail": "return"} | words
    return {r.law_id: r for r in check_probabilistic_classifier(estimator, **words)}


def broken(estimator, **words):
    found = verdicts(estimator, **words).values()
    return {r.law_id for r in found if r.verdict in ("violation", "error")}


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        LogisticRegression(C=0.01),
        DecisionTreeClassifier(),
        RandomForestClassifier(5),
        KNeighborsClassifier(),
        CalibratedClassifierCV(DecisionTreeClassifier(), cv=2),
        make_pipeline(StandardScaler(), LogisticRegression()),
        DummyClassifier(),
        DummyClassifier(strategy="prior"),
        ours.LinearDiscriminantAnalysis(),
        ours.QuadraticDiscriminantAnalysis(),
        ours.GaussianNB(),
        ours.BernoulliNB(),
        ours.MultinomialNB(),
        ours.LogisticRegression(),
        ours.MLPClassifier((4,), max_iter=5),
    ],
    ids=lambda e: type(e).__module__.split(".")[0] + "." + type(e).__name__,
)
def test_sound_classifiers_are_not_accused(estimator):
    assert broken(estimator, budget_seconds=2) == set()


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_digits_lost_to_large_densities_are_lost_by_who_contains_them():
    # GaussianNB subtracts a normaliser that is as large as its log-densities, here some 1e9
    X, y = np.array([[0.0], [0.0], [2.0], [2.0]]), np.array([0, 0, 1, 1])
    problem = SimpleNamespace(X=X, y=y, Z=np.array([[1.0]]), route="fit")
    bag = BaggingClassifier(GaussianNB(), random_state=0)
    found = rows_sum_to_one(bag, problem)
    assert rounding(np.ones((1, 2)), X) < found.missed < found.allowed
    bag.set_params(estimator__var_smoothing=1e-12)  # some 1e12 are too much
    found = rows_sum_to_one(bag, problem)
    assert found.missed > 5 * found.allowed


class Wrong(LogisticRegression):
    """scikit-learn's, whose probabilities `spoil` spoils."""

    def spoil(self, P, X):
        return P

    def predict_proba(self, X):
        return self.spoil(super().predict_proba(X), np.asarray(X))

    def predict_log_proba(self, X):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X):
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


class FiveTimes(Wrong):
    def predict_log_proba(self, X):
        return 5 * super().predict_log_proba(X)


class BaseTen(Wrong):
    def predict_log_proba(self, X):
        return np.log10(self.predict_proba(X))


class Outside(Wrong):
    def spoil(self, P, X):
        return 1.5 * P - 0.5 / P.shape[1]


class ClippedScores(Wrong):
    def spoil(self, P, X):
        return np.clip(P, 1e-3, 1 - 1e-3)


class SumsAreOff(Wrong):
    def spoil(self, P, X):
        return P * (1 - 4e-7)


class SumsAreHardlyOff(Wrong):
    def spoil(self, P, X):
        return P * (1 - 1e-11)


class OnlyForMoreThanTwo(Wrong):
    def spoil(self, P, X):
        return P if P.shape[1] == 2 else P * (1 + 1e-7)


class OnlyInSinglePrecision(Wrong):
    def spoil(self, P, X):
        return P * (1 + 1e-3) if X.dtype == np.float32 else P


class OnlyFarAway(Wrong):
    def spoil(self, P, X):
        return np.where(np.abs(X).max(axis=1, keepdims=True) > 1e8, 1.0, P)


class NaNForARow(Wrong):
    def spoil(self, P, X):
        return np.where(np.abs(X).max(axis=1, keepdims=True) == 0.0, np.nan, P)


class OneColumn(Wrong):
    def spoil(self, P, X):
        return P[:, 1]


class Text(Wrong):
    def spoil(self, P, X):
        return P.astype(str)


class FavoursTheFirst(Wrong):
    def predict(self, X):
        return self.classes_[
            np.argmax(self.predict_proba(X) + np.eye(1, len(self.classes_)) * 0.2, 1)
        ]


class WholeBatch(Wrong):
    def spoil(self, P, X):
        return P / P.sum(axis=0) / (P / P.sum(axis=0)).sum(axis=1, keepdims=True)


class WritesToItsInput(Wrong):
    def predict_proba(self, X):
        X *= 1.0 + 1e-9
        return super().predict_proba(X)


class Forgets(Wrong):
    def spoil(self, P, X):
        self.coef_ = self.coef_ * 0.999
        return P


class CrashesInPrediction(Wrong):
    def spoil(self, P, X):
        if len(X) == 1:
            raise IndexError("only batches")
        return P


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        (FiveTimes, "ANY-04"),
        (BaseTen, "ANY-04"),
        (Outside, "ANY-01"),
        (ClippedScores, "ANY-02"),
        (SumsAreOff, "ANY-02"),
        (SumsAreHardlyOff, "ANY-02"),
        (OnlyForMoreThanTwo, "ANY-02"),
        (OnlyInSinglePrecision, "ANY-02"),
        (OnlyFarAway, "EXT-01"),
        (NaNForARow, "ANY-01"),
        (FavoursTheFirst, "ANY-03"),
        (WholeBatch, "ANY-06"),
        (WritesToItsInput, "ANY-07"),
        (Forgets, "ANY-07"),
        (CrashesInPrediction, "ANY-06"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_wrong_classifiers_are_rejected(kind, law):
    found = verdicts(kind(), laws=[law], max_examples=60)[law]
    assert found.verdict == ("error" if kind is CrashesInPrediction else "violation")
    assert found.margin > 1
    assert found.reason


@pytest.mark.parametrize("kind", [OneColumn, Text])
def test_what_returns_no_table_of_numbers_is_rejected(kind):
    assert broken(kind(), laws=["ANY-01"]) == {"ANY-01"}


def told_by(snippet, **words):
    """What a snippet prints where this library cannot be imported."""
    code = "import sys\nsys.modules['probml'] = None\n" + snippet
    words = {"capture_output": True, "text": True} | words
    out = subprocess.run([sys.executable, "-W", "ignore", "-c", code], **words)
    assert out.returncode == 0, out.stderr
    missed, allowed = re.match(r"missed by (\S+), rounding explains (\S+)\n", out.stdout).groups()
    return float(missed), float(allowed)


def test_the_snippet_runs_without_this_library():
    found = verdicts(GaussianNB(), laws=["EXT-01"])["EXT-01"]
    missed, allowed = told_by(found.snippet)
    assert missed / allowed == pytest.approx(found.margin, rel=0.01)
    assert found.margin > 1


@pytest.mark.parametrize("kind", [lambda: SumsAreOff(), lambda: OnlyForMoreThanTwo()])
def test_a_class_of_a_script_comes_along_in_the_snippet(kind, tmp_path):
    found = verdicts(kind(), laws=["ANY-02"], max_examples=60)["ANY-02"]
    assert "from test_any_classifier" not in found.snippet
    missed, allowed = told_by(found.snippet, cwd=tmp_path)
    assert missed > allowed


def test_what_a_breach_does_to_scores_is_told():
    found = verdicts(Flattering(), laws=["ANY-02"])["ANY-02"]
    told = re.search(
        r"log loss (.*) for (.*), Brier score (.*) for (.*), decisions at 0.5 changed in (\d) of",
        found.damage,
    )
    log_loss, honest, brier, honest_brier = map(float, told.groups()[:4])
    # of values that are all 1.2 times as large, every logarithm is log 1.2 less
    assert honest - log_loss == pytest.approx(np.log(1.2), rel=0.02)
    assert brier > honest_brier
    assert "no score can be computed" in verdicts(NaNForARow(), laws=["ANY-01"])["ANY-01"].damage


class Flattering(Wrong):
    def spoil(self, P, X):
        return 1.2 * P


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(StandardScaler(), LogisticRegression(C=0.5)),
        CalibratedClassifierCV(LogisticRegression(), cv=2),
        RandomForestClassifier(3, random_state=0),
        GaussianNB(priors=np.array([0.5, 0.5])),
        SimpleImputer(missing_values=nan, fill_value=inf),
        make_pipeline(FunctionTransformer(np.log1p), FunctionTransformer(np.mean), GaussianNB()),
        RandomizedSearchCV(LogisticRegression(), {"C": loguniform(0.1, 10)}, cv=StratifiedKFold(2)),
        BaggingClassifier(DecisionTreeClassifier(), max_features=0.5),
    ],
    ids=lambda e: type(e).__name__,
)
def test_estimators_are_written_as_code_that_makes_them_again(estimator):
    from probml.laws.classifiers._snippets import _classes, code_of

    space = {"np": np, "pickle": pickle, "nan": nan, "inf": inf}
    space |= {kind.__name__: kind for kind in _classes(estimator)}
    again = eval(code_of(estimator), space)
    assert re.sub(" at 0x[0-9a-f]+", "", repr(again)) == re.sub(
        " at 0x[0-9a-f]+", "", repr(estimator)
    )


def test_a_snippet_imports_all_that_its_parameters_need(tmp_path):
    class WithMuch(Flattering):
        def __init__(self, missing=0.0, average=None, folds=None, spread=None):
            super().__init__()
            self.missing, self.average, self.folds, self.spread = missing, average, folds, spread

    wrong = WithMuch(nan, np.average, StratifiedKFold(3), loguniform(0.1, 10))
    found = verdicts(wrong, laws=["ANY-02"])["ANY-02"]
    missed, allowed = told_by(found.snippet, cwd=tmp_path)
    assert missed > allowed


def test_a_counterexample_is_small():
    snippet = verdicts(SumsAreOff(), laws=["ANY-02"])["ANY-02"].snippet
    assert "Z=np.array([[0.0]]" in snippet


def test_equal_seeds_give_equal_results():
    first, second = (verdicts(SumsAreOff(), laws=["ANY-02", "MET-03"]) for _ in range(2))
    for law_id, result in first.items():
        assert (result.margin, result.snippet) == (second[law_id].margin, second[law_id].snippet)
    assert verdicts(SumsAreOff(), laws=["ANY-02"], random_seed=7)["ANY-02"].seed == 7


def test_what_is_not_asked_for_does_not_apply():
    found = verdicts(KNeighborsClassifier(), laws=["ANY-04", "MET-04", "MET-07"])
    assert found["ANY-04"].reason == "it has no predict_log_proba"
    assert found["MET-04"].reason == "its fit takes no sample_weight"
    assert {found[i].verdict for i in ("ANY-04", "MET-04", "MET-07")} == {"not_applicable"}


class Restless(Wrong):
    def spoil(self, P, X):
        noise = np.random.default_rng().uniform(0.5, 1.0, P.shape)
        return P * noise / (P * noise).sum(axis=1, keepdims=True)


def test_of_a_random_classifier_no_repetition_is_asked():
    found = verdicts(Restless(), laws=["ANY-01", "ANY-02", "MET-01"])
    assert found["MET-01"].reason == "two fits with equal seeds differ"
    assert found["ANY-01"].verdict == found["ANY-02"].verdict == "holds"


def test_a_breach_raises_unless_it_was_expected():
    with pytest.raises(
        LawViolationError, match=r"(?s)SumsAreOff breaks.*ANY-02.*found = rows_"
    ) as e:
        check_probabilistic_classifier(SumsAreOff(), laws=["ANY-01", "ANY-02"], profile="quick")
    assert "\n\nANY-01" not in str(e.value)
    results = check_probabilistic_classifier(
        SumsAreOff(), laws=["ANY-02"], profile="quick", expected_failures={"ANY-02": "known"}
    )
    assert results[0].verdict == "violation"


def test_quirks_do_not_raise():
    results = check_probabilistic_classifier(
        DecisionTreeClassifier(), laws=["MET-10"], profile="quick"
    )
    assert results[0].verdict == "quirk"


def test_the_callback_hears_of_each_result_as_it_comes():
    heard = []
    results = check_probabilistic_classifier(
        ours.GaussianNB(), laws=["ANY-02", "ANY-01"], profile="quick", callback=heard.append
    )
    assert tuple(heard) == results
    assert [r.law_id for r in heard] == ["ANY-02", "ANY-01"]


def test_time_is_kept_to():
    results = verdicts(RandomForestClassifier(200), budget_seconds=3.0, profile="deep").values()
    assert 0 < sum(r.examples for r in results) < 2000


@pytest.mark.parametrize(
    ("estimator", "told"),
    [
        (GaussianNB, r"must be an instance \(got the class GaussianNB\); pass GaussianNB\(\)"),
        (LinearSVC(), "without predict_proba"),
        (3, "without fit and predict_proba"),
    ],
)
def test_what_is_no_probabilistic_classifier(estimator, told):
    with pytest.raises(TypeError, match=told):
        check_probabilistic_classifier(estimator)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"laws": ["ANY-99"]}, "no law of classifiers is called"),
        ({"profile": "fast"}, "profile must be one of"),
        ({"on_fail": "warn"}, "on_fail must be one of"),
    ],
)
def test_what_cannot_be_asked(words, told):
    with pytest.raises(ValueError, match=told):
        check_probabilistic_classifier(GaussianNB(), **words)


class NeverFits(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        raise RuntimeError("no licence")

    def predict_proba(self, X):
        return None


def test_an_estimator_that_fits_nothing_is_said():
    with pytest.raises(ValueError, match=r"must be able to fit 32 rows.*RuntimeError: no licence"):
        check_probabilistic_classifier(NeverFits())


def test_a_finished_model_is_checked_on_real_rows():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 3)), rng.integers(0, 3, 40)
    assert {r.verdict for r in check_fitted(LogisticRegression().fit(X, y), X)} <= {
        "holds",
        "quirk",
    }
    model = SumsAreOff().fit(X, y)
    with pytest.raises(LawViolationError, match="ANY-02"):
        check_fitted(model, X)
    found = {r.law_id: r.verdict for r in check_fitted(model, X, on_fail="return")}
    assert (found["ANY-01"], found["ANY-02"]) == ("holds", "violation")
    with pytest.raises(TypeError, match="must be fitted"):
        check_fitted(LogisticRegression(), X)


def test_results_become_a_frame():
    frame = to_frame({"ours": verdicts(ours.GaussianNB(), laws=["ANY-02"]).values()})
    assert frame.loc[0, ["estimator", "law_id", "verdict", "examples"]].tolist() == [
        "ours",
        "ANY-02",
        "holds",
        20,
    ]
    assert math.isfinite(frame.loc[0, "margin"])


def test_laws_as_tests_of_a_stranger(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "from sklearn.naive_bayes import GaussianNB\n"
        "from probml.laws import parametrize_with_laws\n"
        "@parametrize_with_laws([GaussianNB()], expected_failures={'EXT-01': 'exp(jll - lse)'})\n"
        "def test_probabilities(estimator, law):\n"
        "    law(estimator)\n"
    )
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path)]
    words += ["-k", "ANY-02 or EXT-01"]
    out = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    assert out.returncode == 0, out.stdout
    assert re.search(r"1 passed, \d+ deselected, 1 xfailed", out.stdout)


def test_a_test_of_a_wrong_classifier_fails_with_the_snippet():
    (mark,) = [parametrize_with_laws([SumsAreOff()])]
    tests = {case.id: case.values for case in mark.args[1]}
    estimator, law = tests["SumsAreOff-ANY-02"]
    with pytest.raises(LawViolationError, match="rows_sum_to_one"):
        law(estimator)
    with pytest.raises(pytest.skip.Exception, match="no partial_fit"):
        tests["SumsAreOff-MET-07"][1](estimator)
