"""Fits: sums of parts, added up in a tree.

    T(rows) = T(part 1) + T(part 2) + ...

A generative model is its sufficient statistics, and the gradient of logistic regression is a sum
over rows: workers send those sums, never rows.  What runs them is Dask's business.
"""

from functools import partial
from typing import Any, TypeVar

from sklearn.base import clone

from probml._labels import distinct
from probml.classifiers import LogisticRegression
from probml.classifiers._base import all_or_nothing
from probml.classifiers._mergeable import MergeableClassifier
from probml.classifiers._summed import checked_chunks, descend_on_chunks
from probml.distributed._collections import parts_of
from probml.distributed._sums import named, total

__all__ = ["fit"]

Model = TypeVar("Model", MergeableClassifier, LogisticRegression)


def fit(model: Model, X: Any, y: Any = None, sample_weight: Any = None) -> Model:
    """Fit a generative classifier or logistic regression to a Dask collection.

    Generative models are those of ``model.fit``, to the bit where rows are bytes.  Logistic
    regression reads the collection a few times, and then once for each step: persist it if it fits
    into the memory of the cluster.

    Parameters
    ----------
    model : LDA, QDA, naive Bayes or LogisticRegression
        Is fitted in place; after an error it is what it was.
    X : dask array (n_samples, n_features), DataFrame, or bag
        Of a bag the items are chunks, ``(X, y)`` or ``(X, y, sample_weight)``.
    y : dask or other array (n_samples,), Series, or name of a column of X
        Labels; None for a bag.
    sample_weight : like y, optional
        A weight of k stands for k copies of a row.

    Returns
    -------
    model

    Raises
    ------
    ValueError
        If chunks are of unknown sizes, partitions do not fit together, or a part is not what
        ``model.fit`` takes; the message says which.
    RuntimeError
        If the cluster goes away.

    Examples
    --------
    >>> import dask.array as da
    >>> from probml.classifiers import GaussianNB
    >>> X, y = da.arange(8, chunks=3)[:, None], da.arange(8, chunks=3) // 4
    >>> fit(GaussianNB(), X, y).theta_.tolist()
    [[1.5], [5.5]]
    """
    parts = parts_of(X, y, sample_weight)

    def sums(of_part: Any, added: Any, *args: Any) -> Any:
        return total(parts, partial(named, of_part), added, model, *args)

    if isinstance(model, MergeableClassifier):
        with all_or_nothing(model):
            model._check_stream()
            whole = sums(_fitted_part, _merged)
            model._take_layout(whole)
            model.classes_ = whole.classes_
            model._conclude(whole._statistics)
    elif isinstance(model, LogisticRegression):
        with all_or_nothing(model):
            descend_on_chunks(model, sums)
    else:
        raise ValueError(
            "model must be a generative classifier or LogisticRegression of this library "
            f"(got {type(model).__name__})"
        )
    return model


def _fitted_part(chunks: list[Any], model: Any) -> Any:
    """The model of one part: its statistics, not yet finalised."""
    whole = None
    for X, y, weight, lead in checked_chunks(chunks, model):
        lead.classes_, index = distinct(y)
        statistics = lead._empty_statistics(len(lead.classes_), X.shape[1])
        lead._update(statistics, X, index, weight)
        lead._defer(statistics)
        whole = lead if whole is None else whole.merge(lead)
    return whole


def _merged(whole: Any, part: Any) -> Any:
    return clone(whole).merge(whole).merge(part)
