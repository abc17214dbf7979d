"""Predictions, as lazy as the collections they are made of."""

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from probml.classifiers._mergeable import MergeableClassifier
from probml.distributed._collections import import_dask, kind_of

__all__ = ["predict", "predict_log_proba", "predict_proba"]


def predict(model: Any, X: Any) -> Any:
    """Most probable classes, as a lazy collection like X.

    Parameters
    ----------
    model : fitted classifier
    X : dask array (n_samples, n_features), DataFrame, or bag of chunks
        As for :func:`fit`, without labels.

    Returns
    -------
    dask array (n_samples,), Series, or bag of arrays
        Labels; what is wrong with a partition is said when it is computed.
    """
    return _lazily(model, X, "predict")


def predict_proba(model: Any, X: Any) -> Any:
    """Posterior probabilities ``p(C_k | x)``, as a lazy collection like X.

    Parameters
    ----------
    model : fitted classifier
    X : dask array (n_samples, n_features), DataFrame, or bag of chunks

    Returns
    -------
    dask array (n_samples, n_classes), DataFrame with a column per class, or bag of arrays
    """
    return _lazily(model, X, "predict_proba")


def predict_log_proba(model: Any, X: Any) -> Any:
    """Logarithms of the posterior probabilities, as a lazy collection like X.

    Parameters
    ----------
    model : fitted classifier
    X : dask array (n_samples, n_features), DataFrame, or bag of chunks

    Returns
    -------
    dask array (n_samples, n_classes), DataFrame with a column per class, or bag of arrays
    """
    return _lazily(model, X, "predict_log_proba")


def _lazily(model: Any, X: Any, method: str) -> Any:
    kind = kind_of(X)
    check_is_fitted(model)
    light = _without_statistics(model)
    if kind == "frame":
        return X.map_partitions(
            _predicted_frame, light, method, meta=_predicted_frame(X._meta, light, method)
        )
    shared = import_dask().delayed(light, traverse=False)
    if kind == "bag":
        return X.map(_predicted, model=shared, method=method)
    tail = () if method == "predict" else (len(model.classes_),)
    dtype = model.classes_.dtype if method == "predict" else np.float64
    array = import_dask().array
    predicted = import_dask().delayed(_predicted)
    blocks = [
        array.from_delayed(predicted(block, shared, method), (size, *tail), dtype)
        for block, size in zip(X.rechunk({1: -1}).to_delayed().ravel(), X.chunks[0], strict=True)
    ]
    return array.concatenate(blocks)


def _without_statistics(model: Any) -> Any:
    """What predictions need of a model."""
    if isinstance(model, MergeableClassifier):
        model._settle()
    light = copy(model)
    vars(light).pop("_statistics", None)
    return light


def _predicted(X: Any, model: Any, method: str) -> NDArray[Any]:
    rows = X[0] if isinstance(X, tuple | list) else X
    if len(rows):
        predicted: NDArray[Any] = getattr(model, method)(rows)
        return predicted
    if method == "predict":
        return model.classes_[:0]  # type: ignore[no-any-return]
    return np.empty((0, len(model.classes_)))


def _predicted_frame(frame: Any, model: Any, method: str) -> Any:
    import pandas as pd

    predicted = _predicted(frame, model, method)
    if method == "predict":
        return pd.Series(predicted, index=frame.index)
    return pd.DataFrame(predicted, index=frame.index, columns=model.classes_)
