"""Logistic regression: optimality conditions first, scikit-learn second."""

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import gaussian_classes
from scipy.sparse import csr_array
from scipy.special import log_softmax, softmax
from sklearn import linear_model as theirs
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from probml.classifiers import LinearDiscriminantAnalysis, LogisticRegression, _cross_entropy

SEEDS = st.integers(0, 10_000)


def exact(**parameters):
    return LogisticRegression(**{"tol": 1e-10, "max_iter": 20_000, **parameters})


def full_scores(model, X):
    """(n_samples, n_classes) scores in float64, whatever the number of classes."""
    z = X @ model.coef_.T + model.intercept_
    return z if z.shape[1] > 1 else np.hstack([np.zeros_like(z), z])


def gradient(model, X, y, C, weight):
    """Gradient of J at the fitted parameters, written independently of the package."""
    residual = softmax(full_scores(model, X), axis=1) - np.eye(len(model.classes_))[y]
    residual *= (weight / weight.sum())[:, None]
    if len(model.coef_) == 1:
        residual = residual[:, 1:]
    dW = residual.T @ X + model.coef_ / (C * weight.sum())
    return dW, residual.sum(axis=0)


@settings(max_examples=30)
@given(seed=SEEDS, n_classes=st.integers(2, 4), C=st.sampled_from([0.01, 1.0, 100.0]))
def test_the_gradient_of_the_objective_is_zero(seed, n_classes, C):
    X, y = gaussian_classes(seed, n_classes=n_classes)
    w = np.random.default_rng(seed).uniform(0.5, 2.0, len(y))
    dW, db = gradient(exact(C=C).fit(X, y, sample_weight=w), X, y, C, w)
    assert max(np.abs(dW).max(), np.abs(db).max()) <= 1.01e-10


@settings(max_examples=20)
@given(seed=SEEDS, n_classes=st.integers(2, 4), intercept=st.booleans())
def test_parameters_agree_with_scikit_learn(seed, n_classes, intercept):
    X, y = gaussian_classes(seed, n_classes=n_classes)
    model = exact(C=0.5, fit_intercept=intercept).fit(X, y)
    twin = theirs.LogisticRegression(C=0.5, tol=1e-10, max_iter=5000, fit_intercept=intercept)
    twin.fit(X, y)
    np.testing.assert_allclose(model.coef_, twin.coef_, atol=1e-5)
    np.testing.assert_allclose(model.intercept_, twin.intercept_, atol=1e-5)
    np.testing.assert_allclose(model.predict_proba(X), twin.predict_proba(X), atol=1e-5)


def test_the_intercept_is_free_so_mean_probabilities_are_frequencies():
    X, y = gaussian_classes(0)
    p = exact(C=1e-6).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(p.mean(axis=0), np.bincount(y) / len(y), atol=1e-9)
    np.testing.assert_allclose(p, np.broadcast_to(np.bincount(y) / len(y), p.shape), atol=1e-3)


def test_without_penalty_no_linear_rule_has_a_better_likelihood():
    # LR-13: the discriminative fit beats the generative one on its training data.
    X, y = gaussian_classes(1, n_classes=2, spread=0.5)
    for unpenalised in (exact(C=np.inf), exact(penalty=None)):
        ours = unpenalised.fit(X, y).predict_log_proba(X)[np.arange(len(y)), y].mean()
        lda = LinearDiscriminantAnalysis().fit(X, y).predict_log_proba(X)
        assert ours > lda[np.arange(len(y)), y].mean()


def test_a_stronger_penalty_gives_smaller_weights():
    X, y = gaussian_classes(0)
    norms = [np.linalg.norm(exact(C=C).fit(X, y).coef_) for C in (0.01, 0.1, 1.0, 10.0)]
    assert np.all(np.diff(norms) > 0)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 5.0}, {1: 0.25}])
def test_class_weights_are_scikit_learns(class_weight):
    X, y = gaussian_classes(0)
    model = exact(class_weight=class_weight).fit(X, y)
    twin = theirs.LogisticRegression(class_weight=class_weight, tol=1e-10, max_iter=5000).fit(X, y)
    np.testing.assert_allclose(model.coef_, twin.coef_, atol=1e-5)


def test_wide_data_is_fitted_without_a_gram_matrix(monkeypatch):
    X, y = gaussian_classes(0)
    X += 10.0  # without centring the step would be a hundred times too short
    expected = exact().fit(X, y)
    monkeypatch.setattr(_cross_entropy, "LARGEST_GRAM", 2)
    model = exact().fit(X, y)
    # The scalar step is slower, and finds the same.
    assert expected.n_iter_ < model.n_iter_ < 100 * expected.n_iter_
    np.testing.assert_allclose(model.coef_, expected.coef_, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_digits_in_single_precision(dtype):
    X, y = load_digits(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(X.astype(dtype), y)
    assert model.coef_.dtype == np.float64
    dW, db = gradient(model, X, y, 1.0, np.ones(len(y)))
    assert max(np.abs(dW).max(), np.abs(db).max()) <= 1.05e-4
    assert model.score(X, y) > 0.99
    assert model.loss_curve_[-1] < 0.1 < model.loss_curve_[0] == pytest.approx(np.log(10))


def test_the_curve_is_the_objective():
    X, y = gaussian_classes(0)
    model = exact(C=0.3).fit(X, y)
    log_p = log_softmax(full_scores(model, X), axis=1)[np.arange(len(y)), y]
    value = -log_p.mean() + np.sum(model.coef_**2) / (2 * 0.3 * len(y))
    assert model.loss_curve_[-1] == pytest.approx(value, rel=1e-12)
    assert len(model.loss_curve_) == model.n_iter_[0] + 1


def test_a_warm_start_continues():
    X, y = gaussian_classes(0)
    model = exact(warm_start=True).fit(X, y)
    assert model.fit(X, y).n_iter_ == 0
    with pytest.raises(ValueError, match="warm_start needs the classes and features"):
        model.fit(X[:, :2], y)


def test_collinear_and_constant_features_without_penalty():
    X, y = gaussian_classes(1, n_classes=2, spread=0.5)
    wide = np.column_stack([X, X[:, 0], np.full(len(X), 3.0)])
    plain = exact(C=np.inf, tol=1e-7).fit(X, y)
    model = exact(C=np.inf, tol=1e-7).fit(wide, y)
    np.testing.assert_allclose(model.predict_proba(wide), plain.predict_proba(X), atol=1e-4)


def test_separable_data_without_penalty_say_that_they_do_not_converge():
    with pytest.warns(ConvergenceWarning, match="stopped after max_iter=50 steps"):
        model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=50).fit([[-1.0], [1.0]], [0, 1])
    assert model.predict_proba([[1.0]])[0, 1] > 0.99


def test_log_probabilities_keep_their_digits_where_probabilities_have_none():
    model = exact().fit(*gaussian_classes(0, n_classes=2))
    far = np.array([[1e3, 1e3, 1e3]]) * np.sign(model.coef_)
    z = model.decision_function(far)[0]
    log_p = model.predict_log_proba(far)[0]
    assert log_p[1] - log_p[0] == pytest.approx(z, rel=1e-14)


def test_verbose_logs_and_does_not_print(caplog, capsys):
    with caplog.at_level(logging.INFO, logger="probml"):
        exact(verbose=1).fit(*gaussian_classes(0))
    assert "step 0: objective" in caplog.text
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"])
def test_solvers_with_the_same_optimum_are_names_of_one(solver):
    X, y = gaussian_classes(0)
    np.testing.assert_array_equal(exact(solver=solver).fit(X, y).coef_, exact().fit(X, y).coef_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"solver": "liblinear"}, "penalises the intercept"),
        ({"solver": "magic"}, "solver must be one of"),
        ({"C": 0.0}, r"C must be a number in \(0"),
        ({"C": np.nan}, "C must be"),
        ({"tol": 0.0}, "tol must be"),
        ({"max_iter": -1}, "max_iter must be"),
        ({"l1_ratio": 0.5}, "only the L2 penalty"),
        ({"penalty": "l1"}, "only the L2 penalty"),
        ({"dual": True}, "only the L2 penalty"),
        ({"class_weight": "even"}, "class_weight must be"),
        ({"class_weight": {7: 1.0}}, r"labels of y as keys: .*got \[7\]"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        LogisticRegression(**parameters).fit(*gaussian_classes(0))


def test_bad_data():
    X, y = gaussian_classes(0)
    with pytest.raises(ValueError, match="at least 2 classes"):
        LogisticRegression().fit(X, np.zeros(len(X)))
    with pytest.raises(ValueError, match="too large or too small to fit"):
        LogisticRegression().fit(1e300 * X, y)
    assert np.isfinite(LogisticRegression().fit(1e-300 * X, y).predict_proba(X)).all()


def test_what_the_twin_offers_and_this_does_not():
    X, y = gaussian_classes(0)
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        LogisticRegression().fit(csr_array(X), y)
    assert not hasattr(LogisticRegression(), "sparsify")
