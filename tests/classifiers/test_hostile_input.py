"""Values at the ends of the floating-point range, and parameters of every wrong kind.

Warnings are errors here as everywhere, so each of these also shows that nothing leaks out.
"""

import numpy as np
import pytest
from problems import counts, gaussian_classes

from probml.classifiers import (
    BernoulliNB,
    GaussianNB,
    LinearDiscriminantAnalysis,
    LogisticRegression,
    MLPClassifier,
    MultinomialNB,
    QuadraticDiscriminantAnalysis,
)

GAUSSIAN = [GaussianNB, LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis]


# In units of 1e100 no step brings a gradient down to tol, and logistic regression says so.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("cls", [*GAUSSIAN, LogisticRegression])
@pytest.mark.parametrize("scale", [1e-100, 1e-50, 1e50, 1e100])
def test_far_points_are_far_in_the_units_of_the_model(cls, scale):
    X, y = gaussian_classes(0, n_classes=2)
    model = cls().fit(scale * X, y)
    for size in (1e3, 1e60, 1e160):
        far = size * scale * X[:5] if size * scale < 1e300 else np.full((5, 3), 1e300)
        log_p = model.predict_log_proba(far)
        assert not np.isnan(log_p).any()
        np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1.0, rtol=1e-14)
        assert not np.isnan(model.decision_function(far)).any()


@pytest.mark.parametrize("cls", GAUSSIAN)
@pytest.mark.parametrize("scale", [1e-163, 1e-200, 2.0**-535])
def test_squares_that_vanish_are_said(cls, scale):
    X, y = gaussian_classes(0)
    with pytest.raises(ValueError, match="varies so little that squares vanish"):
        cls().fit(scale * X, y)
    one_column = X * np.array([1.0, scale, 1.0])
    with pytest.raises(ValueError, match="varies so little that squares vanish"):
        cls().fit(one_column, y)


@pytest.mark.parametrize("cls", GAUSSIAN)
@pytest.mark.parametrize("constant", [1e200, -1e300, 1e-300])
def test_a_constant_is_a_constant_at_any_size(cls, constant):
    X, y = gaussian_classes(0)
    padded = np.column_stack([X, np.full(len(X), constant)])
    p = cls().fit(padded, y).predict_proba(padded)
    np.testing.assert_allclose(p, cls().fit(X, y).predict_proba(X), atol=1e-10)


@pytest.mark.parametrize("cls", [LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis])
@pytest.mark.parametrize("constant", [1e200, -1e308])
def test_ledoit_wolf_is_of_the_deviations(cls, constant):
    X, y = gaussian_classes(0)
    tables = (np.column_stack([X, np.full(len(X), c)]) for c in (0.0, constant))
    zero, far = (cls(shrinkage="auto").fit(Z, y).predict_log_proba(Z) for Z in tables)
    np.testing.assert_array_equal(zero, far)


def test_classes_too_far_apart():
    with pytest.raises(ValueError, match="squares overflow"):
        GaussianNB().fit([[-1e160], [-1.1e160], [1e160], [1.1e160]], [0, 0, 1, 1])
    apart = np.array([[0.0], [1e140], [1e155], [1e155 + 1e141]])
    with pytest.raises(ValueError, match="squares overflow"):
        GaussianNB().fit(apart, [0, 0, 1, 1])
    model = GaussianNB().partial_fit([[-1e160], [-1e160]], [0, 1], classes=[0, 1])
    before = dict(vars(model))
    with pytest.raises(ValueError, match="so far apart that squares overflow"):
        model.partial_fit([[1e160], [1e160]], [0, 1])
    assert vars(model) == before


def test_a_projection_that_overflows():
    X, y = gaussian_classes(0)
    with pytest.raises(ValueError, match="too large to be projected"):
        LinearDiscriminantAnalysis().fit(1e-3 * X, y).transform(np.full((1, 3), 1.7e308))


@pytest.mark.parametrize("cls", [BernoulliNB, MultinomialNB])
def test_counts_that_overflow(cls):
    X, y = counts(0)
    with pytest.raises(ValueError, match="sample_weight must have a sum"):
        cls().fit(X, y, sample_weight=np.full(len(y), 1e308))
    with pytest.raises(ValueError, match="alpha must be non-negative and at most 1e"):
        cls(alpha=1e308).fit(X, y)
    if cls is MultinomialNB:
        with pytest.raises(ValueError, match="counts must have finite sums"):
            cls().fit([[1e308, 1.0], [1e308, 1.0], [1.0, 2.0]], [0, 0, 1])


@pytest.mark.parametrize(
    "weight", [np.full(90, 1e308), np.full(90, 1e-320), ["a"] * 90, np.ones(90) * 1j]
)
@pytest.mark.parametrize("cls", [GaussianNB, LogisticRegression, MLPClassifier])
def test_weights_that_cannot_be_used(cls, weight):
    with pytest.raises(ValueError, match="sample_weight must"):
        cls().fit(*gaussian_classes(0), sample_weight=weight)


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize(
    ("class_weight", "weights", "message"),
    [
        ({0: 1e90}, [1e300, 1e300, 1e300], "sample_weight"),
        ("balanced", [1e-300, 1e300, 1e300], "class_weight='balanced' needs weights of one size"),
    ],
)
def test_weights_of_rows_and_classes_that_cannot_be_multiplied(
    class_weight, weights, message, in_chunks
):
    X, y = gaussian_classes(0)
    model, w = LogisticRegression(class_weight=class_weight), np.array(weights)[y]
    with pytest.raises(ValueError, match=message):
        model.fit_chunks([(X, y, w)]) if in_chunks else model.fit(X, y, w)
    assert not hasattr(model, "classes_")


@pytest.mark.parametrize("scale", [1e160, 1e300])
@pytest.mark.parametrize("solver", ["gd", "plain", "sgd"])
def test_features_too_large_are_said_by_every_solver(solver, scale):
    X, y = gaussian_classes(0)
    with pytest.raises(ValueError, match=r"X holds values too large .*rescale the features"):
        LogisticRegression(solver=solver).fit(scale * X, y)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (LogisticRegression(class_weight={0: -1.0}), r"class_weight\[0\] must be"),
        (LogisticRegression(class_weight={0: np.nan}), r"class_weight\[0\] must be"),
        (LogisticRegression(class_weight={0: np.inf}), r"class_weight\[0\] must be"),
        (LogisticRegression(class_weight={0: "a"}), r"class_weight\[0\] must be"),
        (LogisticRegression(class_weight={0: 0, 1: 0, 2: 0}), "must not be zero for every row"),
        (LogisticRegression(fit_intercept="no"), "fit_intercept must be True or False"),
        (LogisticRegression(C=1e-320), "C must leave"),
        (LogisticRegression(C=[1.0]), "C must be a number"),
        (LogisticRegression(max_iter=10**400, tol=-1.0), "tol must be"),
        (LogisticRegression(penalty=["l2"]), "penalty must be one of"),
        (LogisticRegression(l1_ratio="all"), "l1_ratio must be"),
        (MLPClassifier(activation=["relu"]), "activation must be one of"),
        (LinearDiscriminantAnalysis(shrinkage=[0.1]), "shrinkage must be a number"),
        (LinearDiscriminantAnalysis(tol=2.0), r"tol must be a number in \[0.0, 1.0\)"),
        (LinearDiscriminantAnalysis(priors=["a", "b", "c"]), "priors must hold real numbers"),
        (
            LinearDiscriminantAnalysis(priors=[1e308, 1e308, 0.0]),
            "The sum of the priors should be 1",
        ),
        (GaussianNB(var_smoothing=np.inf), "var_smoothing must be"),
        (BernoulliNB(alpha="much"), "alpha must hold real numbers"),
        (BernoulliNB(class_prior=[0.1, 0.1, 0.1]), "The sum of the priors should be 1"),
    ],
)
def test_parameters_of_the_wrong_kind(model, message):
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(*gaussian_classes(0))


def test_shrinkage_of_a_class_with_one_row():
    X, y = gaussian_classes(0)
    y = np.where(np.arange(len(y)) == 0, 9, y)
    p = LinearDiscriminantAnalysis(shrinkage="auto").fit(X, y).predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)


def test_a_model_that_lies_far_from_the_origin():
    model = GaussianNB().fit([[1e155], [1e155]], [0, 1])
    np.testing.assert_allclose(model.predict_proba([[0.0], [1e155], [-1e308]]), 0.5)
    quadratic = QuadraticDiscriminantAnalysis().fit(
        [[1e150], [2e150], [1e150], [3e150]], [0, 0, 1, 1]
    )
    assert not np.isnan(quadratic.predict_log_proba([[0.0], [1e308], [-1e308]])).any()


@pytest.mark.parametrize("cls", GAUSSIAN)
def test_densities_that_underflow_are_zero(cls):
    X, y = gaussian_classes(0, n=300, d=40)
    model = cls().fit(1e-3 * X, y)
    far = 1.7e308 * np.random.default_rng(0).choice([-1.0, 1.0], (20, 40))
    for rows in (far, far[:1], far[1:2], far[2:3]):  # one row is summed in another order
        assert (model.joint_log_likelihood(rows) == -np.inf).all()
        assert (model.log_evidence(rows) == -np.inf).all()


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_a_threshold_beyond_the_type_of_the_rows(dtype):
    X = np.array([[0, 1], [1, 0]], dtype=dtype)
    model = BernoulliNB(binarize=1e308).fit(X, [0, 1])
    np.testing.assert_allclose(model.predict_proba(X), 0.5)


def test_weights_of_very_different_size():
    X, y = [[0.0, 0.0], [0.0, 1.0]], [0, 1]
    with pytest.raises(ValueError, match="in units of the variation within them"):
        GaussianNB().fit(X, y, sample_weight=[2.0, 1e-300])
    p = GaussianNB().fit(X, y, sample_weight=[2.0, 1e-200]).predict_proba(X)
    np.testing.assert_allclose(p, [[1.0, 0.0], [0.0, 1.0]], atol=1e-12)


@pytest.mark.parametrize("cls", GAUSSIAN)
def test_classes_at_the_two_ends_of_the_range(cls):
    X = [[0.0, 1e308], [1.0, 1e308], [0.0, -1e308], [1.0, -1e308]]
    try:
        model = cls().fit(X, [0, 0, 1, 1])
    except ValueError as error:
        message = str(error)
    else:
        message = "squares overflow"
        assert not np.isnan(model.predict_proba(X)).any()
    assert "overflow" in message or "not full rank" in message


def test_a_class_too_far_away_for_a_linear_form():
    X = [[0.0, 0.0], [0.0, 1.0], [0.0, 1e308], [0.0, 0.0], [0.0, 1.0]]
    with pytest.raises(ValueError, match="in units of the variation within them"):
        LinearDiscriminantAnalysis().fit(X, [0, 0, 1, 0, 0])


def test_counts_too_large_to_be_drawn():
    model = MultinomialNB().fit([[1e100], [1e100]], [0, 1])
    with pytest.raises(ValueError, match="more than can be drawn"):
        model.sample(1)
