"""Naive Bayes against densities, counts and scikit-learn; chunks against one fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from problems import counts, gaussian_classes
from scipy import stats
from scipy.sparse import csr_array
from sklearn import naive_bayes as theirs
from sklearn.base import clone
from sklearn.datasets import load_digits

from probml.classifiers import BernoulliNB, GaussianNB, MultinomialNB

SEEDS = st.integers(0, 10_000)
MODELS = [GaussianNB(), BernoulliNB(binarize=1.5), MultinomialNB()]


def each(models):
    return pytest.mark.parametrize("model", models, ids=lambda m: type(m).__name__)


@given(seed=SEEDS, n_classes=st.integers(1, 4))
def test_gaussian_is_a_sum_of_scipys_densities(seed, n_classes):
    X, y = gaussian_classes(seed, n_classes=n_classes)
    joint = np.column_stack(
        [
            np.log(np.mean(y == k))
            + stats.norm(X[y == k].mean(axis=0), X[y == k].std(axis=0)).logpdf(X).sum(axis=1)
            for k in range(n_classes)
        ]
    )
    model = GaussianNB(var_smoothing=0.0).fit(X, y)
    np.testing.assert_allclose(model.joint_log_likelihood(X), joint, rtol=1e-10)


@given(seed=SEEDS)
def test_replacing_a_feature_changes_its_own_term_only(seed):
    # GE-11: the joint log-likelihood is a sum over features.
    X, y = counts(seed)
    for model in MODELS:
        fitted = clone(model).fit(X, y)
        a, b = X[:1].copy(), X[1:2].copy()
        a_with_b0, b_with_a0 = a.copy(), b.copy()
        a_with_b0[0, 0], b_with_a0[0, 0] = b[0, 0], a[0, 0]
        jll = fitted.joint_log_likelihood
        np.testing.assert_allclose(jll(a) + jll(b), jll(a_with_b0) + jll(b_with_a0), rtol=1e-10)


def test_the_toy_set_of_the_lectures():
    # GE-13: (1, 1) occurs in class 1 only, and naive Bayes still prefers class 2.
    X = [[1, 1]] + 4 * [[1, 0]] + 4 * [[0, 1]] + 4 * [[0, 0]]
    y = [1] + 12 * [2]
    by_mle = BernoulliNB(alpha=0.0).fit(X, y).predict_proba([[1, 1]])[0, 0]
    smoothed = BernoulliNB().fit(X, y).predict_proba([[1, 1]])[0, 0]
    assert by_mle == pytest.approx(3 / 7, rel=1e-12)
    assert smoothed == pytest.approx(0.2250287026, abs=1e-9)


@each(MODELS)
@given(seed=SEEDS, data=st.data())
def test_chunks_in_any_order_give_the_model_of_one_fit(model, seed, data):
    X, y = counts(seed)
    w = np.random.default_rng(seed).uniform(0.5, 2.0, len(y))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(y) - 1), max_size=4)))
    chunks = np.split(data.draw(st.permutations(range(len(y)))), cuts)
    streamed = clone(model)
    for chunk in chunks:
        streamed.partial_fit(X[chunk], y[chunk], classes=[0, 1, 2], sample_weight=w[chunk])
    whole = clone(model).fit(X, y, sample_weight=w)
    np.testing.assert_allclose(
        streamed.predict_log_proba(X), whole.predict_log_proba(X), rtol=1e-9, atol=1e-10
    )


@each(MODELS)
def test_a_class_that_has_not_come_yet_has_probability_zero(model):
    X, y = counts(0)
    early = y < 2
    fitted = clone(model).partial_fit(X[early], y[early], classes=[0, 1, 2])
    p = fitted.predict_proba(X)
    assert (p[:, 2] == 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    fitted.partial_fit(X[~early], y[~early])
    np.testing.assert_allclose(fitted.predict_proba(X), clone(model).fit(X, y).predict_proba(X))


@each(MODELS)
def test_partial_fit_refuses_what_does_not_fit_and_stays_what_it_was(model):
    X, y = counts(0)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        clone(model).partial_fit(X, y)
    fitted = clone(model).partial_fit(X, y, classes=[0, 1, 2])
    before = fitted.predict_proba(X)
    for wrong, message in (
        (
            lambda: fitted.partial_fit(X, y + 1),
            r"\[3\] in y do not exist in .* \[0, 1, 2\]",
        ),
        (lambda: fitted.partial_fit(X, y, classes=[0, 1]), "must stay the same"),
        (lambda: fitted.partial_fit(X[:, :2], y), "features"),
    ):
        with pytest.raises(ValueError, match=message):
            wrong()
        np.testing.assert_array_equal(fitted.predict_proba(X), before)


@pytest.mark.parametrize("smoothing", [1e-9, 0.1])
def test_gaussian_agrees_with_scikit_learn(smoothing):
    X, y = load_digits(return_X_y=True)
    model = GaussianNB(var_smoothing=smoothing).fit(X, y)
    twin = theirs.GaussianNB(var_smoothing=smoothing).fit(X, y)
    for name in ("theta_", "var_", "class_count_", "class_prior_", "epsilon_"):
        np.testing.assert_allclose(getattr(model, name), getattr(twin, name), rtol=1e-9)
    np.testing.assert_allclose(
        model.predict_log_proba(X), twin.predict_log_proba(X), rtol=1e-6, atol=1e-8
    )


@pytest.mark.parametrize(
    "parameters",
    [{}, {"alpha": 0.01}, {"alpha": np.arange(1.0, 65.0)}, {"fit_prior": False},
     {"class_prior": np.arange(1, 11) / 55}],
)  # fmt: skip
@pytest.mark.parametrize("name", ["BernoulliNB", "MultinomialNB"])
def test_discrete_agrees_with_scikit_learn(name, parameters):
    X, y = load_digits(return_X_y=True)
    w = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    if name == "BernoulliNB":
        parameters = {**parameters, "binarize": 8.0}
        if "alpha" in parameters:
            parameters["alpha"] = 0.5  # theirs cannot broadcast one alpha per feature
    cls = {"BernoulliNB": BernoulliNB, "MultinomialNB": MultinomialNB}[name]
    model = cls(**parameters).fit(X, y, sample_weight=w)
    twin = getattr(theirs, name)(**parameters).fit(X, y, sample_weight=w)
    for attribute in ("feature_log_prob_", "feature_count_", "class_count_", "class_log_prior_"):
        np.testing.assert_allclose(getattr(model, attribute), getattr(twin, attribute), rtol=1e-10)
    np.testing.assert_allclose(
        model.predict_log_proba(X), twin.predict_log_proba(X), rtol=1e-8, atol=1e-9
    )


@each([BernoulliNB(binarize=1.5), MultinomialNB()])
def test_sparse_is_dense(model):
    X, y = counts(0)
    dense, sparse = clone(model).fit(X, y), clone(model).fit(csr_array(X), y)
    np.testing.assert_allclose(
        sparse.predict_log_proba(csr_array(X)), dense.predict_log_proba(X), rtol=1e-12
    )


def test_absence_counts_in_bernoulli_and_not_in_multinomial():
    X, y = np.array([[1, 0], [1, 0], [0, 1], [1, 1]]), [0, 0, 1, 1]
    empty = np.zeros((1, 2))
    np.testing.assert_allclose(MultinomialNB().fit(X, y).predict_proba(empty), [[0.5, 0.5]])
    # p = (3/4, 1/4) and (1/2, 3/4), so absence of both has 3/16 against 1/8.
    np.testing.assert_allclose(BernoulliNB().fit(X, y).predict_proba(empty), [[0.6, 0.4]])


def test_what_was_never_seen_under_alpha_zero():
    X, y = [[1, 0], [1, 0], [0, 1], [0, 1]], [0, 0, 1, 1]
    for cls in (BernoulliNB, MultinomialNB):
        p = cls(alpha=0.0).fit(X, y).predict_proba([[1, 0], [0, 1], [1, 1]])
        np.testing.assert_allclose(p, [[1, 0], [0, 1], [0.5, 0.5]], atol=1e-12)


def test_smoothing_of_gaussians():
    X, y = np.array([[0.0, 1.0], [0.0, 3.0], [1.0, 1.0], [1.0, 4.0]]), [0, 0, 1, 1]
    with pytest.raises(ValueError, match="feature 0 has variance 0 in class 0"):
        GaussianNB(var_smoothing=0.0).fit(X, y)
    model = GaussianNB(var_smoothing=0.5).fit(X, y)
    assert model.epsilon_ == pytest.approx(0.5 * X.var(axis=0).max())


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (GaussianNB(var_smoothing=-1.0), "var_smoothing must be"),
        (GaussianNB(priors=[0.5, 0.6, 0.0]), "The sum of the priors should be 1"),
        (BernoulliNB(alpha=-1.0), "alpha must be non-negative"),
        (BernoulliNB(binarize=None), "only 0 and 1"),
        (MultinomialNB(alpha=[1.0, 1.0]), "one entry per feature"),
        (MultinomialNB(alpha=np.nan), "alpha must be"),
        (MultinomialNB(class_prior=[1.0]), "Number of priors must match"),
    ],
)
def test_bad_parameters(model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(*counts(0))


def test_a_tiny_alpha_is_raised_with_a_warning_unless_forced():
    X, y = counts(0)
    with pytest.warns(UserWarning, match="below 1e-10"):
        model = MultinomialNB(alpha=0.0, force_alpha=False).fit(X, y)
    expected = MultinomialNB(alpha=1e-10).fit(X, y).feature_log_prob_
    np.testing.assert_array_equal(model.feature_log_prob_, expected)


def test_negative_counts_and_thresholds():
    with pytest.raises(ValueError, match="Negative values in data passed to MultinomialNB"):
        MultinomialNB().fit([[-1.0], [1.0]], [0, 1])
    with pytest.raises(ValueError, match="Negative values in data passed to MultinomialNB"):
        MultinomialNB().fit([[1.0], [2.0]], [0, 1]).predict([[-1.0]])
    with pytest.raises(ValueError, match="binarize must be non-negative for sparse"):
        BernoulliNB(binarize=-1.0).fit(csr_array([[0.0], [1.0]]), [0, 1])
