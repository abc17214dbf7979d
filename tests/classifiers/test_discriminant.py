"""LDA and QDA against SciPy's densities, the catalogue's golden values, and scikit-learn."""

import numpy as np
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from problems import gaussian_classes
from scipy import stats
from scipy.linalg import LinAlgError
from scipy.special import log_softmax
from sklearn import discriminant_analysis as theirs
from sklearn.covariance import OAS
from sklearn.datasets import load_digits, load_wine
from sklearn.utils.fixes import parse_version

from probml.classifiers import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis

maximum_likelihood_twin = pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.9"),
    reason="before 1.9 scikit-learn divided the scatter by N - K (LDA svd) and N_k - 1 (QDA)",
)
SEEDS = st.integers(0, 10_000)

# The example of Lee's lectures (two features of two kinds of Pokemon), catalogue GE-16.
WATER, NORMAL = np.array([75.0, 71.3]), np.array([55.6, 59.8])
COV_WATER = np.array([[874.0, 327.0], [327.0, 929.0]])
COV_NORMAL = np.array([[847.0, 422.0], [422.0, 685.0]])


def rows_with(n, mean, covariance):
    """`n` rows whose mean and covariance (1/n) are exactly the given ones."""
    Z = np.random.default_rng(n).standard_normal((n, 2))
    Z -= Z.mean(axis=0)
    Z = np.linalg.solve(np.linalg.cholesky(Z.T @ Z / n), Z.T).T
    return mean + Z @ np.linalg.cholesky(covariance).T


@pytest.fixture(scope="module")
def pokemon():
    X = np.vstack([rows_with(79, WATER, COV_WATER), rows_with(61, NORMAL, COV_NORMAL)])
    return X, np.repeat(["1 water", "2 normal"], [79, 61])


def class_moments(X, y):
    for k in np.unique(y):
        rows = X[y == k]
        yield len(rows) / len(X), rows.mean(axis=0), np.cov(rows.T, bias=True)


@given(seed=SEEDS, n_classes=st.integers(2, 4), d=st.integers(1, 4))
def test_qda_is_bayes_rule_over_scipys_densities(seed, n_classes, d):
    X, y = gaussian_classes(seed, d=d, n_classes=n_classes)
    joint = [
        np.log(prior) + stats.multivariate_normal(mean, np.atleast_2d(cov)).logpdf(X)
        for prior, mean, cov in class_moments(X, y)
    ]
    model = QuadraticDiscriminantAnalysis().fit(X, y)
    np.testing.assert_allclose(model.joint_log_likelihood(X), np.column_stack(joint), rtol=1e-8)
    np.testing.assert_allclose(
        model.predict_log_proba(X), log_softmax(np.column_stack(joint), axis=1), atol=1e-7
    )


@given(seed=SEEDS, n_classes=st.integers(2, 4), d=st.integers(1, 4))
def test_lda_is_bayes_rule_over_scipys_densities(seed, n_classes, d):
    X, y = gaussian_classes(seed, d=d, n_classes=n_classes)
    moments = list(class_moments(X, y))
    pooled = np.atleast_2d(sum(prior * cov for prior, _, cov in moments))
    joint = np.column_stack(
        [np.log(p) + stats.multivariate_normal(m, pooled).logpdf(X) for p, m, _ in moments]
    )
    model = LinearDiscriminantAnalysis().fit(X, y)
    np.testing.assert_allclose(model.joint_log_likelihood(X), joint, rtol=1e-8)
    np.testing.assert_allclose(model.predict_log_proba(X), log_softmax(joint, axis=1), atol=1e-7)


def test_the_lectures_example(pokemon):
    X, y = pokemon
    x = [[103.0, 45.0]]
    lda = LinearDiscriminantAnalysis(store_covariance=True).fit(X, y)
    shared = [[862.23571429, 368.39285714], [368.39285714, 822.68571429]]
    np.testing.assert_allclose(lda.covariance_, shared, atol=1e-7)
    # GE-16 states the log-odds of the first class; scikit-learn's layout is for the second.
    np.testing.assert_allclose(-lda.coef_[0], [0.02043733, 0.00482691], atol=1e-7)
    assert -lda.intercept_[0] == pytest.approx(-1.392388079, abs=1e-7)
    assert lda.predict_proba(x)[0, 0] == pytest.approx(0.7170485983, abs=1e-7)
    np.testing.assert_allclose(
        lda.predict_proba([WATER, NORMAL])[:, 0], [0.6188266395, 0.5081435535], atol=1e-7
    )
    qda = QuadraticDiscriminantAnalysis().fit(X, y)
    joint = qda.joint_log_likelihood(x)[0] - np.log([79 / 140, 61 / 140])
    np.testing.assert_allclose(joint, [-9.857698932, -11.170716884], atol=1e-7)
    assert -qda.decision_function(x)[0] == pytest.approx(1.571591941, abs=1e-7)
    np.testing.assert_allclose(
        qda.predict_proba([WATER, NORMAL])[:, 0], [0.5507108758, 0.4381598048], atol=1e-7
    )


@given(seed=SEEDS)
def test_an_affine_change_of_the_features_changes_nothing(seed):
    # GE-18
    rng = np.random.default_rng(seed)
    X, y = gaussian_classes(seed)
    Q = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    A = Q * rng.uniform(0.5, 2.0, 3)
    moved = X @ A.T + rng.standard_normal(3)
    for cls in (LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis):
        p = cls().fit(X, y).predict_proba(X)
        np.testing.assert_allclose(cls().fit(moved, y).predict_proba(moved), p, atol=1e-8)


@pytest.mark.parametrize("factor", [1e-8, 1e8])
def test_units_do_not_matter(factor):
    X, y = gaussian_classes(0)
    scaled = X * np.array([1.0, factor, 1.0])
    for cls in (LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis):
        p = cls().fit(X, y).predict_proba(X)
        np.testing.assert_allclose(cls().fit(scaled, y).predict_proba(scaled), p, atol=1e-9)


@given(seed=SEEDS)
def test_priors_shift_the_log_odds_by_their_log_ratio(seed):
    # GE-05; they must not reweight the covariance on the way.
    X, y = gaussian_classes(seed, n_classes=2)
    for cls in (LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis):
        even = cls(priors=[0.5, 0.5]).fit(X, y).decision_function(X)
        skewed = cls(priors=[0.1, 0.9]).fit(X, y).decision_function(X)
        np.testing.assert_allclose(skewed - even, np.log(9.0), rtol=1e-8)


def test_a_prior_of_zero_excludes_a_class():
    for n_classes, priors in ((2, [0.0, 1.0]), (2, [1.0, 0.0]), (3, [0.5, 0.5, 0.0])):
        X, y = gaussian_classes(0, n_classes=n_classes)
        for cls in (LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis):
            p = cls(priors=priors).fit(X, y).predict_proba(X)
            assert (p[:, np.array(priors) == 0] == 0).all()
            np.testing.assert_allclose(p.sum(axis=1), 1.0)


def test_qda_with_equal_covariances_is_lda():
    X, y = gaussian_classes(0, n_classes=2)
    mirrored = np.vstack([X[y == 0], X[y == 0] + [3.0, 0.0, 1.0]])
    labels = np.repeat([0, 1], (y == 0).sum())
    linear = LinearDiscriminantAnalysis().fit(mirrored, labels).decision_function(X)
    quadratic = QuadraticDiscriminantAnalysis().fit(mirrored, labels).decision_function(X)
    np.testing.assert_allclose(quadratic, linear, rtol=1e-8, atol=1e-8)


def test_three_points_on_a_line_have_quadratic_or_linear_log_odds():
    X, y = gaussian_classes(3, n_classes=2)
    line = X[0] + np.arange(5)[:, None] * (X[1] - X[0])
    lda = LinearDiscriminantAnalysis().fit(X, y).decision_function(line)
    qda = QuadraticDiscriminantAnalysis().fit(X, y).decision_function(line)
    np.testing.assert_allclose(np.diff(lda, 2), 0.0, atol=1e-9)
    np.testing.assert_allclose(np.diff(qda, 3), 0.0, atol=1e-8)
    assert np.abs(np.diff(qda, 2)).min() > 1e-3


@maximum_likelihood_twin
@pytest.mark.parametrize("load", [load_wine, load_digits])
def test_lda_agrees_with_scikit_learn_attribute_by_attribute(load):
    X, y = load(return_X_y=True)
    model = LinearDiscriminantAnalysis().fit(X, y)
    twin = theirs.LinearDiscriminantAnalysis().fit(X, y)
    for name in ("coef_", "intercept_", "means_", "priors_", "xbar_", "explained_variance_ratio_"):
        np.testing.assert_allclose(getattr(model, name), getattr(twin, name), rtol=1e-6, atol=1e-9)
    signs = np.sign(np.sum(model.scalings_ * twin.scalings_, axis=0))
    np.testing.assert_allclose(model.scalings_ * signs, twin.scalings_, atol=1e-7)
    np.testing.assert_allclose(model.transform(X) * signs, twin.transform(X), atol=1e-6)
    np.testing.assert_allclose(model.predict_proba(X), twin.predict_proba(X), atol=1e-9)
    two = LinearDiscriminantAnalysis(n_components=1).fit(X, y)
    assert two.transform(X).shape == (len(X), 1)
    assert two.get_feature_names_out().tolist() == ["lineardiscriminantanalysis0"]


@pytest.mark.parametrize("shrinkage", [0.0, 0.1, 1.0, "auto"])
def test_shrinkage_is_scikit_learns(shrinkage):
    X, y = load_wine(return_X_y=True)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(X, y)
    twin = theirs.LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(X, y)
    np.testing.assert_allclose(model.covariance_, twin.covariance_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.predict_proba(X), twin.predict_proba(X), atol=1e-8)


def test_any_covariance_estimator():
    X, y = load_wine(return_X_y=True)
    model = LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=OAS()).fit(X, y)
    twin = theirs.LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=OAS()).fit(X, y)
    np.testing.assert_allclose(model.covariance_, twin.covariance_, rtol=1e-9)
    qda = QuadraticDiscriminantAnalysis(covariance_estimator=OAS(), store_covariance=True)
    np.testing.assert_allclose(qda.fit(X, y).covariance_[1], OAS().fit(X[y == 1]).covariance_)


@maximum_likelihood_twin
@pytest.mark.parametrize("reg_param", [0.0, 0.05, 1.0])
def test_qda_agrees_with_scikit_learn(reg_param):
    X, y = load_wine(return_X_y=True)
    model = QuadraticDiscriminantAnalysis(reg_param=reg_param).fit(X, y)
    twin = theirs.QuadraticDiscriminantAnalysis(reg_param=reg_param).fit(X, y)
    np.testing.assert_allclose(
        model.predict_log_proba(X), twin.predict_log_proba(X), rtol=1e-6, atol=1e-8
    )


@maximum_likelihood_twin
def test_lda_works_in_the_range_of_a_singular_covariance():
    # Constant and duplicated columns, and fewer rows than features.
    rng = np.random.default_rng(0)
    X, y = gaussian_classes(0)
    wide = np.column_stack([X, X[:, 0], np.full(len(X), 0.3), X @ rng.standard_normal((3, 2))])
    plain = LinearDiscriminantAnalysis().fit(X, y)
    model = LinearDiscriminantAnalysis().fit(wide, y)
    np.testing.assert_allclose(model.predict_proba(wide), plain.predict_proba(X), atol=1e-7)
    few, labels = rng.standard_normal((12, 30)), np.arange(12) % 3
    twin = theirs.LinearDiscriminantAnalysis().fit(few, labels)
    model = LinearDiscriminantAnalysis().fit(few, labels)
    test = rng.standard_normal((40, 30))
    np.testing.assert_allclose(
        model.decision_function(test), twin.decision_function(test), rtol=1e-6
    )


def test_qda_names_the_class_that_is_rank_deficient_and_the_remedy():
    X, y = gaussian_classes(0)
    duplicated = np.column_stack([X, X[:, 0]])
    with pytest.raises(LinAlgError, match=r"class 0 is not full rank .* set reg_param > 0"):
        QuadraticDiscriminantAnalysis().fit(duplicated, y)
    p = QuadraticDiscriminantAnalysis(reg_param=0.01).fit(duplicated, y).predict_proba(duplicated)
    assert np.isfinite(p).all()
    constant_in_one_class = X.copy()
    constant_in_one_class[y == 1, 2] = 4.0
    with pytest.raises(LinAlgError, match="class 1"):
        QuadraticDiscriminantAnalysis().fit(constant_in_one_class, y)


def test_qda_takes_a_class_of_one_row_if_regularised():
    X, y = gaussian_classes(0)
    y = np.where(np.arange(len(y)) == 0, 9, y)
    model = QuadraticDiscriminantAnalysis(reg_param=0.1).fit(X, y)
    assert model.predict(X[:1]).tolist() == [9]
    with pytest.raises(LinAlgError, match="y has only 1 sample in class 9"):
        QuadraticDiscriminantAnalysis().fit(X, y)
    with pytest.raises(ValueError, match="X must have a feature that varies"):
        QuadraticDiscriminantAnalysis().fit(np.ones((4, 2)), [0, 0, 1, 1])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"solver": "qr"}, "solver must be one of"),
        ({"tol": -1.0}, "tol must be"),
        ({"shrinkage": 1.5}, "shrinkage must be"),
        ({"shrinkage": "some"}, "shrinkage, unless None or a number, must be"),
        ({"shrinkage": 0.1, "covariance_estimator": OAS()}, "set only one"),
        ({"priors": [0.2, 0.2, 0.2]}, "The sum of the priors should be 1"),
        ({"priors": [0.5, 0.5]}, "Number of priors must match"),
    ],
)
@pytest.mark.parametrize("cls", [LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis])
def test_bad_parameters(cls, parameters, message):
    X, y = gaussian_classes(0)
    with pytest.raises(ValueError, match=message):
        cls(**parameters).fit(X, y)


def test_bad_data():
    X, y = gaussian_classes(0)
    for cls in (LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis):
        with pytest.raises(ValueError, match="at least 2 classes"):
            cls().fit(X, np.zeros(len(X)))
        with pytest.raises(ValueError, match="which take no weights"):
            cls(shrinkage="auto").fit(X, y, sample_weight=np.ones(len(X)))
        with pytest.raises(ValueError, match="squares overflow"):
            cls().fit(1e200 * X, y)
    with pytest.raises(ValueError, match="n_components cannot be larger"):
        LinearDiscriminantAnalysis(n_components=3).fit(X, y)
    with pytest.raises(ValueError, match="more than the number of classes"):
        LinearDiscriminantAnalysis().fit(X[:3], [0, 1, 2])
    with pytest.raises(ValueError, match="no feature varies within a class"):
        LinearDiscriminantAnalysis().fit([[0.0], [0.0], [1.0], [1.0]], [0, 0, 1, 1])
    with pytest.raises(TypeError, match=r"got \['weight'\]"):
        QuadraticDiscriminantAnalysis().fit(X, y, weight=np.ones(len(X)))
