"""Calibration does not mind what the classes are called."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from probml.metrics import log_loss
from probml.reports._calibrated import METHODS, Calibrated, check_method

OFFERED = sorted(CalibratedClassifierCV._parameter_constraints["method"][0].options)
RENAMINGS = [
    np.array([1, 2, 3]),  # off by one: what scikit-learn 1.9.1 gets wrong for temperatures
    np.array([-7, 100, 3]),
    np.array(["setosa", "versicolor", "virginica"]),
    np.array(["c", "a", "b"]),  # another order of columns
]


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def loss(X, y, method):
    model = Calibrated(LogisticRegression(max_iter=1000), method).fit(X, y)
    with np.errstate(divide="ignore"):
        table = np.log(model.predict_proba(X))
    return log_loss(y, table, model.classes_), model


@pytest.mark.parametrize("method", OFFERED)
@pytest.mark.parametrize("names", RENAMINGS, ids=str)
def test_a_renaming_of_the_classes_leaves_every_score(iris, method, names):
    X, y = iris
    before, plain = loss(X, y, method)
    after, renamed = loss(X, names[y], method)
    # Inside, classes are numbered in order of appearance, so that the very same is computed.
    assert after == before
    assert before < 0.6  # of a table of thirds it is 1.1
    np.testing.assert_array_equal(renamed.predict(X), names[plain.predict(X)])
    assert renamed.classes_.tolist() == sorted(names.tolist())


@pytest.mark.parametrize("method", OFFERED)
def test_on_plain_classes_it_is_scikit_learns_calibrator(iris, method):
    X, y = iris
    theirs = CalibratedClassifierCV(LogisticRegression(max_iter=1000), method=method, cv=5)
    ours = Calibrated(LogisticRegression(max_iter=1000), method).fit(X, y)
    np.testing.assert_array_equal(ours.predict_proba(X), theirs.fit(X, y).predict_proba(X))


def test_weights_reach_it(iris):
    X, y = iris
    weights = np.where(y == 0, 100.0, 1.0)
    model = LogisticRegression(max_iter=1000, C=0.01)
    plain = Calibrated(model, "sigmoid").fit(X, y).predict_proba(X)
    weighed = Calibrated(model, "sigmoid").fit(X, y, weights).predict_proba(X)
    assert weighed[:, 0].mean() > plain[:, 0].mean()


def test_a_method_that_this_release_lacks_is_refused():
    with pytest.raises(ValueError, match=r"method of calibration must be one of .*'sigmoid'"):
        check_method("platt")
    assert set(OFFERED) <= set(METHODS)
