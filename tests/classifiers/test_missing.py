"""Missing values: what is not there is integrated out."""

import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import counts, gaussian_classes
from scipy.sparse import csr_array
from sklearn.base import clone

from probml.classifiers import (
    BernoulliNB,
    GaussianNB,
    LinearDiscriminantAnalysis,
    MultinomialNB,
    QuadraticDiscriminantAnalysis,
    _discriminant,
    fit_many,
    fit_many_chunks,
)

GAUSSIAN = [
    LinearDiscriminantAnalysis(missing="marginalize"),
    LinearDiscriminantAnalysis(missing="marginalize", shrinkage=0.2, priors=[0.2, 0.3, 0.5]),
    QuadraticDiscriminantAnalysis(missing="marginalize"),
    GaussianNB(missing="marginalize"),
    GaussianNB(missing="marginalize", var_smoothing=1e-3),
]
BAYES = [GaussianNB(missing="marginalize"), BernoulliNB(missing="marginalize", binarize=1.5)]
ALL = [GAUSSIAN[0], GAUSSIAN[2], *BAYES]


def each(models):
    return pytest.mark.parametrize("model", models, ids=repr)


def with_gaps(X, seed, share=0.2):
    """A copy with entries missing at random, of which each class keeps some in every feature."""
    rng = np.random.default_rng(seed)
    gaps = rng.random(X.shape) < share
    gaps[:6] = False
    return np.where(gaps, np.nan, X)


@each(GAUSSIAN)
@settings(max_examples=5)
@given(seed=st.integers(0, 10_000), j=st.integers(0, 2))
def test_one_missing_entry_is_integrated_out(model, seed, j):
    X, y = gaussian_classes(seed)
    fitted = clone(model).fit(X, y)
    row, grid = X[0].copy(), np.linspace(-60.0, 60.0, 12_001)
    rows = np.tile(row, (len(grid), 1))
    rows[:, j] = grid
    # of a function that is smooth and vanishes at both ends the trapezoidal sum is exact
    integrals = np.exp(fitted.joint_log_likelihood(rows)).sum(axis=0) * (grid[1] - grid[0])
    row[j] = np.nan
    np.testing.assert_allclose(
        np.exp(fitted.joint_log_likelihood([row])[0]), integrals, rtol=1e-9, atol=1e-300
    )
    posterior = integrals / integrals.sum()
    np.testing.assert_allclose(fitted.predict_proba([row])[0], posterior, atol=1e-9)


@each([GAUSSIAN[0], GAUSSIAN[2], GAUSSIAN[3]])
def test_two_missing_entries_are_integrated_out(model):
    X, y = gaussian_classes(1, n_classes=2)
    fitted = clone(model).fit(X, y)

    grid = np.linspace(-25.0, 25.0, 501)
    rows = np.array([[x, X[0, 1], z] for x in grid for z in grid])
    step = grid[1] - grid[0]
    integrals = np.exp(fitted.joint_log_likelihood(rows)).sum(axis=0) * step**2
    jll = fitted.joint_log_likelihood([[np.nan, X[0, 1], np.nan]])[0]
    np.testing.assert_allclose(np.exp(jll), integrals, rtol=1e-9)


@pytest.mark.parametrize("layout", [np.asarray, csr_array], ids=["dense", "sparse"])
def test_missing_presence_is_summed_out(layout):
    X, y = counts(0)
    fitted = BernoulliNB(binarize=1.5, missing="marginalize").fit(layout(with_gaps(X, 0)), y)
    for gaps in itertools.product([False, True], repeat=5):
        row = np.where(gaps, np.nan, X[:1])
        both = [
            np.where(gaps, 9.0 * np.array(z), X[0]) for z in itertools.product([0, 1], repeat=5)
        ]
        total = np.exp(fitted.joint_log_likelihood(layout(np.unique(both, axis=0)))).sum(axis=0)
        np.testing.assert_allclose(np.exp(fitted.joint_log_likelihood(layout(row))[0]), total)


@each(BAYES)
def test_estimates_come_from_the_entries_that_are_there(model):
    X, y = counts(0)
    holed = with_gaps(X, 0)
    w = np.random.default_rng(0).integers(1, 4, len(y))
    fitted = clone(model).fit(holed, y, sample_weight=w)
    for j in range(X.shape[1]):
        seen = ~np.isnan(holed[:, j])
        alone = clone(model).set_params(missing="raise")
        alone.fit(X[seen, j : j + 1], y[seen], sample_weight=w[seen])
        if isinstance(model, GaussianNB):
            np.testing.assert_allclose(fitted.theta_[:, j], alone.theta_[:, 0], rtol=1e-12)
            ours, theirs = fitted.var_ - fitted.epsilon_, alone.var_ - alone.epsilon_
            np.testing.assert_allclose(ours[:, j], theirs[:, 0], rtol=1e-9)
        else:
            ours, theirs = fitted.feature_log_prob_, alone.feature_log_prob_
            np.testing.assert_allclose(ours[:, j], theirs[:, 0], rtol=1e-12)
    np.testing.assert_array_equal(fitted.class_count_, np.bincount(y, w))


def test_the_smoothing_is_that_of_all_entries_that_are_there():
    X, y = counts(0)
    X += 1e6
    holed = with_gaps(X, 0)
    model = GaussianNB(var_smoothing=1e-3, missing="marginalize").fit(holed, y)
    assert model.epsilon_ == pytest.approx(1e-3 * np.nanvar(holed, axis=0).max(), rel=1e-9)


@each(ALL)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
def test_without_gaps_nothing_changes(model, dtype):
    X, y = counts(0, n=120)
    X = X.astype(dtype)
    plain = clone(model).set_params(missing="raise").fit(X, y)
    ours = clone(model).fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), plain.predict_proba(X), rtol=1e-9, atol=1e-12)


@each(BAYES)
@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), n_parts=st.integers(1, 6), whole=st.booleans())
def test_every_road_leads_to_the_model_of_fit(model, seed, n_parts, whole):
    X, y = counts(seed)
    X = X.astype(np.uint8) if whole else with_gaps(X, seed)
    parts = np.array_split(np.random.default_rng(seed).permutation(len(y)), n_parts)
    expected = clone(model).fit(X, y).predict_log_proba(X)
    streamed, merged = clone(model), clone(model)
    for i in parts:
        streamed.partial_fit(X[i], y[i], classes=[0, 1, 2])
        merged.merge(clone(model).partial_fit(X[i], y[i], np.unique(y[i])))
    chunks = [(X[i], y[i]) for i in parts]
    roads = [
        streamed,
        merged,
        clone(model).fit_chunks(chunks),
        fit_many([clone(model), *map(clone, BAYES)], X, y)[0],
        fit_many_chunks([clone(model), *map(clone, BAYES)], chunks)[0],
    ]
    for fitted in roads:
        tolerance = {"rtol": 0.0} if whole else {"rtol": 1e-8, "atol": 1e-9}
        np.testing.assert_allclose(fitted.predict_log_proba(X), expected, **tolerance)


def test_models_that_refuse_gaps_refuse_them_in_company():
    X, y = counts(0)
    with pytest.raises(ValueError, match="NaN"):
        fit_many([BAYES[0], GaussianNB()], with_gaps(X, 0), y)


@each(ALL)
def test_a_row_without_entries_leaves_the_prior(model):
    X, y = counts(0)
    fitted = clone(model).fit(X[:-1], y[:-1])
    priors = np.bincount(y[:-1]) / (len(y) - 1)
    np.testing.assert_allclose(fitted.predict_proba(np.full((1, 5), np.nan))[0], priors)


@each(ALL)
@settings(max_examples=8)
@given(seed=st.integers(0, 10_000))
def test_rows_do_not_depend_on_their_company(model, seed):
    X, y = counts(seed)
    fitted = clone(model).fit(X, y)
    holed = with_gaps(X, seed, share=0.4)
    alone = np.vstack([fitted.predict_log_proba(row[None]) for row in holed])
    np.testing.assert_allclose(fitted.predict_log_proba(holed), alone, rtol=1e-9, atol=1e-9)


@each(ALL)
@pytest.mark.parametrize("size", [1e10, 1e160, 1e300])
def test_far_points_with_gaps_have_posteriors(model, size):
    X, y = counts(0)
    far = size * np.array([[1.0, np.nan, -1.0, 0.5, np.nan], [np.nan, np.nan, 1.0, 0.0, 0.0]])
    proba = clone(model).fit(X, y).predict_proba(far)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)


@pytest.mark.parametrize("cls", [LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis])
def test_factors_are_kept_by_pattern(cls, monkeypatch):
    X, y = counts(0)
    asked = []
    original = cls._marginal
    monkeypatch.setattr(
        cls, "_marginal", lambda self, seen: (asked.append(tuple(seen)), original(self, seen))[1]
    )
    model = cls(missing="marginalize").fit(X, y)
    holed = X.copy()
    holed[::2, 0] = holed[::3, 4] = np.nan
    first = model.predict_proba(holed)
    assert sorted(asked) == [(0, 1, 2, 3), (1, 2, 3), (1, 2, 3, 4)]
    np.testing.assert_array_equal(model.predict_proba(holed), first)
    assert len(asked) == 3
    revived = pickle.loads(pickle.dumps(model))
    assert "_marginals" not in vars(revived)
    np.testing.assert_array_equal(revived.predict_proba(holed), first)
    model.fit(X + 1.0, y)  # another model has other factors
    assert not np.allclose(model.predict_proba(holed), first)
    monkeypatch.setattr(_discriminant, "_KEPT_ENTRIES", 1)
    model.fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(holed), first)
    assert len(vars(model)["_marginals"]) == 1


def test_a_shared_covariance_of_low_rank():
    X, y = counts(0)
    X = np.hstack([X, X[:, :1], np.ones((len(y), 1))])  # a copy and a constant
    model = LinearDiscriminantAnalysis(missing="marginalize").fit(X, y)
    expected = model.predict_proba(X)
    X[:, 5:] = np.nan  # of which nothing is lost
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-8)
    X[:, 0] = np.nan
    lesser = LinearDiscriminantAnalysis().fit(X[:, 1:5], y)
    np.testing.assert_allclose(model.predict_proba(X), lesser.predict_proba(X[:, 1:5]), atol=1e-8)


def test_features_that_never_vary_may_be_missing():
    X, y = counts(0)
    X = np.hstack([X, np.ones((len(y), 1))])
    model = QuadraticDiscriminantAnalysis(missing="marginalize").fit(X, y)
    expected = model.predict_proba(X)
    X[:, 5] = np.nan
    np.testing.assert_array_equal(model.predict_proba(X), expected)


@each(ALL)
def test_files_streams_and_frames_keep_it(model, tmp_path):
    X, y = counts(0)
    frame = pd.DataFrame(X, columns=list("abcde"))
    fitted = clone(model).fit(frame, y)
    frame = frame.astype("Float64")
    frame.iloc[0, 1] = pd.NA
    expected = fitted.predict_proba(frame)
    fitted.save(tmp_path / "model")
    np.testing.assert_array_equal(
        type(model).load(tmp_path / "model").predict_proba(frame), expected
    )
    twin = fitted.to_sklearn()
    np.testing.assert_allclose(twin.predict_proba(frame[1:]), expected[1:], atol=1e-6)
    if not isinstance(model, QuadraticDiscriminantAnalysis):
        with pytest.raises(ValueError, match="NaN"):
            twin.predict(frame)


def test_what_is_refused():
    X, y = counts(0)
    holed = with_gaps(X, 0)
    for model in ALL:
        with pytest.raises(ValueError, match="missing must be one of"):
            clone(model).set_params(missing="ignore").fit(X, y)
        plain = clone(model).set_params(missing="raise")
        for act in (lambda m: m.fit(holed, y), lambda m: m.fit(X, y).predict(holed)):
            with pytest.raises(ValueError, match="NaN"):
                act(plain)
        with pytest.raises(ValueError, match="infinity"):
            clone(model).fit(X, y).predict(np.where(np.isnan(holed), np.inf, X))
    for model in ALL[:2]:
        with pytest.raises(ValueError, match="NaN"):
            clone(model).fit(holed, y)
    lda = LinearDiscriminantAnalysis().fit(X, y).set_params(missing="marginalize")
    with pytest.raises(ValueError, match="needs the covariance"):
        lda.predict(holed)
    with pytest.raises(ValueError, match="must have no gaps to be projected"):
        clone(ALL[0]).fit(X, y).transform(holed)
    assert "missing" not in MultinomialNB().get_params()


def test_a_feature_that_a_class_never_shows():
    X, y = counts(0)
    X[y == 1, 2] = np.nan
    for model in (GaussianNB(missing="marginalize"), BernoulliNB(alpha=0, missing="marginalize")):
        with pytest.raises(ValueError, match="feature 2 is missing in all rows of class 1"):
            model.fit(X, y)
        streamed = clone(model).partial_fit(X, y, [0, 1, 2])
        streamed.partial_fit([[1.0, 2.0, 3.0, 4.0, 5.0], [0.0] * 5], [1, 1]).predict(X)
    smoothed = BernoulliNB(missing="marginalize").fit(X, y)
    assert np.exp(smoothed.feature_log_prob_[1, 2]) == pytest.approx(0.5)
