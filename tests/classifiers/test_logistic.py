"""Logistic regression: optimality conditions first, scikit-learn second."""

import logging
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import gaussian_classes
from scipy.sparse import csr_array
from scipy.special import log_softmax, softmax
from sklearn import linear_model as theirs
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning

from probml.classifiers import (
    LinearDiscriminantAnalysis,
    LogisticRegression,
    _cross_entropy,
    _logistic_descent,
)

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


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_wide_data_is_fitted_without_a_gram_matrix(l1_ratio, monkeypatch):
    X, y = gaussian_classes(0)
    X = 10.0 + X * [1.0, 100.0, 0.01]  # an ill-conditioned problem without its blocks
    expected = exact(l1_ratio=l1_ratio).fit(X, y)
    monkeypatch.setattr(_logistic_descent, "LARGEST_GRAM", 2)
    monkeypatch.setattr(_cross_entropy.Objective, "blocks", None)
    model = exact(l1_ratio=l1_ratio, tol=1e-7).fit(X, y)
    # It is slower, and finds the same.
    assert model.n_iter_ > expected.n_iter_
    np.testing.assert_allclose(model.loss_curve_[-1], expected.loss_curve_[-1], rtol=1e-6)
    np.testing.assert_allclose(model.predict_proba(X), expected.predict_proba(X), atol=1e-3)


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


def test_the_history_is_what_the_callback_heard():
    X, y = gaussian_classes(0)
    heard = []
    model = exact(callback=heard.append).fit(X, y)
    frame = model.history_
    assert frame["loss"].tolist() == model.loss_curve_ == [point.value for point in heard]
    assert frame["max_gradient"].tolist() == [point.max_gradient for point in heard]
    moves = [np.linalg.norm(b.x - a.x) for a, b in pairwise(heard)]
    np.testing.assert_allclose(frame["step"], [0.0, *moves], rtol=1e-9, atol=1e-15)
    assert frame["max_gradient"].iloc[-1] <= model.tol < frame["max_gradient"].iloc[-2]
    assert frame.index.tolist() == list(range(model.n_iter_[0] + 1))


@settings(max_examples=30)
@given(
    seed=SEEDS,
    n_classes=st.integers(2, 4),
    C=st.sampled_from([0.02, 0.2, 2.0, 200.0]),
    l1_ratio=st.sampled_from([0.3, 1.0]),
)
def test_a_penalty_with_a_kink_leaves_no_subgradient(seed, n_classes, C, l1_ratio):
    X, y = gaussian_classes(seed, n_classes=n_classes)
    model = exact(C=C, l1_ratio=l1_ratio, tol=1e-8).fit(X, y)
    smooth, db = gradient(model, X, y, C, np.ones(len(y)))
    smooth -= l1_ratio * model.coef_ / (C * len(y))
    l1 = l1_ratio / (C * len(y))
    on = model.coef_ != 0.0
    assert np.abs(smooth[on] + l1 * np.sign(model.coef_[on])).max(initial=0.0) <= 1.01e-8
    assert np.abs(smooth[~on]).max(initial=0.0) <= l1 + 1.01e-8
    assert np.abs(db).max() <= 1.01e-8


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("l1_ratio", [0.5, 1.0])
def test_sparse_weights_agree_with_scikit_learn(n_classes, l1_ratio):
    X, y = gaussian_classes(3, n_classes=n_classes)
    model = exact(C=0.05, l1_ratio=l1_ratio).fit(X, y)
    twin = theirs.LogisticRegression(
        C=0.05, solver="saga", tol=1e-10, max_iter=50_000, random_state=0, **kink(l1_ratio)
    ).fit(X, y)
    np.testing.assert_array_equal(model.coef_ == 0.0, np.abs(twin.coef_) < 1e-7)
    assert (model.coef_ == 0.0).any()
    np.testing.assert_allclose(model.coef_, twin.coef_, atol=1e-5)


def test_a_weak_penalty_with_a_kink_takes_no_more_than_a_few_steps_for_each_parameter():
    # too few steps are a warning, and so an error; proximal steps that know the blocks of the
    # Hessian alone take over 3000 on iris
    iris, species = load_iris(return_X_y=True)
    for C in (1.0, 100.0):
        assert LogisticRegression(C=C, l1_ratio=1.0, tol=1e-6, max_iter=120).fit(iris, species)
    X, y = load_digits(return_X_y=True)
    model = LogisticRegression(C=100.0, l1_ratio=1.0, tol=1e-5, max_iter=300).fit(X / 16.0, y)
    assert 100 < np.count_nonzero(model.coef_) < 350


def test_intercepts_take_over_what_weights_that_stop_at_zero_told_on_average():
    X, y = gaussian_classes(0)
    X = X + 1e3
    whole = _cross_entropy.RowsObjective(
        X, y, np.full(len(y), 1.0 / len(y)), 3, strength=0.0, fit_intercept=True
    )
    faces, theta = _logistic_descent._Faces(whole, 0.1), np.arange(12.0)
    faces.metric(np.zeros(12))
    W, b = whole.split(theta)
    W_landed, b_landed = whole.split(faces.land(theta, np.isin(theta, [1.0, 6.0])))
    moved = (X @ W_landed + b_landed - X @ W - b).mean(axis=0)
    # all classes alike may move: no probability does
    np.testing.assert_allclose(moved - moved.mean(), 0.0, atol=1e-8)
    assert (W_landed == 0.0).any(axis=1).all()


def test_rounding_ends_a_descent_to_sparse_weights():
    eighths = [28, 23, 25, 22, 27, 21, 24, 22, 22, 25, 30, 29, 30, 31, 27, 30, 26, 22]
    eighths += [24, 25, 31, 24, 32, 25, 25, 32, 26, 32, 27, 29, 28, 21, 23, 27, 25, 30]
    X = 8000.0 + 8.0 * np.reshape(eighths, (12, 3))
    y = np.array([0, 0, 1, 1, 2, 1, 2, 0, 1, 2, 1, 0])
    with pytest.warns(ConvergenceWarning, match="stopped after"):
        model = LogisticRegression(l1_ratio=1.0, max_iter=1000).fit(X.astype(np.float32), y)
    assert model.n_iter_ < 300


def kink(l1_ratio):
    """Scikit-learn's words for a mixed penalty, before its version 1.8 and since."""
    old = theirs.LogisticRegression().penalty == "l2"
    return {"penalty": "elasticnet", "l1_ratio": l1_ratio} if old else {"l1_ratio": l1_ratio}


def test_names_of_penalties():
    X, y = gaussian_classes(0)
    for named, ratio in (("l1", 1.0), ("l2", 0.0), ("elasticnet", 0.3)):
        model = exact(penalty=named, l1_ratio=0.3, tol=1e-6).fit(X, y)
        np.testing.assert_array_equal(model.coef_, exact(l1_ratio=ratio, tol=1e-6).fit(X, y).coef_)


@settings(max_examples=25)
@given(
    seed=SEEDS,
    n_classes=st.integers(2, 4),
    l1_ratio=st.sampled_from([0.0, 0.5]),
    max_iter=st.integers(0, 8),
    intercept=st.booleans(),
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_nothing_is_lower_than_the_bound_says(seed, n_classes, l1_ratio, max_iter, intercept):
    X, y = gaussian_classes(seed, n_classes=n_classes)
    words = {"C": 0.5, "l1_ratio": l1_ratio, "fit_intercept": intercept}
    early = exact(max_iter=max_iter, **words).fit(X, y)
    best = exact(tol=1e-8, **words).fit(X, y)
    gap = objective(early, X, y, 0.5, l1_ratio) - objective(best, X, y, 0.5, l1_ratio)
    assert gap <= early.suboptimality_bound_ * (1.0 + 1e-6) + 1e-14
    assert best.suboptimality_bound_ < 1e-8


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("shift", [0.0, 3.0, 15.0, 400.0])
def test_the_bound_holds_where_the_intercepts_are_far_from_their_best(shift):
    X, y = gaussian_classes(0)
    best = exact(C=0.5).fit(X, y)
    away = exact(C=0.5, warm_start=True, max_iter=0)
    away.coef_, away.intercept_ = best.coef_, best.intercept_ + np.array([shift, -shift, 0.0])
    away.fit(X, y)
    gap = objective(away, X, y, 0.5, 0.0) - objective(best, X, y, 0.5, 0.0)
    assert gap <= away.suboptimality_bound_ + 1e-12


def objective(model, X, y, C, l1_ratio):
    """J at the fitted parameters, written independently of the package."""
    loss = -log_softmax(full_scores(model, X), axis=1)[np.arange(len(y)), y].mean()
    W = model.coef_
    squares, moduli = np.sum(W**2) / 2.0, np.abs(W).sum()
    return loss + ((1.0 - l1_ratio) * squares + l1_ratio * moduli) / (C * len(y))


def test_the_textbook_descends_at_every_step():
    X, y = gaussian_classes(0)
    for words in ({"C": 0.1}, {"C": 0.1, "l1_ratio": 0.5}):
        plain, best = (exact(solver=name, tol=1e-5, **words).fit(X, y) for name in ("plain", "gd"))
        assert (np.diff(plain.loss_curve_) <= 1e-15).all()
        assert plain.n_iter_ > 3 * best.n_iter_
        np.testing.assert_allclose(plain.coef_, best.coef_, atol=1e-2)
        np.testing.assert_array_equal(plain.coef_ == 0.0, best.coef_ == 0.0)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_mini_batches_come_near_and_repeat_themselves(l1_ratio):
    X, y = load_digits(return_X_y=True)
    X = X / 16.0
    fits = [
        LogisticRegression(l1_ratio=l1_ratio, solver="sgd", max_iter=60, random_state=seed).fit(
            X, y
        )
        for seed in (0, 0, 1)
    ]
    best = LogisticRegression(l1_ratio=l1_ratio, max_iter=1000, tol=1e-6).fit(X, y)
    np.testing.assert_array_equal(fits[0].coef_, fits[1].coef_)
    assert (fits[0].coef_ != fits[2].coef_).any()
    for model in fits:
        gap = objective(model, X, y, 1.0, l1_ratio) / objective(best, X, y, 1.0, l1_ratio)
        assert 1.0 <= gap < 1.02
    assert not l1_ratio or (fits[0].coef_ == 0.0).any()


@pytest.mark.parametrize("parameters", [{}, {"l1_ratio": 0.5}, {"solver": "plain", "tol": 1e-5}])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_sparse_rows_are_rows(parameters, n_classes):
    X, y = gaussian_classes(0, n_classes=n_classes)
    X = np.where(np.abs(X) > 0.5, X, 0.0)
    dense = exact(**{"tol": 1e-9, **parameters}).fit(X, y)
    sparse = exact(**{"tol": 1e-9, **parameters}).fit(csr_array(X), y)
    np.testing.assert_allclose(sparse.coef_, dense.coef_, atol=1e-5)
    np.testing.assert_allclose(
        sparse.predict_proba(csr_array(X)), dense.predict_proba(X), atol=1e-5
    )


@pytest.mark.parametrize("parameters", [{}, {"l1_ratio": 0.5}, {"solver": "plain", "tol": 1e-4}])
def test_chunks_give_the_model_of_their_rows(parameters):
    X, y = gaussian_classes(0)
    w = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    parts = np.array_split(np.arange(len(y)), [40, 40, 55])  # one of them empty
    model = exact(**{"tol": 1e-9, **parameters}, C=0.1, class_weight="balanced")
    whole = clone(model).fit(X, y, sample_weight=w)
    assert exact(penalty=None, tol=1e-3).fit(X, y % 2).suboptimality_bound_ == np.inf
    for chunks in (
        [(X[i], y[i], w[i]) for i in parts],
        lambda: ((X[i], y[i], w[i]) for i in parts),
    ):
        found = clone(model).fit_chunks(chunks)
        np.testing.assert_allclose(found.coef_, whole.coef_, atol=1e-6)
        assert found.suboptimality_bound_ == pytest.approx(whole.suboptimality_bound_, abs=1e-6)


def test_chunks_that_cannot_be_fitted():
    X, y = gaussian_classes(0)
    model = LogisticRegression()
    for chunks, message in (
        (iter([(X, y)]), "readable again"),
        ([], "at least one row"),
        ([(X, y), (X[:, :2], y)], "same features in all parts"),
        ([(X[y == 0], y[y == 0])], "at least 2 classes"),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit_chunks(chunks)
        assert not hasattr(model, "coef_")
    with pytest.raises(ValueError, match="rows in one array"):
        LogisticRegression(solver="sgd").fit_chunks([(X, y)])


def test_a_file_is_read_in_place(tmp_path):
    X, y = load_digits(return_X_y=True)
    np.save(tmp_path / "X.npy", X.astype(np.uint8))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    model = LogisticRegression(max_iter=300).fit(mapped, y)
    np.testing.assert_array_equal(
        model.coef_, LogisticRegression(max_iter=300).fit(X.astype(np.uint8), y).coef_
    )


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_fitted_models_move_both_ways(n_classes, l1_ratio):
    X, y = gaussian_classes(0, n_classes=n_classes)
    ours = exact(l1_ratio=l1_ratio).fit(X, y)
    twin = ours.to_sklearn()
    # one minus the other probability has no more digits than that one leaves it
    same = partial(np.testing.assert_allclose, rtol=1e-12, atol=4 * np.finfo(float).eps)
    same(twin.predict_proba(X), ours.predict_proba(X))
    again = clone(twin).set_params(max_iter=50_000).fit(X, y)
    np.testing.assert_allclose(again.coef_, ours.coef_, atol=1e-5)
    back = LogisticRegression.from_sklearn(again)
    same(back.predict_proba(X), again.predict_proba(X))
    assert back.history_.empty
    with pytest.raises(ValueError, match="must be scikit-learn's LogisticRegression"):
        LogisticRegression.from_sklearn(ours)


@settings(max_examples=20)
@given(seed=SEEDS, exponent=st.sampled_from([-4.0, 4.0]), l1_ratio=st.sampled_from([0.0, 0.5]))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_units_of_features_do_not_slow_it_down(seed, exponent, l1_ratio):
    X, y = gaussian_classes(seed)
    # so weak a penalty does not know of units, either
    fits = [
        exact(C=1e30, l1_ratio=l1_ratio, tol=1e-300, max_iter=40).fit(Z, y)
        for Z in (X, X * [1.0, 10.0**exponent, 1.0])
    ]
    values = [model.loss_curve_[-1] for model in fits]
    assert values[1] == pytest.approx(values[0], abs=1e-3)


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


@pytest.mark.parametrize("tol", [1e-12, 1e-4])
@pytest.mark.parametrize("solver", ["gd", "plain"])
def test_separable_data_without_penalty_are_said(tol, solver):
    model = LogisticRegression(C=np.inf, tol=tol, max_iter=50, solver=solver)
    with pytest.warns(ConvergenceWarning, match="planes separate the classes"):
        model.fit([[-1.0], [1.0], [2.0]], [0, 1, 1])
    assert model.predict_proba([[1.0]])[0, 1] > 0.9
    with pytest.warns(ConvergenceWarning, match="stopped after 1 steps"):
        LogisticRegression(C=np.inf, max_iter=1).fit([[-1.0], [1.0], [2.0]], [0, 1, 0])


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
        ({"l1_ratio": 1.5}, "l1_ratio must be"),
        ({"penalty": "l3"}, "penalty must be one of"),
        ({"dual": True}, "dual must be False"),
        ({"callback": 3}, "callback must be callable"),
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
    assert not hasattr(LogisticRegression(), "sparsify")
