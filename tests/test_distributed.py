"""Fits and predictions on Dask collections, with worker processes that come and go."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from probml import distributed as ours
from probml.classifiers import (
    BernoulliNB,
    GaussianNB,
    LinearDiscriminantAnalysis,
    LogisticRegression,
    MLPClassifier,
    MultinomialNB,
    QuadraticDiscriminantAnalysis,
    _logistic_descent,
)

dask = pytest.importorskip("dask")
import dask.array as da  # noqa: E402
import dask.bag as db  # noqa: E402
import dask.dataframe as dd  # noqa: E402
from dask.distributed import Client, LocalCluster  # noqa: E402

MODELS = [
    LinearDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(reg_param=0.05),
    GaussianNB(),
    BernoulliNB(binarize=1.5),
    MultinomialNB(),
]
LOGISTIC = LogisticRegression(max_iter=1000)
ROUGH = LogisticRegression(tol=1e-3)


def each(models):
    return pytest.mark.parametrize("model", models, ids=lambda m: type(m).__name__)


def counts(seed, *, n=120, d=5):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % 3)
    return rng.poisson(rng.uniform(0.5, 4.0, (3, d))[y]).astype(float), y


def frames(seed=0):
    """The same table in one piece and in four partitions, with labels beside the features."""
    X, y = counts(seed)
    table = pd.DataFrame(X, columns=list("abcde"))
    whole = table.assign(label=np.array(["pear", "apple", "fig"])[y], weight=1.0 + y)
    return table, whole, dd.from_pandas(whole, npartitions=4)


@pytest.fixture(scope="module")
def client():
    """Three worker processes, which are replaced when they die."""
    with (
        LocalCluster(
            n_workers=3, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


# Threads of this process, which is what Dask uses without a cluster.


@each(MODELS)
@settings(max_examples=5)
@given(data=st.data(), seed=st.integers(0, 10_000), weighted=st.booleans())
def test_bytes_give_the_same_bits_in_any_partition(model, data, seed, weighted):
    X, y = counts(seed)
    X = X.astype(np.uint8)
    w = np.random.default_rng(seed).integers(0, 4, len(y)) if weighted else None
    cuts = data.draw(st.sets(st.integers(1, len(y) - 1), max_size=20))
    sizes = tuple(np.diff([0, *sorted(cuts), len(y)]).tolist())
    expected = clone(model).fit(X, y, sample_weight=w).predict_log_proba(X)
    rows = da.from_array(X, chunks=(sizes, data.draw(st.integers(1, 5))))
    labels = da.from_array(y, chunks=data.draw(st.integers(1, len(y))))
    fitted = ours.fit(clone(model), rows, labels, w)
    np.testing.assert_array_equal(fitted.predict_log_proba(X), expected)
    # the same model, but products of fewer rows may round otherwise
    lazily = ours.predict_log_proba(fitted, rows)
    np.testing.assert_allclose(lazily.compute(), expected, rtol=1e-12, atol=1e-12)


@each([*MODELS, LOGISTIC])
def test_a_table_by_names_of_columns(model):
    table, whole, parts = frames()
    expected = clone(model).fit(table, whole["label"], sample_weight=whole["weight"])
    fitted = ours.fit(clone(model), parts, "label", "weight")
    assert fitted.classes_.tolist() == ["apple", "fig", "pear"]
    assert fitted.feature_names_in_.tolist() == list("abcde")
    np.testing.assert_allclose(
        fitted.predict_proba(table), expected.predict_proba(table), atol=1e-6
    )
    X = parts[list("abcde")]
    beside = ours.fit(clone(model), X, parts["label"], parts["weight"])
    np.testing.assert_allclose(
        beside.predict_proba(table), fitted.predict_proba(table), rtol=1e-9, atol=1e-12
    )
    labels = ours.predict(fitted, X)
    assert isinstance(labels, dd.Series)
    assert labels.compute().tolist() == fitted.predict(table).tolist()
    proba = ours.predict_proba(fitted, X).compute()
    assert proba.columns.tolist() == ["apple", "fig", "pear"]
    np.testing.assert_allclose(proba, fitted.predict_proba(table), rtol=1e-12)
    with pytest.raises(ValueError, match="feature names"):
        ours.predict(fitted, X[list("edcba")]).compute()


@each([*MODELS, LOGISTIC])
def test_a_bag_of_chunks(model):
    X, y = counts(0)
    chunks = [(X[i], y[i]) for i in np.array_split(np.arange(len(y)), 7)]
    bag = db.from_sequence([*chunks, (X[:0], y[:0])], npartitions=3)
    fitted = ours.fit(clone(model), bag)
    expected = clone(model).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(fitted.predict_proba(X), expected, atol=1e-6)
    proba = np.vstack(ours.predict_proba(fitted, bag).compute(scheduler="threads"))
    np.testing.assert_allclose(proba, fitted.predict_proba(X), rtol=1e-12)
    labels = np.concatenate(ours.predict(fitted, bag).compute(scheduler="threads"))
    assert labels.tolist() == fitted.predict(X).tolist()


@pytest.mark.parametrize(
    "parameters",
    [{}, {"class_weight": "balanced"}, {"class_weight": {0: 3.0}}, {"fit_intercept": False}],
    ids=str,
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_logistic_regression_by_summed_gradients(parameters, n_classes, monkeypatch):
    X, y = counts(0)
    y = y % n_classes
    w = np.random.default_rng(0).uniform(0.0, 2.0, len(y))
    expected = clone(LOGISTIC).set_params(**parameters).fit(X, y, w)
    rows = da.from_array(X, chunks=(31, 2))
    fitted = ours.fit(clone(expected), rows, y, w)
    np.testing.assert_allclose(fitted.coef_, expected.coef_, atol=1e-7)
    assert fitted.n_iter_ == expected.n_iter_
    monkeypatch.setattr(_logistic_descent, "LARGEST_GRAM", 2)  # without a Gram matrix
    fitted = ours.fit(clone(expected), rows, y, w)
    np.testing.assert_allclose(fitted.coef_, clone(expected).fit(X, y, w).coef_, atol=1e-6)


def test_one_reduction_for_each_evaluation(monkeypatch):
    X, y = counts(0)
    calls = []
    original = ours._fit.total
    monkeypatch.setattr(ours._fit, "total", lambda *args: (calls.append(args), original(*args))[1])
    fitted = ours.fit(clone(LOGISTIC), da.from_array(X, chunks=(40, 5)), y)
    n_iter = fitted.n_iter_[0]
    labels, *sums = (args[6] if len(args) > 4 else "labels" for args in calls)
    assert labels == "labels"
    assert sums.count("mean") == 1
    assert sums.count("curvature") == 1 + sum(n_iter >= k for k in (4, 32, 256))
    # the start and every step, of which a few were tried twice, and the end
    assert n_iter + 2 <= sums.count("cross_entropy") <= 1.3 * n_iter + 2
    assert 1 <= sums.count("intercept_sums") <= 4
    assert set(sums) == {"mean", "curvature", "cross_entropy", "intercept_sums"}


def test_missing_values_and_labels_that_come_late():
    X, y = counts(0)
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]  # each part lacks classes
    holed = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    model = GaussianNB(missing="marginalize")
    fitted = ours.fit(clone(model), da.from_array(holed, chunks=(25, 5)), y)
    expected = clone(model).fit(holed, y).predict_proba(holed)
    np.testing.assert_allclose(fitted.predict_proba(holed), expected, atol=1e-9)
    logistic = ours.fit(clone(LOGISTIC), da.from_array(X, chunks=(25, 5)), y)
    np.testing.assert_allclose(logistic.coef_, clone(LOGISTIC).fit(X, y).coef_, atol=1e-6)


@each([*MODELS, LOGISTIC])
def test_empty_partitions_are_passed_over(model):
    table, whole, parts = frames()
    sparse = dd.concat([parts[parts["a"] < 0], parts, parts[parts["a"] < 0]])
    fitted = ours.fit(clone(model), sparse, "label", "weight")
    expected = clone(model).fit(table, whole["label"], sample_weight=whole["weight"])
    np.testing.assert_allclose(
        fitted.predict_proba(table), expected.predict_proba(table), atol=1e-6
    )
    features = sparse[list("abcde")]
    assert len(ours.predict_proba(fitted, features).compute()) == len(table)
    assert ours.predict(fitted, features).compute().tolist() == fitted.predict(table).tolist()
    weightless = parts.assign(weight=parts["weight"] * (parts["weight"] > 1))
    heavy = whole["weight"] > 1  # one class is gone
    fitted = ours.fit(clone(model), weightless, "label", "weight")
    assert fitted.classes_.tolist() == sorted(set(whole["label"][heavy]))
    X, y = counts(0)
    w = np.repeat([0.0, 1.0], 60)  # two parts without weight
    rows = da.from_array(X, chunks=(30, 5))
    fitted = ours.fit(clone(model), rows, y, w)
    expected = clone(model).fit(X, y, sample_weight=w).predict_proba(X)
    np.testing.assert_allclose(fitted.predict_proba(X), expected, atol=1e-6)
    nothing = parts[parts["a"] < 0]
    with pytest.raises(ValueError, match="at least one row of positive weight"):
        ours.fit(clone(model), nothing, "label", "weight")


def bad_collections():
    X, y = counts(0)
    _, whole, parts = frames()
    rows = da.from_array(X, chunks=(40, 5))
    unknown = parts[list("abcde")].to_dask_array()
    holed = X.copy()
    holed[-1, -1] = np.nan
    other = dd.from_delayed(
        [
            dask.delayed(whole[:60]),
            dask.delayed(whole[60:].rename(columns={"b": "z"})),
        ],
        meta=whole[:0],
        verify_meta=False,
    )
    shifted = dd.from_pandas(whole["label"].rename(index=lambda i: i + 1), npartitions=4)
    mixed = db.from_sequence([(X, y), (X[:, :3], y)], npartitions=2)
    return {
        "unknown chunks": ((unknown, y), "X must have chunks of known sizes"),
        "unknown labels": ((rows, parts["weight"].to_dask_array()), "y must have chunks of known"),
        "too few labels": ((rows, y[:-1]), "y must have one entry per row: expected 120"),
        "another weight": ((rows, y, np.ones(7)), "sample_weight must have one entry per row"),
        "three axes": ((rows[:, :, None], y), "X must have two axes"),
        "no labels": ((rows,), "y must be the labels of X"),
        "in memory": ((X, y), "X must be a Dask array, DataFrame or bag"),
        "missing value": ((da.from_array(holed, chunks=(40, 5)), y), "partition 2 of X: .*NaN"),
        "no such column": ((parts, "species"), "X must have a column 'species'"),
        "another column": ((other, "label", "weight"), "the columns .* in every partition"),
        "other partitions": ((parts, parts["label"].repartition(npartitions=2)), "4 partitions"),
        "another index": ((parts, shifted), "must have the index of X in every partition"),
        "labels for a bag": ((mixed, y), "y must be None for a bag"),
        "other features": ((mixed,), "same (5 )?features"),
        "no chunks": ((db.from_sequence([X, X]),), "chunks must yield"),
    }


BAD = bad_collections()


@each([GaussianNB(), LOGISTIC])
@pytest.mark.parametrize("name", BAD)
def test_bad_collections_leave_the_model_as_it_was(model, name):
    args, message = BAD[name]
    fitted = clone(model).fit(*counts(1))
    before = dict(vars(fitted))
    with pytest.raises(ValueError, match=message):
        ours.fit(fitted, *args)
    assert vars(fitted) == before


def test_models_that_cannot_be_summed():
    X, y = counts(0)
    rows = da.from_array(X, chunks=(40, 5))
    with pytest.raises(ValueError, match="must be a generative classifier or LogisticRegression"):
        ours.fit(MLPClassifier(), rows, y)
    with pytest.raises(ValueError, match="need a second pass"):
        ours.fit(LinearDiscriminantAnalysis(shrinkage="auto"), rows, y)


def test_predictions_are_lazy_and_keep_their_chunks():
    X, y = counts(0)
    model = QuadraticDiscriminantAnalysis(reg_param=0.1).fit(X, y)
    rows = da.from_array(X, chunks=(50, 2))
    proba = ours.predict_proba(model, rows)
    assert proba.chunks == ((50, 50, 20), (3,))
    assert ours.predict(model, rows).dtype == y.dtype
    np.testing.assert_allclose(proba, model.predict_proba(X), rtol=1e-12)
    unknown = dd.from_pandas(pd.DataFrame(X), npartitions=3).to_dask_array()
    np.testing.assert_allclose(ours.predict_proba(model, unknown), model.predict_proba(X))
    assert "_statistics" in vars(model)  # which stay here


# A cluster of processes.


@each([*MODELS, ROUGH])
def test_workers_find_the_model_of_one_process(model, client):
    X, y = counts(0)
    X = X.astype(np.uint8)
    rows = da.from_array(X, chunks=(17, 3))
    fitted = ours.fit(clone(model), rows, y)
    expected = clone(model).fit(X, y).predict_proba(X)
    tolerance = 1e-5 if model is ROUGH else 0.0  # bytes are descended on in single precision
    np.testing.assert_allclose(fitted.predict_proba(X), expected, rtol=0.0, atol=tolerance)
    proba = ours.predict_proba(fitted, rows)
    np.testing.assert_allclose(proba.compute(), fitted.predict_proba(X), rtol=1e-6)


@each([QuadraticDiscriminantAnalysis(reg_param=0.05), GaussianNB()])
def test_a_killed_worker_changes_nothing(model, client, tmp_path):
    X, y = counts(0, n=3000)
    X = X.astype(np.uint8)
    marker = tmp_path / "killed"

    def deadly(block, block_info=None):
        if block_info[0]["chunk-location"][0] == 11 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return block

    rows = da.from_array(X, chunks=(200, 5)).map_blocks(deadly, dtype=np.uint8)
    fitted = ours.fit(clone(model), rows, y)
    assert marker.exists()
    expected = clone(model).fit(X, y).predict_log_proba(X)
    np.testing.assert_array_equal(fitted.predict_log_proba(X), expected)
    client.wait_for_workers(3, timeout=30)


CLUSTER = """
import time
from dask.distributed import LocalCluster
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0")
    print(cluster.scheduler_address, flush=True)
    time.sleep(60)
"""


def test_a_scheduler_that_goes_away_is_an_error_at_once(tmp_path):
    (tmp_path / "cluster.py").write_text(CLUSTER)
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "cluster.py")], stdout=subprocess.PIPE, text=True
    )
    marker = tmp_path / "begun"

    def slow(block):
        marker.touch()
        time.sleep(0.1)
        return block

    def kill():
        while not marker.exists() and process.poll() is None:
            time.sleep(0.05)
        process.kill()

    X, y = counts(0, n=2000)
    rows = da.from_array(X, chunks=(10, 5)).map_blocks(slow, dtype=float)
    model = GaussianNB()
    killer = threading.Thread(target=kill)
    try:
        with process.stdout:
            client = Client(process.stdout.readline().strip(), timeout=20)
        killer.start()
        for _ in range(2):
            with (
                client.as_current(),
                pytest.raises(RuntimeError, match="scheduler of the Dask cluster must stay"),
            ):
                ours.fit(model, rows, y)
        assert not hasattr(model, "classes_")
    finally:
        process.kill()
        process.wait()
        killer.join()
        client.close(timeout=1)
