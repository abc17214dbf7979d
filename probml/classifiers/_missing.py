"""Missing values, left out of the density by exact marginalisation.

    p(x_O | C_k) = integral of p(x_O, x_M | C_k) over x_M,

for the observed entries O and the missing entries M of a row (NaN).  Independent features lose
their factors, and of a Gaussian the rows and columns of M go from its mean and covariance.  It
is right where entries are missing at random: for reasons that what is observed explains.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probml._validation import check_choice
from probml.numerics import FloatArray

__all__ = ["check_missing", "check_observed", "rows_by_gaps", "scores_with_gaps"]


def check_missing(missing: Any) -> None:
    """Raise :class:`ValueError` unless `missing` is one of its values."""
    check_choice("missing", missing, {"raise", "marginalize"})


def check_observed(observed: FloatArray, counts: FloatArray, classes: NDArray[Any]) -> None:
    """Raise if a class with rows never showed a feature; `observed` is its weight by feature."""
    unseen = (observed == 0) & (counts > 0)[:, None]
    if unseen.any():
        k, j = np.argwhere(unseen)[0]
        raise ValueError(
            f"X must hold every feature at least once in each class (feature {j} is missing in "
            f"all rows of class {classes[k]}), or it has no distribution there; drop the feature"
        )


def rows_by_gaps(X: FloatArray) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Indices of the rows of each pattern of missing entries, and of its observed entries."""
    gaps = np.isnan(X)
    keys = np.ascontiguousarray(np.packbits(gaps, axis=1))
    pattern = np.unique(keys.view(f"V{keys.shape[1]}").ravel(), return_inverse=True)[1]
    order = np.argsort(pattern, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(pattern[order])) + 1):
        yield rows, np.flatnonzero(~gaps[rows[0]])


def scores_with_gaps(
    X: FloatArray,
    n_classes: int,
    whole: Callable[[FloatArray], FloatArray],
    observed: Callable[[FloatArray, NDArray[np.intp]], FloatArray],
) -> FloatArray:
    """Scores by `whole` of the rows without gaps, and of the others by ``observed(X[:, O], O)``."""
    incomplete = np.isnan(X).any(axis=1)
    if not incomplete.any():
        return whole(X)
    scores = np.empty((len(X), n_classes))
    if not incomplete.all():
        scores[~incomplete] = whole(X[~incomplete])
    left = np.flatnonzero(incomplete)
    for rows, seen in rows_by_gaps(X[left]):
        scores[left[rows]] = observed(X[np.ix_(left[rows], seen)], seen)
    return scores
