"""What a model of p(x, C) offers beyond its posterior: evidence, samples, moves to scikit-learn."""

import numpy as np
import pytest
import sklearn
from problems import counts
from scipy.integrate import quad
from scipy.special import logsumexp
from sklearn import discriminant_analysis, naive_bayes
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.fixes import parse_version

from probml.classifiers import (
    BernoulliNB,
    GaussianNB,
    LinearDiscriminantAnalysis,
    MultinomialNB,
    QuadraticDiscriminantAnalysis,
)

MODELS = [
    LinearDiscriminantAnalysis(store_covariance=True),
    QuadraticDiscriminantAnalysis(),
    GaussianNB(),
    BernoulliNB(binarize=1.5),
    MultinomialNB(),
]
TWINS = {
    cls.__name__: cls
    for cls in (
        discriminant_analysis.LinearDiscriminantAnalysis,
        discriminant_analysis.QuadraticDiscriminantAnalysis,
        naive_bayes.GaussianNB,
        naive_bayes.BernoulliNB,
        naive_bayes.MultinomialNB,
    )
}
BEFORE_1_9 = parse_version(sklearn.__version__) < parse_version("1.9")


def each(models):
    return pytest.mark.parametrize("model", models, ids=lambda m: type(m).__name__)


@each(MODELS[:3])
def test_evidence_integrates_to_one(model):
    # GE-01
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    X = rng.standard_normal((40, 1)) + 3.0 * y[:, None]
    fitted = clone(model).fit(X, y)
    total, _ = quad(lambda x: np.exp(fitted.log_evidence([[x]])[0]), -20, 20, limit=200)
    assert total == pytest.approx(1.0, abs=1e-8)


@each(MODELS)
def test_evidence_is_the_sum_over_classes_and_falls_far_away(model):
    X, y = counts(0)
    fitted = clone(model).fit(X, y)
    np.testing.assert_allclose(
        fitted.log_evidence(X), logsumexp(fitted.joint_log_likelihood(X), axis=1), rtol=1e-12
    )
    if not isinstance(model, BernoulliNB):
        assert fitted.log_evidence(X + 100.0).max() < fitted.log_evidence(X).min()
    with pytest.raises(NotFittedError):
        clone(model).log_evidence(X)


@each(MODELS)
def test_samples_come_from_the_model(model):
    X, y = counts(1)
    names = np.array(["a", "b", "c"])[y]
    fitted = clone(model).fit(X, names)
    rows, labels = fitted.sample(20_000, random_state=0)
    share = [(labels == name).mean() for name in fitted.classes_]
    np.testing.assert_allclose(share, [1 / 3, 1 / 3, 1 / 3], atol=0.02)
    for k, name in enumerate(fitted.classes_):
        mine = rows[labels == name]
        if isinstance(model, BernoulliNB):
            expected = np.exp(fitted.feature_log_prob_[k])
        elif isinstance(model, MultinomialNB):
            length = round(X[y == k].sum() / (y == k).sum())
            assert (mine.sum(axis=1) == length).all()
            expected = length * np.exp(fitted.feature_log_prob_[k])
        else:
            expected = X[y == k].mean(axis=0)
        np.testing.assert_allclose(mine.mean(axis=0), expected, atol=0.1)
    again, _ = fitted.sample(20_000, random_state=0)
    np.testing.assert_array_equal(again, rows)
    assert fitted.sample(0)[0].shape == (0, 5)
    for state in (np.random.default_rng(0), np.random.RandomState(0), None):
        assert fitted.sample(3, state)[0].shape == (3, 5)
    with pytest.raises(ValueError, match="n must be"):
        fitted.sample(-1)


@each(MODELS[:2])
def test_samples_have_the_covariance_of_the_model(model):
    X, y = counts(1, n=300)
    X = np.column_stack([X, np.full(len(X), 0.5)])  # a constant stays a constant
    fitted = clone(model).set_params(store_covariance=True).fit(X, y)
    rows, labels = fitted.sample(60_000, random_state=1)
    assert np.ptp(rows[:, -1]) < 1e-12
    for k in range(3):
        S = fitted.covariance_ if fitted.covariance_[0].ndim == 1 else fitted.covariance_[k]
        ours = np.cov(rows[labels == k].T, bias=True)
        np.testing.assert_allclose(ours, S, atol=0.05 * S.max())


@pytest.mark.parametrize(
    ("model", "n_classes", "d", "expected"),
    [
        (QuadraticDiscriminantAnalysis(reg_param=0.1), 2, 2, 11),
        (LinearDiscriminantAnalysis(), 2, 2, 8),
        (QuadraticDiscriminantAnalysis(reg_param=0.1), 2, 7, 71),
        (LinearDiscriminantAnalysis(), 2, 7, 43),
        (GaussianNB(), 3, 4, 26),
        (BernoulliNB(), 3, 4, 14),
        (MultinomialNB(), 3, 4, 11),
    ],
)
def test_numbers_of_parameters(model, n_classes, d, expected):
    # GE-14
    X, y = counts(0, d=d, n_classes=n_classes)
    assert clone(model).fit(X, y).n_parameters_ == expected
    assert not hasattr(clone(model), "n_parameters_")


@each([*MODELS, LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1, n_components=1)])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_model_moves_to_scikit_learn_and_back(model, n_classes):
    X, y = counts(2, n_classes=n_classes)
    names = np.array(["b", "c", "a"])[y]
    fitted = clone(model).fit(X, names)
    twin = fitted.to_sklearn()
    assert type(twin) is TWINS[type(model).__name__]
    np.testing.assert_allclose(
        twin.predict_log_proba(X), fitted.predict_log_proba(X), rtol=1e-6, atol=1e-7
    )
    np.testing.assert_array_equal(twin.predict(X), fitted.predict(X))
    back = type(model).from_sklearn(twin)
    assert back.get_params() == fitted.get_params()
    np.testing.assert_allclose(
        back.predict_log_proba(X), fitted.predict_log_proba(X), rtol=1e-6, atol=1e-7
    )
    np.testing.assert_allclose(back.log_evidence(X), fitted.log_evidence(X), rtol=1e-7)
    if hasattr(model, "transform"):
        assert back.transform(X).shape == fitted.transform(X).shape == twin.transform(X).shape


@each([*MODELS, LinearDiscriminantAnalysis(solver="lsqr"), LinearDiscriminantAnalysis()])
def test_a_model_fitted_by_scikit_learn_answers_here_as_there(model):
    X, y = counts(3)
    twin = TWINS[type(model).__name__]()
    twin.set_params(**{name: model.get_params()[name] for name in twin.get_params()}).fit(X, y)
    moved = type(model).from_sklearn(twin)
    np.testing.assert_allclose(moved.predict_proba(X), twin.predict_proba(X), atol=1e-9)
    if isinstance(model, GaussianNB | BernoulliNB | MultinomialNB):
        moved.partial_fit(X[:20] + 1.0, y[:20])
        twin = clone(model).fit(np.vstack([X, X[:20] + 1.0]), np.concatenate([y, y[:20]]))
        np.testing.assert_allclose(moved.predict_proba(X), twin.predict_proba(X), atol=1e-6)
    else:
        with pytest.raises(ValueError, match="holds no statistics"):
            moved.partial_fit(X, y)


def test_what_cannot_be_moved_says_why():
    X, y = counts(3)
    for model in MODELS:
        with pytest.raises(ValueError, match="fitted must be scikit-learn's"):
            type(model).from_sklearn(clone(model).fit(X, y))
        with pytest.raises(NotFittedError):
            type(model).from_sklearn(TWINS[type(model).__name__]())
        with pytest.raises(NotFittedError):
            clone(model).to_sklearn()
    twin = discriminant_analysis.LinearDiscriminantAnalysis().fit(X, y)
    moved = LinearDiscriminantAnalysis.from_sklearn(twin)
    with pytest.raises(ValueError, match="store_covariance=True"):
        moved.log_evidence(X)
    with pytest.raises(ValueError, match="store_covariance=True"):
        moved.sample(3)
    np.testing.assert_allclose(moved.transform(X), twin.transform(X), atol=1e-9)


@pytest.mark.skipif(BEFORE_1_9, reason="before 1.9 scikit-learn divided the scatter by N_k - 1")
def test_principal_axes_are_scikit_learns():
    X, y = counts(4, n=90)
    ours = QuadraticDiscriminantAnalysis().fit(X, y)
    twin = discriminant_analysis.QuadraticDiscriminantAnalysis().fit(X, y)
    for k in range(3):
        np.testing.assert_allclose(ours.scalings_[k], twin.scalings_[k], rtol=1e-9)
        np.testing.assert_allclose(
            np.abs(ours.rotations_[k]), np.abs(twin.rotations_[k]), atol=1e-8
        )
