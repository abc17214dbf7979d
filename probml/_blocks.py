"""Rows are worked on in blocks, so that casts and temporaries stay small."""

from collections.abc import Iterator

__all__ = ["row_blocks"]

_BLOCK_ENTRIES = 1 << 21
"""Entries of a block: 16 MiB of float64."""


def row_blocks(n_rows: int, n_columns: int, entries: int = _BLOCK_ENTRIES) -> Iterator[slice]:
    """Slices that cut `n_rows` rows of `n_columns` into blocks of at most `entries` entries.

    Examples
    --------
    >>> [(rows.start, rows.stop) for rows in row_blocks(5, 1 << 20)]
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(1, entries // max(1, n_columns))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
