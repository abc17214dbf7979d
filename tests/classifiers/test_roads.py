"""One answer by every road: fit, chunks, streams, merges, many models at once."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import counts
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.covariance import OAS
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from probml.classifiers import (
    BernoulliNB,
    GaussianNB,
    LinearDiscriminantAnalysis,
    LogisticRegression,
    MultinomialNB,
    QuadraticDiscriminantAnalysis,
    fit_many,
    fit_many_chunks,
)

MODELS = [
    LinearDiscriminantAnalysis(),
    LinearDiscriminantAnalysis(shrinkage=0.1, store_covariance=True),
    QuadraticDiscriminantAnalysis(reg_param=0.05),
    GaussianNB(),
    BernoulliNB(binarize=1.5),
    MultinomialNB(),
]
SEEDS = st.integers(0, 10_000)


def each(models):
    return pytest.mark.parametrize("model", models, ids=repr)


def chunks_of(X, y, w, parts):
    for i in parts:
        yield (X[i], y[i]) if w is None else (X[i], y[i], w[i])


def by_partial_fit(model, X, y, w, parts):
    streamed = clone(model)
    for i in parts:
        weight = None if w is None else w[i]
        streamed.partial_fit(X[i], y[i], classes=np.unique(y), sample_weight=weight)
    return streamed


def by_merging(model, X, y, w, parts):
    """Each worker fits what it has; classes that it has not seen come with the others."""
    whole = clone(model)
    for i in parts:
        weight = None if w is None else w[i]
        worker = clone(model).partial_fit(X[i], y[i], np.unique(y[i]), weight)
        whole.merge(pickle.loads(pickle.dumps(worker)))
    return whole


def roads(model, X, y, w, parts):
    yield by_partial_fit(model, X, y, w, parts)
    yield by_merging(model, X, y, w, parts)
    yield clone(model).fit_chunks(chunks_of(X, y, w, parts))
    yield fit_many([clone(model)], X, y, w)[0]
    yield fit_many_chunks([clone(model), *map(clone, MODELS)], chunks_of(X, y, w, parts))[0]


@each(MODELS)
@settings(max_examples=8)
@given(seed=SEEDS, n_parts=st.integers(1, 8), weighted=st.booleans())
def test_every_road_leads_to_the_model_of_fit(model, seed, n_parts, weighted):
    X, y = counts(seed)
    rng = np.random.default_rng(seed)
    w = rng.uniform(0.5, 2.0, len(y)) if weighted else None
    parts = np.array_split(rng.permutation(len(y)), n_parts)
    expected = clone(model).fit(X, y, sample_weight=w).predict_log_proba(X)
    for fitted in roads(model, X, y, w, parts):
        assert fitted.classes_.tolist() == [0, 1, 2]
        np.testing.assert_allclose(fitted.predict_log_proba(X), expected, rtol=1e-8, atol=1e-9)


@each(MODELS)
@settings(max_examples=5)
@given(seed=SEEDS, n_parts=st.integers(1, 8), weighted=st.booleans())
def test_bytes_give_the_same_bits_by_every_road(model, seed, n_parts, weighted):
    X, y = counts(seed, n=150)
    X = X.astype(np.uint8)
    rng = np.random.default_rng(seed)
    w = rng.integers(1, 9, len(y)) if weighted else None
    parts = np.array_split(rng.permutation(len(y)), n_parts)
    expected = clone(model).fit(X, y, sample_weight=w).predict_log_proba(X)
    for fitted in roads(model, X, y, w, parts):
        np.testing.assert_array_equal(fitted.predict_log_proba(X), expected)


def test_labels_may_come_in_any_chunk_and_be_text():
    X, y = counts(0)
    names = np.array(["pear", "apple", "fig"])[y]
    order = np.argsort(y, kind="stable")  # one class after the other
    stream = ((X[i], names[i]) for i in np.array_split(order, 7))
    model = LinearDiscriminantAnalysis().fit_chunks(stream)
    expected = LinearDiscriminantAnalysis().fit(X, names)
    assert model.classes_.tolist() == ["apple", "fig", "pear"]
    np.testing.assert_allclose(model.predict_proba(X), expected.predict_proba(X), atol=1e-9)
    with pytest.raises(ValueError, match="labels of one kind"):
        LinearDiscriminantAnalysis().fit_chunks([(X, names), (X, y)])


def test_memory_mapped_rows(tmp_path):
    X, y = counts(0, n=300)
    np.save(tmp_path / "X.npy", X.astype(np.float32))
    rows = np.load(tmp_path / "X.npy", mmap_mode="r")
    stream = ((rows[i : i + 40], y[i : i + 40]) for i in range(0, 300, 40))
    model = QuadraticDiscriminantAnalysis(reg_param=0.1).fit_chunks(stream)
    expected = QuadraticDiscriminantAnalysis(reg_param=0.1).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), expected.predict_proba(X), atol=1e-9)


def test_many_models_share_one_reading():
    X, y = counts(3)
    models = [
        GaussianNB(),
        LinearDiscriminantAnalysis(),
        QuadraticDiscriminantAnalysis(reg_param=0.05),
        LinearDiscriminantAnalysis(shrinkage=0.1),
        LinearDiscriminantAnalysis(shrinkage="auto"),
        BernoulliNB(binarize=0.5),
        BernoulliNB(binarize=2.5),
        MultinomialNB(),
    ]
    for model in fit_many(models, X, y):
        alone = clone(model).fit(X, y)
        np.testing.assert_allclose(model.predict_proba(X), alone.predict_proba(X), atol=1e-9)
    # What they share is not changed by one of them.
    before = models[3].predict_proba(X)
    models[1].partial_fit(X + 5.0, y)
    np.testing.assert_array_equal(models[3].predict_proba(X), before)
    longer = clone(models[3]).fit(np.vstack([X, X[:9]]), np.concatenate([y, y[:9]]))
    models[3].partial_fit(X[:9], y[:9])
    np.testing.assert_allclose(models[3].predict_proba(X), longer.predict_proba(X), atol=1e-9)


def test_a_stream_is_read_once_and_never_gathered():
    X, y = counts(0)
    seen = []

    def stream():
        for i in range(0, 60, 20):
            seen.append(i)
            yield X[i : i + 20], y[i : i + 20]

    fit_many_chunks([GaussianNB(), MultinomialNB(), LinearDiscriminantAnalysis()], stream())
    assert seen == [0, 20, 40]


@each(MODELS)
def test_deferred_work_is_done_when_it_is_asked_for(model):
    X, y = counts(0)
    deferred = clone(model).partial_fit(X, y, [0, 1, 2])
    check_is_fitted(deferred)
    name = next(n for n in sorted(type(model)._derived) if n.endswith("_") and n != "covariance_")
    assert name not in vars(deferred)
    expected = getattr(clone(model).fit(X, y), name)
    np.testing.assert_allclose(getattr(deferred, name), expected, rtol=1e-9, atol=1e-12)
    deferred.partial_fit(X + 1.0, y)
    assert name not in vars(deferred)  # what was true of fewer rows is gone
    revived = pickle.loads(pickle.dumps(deferred))
    np.testing.assert_array_equal(revived.predict_proba(X), deferred.predict_proba(X))
    with pytest.raises(AttributeError, match="nonsense_"):
        deferred.nonsense_  # noqa: B018
    with pytest.raises(NotFittedError):
        clone(model).predict(X)
    with pytest.raises(AttributeError):
        getattr(clone(model), name)


def test_an_error_in_deferred_work_can_be_mended():
    X, y = counts(0)
    model = QuadraticDiscriminantAnalysis().partial_fit(X[:6], y[:6], classes=[0, 1, 2])
    for _ in range(2):
        with pytest.raises(np.linalg.LinAlgError, match="not full rank"):
            model.predict(X)
    model.set_params(reg_param=0.1)
    expected = QuadraticDiscriminantAnalysis(reg_param=0.1).fit(X[:6], y[:6])
    np.testing.assert_allclose(model.predict_proba(X), expected.predict_proba(X), atol=1e-9)


@each(MODELS)
def test_after_an_error_the_model_is_what_it_was(model):
    X, y = counts(0)
    bad = X.copy()
    bad[-1, 0] = np.nan

    def broken():
        yield X, y
        yield bad, y

    wrong = [
        (lambda m: m.fit_chunks(broken()), "NaN"),
        (lambda m: m.fit_chunks([]), "chunks must hold at least one"),
        (lambda m: m.fit_chunks([X]), "chunks must yield"),
        (lambda m: m.fit_chunks([(X, y), (X[:, :2], y)]), "features"),
        (lambda m: m.partial_fit(bad, y, [0, 1, 2]), "NaN"),
        (lambda m: m.partial_fit(X, y, ["a", "b", "c"]), "one kind|stay the same"),
        (lambda m: m.partial_fit(X, y, [0, 1]), "do not exist|stay the same"),
        (lambda m: m.partial_fit(X, y, [0, 1, 2], -np.ones(len(y))), "sample_weight"),
        (lambda m: m.merge(LogisticRegression()), "other must be"),
        (lambda m: fit_many([m, clone(m)], bad, y), "NaN"),
        (lambda m: fit_many([m, m], X, y), "models must be distinct"),
        (lambda m: fit_many([m, LogisticRegression()], X, y), "models must be generative"),
        (lambda m: fit_many_chunks([m, clone(m)], broken()), "NaN"),
    ]
    fresh, fitted = clone(model), clone(model).fit(X, y)
    for act, message in wrong:
        for candidate in (fresh, fitted):
            before = dict(vars(candidate))
            with pytest.raises(ValueError, match=message):
                act(candidate)
            assert vars(candidate).keys() == before.keys()
            assert all(vars(candidate)[name] is value for name, value in before.items())
    with pytest.raises(NotFittedError):
        fitted.merge(fresh)
    with pytest.raises(ValueError, match="other must have the same 5 features"):
        fitted.merge(clone(model).fit(X[:, :4], y))


def test_what_cannot_be_merged():
    X, y = counts(0)
    with pytest.raises(ValueError, match="other must be a BernoulliNB"):
        BernoulliNB(binarize=0.5).fit(X, y).merge(BernoulliNB(binarize=1.5).fit(X, y))
    with pytest.raises(ValueError, match="other must hold floating-point"):
        GaussianNB().fit(X, y).merge(GaussianNB().fit(X.astype(np.uint8), y))
    with pytest.raises(ValueError, match="X must hold bytes"):
        GaussianNB().fit(X.astype(np.uint8), y).partial_fit(X / 255.0, y)


@pytest.mark.parametrize(
    "parameters", [{"shrinkage": "auto"}, {"covariance_estimator": OAS()}], ids=str
)
@pytest.mark.parametrize("cls", [LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis])
def test_a_stream_refuses_what_needs_a_second_pass(cls, parameters):
    X, y = counts(0)
    for act in (
        lambda: cls(**parameters).fit_chunks([(X, y)]),
        lambda: cls(**parameters).partial_fit(X, y, [0, 1, 2]),
        lambda: cls(**parameters).merge(cls().fit(X, y)),
        lambda: fit_many_chunks([cls(), cls(**parameters)], [(X, y)]),
    ):
        with pytest.raises(ValueError, match="need a second pass"):
            act()
    stream = iter([(X, y)])
    with pytest.raises(ValueError, match="need a second pass"):
        cls(**parameters).fit_chunks(stream)
    assert len(list(stream)) == 1  # it was refused before a row was read


@each([BernoulliNB(binarize=1.5), MultinomialNB()])
def test_sparse_chunks(model):
    X, y = counts(0)
    stream = ((csr_array(X[i]), y[i]) for i in np.array_split(np.arange(60), 4))
    expected = clone(model).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(
        clone(model).fit_chunks(stream).predict_proba(X), expected, rtol=1e-12
    )
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        fit_many([clone(model), GaussianNB()], csr_array(X), y)


@pytest.mark.parametrize("cls", [LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis])
def test_a_class_that_has_not_come_yet(cls):
    X, y = counts(0)
    early = y < 2
    model = cls().partial_fit(X[early], y[early], classes=[0, 1, 2])
    expected = cls().fit(X[early], y[early]).predict_proba(X)
    np.testing.assert_allclose(model.predict_proba(X)[:, :2], expected, atol=1e-9)
    assert (model.predict_proba(X)[:, 2] == 0).all()
    assert set(model.sample(50, 0)[1]) == {0, 1}
    for prior in ([0.3, 0.3, 0.4], [1 / 3, 1 / 3, 1 / 3]):
        with pytest.raises(ValueError, match="priors must be zero for classes without rows"):
            model.set_params(priors=prior).partial_fit(X[early], y[early]).predict(X)
