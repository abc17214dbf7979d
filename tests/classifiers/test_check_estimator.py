"""scikit-learn's own conformance checks, with no expected failure, and drop-in signatures."""

import inspect

import pytest
import sklearn
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.fixes import parse_version

from probml import classifiers

NAMES = [name for name in classifiers.__all__ if name[0].isupper()]  # the rest are functions
OURS = [getattr(classifiers, name) for name in NAMES]
TWINS = {
    twin.__name__: twin
    for twin in (
        BernoulliNB,
        GaussianNB,
        LinearDiscriminantAnalysis,
        LogisticRegression,
        MLPClassifier,
        MultinomialNB,
        QuadraticDiscriminantAnalysis,
    )
}
# Discriminant analyses take NaN at prediction only, for which scikit-learn has no tag.
WITH_GAPS = [
    classifiers.BernoulliNB(missing="marginalize"),
    classifiers.GaussianNB(missing="marginalize"),
]
BEFORE_1_9 = parse_version(sklearn.__version__) < parse_version("1.9")
FEWER_ROWS_THAN_FEATURES = {
    classifiers.QuadraticDiscriminantAnalysis: {
        "check_n_features_in_after_fitting",
        "check_dtype_object",
    }
}


# The reference estimators of the checks warn too (about too few steps, for one).
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([cls() for cls in OURS] + WITH_GAPS)
def test_check_estimator(estimator, check):
    if BEFORE_1_9 and check.func.__name__ in FEWER_ROWS_THAN_FEATURES.get(type(estimator), ()):
        pytest.skip("before scikit-learn 1.9 this check fits fewer rows than features")
    check(estimator)


def test_all_seven_are_there():
    assert sorted(NAMES) == sorted(TWINS)


@pytest.mark.skipif(BEFORE_1_9, reason="the signatures are those of scikit-learn 1.9")
@pytest.mark.parametrize("cls", OURS, ids=lambda cls: cls.__name__)
def test_parameters_and_defaults_are_scikit_learns(cls):
    ours = inspect.signature(cls).parameters
    theirs = inspect.signature(TWINS[cls.__name__]).parameters
    differing = {
        name
        for name in theirs | ours
        if name not in ours
        or name not in theirs
        or (ours[name].default, ours[name].kind) != (theirs[name].default, theirs[name].kind)
    }
    ours_alone = {"missing", "callback"} & set(ours)
    if cls is classifiers.MLPClassifier:
        ours_alone |= {"rho", "class_weight"}
    renamed = {"solver"} if cls is classifiers.LogisticRegression else set()
    assert differing == ours_alone | renamed
