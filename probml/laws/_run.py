"""Many laws at once, as frames: the catalogue verified, the mutants hunted, an exercise marked."""

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from probml.laws._law import Law

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["load_subject", "self_test", "verify"]


def verify(
    laws: Iterable[Law],
    *,
    candidate: Any = None,
    max_examples: int = 100,
    random_seed: int = 0,
) -> "DataFrame":
    """Check each law, and without a `candidate` that it rejects its mutants: one row per law.

    Parameters
    ----------
    laws : iterable of Law
        What to verify.
    candidate : object, optional
        The implementation to hold them against; this library's own if not given.
    max_examples : int
        Cases per law; mutants are given a hundred at least, so that a law counts as weak only if
        it is.
    random_seed : int
        Equal seeds draw equal cases.

    Returns
    -------
    pandas.DataFrame
        Columns are the attributes of :class:`LawResult` and, without a `candidate`, the number
        of mutants and how many of them are killed.
    """
    import pandas as pd

    rows = []
    for law in laws:
        row = asdict(law.check(candidate, max_examples=max_examples, random_seed=random_seed))
        if candidate is None:
            survivors = law.survivors(max_examples=max(max_examples, 100), random_seed=random_seed)
            n = len(law.mutants)
            row |= {"mutants": n, "killed": n - len(survivors)}
        rows.append(row)
    return pd.DataFrame(rows)


def self_test(laws: Iterable[Law], *, max_examples: int = 100, random_seed: int = 0) -> "DataFrame":
    """Hold each law against its own mutants: one row per law and mutant.

    Returns
    -------
    pandas.DataFrame
        Columns law_id, mutant, killed, counterexample.
    """
    import pandas as pd

    return pd.DataFrame(_hunt(laws, max_examples, random_seed))


def _hunt(laws: Iterable[Law], max_examples: int, random_seed: int) -> Iterator[dict[str, Any]]:
    for law in laws:
        for mutant in law.mutants:
            result = law.check(mutant.subject, max_examples=max_examples, random_seed=random_seed)
            yield {
                "law_id": law.id,
                "mutant": mutant.name,
                "killed": law.rejects(result),
                "counterexample": result.counterexample,
            }


def load_subject(path: str) -> Any:
    """Import what ``module:name`` names, such as ``homework:logsumexp``.

    Raises
    ------
    ValueError
        If `path` has another form, or there is no such module or name.

    Examples
    --------
    >>> load_subject("math:sqrt")(4.0)
    2.0
    >>> load_subject("math:squareroot")
    Traceback (most recent call last):
    ...
    ValueError: expected MODULE:NAME of something that can be imported (got 'math:squareroot':
    module 'math' has no attribute 'squareroot')
    """
    module, _, name = path.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    # whatever a module of somebody else raises when it is imported
    except Exception as error:
        raise ValueError(
            f"expected MODULE:NAME of something that can be imported (got {path!r}: {error})"
        ) from error
    return found
