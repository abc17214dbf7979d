"""Ways to make a space: equal weights, counts, a table of joint probabilities, a product.

The product of independent experiments gives each tuple the product of its probabilities,

    P(s_1, ..., s_n) = P_1(s_1) ... P_n(s_n).
"""

import itertools
from collections.abc import Hashable, Iterable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from probml.probability._events import SampleSpace
from probml.probability._space import FiniteSpace
from probml.probability._weights import Weights, check_counts, check_probs

__all__ = ["from_counts", "from_joint", "product", "uniform"]


def uniform(outcomes: Iterable[Hashable]) -> FiniteSpace:
    """Exact space of equally likely outcomes, ``P(E) = |E| / |S|``.

    Source: catalogue PR-01; Lai 2020, slide 55.

    Parameters
    ----------
    outcomes : iterable of distinct hashables
        The sample space; ``range(n)`` is not expanded.

    Raises
    ------
    ValueError
        If there is no outcome, or one appears twice.

    Examples
    --------
    >>> die = uniform(range(1, 7))
    >>> print(die({5, 6}))
    1/3
    """
    sample = SampleSpace(outcomes)
    return FiniteSpace._of(sample, Weights(np.ones(len(sample), dtype=np.int64), len(sample)))


def from_counts(counts: Mapping[Hashable, int] | Iterable[int]) -> FiniteSpace:
    """Exact space of relative frequencies, ``P(s) = n_s / sum n``.

    Source: catalogue PR-01.

    Parameters
    ----------
    counts : mapping of outcome to count, or array_like of int, shape (n,)
        How often each outcome came up, such as a :class:`collections.Counter`; without a
        mapping the outcomes are ``range(n)``.

    Raises
    ------
    ValueError
        If a count is negative or not an integer, or all are zero.

    Examples
    --------
    >>> from collections import Counter
    >>> from_counts(Counter("abracadabra"))
    FiniteSpace({'a': 5/11, 'b': 2/11, 'r': 2/11, 'c': 1/11, 'd': 1/11})
    """
    if isinstance(counts, Mapping):
        return FiniteSpace._of(SampleSpace(counts), check_counts(counts.values()))
    weights = check_counts(counts)
    return FiniteSpace._of(SampleSpace(range(len(weights.masses))), weights)


def from_joint(table: Any) -> FiniteSpace:
    """Space of pairs from a table of joint probabilities, ``P(x, y) = table[x, y]``.

    Source: catalogue PR-11, PR-15.

    Parameters
    ----------
    table : array_like of shape (n_rows, n_columns), or pandas.DataFrame
        Probabilities that sum to 1, exact as for :class:`FiniteSpace`.  Outcomes are pairs of
        the labels of a frame, or of positions.  Tables of more dimensions give longer tuples.

    Raises
    ------
    ValueError
        If the table has fewer than two dimensions, labels repeat, or the entries are no
        probabilities.

    Examples
    --------
    >>> import pandas as pd
    >>> P = from_joint(pd.DataFrame({"+": [0.095, 0.045], "-": [0.005, 0.855]}, ["ill", "well"]))
    >>> X, Y = P.marginal(0), P.marginal(1)
    >>> X
    FiniteSpace({'ill': 0.1, 'well': 0.9})
    >>> round(P({("ill", "+")}, given=lambda s: s[1] == "+"), 4)
    0.6786
    """
    array = np.asarray(table)
    if array.ndim < 2:
        raise ValueError(
            f"a joint table must have rows and columns (got shape {array.shape}); "
            "pass one probability per outcome to FiniteSpace"
        )
    labels: list[Iterable[Hashable]] = [range(n) for n in array.shape]
    if hasattr(table, "columns"):
        labels = [table.index.tolist(), table.columns.tolist()]
    return FiniteSpace._of(SampleSpace(itertools.product(*labels)), check_probs(array.ravel()))


def product(*spaces: FiniteSpace) -> FiniteSpace:
    """Independent experiments together: ``P(s_1, ..., s_n) = P_1(s_1) ... P_n(s_n)``.

    Source: catalogue PR-12.

    Parameters
    ----------
    *spaces : FiniteSpace
        Outcomes of the product are tuples of one outcome each; it is exact where all are.

    Raises
    ------
    ValueError
        If no space is given.

    Examples
    --------
    >>> coin = uniform("HT")
    >>> print(product(coin, coin, coin)({("H", "H", "H")}))
    1/8
    """
    if not spaces:
        raise ValueError("product expects at least one space (got none); write *spaces for a list")
    sample = SampleSpace(itertools.product(*(P.outcomes for P in spaces)))
    return FiniteSpace._of(sample, reduce(Weights.times, (P._weights for P in spaces)))
