"""Models that say what they are told, so that every figure of a report is known beforehand."""

from copy import deepcopy
from dataclasses import replace

import numpy as np

from probml.datasets import Dataset
from probml.reports import Pair
from probml.reports.evaluate import evaluate
from probml.reports.plan import members_of, plan
from probml.reports.runner import prepare


class Stub:
    """A classifier that answers with one fixed table, whatever it is asked."""

    def __init__(self, proba, classes=("no", "yes"), error=None, warning=None):
        self.proba, self.names, self.error, self.warning = proba, classes, error, warning

    def fit(self, X, y):
        if self.warning is not None:
            import warnings

            for _ in range(2):
                warnings.warn(self.warning, stacklevel=1)
        if self.error is not None:
            raise self.error
        self.classes_ = np.array(self.names)
        return self

    def predict_proba(self, X):
        return np.array(self.proba)

    def predict_log_proba(self, X):
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X):
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


def table(*yes):
    """Probabilities of (no, yes), one row per argument."""
    return [[1.0 - p, p] for p in yes]


def small_dataset(name="small"):
    """Four test rows, labelled no, no, yes, yes."""
    return Dataset(
        X_train=np.zeros((3, 2), dtype=np.uint8),
        y_train=np.array(["no", "yes", "yes"]),
        X_test=np.zeros((4, 2), dtype=np.uint8),
        y_test=np.array(["no", "no", "yes", "yes"]),
        name=name,
        feature_shape=(2,),
        class_names=("no", "yes"),
        scale=255.0,
        sha256={"small.npz": "0" * 64},
        licence="CC0",
        source="nobody",
    )


def stub_pair(ours, theirs, name="stub", **options):
    """A pair of two tables, or of keyword arguments for two stubs."""

    def factory(answer):
        arguments = answer if isinstance(answer, dict) else {"proba": answer}
        return lambda **parameters: Stub(**arguments)

    return Pair(name, options.pop("title", "A stub"), factory(ours), factory(theirs), **options)


OURS = table(0.25, 0.5, 0.75, 1.0)
THEIRS = table(0.25, 0.75, 0.75, 0.5)


def evaluated(dataset, pairs, seeds=(0,), timed=True):
    """Records as `run_pairs` makes them, but in this process, and without the prior."""
    members = members_of(pairs, seeds, None)[:-1]
    split = prepare(dataset)
    cells = plan([dataset], members, digests=["0" * 64], threads=1, limits="", calibrate=None)
    return [
        replace(cell.record, status="failed")
        if member.estimator is None
        else evaluate(cell.record, split, lambda m=member: deepcopy(m.estimator), timed=timed)
        for cell, member in zip(cells, members, strict=True)
    ]
