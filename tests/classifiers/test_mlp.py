"""The multi-layer perceptron: its gradient, its twin in scikit-learn, and what a fit promises."""

import copy
import inspect
import logging
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as Twin
from sklearn.utils import check_random_state

from probml.classifiers._held_out import held_out_rows
from probml.classifiers._network import Parameters, initial_parameters, join, loss_and_gradient
from probml.classifiers.mlp import MLPClassifier

ACTIVATIONS = ["identity", "logistic", "tanh", "relu"]


def fit(model, *data, **kwargs):
    """Fit without a word about `max_iter`, which most tests set far too low."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(*data, **kwargs)


def digits(n=300, n_classes=10):
    X, y = load_digits(return_X_y=True)
    keep = y < n_classes
    return X[keep][:n] / 16, y[keep][:n]


def worlds(n=40, n_features=3, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    return rng.standard_normal((n, n_features)) + y[:, None], y, rng


def theta_of(model):
    return join(Parameters(model.coefs_, model.intercepts_))


# Its twin


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_transplanted_weights_give_scikit_learns_probabilities_nn_21(activation, n_classes):
    X, y, _ = worlds(n_classes=n_classes)
    twin = fit(Twin((5, 4), activation, max_iter=30, random_state=0), X, y)
    model = fit(MLPClassifier((5, 4), activation, max_iter=1, random_state=1), X, y)
    model.coefs_, model.intercepts_ = twin.coefs_, twin.intercepts_
    assert_allclose(model.predict_proba(X), twin.predict_proba(X), atol=1e-10, rtol=0)
    assert_array_equal(model.predict(X), twin.predict(X))


SETTINGS = {
    "full batch": {"batch_size": 300, "shuffle": False},
    "auto batch": {"batch_size": "auto"},
    "no shuffle": {"shuffle": False},
    "tanh": {"activation": "tanh"},
    "logistic": {"activation": "logistic", "alpha": 1.0},
    "identity": {"activation": "identity", "hidden_layer_sizes": 7},
    "deep": {"hidden_layer_sizes": [20, 10]},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "adam": {"beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-4, "learning_rate": "invscaling"},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.1},
    "plain momentum": {"solver": "sgd", "learning_rate_init": 0.1, "nesterovs_momentum": False},
    "invscaling": {"solver": "sgd", "learning_rate_init": 0.5, "learning_rate": "invscaling"},
    "adaptive": {"solver": "sgd", "learning_rate_init": 1e-4, "learning_rate": "adaptive",
                 "tol": 1.0, "n_iter_no_change": 1, "max_iter": 50},
    "early stopping": {"early_stopping": True, "n_iter_no_change": 2, "max_iter": 40},
    "settled": {"tol": 0.02, "n_iter_no_change": 2, "max_iter": 200},
}  # fmt: skip


RECORDS = (
    "n_iter_",
    "t_",
    "n_layers_",
    "n_outputs_",
    "n_features_in_",
    "out_activation_",
    "validation_scores_",
    "best_validation_score_",
)


@pytest.mark.parametrize("n_classes", [2, 10])
@pytest.mark.parametrize("name", SETTINGS)
def test_trajectory_is_scikit_learns(name, n_classes):
    common = {"hidden_layer_sizes": (16,), "batch_size": 64, "max_iter": 8, "random_state": 3}
    settings, (X, y) = common | SETTINGS[name], digits(n_classes=n_classes)
    twin, model = (fit(c(**settings), X, y) for c in (Twin, MLPClassifier))
    assert_allclose(model.loss_curve_, twin.loss_curve_, rtol=1e-9)
    for ours, theirs in zip(
        model.coefs_ + model.intercepts_, twin.coefs_ + twin.intercepts_, strict=True
    ):
        assert_allclose(ours, theirs, atol=1e-9)
    for attribute in RECORDS:
        assert getattr(model, attribute) == getattr(twin, attribute), attribute
    assert_allclose(model.best_loss_ or 0.0, twin.best_loss_ or 0.0, rtol=1e-9)


@pytest.mark.skipif(
    "sample_weight" not in inspect.signature(Twin.fit).parameters,
    reason="before scikit-learn 1.7 the twin takes no weights",
)
@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"solver": "lbfgs"}])
def test_weighted_steps_are_scikit_learns(settings):
    X, y = digits(n_classes=2)
    weight = np.random.default_rng(0).uniform(0.2, 2, len(y))
    settings = {"hidden_layer_sizes": (9,), "max_iter": 6, "random_state": 3} | settings
    twin, model = (fit(c(**settings), X, y, sample_weight=weight) for c in (Twin, MLPClassifier))
    for ours, theirs in zip(model.coefs_, twin.coefs_, strict=True):
        assert_allclose(ours, theirs, atol=1e-9)
    assert model.validation_scores_ == getattr(twin, "validation_scores_", None)


def test_warm_start_continues_as_scikit_learn_does():
    X, y = digits()
    settings = {"hidden_layer_sizes": (9,), "max_iter": 4, "random_state": 3, "warm_start": True}
    twin, model = (fit(fit(c(**settings), X, y), X, y) for c in (Twin, MLPClassifier))
    assert_allclose(model.loss_curve_, twin.loss_curve_, rtol=1e-9)
    assert_allclose(model.coefs_[0], twin.coefs_[0], atol=1e-9)
    assert (model.t_, model.n_iter_) == (twin.t_, twin.n_iter_) == (2 * 4 * 300, 4)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_without_hidden_layers_it_is_logistic_regression(n_classes):
    X, y, rng = worlds(n=60, n_classes=n_classes)
    weight = rng.uniform(0.5, 2, 60)
    model = MLPClassifier((), solver="lbfgs", alpha=2.0, tol=1e-8, max_iter=1000, random_state=0)
    linear = LogisticRegression(C=0.5, tol=1e-10, max_iter=1000)  # C = 1 / alpha, LR-09
    p, q = (m.fit(X, y, weight).predict_proba(X) for m in (model, linear))
    assert_allclose(p, q, atol=1e-4)


# What a fit promises


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_hidden_units_may_be_permuted_nn_20(activation):
    X, y, rng = worlds()
    model = fit(MLPClassifier((6, 5), activation, max_iter=5, random_state=0), X, y)
    before, order = model.predict_proba(X), rng.permutation(6)
    (W1, W2, W3), (b1, b2, b3) = model.coefs_, model.intercepts_
    model.coefs_, model.intercepts_ = [W1[:, order], W2[order], W3], [b1[order], b2, b3]
    assert_allclose(model.predict_proba(X), before, rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_loss_of_an_epoch_is_the_mean_over_its_rows_op_09(weighted):
    X, y, rng = worlds(n=13)
    weight = rng.uniform(0.5, 2, 13) if weighted else None
    model = MLPClassifier((4,), solver="sgd", learning_rate_init=1e-13, alpha=0, batch_size=5,
                          max_iter=1, random_state=0)  # fmt: skip
    fit(model, X, y, weight)
    w = np.ones(13) if weight is None else weight
    expected, _ = loss_and_gradient(theta_of(model), (3, 4, 3), X, y, w, 0.0, "relu")
    assert_allclose(model.loss_, expected, rtol=1e-10)


@pytest.mark.parametrize("activation", ["logistic", "tanh"])
def test_eight_hidden_units_solve_exclusive_or_nn_19(activation):
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    models = (MLPClassifier((8,), activation, solver="lbfgs", random_state=s) for s in range(10))
    assert sum(fit(model, X, y).score(X, y) == 1 for model in models) >= 9
    linear = MLPClassifier((8,), "identity", solver="lbfgs", random_state=0)
    assert fit(linear, X, y).score(X, y) <= 0.75


def test_penalty_shrinks_weights_towards_class_frequencies_nn_17():
    X, y, _ = worlds(n=60)
    y = np.where(y == 2, 0, y)
    models = [
        fit(MLPClassifier((), solver="lbfgs", alpha=a, tol=1e-8, random_state=0), X, y)
        for a in (0.1, 10.0, 1e5)
    ]
    norms = [np.linalg.norm(m.coefs_[0]) for m in models]
    assert norms[0] > norms[1] > norms[2]
    assert_allclose(models[-1].predict_proba(X), np.tile([2 / 3, 1 / 3], (60, 1)), atol=1e-2)


@pytest.mark.parametrize("settings", [
    {}, {"solver": "sgd", "learning_rate": "invscaling"}, {"solver": "lbfgs", "tol": 1e-6},
])  # fmt: skip
def test_a_weight_is_a_number_of_copies(settings):
    X, y, rng = worlds(n=30)
    weight = rng.integers(0, 4, 30)
    settings = {"hidden_layer_sizes": (4,), "activation": "tanh", "alpha": 1.0} | settings
    model = MLPClassifier(**settings, max_iter=40, random_state=0)
    weighted = fit(copy.deepcopy(model), X, y, sample_weight=weight)
    repeated = fit(copy.deepcopy(model), X.repeat(weight, axis=0), y.repeat(weight))
    assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-6)
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-6)
    assert weighted.t_ == repeated.t_


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_far_points_have_probabilities(activation, n_classes, dtype):
    X, y, _ = worlds(n_features=4, n_classes=n_classes)
    model = fit(MLPClassifier((5, 4), activation, max_iter=5, random_state=0), X.astype(dtype), y)
    huge = 1e300 if dtype == np.float64 else 3e38
    for row in np.vstack([np.eye(4), -np.eye(4), np.ones((1, 4)) / 4]):
        far = (row * huge).astype(dtype)[None]
        for point in (far, far.astype(np.float64)):
            log_p = model.predict_log_proba(point)
            assert not np.isnan(log_p).any()
            assert (log_p <= 0).all()
            assert_allclose(model.predict_proba(point).sum(), 1, atol=1e-12)
            assert model.predict(point)[0] == model.classes_[log_p.argmax()]


def test_equal_seeds_give_equal_bits_and_others_do_not():
    X, y = digits()
    first, again, other = (
        fit(MLPClassifier((9,), max_iter=3, random_state=seed), X, y) for seed in (0, 0, 1)
    )
    assert_array_equal(theta_of(first), theta_of(again))
    assert first.loss_curve_ == again.loss_curve_
    assert not np.array_equal(theta_of(first), theta_of(other))


@pytest.mark.parametrize("seed", [0, None])
def test_global_random_state_is_left_alone(seed):
    X, y, _ = worlds()
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the state that must not change
    fit(MLPClassifier((3,), max_iter=2, early_stopping=True, random_state=seed), X, y)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
def test_inputs_are_read_and_never_written(solver, dtype):
    X, y = digits()
    X, weight = (X * 16).astype(dtype), np.linspace(1, 2, 300)
    kept = X.copy(), y.copy(), weight.copy()
    for array in (X, y, weight):
        array.flags.writeable = False
    model = MLPClassifier((), "relu", solver=solver, max_iter=2, shuffle=False, random_state=0)
    fit(model, X, y, sample_weight=weight).predict_proba(X)
    for array, copied in zip((X, y, weight), kept, strict=True):
        assert_array_equal(array, copied)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_float32_and_uint8_make_a_float32_model(solver):
    X, y = digits()
    X = (X * 16).astype(np.uint8)
    models = [
        fit(MLPClassifier((9,), solver=solver, max_iter=3, random_state=0), X.astype(t), y)
        for t in (np.uint8, np.float32, np.float64)
    ]
    assert [m.coefs_[0].dtype for m in models] == [np.float32, np.float32, np.float64]
    assert_array_equal(theta_of(models[0]), theta_of(models[1]))
    assert_allclose(models[1].loss_curve_, models[2].loss_curve_, rtol=1e-3)
    assert models[0]._working_dtype(np.dtype(np.uint8)) == np.float32
    assert models[0].predict_proba(X).dtype == np.float64
    assert_allclose(models[0].predict_proba(X).sum(axis=1), 1, atol=1e-14)


def test_fortran_order_changes_nothing():
    X, y = digits()
    a, b = (fit(MLPClassifier((9,), max_iter=2, random_state=0), Z, y)
            for Z in (X, np.asfortranarray(X)))  # fmt: skip
    assert_array_equal(theta_of(a), theta_of(b))


def test_string_labels():
    X, y, _ = worlds()
    names = np.array(["ant", "bee", "cow"])
    a, b = (fit(MLPClassifier((4,), max_iter=5, random_state=0), X, t) for t in (y, names[y]))
    assert_array_equal(b.classes_, names)
    assert_array_equal(b.predict(X), names[a.predict(X)])


def test_early_stopping_ends_with_the_best_weights():
    X, y = digits()
    model = MLPClassifier((9,), learning_rate_init=0.05, early_stopping=True, random_state=0,
                          n_iter_no_change=4, validation_fraction=0.3)  # fmt: skip
    fit(model, X, y)
    random = check_random_state(0)
    initial_parameters((64, 9, 10), "relu", random, float)
    _, held_out = held_out_rows(y, 0.3, random)
    assert model.validation_scores_[-1] < max(model.validation_scores_)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.score(X[held_out], y[held_out]) == model.best_validation_score_
    assert model.best_loss_ is None


def test_batches_are_at_most_all_rows_op_08():
    X, y, _ = worlds()
    a, b = (fit(MLPClassifier((4,), batch_size=n, max_iter=5, random_state=0), X, y)
            for n in (40, 4000))  # fmt: skip
    assert_array_equal(theta_of(a), theta_of(b))


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="at least 2 classes"):
        MLPClassifier().fit([[0.0], [1.0]], [1, 1])
    with pytest.raises(ValueError, match="got 1 class"):
        MLPClassifier().fit([[0.0], [1.0]], [0, 1], sample_weight=[0, 1])


def test_weights_whose_sum_overflows_are_refused():
    with pytest.raises(ValueError, match="must have a sum"):
        MLPClassifier().fit([[0.0], [1.0]], [0, 1], sample_weight=[1e308, 1e308])


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"hidden_layer_sizes": (3, 0)}, ValueError, "hidden_layer_sizes must be an integer"),
        ({"hidden_layer_sizes": 2.5}, TypeError, "hidden_layer_sizes must be an integer"),
        ({"activation": "gelu"}, ValueError, "activation must be one of"),
        ({"solver": "newton"}, ValueError, "solver must be one of"),
        ({"learning_rate": "fast"}, ValueError, "learning_rate must be one of"),
        ({"alpha": -1.0}, ValueError, "alpha must be a number"),
        ({"batch_size": 0}, ValueError, "batch_size"),
        ({"batch_size": "all"}, TypeError, "batch_size"),
        ({"learning_rate_init": 0.0}, ValueError, "learning_rate_init must be a number"),
        ({"power_t": -1.0}, ValueError, "power_t"),
        ({"max_iter": 0}, ValueError, "max_iter"),
        ({"max_fun": 0}, ValueError, "max_fun"),
        ({"shuffle": "yes"}, TypeError, "shuffle must be True or False"),
        ({"tol": -1.0}, ValueError, "tol"),
        ({"warm_start": 1}, TypeError, "warm_start"),
        ({"momentum": 1.1}, ValueError, "momentum"),
        ({"nesterovs_momentum": None}, TypeError, "nesterovs_momentum"),
        ({"early_stopping": 0}, TypeError, "early_stopping"),
        ({"validation_fraction": 1.0}, ValueError, "validation_fraction"),
        ({"early_stopping": True, "validation_fraction": 0.01}, ValueError, "at least two rows"),
        ({"beta_1": 1.0}, ValueError, "beta_1"),
        ({"beta_2": 1.0}, ValueError, "beta_2"),
        ({"epsilon": 0.0}, ValueError, "epsilon"),
        ({"n_iter_no_change": 0}, ValueError, "n_iter_no_change"),
        ({"rho": 1.0}, ValueError, "rho"),
        ({"callback": 3}, ValueError, "callback must be callable"),
        ({"class_weight": "even"}, ValueError, "class_weight must be"),
    ],
)
@pytest.mark.parametrize("warm_start", [False, True])
def test_an_error_names_the_cause_and_leaves_the_model_as_it_was(
    settings, error, message, warm_start
):
    X, y, _ = worlds()
    model = fit(MLPClassifier((4,), max_iter=3, warm_start=warm_start, random_state=0), X, y)
    model.set_params(**settings)
    before = copy.deepcopy(vars(model))
    with pytest.raises(error, match=message):
        fit(model, X + 1, y)
    after = vars(model)
    assert after.keys() == before.keys()
    for name, value in before.items():
        np.testing.assert_equal(after[name], value)


def test_infinite_patience_is_allowed():
    X, y, _ = worlds()
    model = fit(
        MLPClassifier((4,), n_iter_no_change=np.inf, tol=1e9, max_iter=30, random_state=0), X, y
    )
    assert model.n_iter_ == 30


@pytest.mark.parametrize("settings", [
    {"learning_rate_init": 1e-3}, {"solver": "lbfgs"},
])  # fmt: skip
@pytest.mark.parametrize("scale", [1e200, 1e300])
def test_features_out_of_scale_are_reported(settings, scale):
    X, y, _ = worlds()
    model = MLPClassifier((4,), random_state=0, **settings)
    with pytest.raises(ValueError, match="scale the features"):
        fit(model, X * scale, y)
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_step_that_overflows_is_reported(dtype):
    # the losses stay finite: after the first row every row is right, by an ever larger margin
    X, y = np.zeros((12, 1), dtype), np.array([1, *[0] * 11])
    model = MLPClassifier((), solver="sgd", batch_size=3, max_iter=1, shuffle=False, alpha=0,
                          momentum=1.0, random_state=0,
                          learning_rate_init=float(np.finfo(dtype).max))  # fmt: skip
    with pytest.raises(ValueError, match=r"diverged in epoch 1 .*overflow"):
        fit(model, X, y)


def test_lbfgs_records_its_iterations():
    X, y, _ = worlds()
    model = fit(MLPClassifier((4,), solver="lbfgs", random_state=0, max_iter=20), X, y)
    assert len(model.loss_curve_) == model.n_iter_
    assert model.loss_ == model.best_loss_ == model.loss_curve_[-1]
    model = fit(MLPClassifier((4,), solver="lbfgs", random_state=0, tol=1e9), X, y)
    assert (model.n_iter_, model.loss_curve_, model.best_loss_) == (0, [], model.loss_)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_an_unfinished_fit_warns_with_a_remedy(solver):
    X, y = digits()
    with pytest.warns(ConvergenceWarning, match=r"raise max_iter \(now 2\)") as record:
        MLPClassifier((9,), solver=solver, max_iter=2, random_state=0).fit(X, y)
    assert record[0].filename == __file__


def test_warm_start_needs_what_it_had():
    X, y, _ = worlds()
    model = fit(MLPClassifier((4,), max_iter=3, warm_start=True, random_state=0), X, y)
    with pytest.raises(ValueError, match="same classes"):
        fit(model, X, y + 1)
    with pytest.raises(ValueError, match="same layers"):
        fit(model, X[:, :2], y)
    with pytest.raises(ValueError, match="same layers"):
        fit(model.set_params(hidden_layer_sizes=(5,)), X, y)


def test_warm_start_writes_nothing_into_the_old_arrays():
    X, y, _ = worlds()
    model = fit(MLPClassifier((4,), max_iter=3, warm_start=True, random_state=0), X, y)
    old, curve, W = model.coefs_, model.loss_curve_, model.coefs_[0].copy()
    fit(model, X, y)
    assert_array_equal(old[0], W)
    assert len(curve) == 3
    assert len(model.loss_curve_) == 6
    assert not np.array_equal(model.coefs_[0], W)


def test_warm_start_may_change_solver_and_type():
    X, y, _ = worlds()
    model = MLPClassifier((4,), warm_start=True, random_state=0, solver="lbfgs", tol=1e-2)
    fit(model, X, y)
    fit(model, X, y)
    assert model.best_loss_ == min([model.loss_, *model.loss_curve_])
    start = loss_and_gradient(theta_of(model), (3, 4, 3), X, y, np.ones(40), 1e-4, "relu")[0]
    fit(model.set_params(solver="adam", max_iter=3), X.astype(np.float32), y)
    assert model.coefs_[0].dtype == np.float32
    assert_allclose(model.loss_curve_[-3], start, rtol=1e-4)
    fit(model.set_params(early_stopping=True), X, y)
    assert len(model.validation_scores_) == 3
    fit(model.set_params(early_stopping=False), X, y)
    assert model.best_loss_ == min(model.loss_curve_)


def test_fitted_arrays_are_plain():
    X, y, _ = worlds()
    model = fit(MLPClassifier((4,), max_iter=2, random_state=0), X, y)
    assert [W.shape for W in model.coefs_] == [(3, 4), (4, 3)]
    assert [b.shape for b in model.intercepts_] == [(4,), (3,)]
    assert all(p.base is None for p in model.coefs_ + model.intercepts_)


def test_verbose_logs_and_prints_nothing(caplog, capsys):
    X, y, _ = worlds()
    with caplog.at_level(logging.INFO, logger="probml"):
        fit(MLPClassifier((4,), max_iter=2, verbose=True, early_stopping=True), X, y)
        fit(MLPClassifier((4,), max_iter=2, verbose=True, solver="lbfgs"), X, y)
        fit(MLPClassifier((4,), max_iter=2), X, y)
    assert len(caplog.records) == 4
    assert "adam iteration 2: loss" in caplog.messages[1]
    assert "held-out accuracy" in caplog.messages[1]
    assert capsys.readouterr() == ("", "")


def test_an_interrupt_restores_the_model(monkeypatch):
    X, y, _ = worlds()
    model = MLPClassifier((5,), max_iter=3, random_state=0)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    before = dict(vars(model))

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("probml.classifiers._training.Descent.epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert all(vars(model)[name] is value for name, value in before.items())


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_updates_are_counted_also_over_a_warm_start(solver):
    X, y = digits(100)
    model = MLPClassifier((5,), solver=solver, batch_size=32, max_iter=3, warm_start=True)
    model.set_params(random_state=0, n_iter_no_change=np.inf)
    assert fit(model, X, y).n_updates_ == 3 * 4
    assert fit(model, X, y).n_updates_ == 6 * 4
    assert fit(model.set_params(warm_start=False), X, y).n_updates_ == 3 * 4


def test_the_full_batch_solver_makes_no_mini_batches():
    assert fit(MLPClassifier((5,), solver="lbfgs", max_iter=3), *digits(100)).n_updates_ == 0


@pytest.mark.parametrize("learnable", [True, False])
def test_what_cannot_be_learned_is_not(learnable):
    X, y = load_digits(return_X_y=True)
    train, test = slice(None, 1200), slice(1200, None)
    labels = y[train] if learnable else np.random.default_rng(0).permutation(y[train])
    model = fit(MLPClassifier((32,), max_iter=15, random_state=0), X[train] / 16, labels)
    n, hits = len(y[test]), np.sum(model.predict(X[test] / 16) == y[test])
    # Permuted labels: chance, within five standard errors of a binomial proportion.
    at_chance = abs(hits / n - 0.1) < 5 * np.sqrt(0.09 / n)
    assert at_chance != learnable
