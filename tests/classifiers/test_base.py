"""What holds for every classifier: tables of probabilities, far points, weights, errors."""

import pickle
from functools import partial
from unittest.mock import patch

import numpy as np
import pytest
from problems import counts, gaussian_classes
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from threadpoolctl import threadpool_limits

from probml import classifiers
from probml.classifiers import (
    BernoulliNB,
    GaussianNB,
    LinearDiscriminantAnalysis,
    LogisticRegression,
    MLPClassifier,
    MultinomialNB,
    QuadraticDiscriminantAnalysis,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DETERMINISTIC = [
    BernoulliNB(binarize=0.5),
    GaussianNB(),
    LinearDiscriminantAnalysis(),
    LogisticRegression(tol=1e-9, max_iter=5000),
    MultinomialNB(),
    QuadraticDiscriminantAnalysis(),
]
ALL = [*DETERMINISTIC, MLPClassifier((5,), learning_rate_init=0.02, max_iter=60, random_state=0)]


def problem(model, seed=0, n_classes=3):
    make = counts if isinstance(model, MultinomialNB) else gaussian_classes
    return make(seed, n_classes=n_classes)


def each(models):
    return pytest.mark.parametrize("model", models, ids=lambda m: type(m).__name__)


@each(ALL)
@pytest.mark.parametrize("n_classes", [2, 3, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_table_of_probabilities(model, n_classes, dtype):
    X, y = problem(model, n_classes=n_classes)
    X = X.astype(dtype)
    model = clone(model).fit(X, y)
    p, log_p = model.predict_proba(X), model.predict_log_proba(X)
    assert p.dtype == log_p.dtype == np.float64
    assert p.shape == (len(X), n_classes)
    assert ((p >= 0) & (p <= 1)).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=4 * n_classes * np.finfo(float).eps)
    np.testing.assert_array_equal(p, np.exp(log_p))
    rows = np.arange(len(X))
    chosen = np.searchsorted(model.classes_, model.predict(X))
    assert (p[rows, chosen] == p.max(axis=1)).all()
    assert model.score(X, y) > 1.0 / n_classes  # and the columns are those of the classes


@each([m for m in ALL if not isinstance(m, MultinomialNB)])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_decisions_are_log_odds(model, n_classes):
    X, y = problem(model, n_classes=n_classes)
    model = clone(model).fit(X, y)
    decision, log_p = model.decision_function(X), model.predict_log_proba(X)
    if n_classes == 2:
        np.testing.assert_allclose(decision, log_p[:, 1] - log_p[:, 0], rtol=1e-9, atol=1e-12)
    else:
        np.testing.assert_allclose(
            decision - decision[:, :1], log_p - log_p[:, :1], rtol=1e-9, atol=1e-11
        )


@each(ALL)
def test_labels_are_names_only(model):
    X, y = problem(model)
    p = clone(model).fit(X, y).predict_proba(X)
    for names in (np.array(["x", "a", "m"]), np.array([-5, 3, 0]), np.array([10.0, 30.0, 20.0])):
        renamed = clone(model).fit(X, names[y])
        np.testing.assert_array_equal(renamed.classes_, np.sort(names))
        columns = np.searchsorted(renamed.classes_, names)
        if isinstance(model, MLPClassifier):
            continue  # its random start is tied to the order of the outputs
        np.testing.assert_allclose(renamed.predict_proba(X)[:, columns], p, rtol=1e-6, atol=1e-9)
        assert set(renamed.predict(X)) <= set(names)


@each(ALL)
@pytest.mark.parametrize("size", [1e6, 1e30, 1e155, 1e300, 1.7e308])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_far_points_have_posteriors(model, size, n_classes):
    X, y = problem(model, n_classes=n_classes)
    model = clone(model).fit(X, y)
    directions = np.vstack([np.eye(X.shape[1]), -np.eye(X.shape[1]), np.ones(X.shape[1])])
    if isinstance(model, MultinomialNB):
        directions = np.abs(directions)
    far = size * directions
    log_p = model.predict_log_proba(far)
    assert not np.isnan(log_p).any()
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1.0, rtol=1e-14)
    assert np.isin(model.predict(far), y).all()


@each(ALL)
def test_far_points_in_single_precision(model):
    X, y = problem(model)
    model = clone(model).fit(X.astype(np.float32), y)
    far = np.full((4, X.shape[1]), 3e38, dtype=np.float32)
    if not isinstance(model, MultinomialNB):
        far *= np.where(np.arange(far.size) % 3, 1, -1).reshape(far.shape)
    log_p = model.predict_log_proba(far)
    assert not np.isnan(log_p).any()
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1.0, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("x", [1e3, 1e10, 1e30, 1e38])
def test_equal_likelihoods_leave_the_prior(x, dtype):
    # Where densities are exponentiated first, every column becomes 1, or NaN.
    X = np.array([[0], [1], [0], [1]], dtype=dtype)
    model = GaussianNB().fit(X, [0, 0, 1, 1])
    np.testing.assert_array_equal(model.predict_proba(np.array([[x]], dtype=dtype)), [[0.5, 0.5]])


@pytest.mark.parametrize("size", [1e10, 1e155, 1e300])
def test_linear_log_odds_keep_their_sign_however_far(size):
    X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    for model in (LinearDiscriminantAnalysis(), LogisticRegression()):
        assert model.fit(X, [0, 0, 1, 1]).predict([[-size], [size]]).tolist() == [0, 1]


@pytest.mark.parametrize("size", [1e10, 1e155, 1e300])
@each([GaussianNB(), QuadraticDiscriminantAnalysis()])
def test_the_wider_class_wins_far_away(model, size):
    X = np.array([[-1.0], [1.0], [-3.0], [4.0]])
    assert clone(model).fit(X, [0, 0, 1, 1]).predict([[-size], [size]]).tolist() == [1, 1]


@each(DETERMINISTIC)
def test_a_weight_is_a_number_of_copies(model):
    X, y = problem(model)
    copies = np.random.default_rng(1).integers(0, 4, len(y))
    weighted = clone(model).fit(X, y, sample_weight=copies)
    repeated = clone(model).fit(np.repeat(X, copies, axis=0), np.repeat(y, copies))
    np.testing.assert_allclose(
        weighted.predict_log_proba(X), repeated.predict_log_proba(X), rtol=1e-6, atol=1e-7
    )


@each(DETERMINISTIC)
def test_a_weight_of_zero_deletes_a_class(model):
    X, y = problem(model)
    weighted = clone(model).fit(X, y, sample_weight=(y != 1).astype(float))
    assert weighted.classes_.tolist() == [0, 2]
    deleted = clone(model).fit(X[y != 1], y[y != 1])
    np.testing.assert_array_equal(weighted.predict_proba(X), deleted.predict_proba(X))


@each([m for m in DETERMINISTIC if not isinstance(m, LogisticRegression)])
def test_only_the_ratio_of_weights_matters(model):
    X, y = problem(model)
    if isinstance(model, BernoulliNB | MultinomialNB):
        model = clone(model).set_params(alpha=0.0)  # pseudo-counts have a weight of their own
    weight = np.random.default_rng(1).uniform(0.5, 2.0, len(y))
    one = clone(model).fit(X, y, sample_weight=weight).predict_proba(X)
    ten = clone(model).fit(X, y, sample_weight=10 * weight).predict_proba(X)
    np.testing.assert_allclose(one, ten, rtol=1e-9, atol=1e-12)


@each(DETERMINISTIC)
def test_the_order_of_rows_and_features_does_not_matter(model):
    X, y = problem(model)
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(len(X)), rng.permutation(X.shape[1])
    plain = clone(model).fit(X, y).predict_log_proba(X)
    permuted = clone(model).fit(X[rows][:, columns], y[rows]).predict_log_proba(X[:, columns])
    np.testing.assert_allclose(permuted, plain, rtol=1e-6, atol=1e-7)


@each(DETERMINISTIC)
def test_bytes_single_and_double_precision_agree(model):
    X, y = counts(0)
    as_double = clone(model).fit(X, y)
    for dtype, tolerance in ((np.uint8, 1e-12), (np.float32, 1e-12), (np.int64, 1e-12)):
        if isinstance(model, LogisticRegression):
            tolerance = 1e-4  # its gradient is computed in the precision of the data
        typed = clone(model).fit(X.astype(dtype), y)
        np.testing.assert_allclose(
            typed.predict_log_proba(X.astype(dtype)),
            as_double.predict_log_proba(X),
            rtol=tolerance,
            atol=tolerance,
        )


@each(ALL)
def test_inputs_are_left_alone(model):
    X, y = problem(model)
    w = np.arange(len(y), dtype=float)
    kept = X.copy(), y.copy(), w.copy()
    for array in (X, y, w):
        array.flags.writeable = False
    model = clone(model).fit(X, y, sample_weight=w)
    model.predict_log_proba(X)
    for before, after in zip(kept, (X, y, w), strict=True):
        np.testing.assert_array_equal(before, after)


@each([LinearDiscriminantAnalysis(), QuadraticDiscriminantAnalysis(), GaussianNB()])
def test_a_constant_feature_changes_nothing(model):
    X, y = problem(model)
    plain = clone(model).fit(X, y).predict_log_proba(X)
    padded = np.column_stack([X, np.full(len(X), 0.1)])
    with_constant = clone(model).fit(padded, y).predict_log_proba(padded)
    np.testing.assert_allclose(with_constant, plain, rtol=1e-8, atol=1e-10)


@each(ALL)
def test_an_error_leaves_the_model_as_it_was(model):
    X, y = problem(model)
    model = clone(model).fit(X, y)
    before, p = dict(vars(model)), model.predict_proba(X)
    bad = X.copy()
    bad[0, 0] = np.nan
    for wrong in (
        lambda: model.fit(bad, y),
        lambda: model.fit(X, y[:-1]),
        lambda: model.fit(X[:, :2], y, sample_weight=-np.ones(len(y))),
    ):
        with pytest.raises(ValueError, match=r"NaN|inconsistent|sample_weight"):
            wrong()
        assert vars(model).keys() == before.keys()
        assert all(vars(model)[name] is value for name, value in before.items())
    np.testing.assert_array_equal(model.predict_proba(X), p)


ROADS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "score",
    "joint_log_likelihood",
    "log_evidence",
)


@each(ALL)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_prediction_is_made_of_what_is_not_finite(model, bad, dtype):
    X, y = problem(model, n_classes=2)  # of which the scores of an infinite row are finite
    model, X = clone(model).fit(X, y), X.astype(dtype)
    X[-1, -1] = bad
    for road in filter(partial(hasattr, model), ROADS):
        words = {"y": y} if road == "score" else {}
        with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
            getattr(model, road)(X, **words)


@each(ALL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_in_blocks_are_predicted_as_they_are_alone(model, dtype):
    X, y = problem(model)
    model, X = clone(model).fit(X, y), X.astype(dtype)
    X[::7] *= np.finfo(dtype).max / 1e3  # scores may overflow
    for road in filter(partial(hasattr, model), ROADS):
        if road == "score":
            continue
        alone = np.concatenate([getattr(model, road)(x[None]) for x in X])
        of_threads = []
        for n_threads in (1, 2, 3):
            with (
                patch.object(type(model), "_block_entries", 4 * X.shape[1]),
                threadpool_limits(n_threads, "blas"),
            ):
                of_threads.append(getattr(model, road)(X))
        np.testing.assert_allclose(of_threads[0], alone, rtol=1e-12)
        for other in of_threads[1:]:
            np.testing.assert_array_equal(other, of_threads[0])


@each(ALL)
def test_a_failed_first_fit_leaves_no_trace(model):
    model = clone(model)
    before = dict(vars(model))
    with pytest.raises(ValueError, match="NaN"):
        model.fit([[np.nan], [1.0]], [0, 1])
    assert vars(model) == before
    with pytest.raises(NotFittedError):
        model.predict([[1.0]])


@each(ALL)
def test_life_among_meta_estimators(model):
    X, y = problem(model)
    fitted = clone(model).fit(X, y)
    revived = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(revived.predict_proba(X), fitted.predict_proba(X))

    pipeline = make_pipeline(MinMaxScaler(), clone(model))
    assert pipeline.fit(X, y).predict_proba(X).shape == (len(X), 3)
    name = {"LogisticRegression": "C", "MLPClassifier": "alpha", "GaussianNB": "var_smoothing"}.get(
        type(model).__name__, "tol" if "Discriminant" in type(model).__name__ else "alpha"
    )
    search = GridSearchCV(clone(model), {name: [1e-3, 1e-2]}, cv=2, scoring="neg_log_loss")
    assert search.fit(X, y).predict_proba(X).shape == (len(X), 3)
    calibrated = CalibratedClassifierCV(clone(model), cv=2).fit(X, y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1.0)


def test_every_classifier_is_in_these_tests():
    assert {type(m).__name__ for m in ALL} == {n for n in classifiers.__all__ if n[0].isupper()}
