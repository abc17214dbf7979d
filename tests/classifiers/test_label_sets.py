"""Several labels per row: probabilities of their own, the twin in scikit-learn, and refusals."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier as Twin

from probml.classifiers import MLPClassifier


@pytest.fixture(autouse=True)
def _few_epochs():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def labelled(n_labels=4, n=90):
    X, Y = make_multilabel_classification(n, 8, n_classes=n_labels, random_state=0)
    return X / X.max(), Y


@pytest.mark.parametrize("n_labels", [2, 3, 5])
@pytest.mark.parametrize("settings", [
    # later steps try weights at which scikit-learn clips the probabilities, and its loss with them
    {"solver": "lbfgs", "max_iter": 2},
    {"solver": "sgd", "learning_rate_init": 0.1}, {"alpha": 1.0}, {"early_stopping": True},
])  # fmt: skip
def test_agreement_with_the_twin(n_labels, settings):
    X, Y = labelled(n_labels)
    words = {"hidden_layer_sizes": (6,), "max_iter": 20, "random_state": 0, **settings}
    ours, theirs = MLPClassifier(**words).fit(X, Y), Twin(**words).fit(X, Y)
    expected = theirs.predict_proba(X)
    assert_allclose(ours.predict_proba(X), expected, atol=1e-12)
    assert ours.loss_ == pytest.approx(theirs.loss_, abs=1e-12)
    assert_array_equal(ours.classes_, theirs.classes_)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.predict(X).dtype == theirs.predict(X).dtype
    assert (ours.n_outputs_, ours.out_activation_) == (theirs.n_outputs_, theirs.out_activation_)
    if "early_stopping" in settings:
        assert ours.validation_scores_ == theirs.validation_scores_
    there = MLPClassifier.from_sklearn(theirs)
    assert_allclose(there.predict_proba(X), expected, rtol=1e-12)
    assert_array_equal(there.to_sklearn().predict(X), theirs.predict(X))
    before = list(there.validation_scores_ or [])
    for model in (theirs, there):
        model.set_params(warm_start=True, max_iter=3).fit(X, Y)
    if "alpha" in settings:  # by "lbfgs" rounding grows; theirs forgets which weights were best
        assert_allclose(there.coefs_[0], theirs.coefs_[0], atol=1e-9)
    if before:  # no list is shared
        assert there.validation_scores_[: len(before)] == before
        assert len(there.validation_scores_) == len(before) + there.n_iter_


def test_each_label_is_a_model_of_its_own_without_hidden_layers():
    X, Y = labelled()
    model = MLPClassifier((), solver="lbfgs", alpha=0.5, tol=1e-9, random_state=0)
    together = clone(model).fit(X, Y).predict_proba(X)
    for k, labels in enumerate(Y.T):
        alone = clone(model).fit(X, labels).predict_proba(X)[:, 1]
        # the descent ends where the loss falls by less than a share of 2e-9
        assert_allclose(together[:, k], alone, atol=3e-4)


def test_scores_are_log_odds_of_each_label():
    X, Y = labelled(2)
    model = MLPClassifier((5,), max_iter=30, random_state=0).fit(X, Y)
    odds, p = model.decision_function(X), model.predict_proba(X)
    assert odds.shape == p.shape == (90, 2)
    assert_allclose(p, expit(odds), rtol=1e-12)
    assert_allclose(model.predict_log_proba(X), np.log(expit(odds)), rtol=1e-12)
    assert_array_equal(model.predict(X), p > 0.5)
    assert not np.isclose(p.sum(axis=1), 1.0).all()
    for far in (1e300, -1e300):
        assert np.isfinite(model.predict_proba(far * X)).all()
    # the loss is the sum of the losses of the labels
    full = MLPClassifier((5,), solver="lbfgs", alpha=0.0, max_iter=30, random_state=0).fit(X, Y)
    losses = [log_loss(y, p) for y, p in zip(Y.T, full.predict_proba(X).T, strict=True)]
    assert full.loss_ == pytest.approx(sum(losses), rel=1e-9)
    right = (full.predict(X) == Y).all(axis=1).mean()
    assert full.history_["accuracy"].iloc[-1] == pytest.approx(right)


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_the_gradient_is_that_of_the_loss(activation):
    X, Y = labelled()
    model = MLPClassifier((5, 4), activation, max_iter=2, alpha=2.0, random_state=0).fit(X, Y)
    weight = np.arange(1.0, len(X) + 1)
    assert model.gradient_check(X, Y, weight, n_parameters=None).error < 1e-7


@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_a_weight_of_two_is_two_rows(solver):
    X, Y = labelled()
    words = {"solver": solver, "batch_size": 999, "shuffle": False, "max_iter": 10}
    model = MLPClassifier((5,), random_state=0, **words)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        weighted = clone(model).fit(X, Y, np.where(np.arange(90) < 30, 2.0, 1.0))
        twice = model.fit(np.vstack([X, X[:30]]), np.vstack([Y, Y[:30]]))
    assert_allclose(weighted.predict_proba(X), twice.predict_proba(X), atol=1e-6)


def test_parts_files_and_resumption(tmp_path):
    X, Y = labelled()
    parts = MLPClassifier((5,), random_state=0)
    twin = Twin((5,), random_state=0)
    for model in (parts, twin):
        for _ in range(3):
            model.partial_fit(X, Y, classes=range(4))
    assert_allclose(parts.predict_proba(X), twin.predict_proba(X), atol=1e-12)

    def keep(model, epoch):
        if model.n_iter_ == 4:
            model.save(tmp_path / "model")

    whole = MLPClassifier((5,), max_iter=9, random_state=0, callback=keep).fit(X, Y)
    resumed = MLPClassifier.load(tmp_path / "model").resume(X, Y.astype(bool))
    assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))


def test_other_forms_of_the_same_targets():
    X, Y = labelled()
    model = MLPClassifier((5,), max_iter=5, random_state=0)
    expected = clone(model).fit(X, Y).predict_proba(X)
    for same in (csr_array(Y), Y.astype(float), Y.astype(bool), Y.tolist()):
        assert_array_equal(clone(model).fit(X, same).predict_proba(X), expected)
    with pytest.warns(DataConversionWarning):
        column = clone(model).fit(X, Y[:, :1])
    assert_array_equal(column.predict_proba(X), model.fit(X, Y[:, 0]).predict_proba(X))


@pytest.mark.parametrize("bad", [
    lambda Y: 2 * Y, lambda Y: Y - 1, lambda Y: Y + np.arange(4), lambda Y: Y + 0.5,
    lambda Y: np.where(Y, "yes", "no"),
])  # fmt: skip
def test_what_is_no_indicator_is_refused(bad):
    X, Y = labelled()
    model = MLPClassifier()
    with pytest.raises(ValueError, match="y must have one label per row"):
        model.fit(X, bad(Y))
    with pytest.raises(NotFittedError):
        model.predict(X)


@pytest.mark.parametrize("several", [True, False])
def test_a_fit_goes_on_with_targets_of_its_kind(several):
    X, Y = labelled(3)
    labels = Y @ [0, 1, 1]
    first, other = (Y, labels) if several else (labels, Y)
    model = MLPClassifier((5,), max_iter=5, random_state=0, warm_start=True).fit(X, first)
    before = model.predict_proba(X)
    for act in (model.fit, model.partial_fit, model.gradient_check):
        with pytest.raises(ValueError, match="y must be what the model was fitted to"):
            act(X, other)
    assert_array_equal(model.predict_proba(X), before)


def test_what_needs_a_class_per_row_is_refused():
    X, Y = labelled()
    with pytest.raises(ValueError, match="class_weight must be None for several labels"):
        MLPClassifier(class_weight="balanced").fit(X, Y)
    with pytest.raises(ValueError, match="a column for each of the classes"):
        MLPClassifier().partial_fit(X, Y, classes=range(5))
