"""Agreement with scikit-learn on full MNIST, where the report's figures come from."""

import numpy as np
import pytest
import sklearn
from scipy.special import logsumexp
from sklearn.utils.fixes import parse_version

from probml.reports import mnist_pairs

pytestmark = [
    pytest.mark.mnist,
    pytest.mark.skipif(
        parse_version(sklearn.__version__) < parse_version("1.9"),
        reason="before 1.9 scikit-learn's LDA and QDA had other denominators",
    ),
]
PAIRS = {pair.name: pair for pair in mnist_pairs()}


@pytest.fixture(scope="module")
def arrays(mnist):
    X_train, X_test = mnist.scaled()
    return X_train, mnist.y_train, X_test, mnist.y_test


@pytest.fixture(scope="module")
def both(arrays):
    """Fit both members of a pair."""

    def fit(name):
        X, y, _, _ = arrays
        return tuple(PAIRS[name].build(by, seed=0).fit(X, y) for by in ("probml", "sklearn"))

    return fit


@pytest.mark.parametrize(
    ("name", "accuracy"),
    [("lda", 0.8730), ("qda", 0.9577), ("gnb", 0.8140), ("bnb", 0.8427), ("mnb", 0.8357)],
)
def test_generative_classifiers_agree_label_by_label(both, arrays, name, accuracy):
    _, _, X, y = arrays
    ours, theirs = (model.predict(X) for model in both(name))
    assert np.sum(ours == theirs) >= 9990
    assert np.mean(ours == y) == pytest.approx(accuracy, abs=5e-4)


def objective(model, X, y, C=1.0):
    """Mean cross-entropy plus ||W||^2 / (2 C n), in float64, independently of the package."""
    total = 0.0
    for rows in np.array_split(np.arange(len(y)), 20):
        z = X[rows].astype(float) @ model.coef_.T.astype(float) + model.intercept_.astype(float)
        total += np.sum(logsumexp(z, axis=1) - z[np.arange(len(rows)), y[rows]])
    return total / len(y) + np.sum(model.coef_.astype(float) ** 2) / (2 * C * len(y))


def test_logistic_regression_reaches_a_better_objective(both, arrays):
    X, y, X_test, _ = arrays
    ours, theirs = both("logreg")
    assert objective(ours, X, y) <= objective(theirs, X, y)
    assert np.mean(ours.predict(X_test) == theirs.predict(X_test)) >= 0.994
