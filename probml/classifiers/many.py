"""Several generative models from one reading of the data.

Reading rows and multiplying them out is what a fit costs; what remains for each model is a
factorisation.  Models whose statistics are of one kind share them.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from numpy.typing import ArrayLike

from probml.classifiers._mergeable import MergeableClassifier
from probml.classifiers._reading import read_chunks, read_rows

__all__ = ["fit_many", "fit_many_chunks"]

Model = TypeVar("Model", bound=MergeableClassifier)


def fit_many(
    models: Sequence[Model], X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
) -> list[Model]:
    """Fit generative models to the same rows, which are read once.

    Parameters
    ----------
    models : sequence of generative classifiers
        Discriminant analyses and naive Bayes, in any number and with any parameters.
    X : array_like of shape (n_samples, n_features)
        Rows are samples.
    y : array_like of shape (n_samples,)
        Labels.
    sample_weight : array_like of shape (n_samples,), optional
        A weight of k stands for k copies of a row.

    Returns
    -------
    list
        The models, fitted; after an error all of them are what they were before.

    Raises
    ------
    ValueError
        If a model is not generative, or one of them refuses the data.

    Examples
    --------
    >>> from probml.classifiers import GaussianNB, LinearDiscriminantAnalysis
    >>> X, y = [[0.0], [2.0], [5.0], [9.0], [10.0]], [0, 0, 1, 1, 1]
    >>> nb, lda = fit_many([GaussianNB(), LinearDiscriminantAnalysis()], X, y)
    >>> nb.theta_.tolist(), lda.means_.tolist()
    ([[1.0], [8.0]], [[1.0], [8.0]])
    """
    fitted = _checked(models)
    read_rows(fitted, X, y, sample_weight)
    return fitted


def fit_many_chunks(models: Sequence[Model], chunks: Iterable[tuple[Any, ...]]) -> list[Model]:
    """Fit generative models to one stream of chunks, which is read once.

    Parameters
    ----------
    models : sequence of generative classifiers
        As for :func:`fit_many`, without parameters that need a second pass.
    chunks : iterable of (X, y) or (X, y, sample_weight)
        Each as for `fit`; classes may come in any chunk.

    Returns
    -------
    list
        The models, fitted; after an error all of them are what they were before.

    Raises
    ------
    ValueError
        If a model is not generative, there is no chunk, or a model refuses one.
    """
    fitted = _checked(models)
    read_chunks(fitted, chunks)
    return fitted


def _checked(models: Sequence[Model]) -> list[Model]:
    fitted = list(models)
    strange = [type(m).__name__ for m in fitted if not isinstance(m, MergeableClassifier)]
    if strange or not fitted:
        raise ValueError(
            "models must be generative classifiers of this library, at least one "
            f"(got {', '.join(strange) or 'none'}); fit others by themselves"
        )
    if len({id(model) for model in fitted}) < len(fitted):
        raise ValueError("models must be distinct objects (got one twice); use sklearn.base.clone")
    return fitted
