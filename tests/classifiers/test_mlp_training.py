"""How a perceptron is trained: rules and schedules, records, parts, and resumption to the bit."""

import pickle
import subprocess
import sys
import warnings
from unittest.mock import patch

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier as Twin
from threadpoolctl import threadpool_limits

from probml.classifiers import MLPClassifier
from probml.classifiers._network import Parameters, join, loss_and_gradient, split
from probml.classifiers._training import _FEW, _sum_of_squares

SOLVERS = ["sgd", "adam", "adagrad", "rmsprop"]


def quietly(act, *data, **kwargs):
    """Without a word about `max_iter`, which most tests set far too low."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return act(*data, **kwargs)


def digits(n=200, n_classes=10):
    X, y = load_digits(return_X_y=True)
    keep = y < n_classes
    return X[keep][:n] / 16, y[keep][:n]


def worlds(n=40, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    return rng.standard_normal((n, 3)) + y[:, None], y


def theta_of(model):
    return join(Parameters(model.coefs_, model.intercepts_))


def start_of(model, X, y):
    """Parameters before the first step."""
    still = clone(model).set_params(solver="sgd", learning_rate_init=1e-300, max_iter=1)
    still.callback = None
    return theta_of(quietly(still.fit, X, y))


# Rules and schedules


def textbook(solver, rate, g, memory):
    """One step of a rule, as catalogue OP-10 and OP-11 have it."""
    if solver == "adagrad":
        memory["s"] = memory.get("s", 0.0) + g**2
    elif solver == "rmsprop":
        memory["s"] = 0.9 * memory.get("s", 0.0) + 0.1 * g**2
    elif solver == "adam":
        memory["t"] = memory.get("t", 0) + 1
        memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * g
        memory["v"] = 0.999 * memory.get("v", 0.0) + 0.001 * g**2
        corrected = np.sqrt(1 - 0.999 ** memory["t"]) / (1 - 0.9 ** memory["t"])
        return -rate * corrected * memory["m"] / (np.sqrt(memory["v"]) + 1e-8)
    else:
        memory["v"] = 0.9 * memory.get("v", 0.0) - rate * g
        return 0.9 * memory["v"] - rate * g
    return -rate * g / (np.sqrt(memory["s"]) + 1e-8)


@pytest.mark.parametrize("schedule", ["constant", "cosine", "invscaling"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_steps_are_those_of_the_textbook(solver, schedule):
    X, y = worlds()
    words = {"solver": solver, "learning_rate": schedule, "learning_rate_init": 0.05, "alpha": 0.5}
    model = MLPClassifier((4,), "tanh", **words, batch_size=40, max_iter=6, random_state=0)
    theta, memory = start_of(model, X, y), {}
    quietly(model.fit, X, y)
    for step in range(6):
        rate = 0.05
        if schedule == "cosine":
            rate *= (1 + np.cos(np.pi * step / 6)) / 2
        elif schedule == "invscaling" and solver != "adam":
            rate /= (40 * step + 1) ** 0.5
        g = loss_and_gradient(theta, (3, 4, 3), X, y, np.ones(40), 0.5, "tanh")[1]
        theta = theta + textbook(solver, rate, g, memory)
    assert_allclose(theta_of(model), theta, atol=1e-10)


def test_a_cosine_falls_from_step_to_step_and_not_from_epoch_to_epoch():
    X, y = worlds()
    rates = {"learning_rate": "cosine", "batch_size": 10, "max_iter": 5, "learning_rate_init": 0.1}
    model = quietly(MLPClassifier((4,), solver="sgd", random_state=0, **rates).fit, X, y)
    steps = np.arange(1, 6) * 4 - 1
    expected = 0.05 * (1 + np.cos(np.pi * steps / 20))
    assert_allclose(model.history_["learning_rate"], expected, rtol=1e-12)


# Records


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("solver", [*SOLVERS, "lbfgs"])
def test_history_says_what_was_before_each_step(solver, n_classes):
    X, y = worlds(n_classes=n_classes)
    points = []
    model = MLPClassifier((4,), "tanh", solver=solver, alpha=0.5, batch_size=40, max_iter=4,
                          random_state=0, callback=lambda model, epoch: points.append(
                              (theta_of(model), model.score(X, y), epoch)))  # fmt: skip
    start, units = start_of(model, X, y), (3, 4, 1 if n_classes == 2 else 3)
    quietly(model.fit, X, y)
    history = model.history_
    assert history.index.tolist() == [1, 2, 3, 4]
    assert history.index.name == "epoch"
    assert history["loss"].tolist() == model.loss_curve_
    assert [epoch.loss for *_, epoch in points] == model.loss_curve_
    # an iteration of the full-batch descent is reported where it ended
    ends = solver == "lbfgs"
    thetas = [theta for theta, *_ in points]
    for row, theta in zip(history.itertuples(), thetas if ends else [start, *thetas], strict=False):
        value, slope = loss_and_gradient(theta, units, X, y, np.ones(40), 0.5, "tanh")
        assert_allclose(row.loss, value, rtol=1e-9)
        assert_allclose(row.gradient_norm, np.linalg.norm(slope), rtol=1e-7)
        squares = sum((W**2).sum() for W in split(theta, units).coefs)
        assert_allclose(row.penalty, 0.5 / 80 * squares, rtol=1e-9)
    scores = [score for _, score, _ in points]
    shifted = history["accuracy"] if ends else history["accuracy"].iloc[1:]
    assert_allclose(shifted, scores if ends else scores[:-1], atol=1e-12)
    assert "validation_loss" not in history


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_what_is_held_out_is_judged_after_each_epoch(n_classes, weighted):
    X, y = digits(n_classes=n_classes)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y)) if weighted else None
    seen = []
    model = MLPClassifier((8,), early_stopping=True, max_iter=4, validation_fraction=0.25,
                          random_state=0, callback=lambda model, _: seen.append((
                              model.predict_proba(X), model._checkpoint["held_out"])))  # fmt: skip
    quietly(model.fit, X, y, weight)
    for row, (proba, held) in zip(model.history_.itertuples(), seen, strict=True):
        w = None if weight is None else weight[held]
        expected = log_loss(y[held], proba[held], labels=range(n_classes), sample_weight=w)
        assert_allclose(row.validation_loss, expected, rtol=1e-9)
        right = proba[held].argmax(axis=1) == y[held]
        assert_allclose(row.validation_accuracy, np.average(right, weights=w), rtol=1e-12)
    assert model.history_["validation_accuracy"].tolist() == model.validation_scores_


def test_squares_that_overflow_are_summed_in_double():
    v = np.full(3, 1e30, np.float32)
    assert_allclose(_sum_of_squares(v), 3e60, rtol=1e-6)


# Rows in parts


@pytest.mark.parametrize("settings", [
    {}, {"solver": "sgd", "learning_rate_init": 0.1}, {"batch_size": 16, "alpha": 1.0},
    {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1},
])  # fmt: skip
@pytest.mark.parametrize("fitted", [False, True])
def test_partial_fit_goes_on_as_scikit_learn_does(fitted, settings):
    X, y = digits(300)
    common = {"hidden_layer_sizes": (9,), "random_state": 3, "max_iter": 3} | settings
    models = [Twin(**common), MLPClassifier(**common)]
    for model in models:
        if fitted:
            quietly(model.fit, X[:100], y[:100])
        for i in range(6):
            rows = slice(50 * i, 50 * i + 50)
            model.partial_fit(X[rows], y[rows], classes=None if i or fitted else range(10))
    twin, model = models
    assert_allclose(model.loss_curve_, twin.loss_curve_, rtol=1e-9)
    assert_allclose(theta_of(model), theta_of(twin), atol=1e-9)
    assert (model.t_, model.n_iter_) == (twin.t_, twin.n_iter_)
    assert len(model.history_) == len(model.loss_curve_)


def test_a_failed_part_changes_nothing():
    X, y = worlds()
    model = MLPClassifier((4,), random_state=0)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(X, y)
    assert not hasattr(model, "classes_")
    model.partial_fit(X, y, classes=[0, 1, 2])
    before = pickle.dumps(model)
    for rows, labels, parameters, message in [
        (X, y + 1, {}, "do not exist in the initial classes"),
        (X[:, :2], y, {}, "features"),
        (X * np.nan, y, {}, "NaN"),
        (X * 1e300, y, {}, "diverged in epoch 1 .step 1 of 1"),
        (X, y, {"early_stopping": True}, "does not support early_stopping=True"),
        (X, y, {"learning_rate": "cosine"}, "does not support learning_rate='cosine'"),
        (X, y, {"class_weight": "balanced"}, "does not support class_weight='balanced'"),
        (X, y, {"hidden_layer_sizes": (5,)}, "same layers"),
    ]:
        old = {name: getattr(model, name) for name in parameters}
        model.set_params(**parameters)
        with pytest.raises(ValueError, match=message):
            model.partial_fit(rows, labels)
        assert pickle.dumps(model.set_params(**old)) == before
    with pytest.raises(ValueError, match="at least 2 classes"):
        MLPClassifier().partial_fit(X, y * 0, classes=[0])
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")


# Weights of classes


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_weights_of_classes_are_weights_of_rows(solver):
    X, y = worlds(n=50)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, 50)
    model = MLPClassifier((4,), "tanh", solver=solver, max_iter=5, random_state=0)
    factors = {0: 2.0, 2: 0.5}
    given = quietly(clone(model).set_params(class_weight=factors).fit, X, y, weight)
    equal = quietly(clone(model).fit, X, y, weight * np.array([2.0, 1.0, 0.5])[y])
    assert_allclose(theta_of(given), theta_of(equal), atol=1e-12)
    balanced = quietly(clone(model).set_params(class_weight="balanced").fit, X, y, weight)
    totals = np.bincount(y, weight)
    equal = quietly(clone(model).fit, X, y, weight * (totals.sum() / (3 * totals))[y])
    assert_allclose(theta_of(balanced), theta_of(equal), atol=1e-9)


def test_a_class_of_weight_zero_is_not_learnt_but_known():
    X, y = worlds(n=60)
    model = MLPClassifier((4,), solver="lbfgs", class_weight={2: 0.0}, random_state=0)
    quietly(model.fit, X, y)
    assert model.predict_proba(X).shape == (60, 3)
    assert model.predict_proba(X)[:, 2].max() < 0.01


@pytest.mark.parametrize(("class_weight", "error", "message"), [
    ("even", ValueError, "class_weight must be None, 'balanced' or a dict"),
    ({7: 1.0}, ValueError, "labels of y as keys"),
    ({0: -1.0}, ValueError, "class_weight\\[0\\]"),
    ({0: 0.0, 1: 0.0, 2: 0.0}, ValueError, "a positive, finite weight"),
    ({0: "many"}, TypeError, "class_weight\\[0\\]"),
])  # fmt: skip
def test_weights_of_classes_that_make_no_sense(class_weight, error, message):
    with pytest.raises(error, match=message):
        MLPClassifier(class_weight=class_weight).fit(*worlds())


# Interrupted and resumed


def checkpoints(path, at):
    def keep(model, epoch):
        if model.n_iter_ == at:
            model.save(path)

    return keep


RUNS = {
    "sgd": {"solver": "sgd", "learning_rate": "cosine", "learning_rate_init": 0.1},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1,
                 "learning_rate_init": 1e-3},
    "invscaling": {"solver": "rmsprop", "learning_rate": "invscaling"},
    "adam": {"alpha": 1.0},
    "adagrad": {"solver": "adagrad", "class_weight": "balanced"},
    "held out": {"early_stopping": True, "n_iter_no_change": 3, "learning_rate_init": 0.05},
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.uint8])
@pytest.mark.parametrize("name", RUNS)
def test_a_resumed_fit_ends_with_the_same_bits(tmp_path, name, dtype):
    X, y = digits()
    X = (X * 16).astype(dtype)
    words = {"hidden_layer_sizes": (9,), "batch_size": 32, "max_iter": 9, "random_state": 0}
    model = MLPClassifier(**words | RUNS[name], callback=checkpoints(tmp_path / "m.npz", 4))
    whole = quietly(model.fit, X, y)
    cut = MLPClassifier.load(tmp_path / "m.npz")
    assert cut.n_iter_ == 4
    assert cut.predict_proba(X).shape == (200, 10)
    resumed = quietly(cut.resume, X, y)
    assert_array_equal(theta_of(resumed), theta_of(whole))
    assert resumed.history_.equals(whole.history_)
    for attribute in ("loss_curve_", "n_iter_", "t_", "n_updates_", "best_validation_score_"):
        assert getattr(resumed, attribute) == getattr(whole, attribute)
    with pytest.raises(ValueError, match="nothing to resume"):
        resumed.resume(X, y)


def test_a_pickle_serves_as_well_and_other_data_are_refused():
    X, y = digits()
    kept = []
    model = MLPClassifier((9,), max_iter=5, random_state=0)

    def keep(model, epoch):
        model.callback = None  # a function of a function cannot be pickled
        kept.append(pickle.dumps(model))

    whole = quietly(model.set_params(callback=keep).fit, X, y)
    anew = quietly(pickle.loads(kept[0]).set_params(solver="lbfgs").fit, X, y)
    with pytest.raises(ValueError, match="nothing to resume"):
        anew.resume(X, y)
    cut = pickle.loads(kept[0])
    for rows, labels in [(X[1:], y[1:]), (X, y[::-1]), (X[::-1], y)]:
        with pytest.raises(ValueError, match="resume needs the rows, labels and weights"):
            cut.resume(rows, labels)
    with pytest.raises(ValueError, match="resume needs the rows"):
        cut.resume(X, y, np.arange(1.0, 201.0))
    assert_array_equal(theta_of(quietly(cut.resume, X, y)), theta_of(whole))


def test_a_killed_process_is_resumed(tmp_path):
    X, y = digits()
    np.savez(tmp_path / "data.npz", X=X, y=y)
    script = """
import os, sys, numpy as np
from probml.classifiers import MLPClassifier
data = np.load("data.npz")
def keep(model, epoch):
    model.save("model.npz")
    if model.n_iter_ == 3:
        os.kill(os.getpid(), 9)
words = {"batch_size": 32, "max_iter": 6, "random_state": 0}
MLPClassifier((9,), callback=keep, **words).fit(data["X"], data["y"])
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=False)
    assert ended.returncode == -9
    resumed = quietly(MLPClassifier.load(tmp_path / "model.npz").resume, X, y)
    words = {"batch_size": 32, "max_iter": 6, "random_state": 0}
    whole = quietly(MLPClassifier((9,), **words).fit, X, y)
    assert_array_equal(theta_of(resumed), theta_of(whole))


@pytest.mark.parametrize("solver", SOLVERS)
def test_threads_change_no_bit(solver):
    X, y = digits(64)
    model = MLPClassifier((600, 600), solver=solver, alpha=1.0, max_iter=2, random_state=0)
    assert _FEW < 600 * 600  # there is something to share
    found = []
    for n, few in ((1, _FEW), (3, _FEW), (1, 10**9)):
        with threadpool_limits(n, "blas"), patch("probml.classifiers._training._FEW", few):
            found.append(quietly(clone(model).fit, X, y))
    for other in found[1:]:
        assert_array_equal(theta_of(found[0]), theta_of(other))
    assert found[0].loss_curve_ == found[1].loss_curve_
    assert_allclose(found[0].loss_curve_, found[2].loss_curve_, rtol=1e-14)


# Divergence


@pytest.mark.parametrize("warm_start", [False, True])
def test_the_last_good_weights_are_kept(warm_start):
    X, y = worlds()
    good = []

    def explode(model, epoch):
        good.append(theta_of(model))
        if model.n_iter_ == 2:
            X[:] = 1e305  # what the third epoch meets

    model = MLPClassifier((4,), random_state=0, warm_start=warm_start, callback=explode)
    with pytest.raises(ValueError, match=r"diverged in epoch 3 \(step 1 of 1: .*epoch 2 are kept"):
        quietly(model.fit, X, y)
    assert_array_equal(theta_of(model), good[1])
    assert model.n_iter_ == len(model.loss_curve_) == len(model.history_) == 2
    assert np.isfinite(model.predict_proba(worlds()[0])).all()
    with pytest.raises(ValueError, match="nothing to resume"):
        model.resume(X, y)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_last_step_too_long_is_noticed(dtype):
    X, y = worlds()
    rate = 1e200 if dtype == np.float64 else 1e30
    model = MLPClassifier((4,), solver="sgd", learning_rate_init=rate, max_iter=1, random_state=0)
    with pytest.raises(ValueError, match=r"diverged in epoch 1 .*scores overflow.; scale the feat"):
        quietly(model.fit, X.astype(dtype), y)
    assert not hasattr(model, "coefs_")


# What it has learnt


@pytest.mark.parametrize("hidden", [(), (5,), (5, 4)])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_output_is_a_softmax_regression_on_hidden_features_nn_19(n_classes, hidden):
    X, y = worlds(n_classes=n_classes)
    model = quietly(MLPClassifier(hidden, "tanh", max_iter=5, random_state=0).fit, X, y)
    H = model.hidden_features(X)
    assert H.shape == (40, [3, *hidden][-1])
    Z = H @ model.coefs_[-1] + model.intercepts_[-1]
    if n_classes == 2:
        Z = np.hstack([np.zeros_like(Z), Z])
    assert_allclose(model.predict_proba(X), softmax(Z, axis=1), atol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_gradient_check_tells_right_from_wrong_nn_14(monkeypatch, activation, n_classes):
    X, y = worlds(n_classes=n_classes)
    model = MLPClassifier((5, 4), activation, alpha=3.0, max_iter=5, random_state=0)
    quietly(model.fit, X, y)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, 40)
    limit = 1e-3 if activation == "relu" else 1e-8  # units may change sides within a difference
    assert model.gradient_check(X, y, weight, n_parameters=None).error < limit
    found = model.gradient_check(X, y, n_parameters=7)
    assert found.error < limit
    assert found.analytic.shape == (7,)
    monkeypatch.setattr("probml.classifiers._network.l2_penalty", lambda W, s: (0.0, s * W))
    assert model.gradient_check(X, y).error > 1e-2


# To and from scikit-learn


@pytest.mark.parametrize("settings", [
    {}, {"solver": "lbfgs"}, {"early_stopping": True}, {"solver": "sgd"},
])  # fmt: skip
@pytest.mark.parametrize("n_classes", [2, 10])
def test_fitted_models_move_both_ways(n_classes, settings):
    X, y = digits(n_classes=n_classes)
    names = 3 * y - 7  # before scikit-learn 1.7 the twin cannot stop early on text
    twin = quietly(Twin((9,), max_iter=6, random_state=0, **settings).fit, X, names)
    ours = MLPClassifier.from_sklearn(twin)
    # one minus the other probability has no more digits than that one leaves it
    assert_allclose(ours.predict_proba(X), twin.predict_proba(X), rtol=1e-10, atol=1e-15)
    assert ours.history_["loss"].tolist() == getattr(twin, "loss_curve_", [])
    back = ours.to_sklearn()
    assert_array_equal(back.predict(X), twin.predict(X))
    assert back.get_params() == twin.get_params()
    if settings == {}:
        for model in (ours.set_params(warm_start=True), back.set_params(warm_start=True)):
            quietly(model.fit, X, names)
        assert_allclose(theta_of(ours), theta_of(back), atol=1e-9)
        for model in (ours, back):
            model.partial_fit(X, names)
        assert_allclose(theta_of(ours), theta_of(back), atol=1e-9)


def test_what_the_twin_does_not_have_is_replaced_there():
    X, y = worlds()
    words = {"solver": "rmsprop", "learning_rate": "cosine", "class_weight": {0: 2.0}}
    twin = quietly(MLPClassifier((4,), max_iter=3, **words).fit, X, y).to_sklearn()
    assert (twin.solver, twin.learning_rate) == ("adam", "constant")


# Sparse rows


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_rows_are_rows(solver, dtype):
    X, y = digits()
    X = np.where(X < 0.5, 0, 16 * X).astype(dtype)
    model = MLPClassifier((9,), solver=solver, max_iter=4, early_stopping=True, random_state=0)
    plain = quietly(clone(model).fit, X, y)
    rows = csr_array(X)
    sparse = quietly(model.fit, rows, y)
    assert_array_equal(theta_of(sparse), theta_of(plain))
    assert_allclose(sparse.predict_proba(rows), plain.predict_proba(X), atol=1e-6)
    assert_array_equal(sparse.hidden_features(rows), plain.hidden_features(X))
    assert sparse.gradient_check(rows, y, n_parameters=20).error < 1e-3
    if solver == "adam":
        for fitted, table in ((sparse, rows), (plain, X)):
            fitted.set_params(early_stopping=False).partial_fit(table, y)
        assert_array_equal(theta_of(sparse), theta_of(plain))
