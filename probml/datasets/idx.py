"""The IDX format, in which MNIST is stored.

A file is two zero bytes, a code for the type of its items, the number ``d`` of dimensions, ``d``
big-endian 32-bit sizes and then the items themselves, big-endian, the last index running fastest::

    00 00 [type] [d]  [size 1] ... [size d]  [items: exactly size 1 * ... * size d of them]
"""

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probml.datasets._dataset import DatasetError

__all__ = ["GZIP_MAGIC", "parse_idx", "read_idx"]

GZIP_MAGIC = b"\x1f\x8b"

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_REMEDY = "fetch the file again or pass another one"


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read one IDX file, gzipped or not.

    Compression is recognised by the first two bytes: browsers unpack files and keep their names.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    ndarray
        A new array of the shape and item type that the file declares, in native byte order.

    Raises
    ------
    DatasetError
        If the file cannot be read, or is anything else than one complete IDX array.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "two-by-three")
    ...     _ = file.write_bytes(bytes([0, 0, 8, 2,  0, 0, 0, 2,  0, 0, 0, 3,  1, 2, 3, 4, 5, 6]))
    ...     read_idx(file)
    array([[1, 2, 3],
           [4, 5, 6]], dtype=uint8)
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise DatasetError(
            f"{path}: expected a readable file (got: {reason}); {_REMEDY}"
        ) from error
    return parse_idx(data, str(path))


def parse_idx(data: bytes, origin: str) -> NDArray[Any]:
    """Parse the bytes of an IDX file, gzipped or not; ``origin`` is what errors call them.

    Raises
    ------
    DatasetError
        If the bytes are anything else than one complete IDX array.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 1,  0, 0, 0, 3,  7, 2, 1]), "three labels")
    array([7, 2, 1], dtype=uint8)
    >>> parse_idx(bytes([0, 0, 8, 1,  0, 0, 0, 3,  7, 2]), "three labels")
    Traceback (most recent call last):
    ...
    probml.datasets._dataset.DatasetError: three labels: expected 3 bytes of items
    for the shape (3,) (got 2); fetch the file again or pass another one
    """
    if data.startswith(GZIP_MAGIC):
        data = _decompress(data, origin)
    dtype, shape, start = _header(data, origin)
    expected = math.prod(shape) * dtype.itemsize
    if len(data) - start != expected:
        raise DatasetError(
            f"{origin}: expected {expected} bytes of items for the shape {shape} "
            f"(got {len(data) - start}); {_REMEDY}"
        )
    try:
        items = np.frombuffer(data, dtype, offset=start).reshape(shape)
    except ValueError as error:  # more dimensions, or larger ones, than NumPy can index
        raise DatasetError(
            f"{origin}: expected a shape that NumPy can hold (got {len(shape)} dimensions: "
            f"{error}); {_REMEDY}"
        ) from error
    return items.astype(dtype.newbyteorder("="))


def _decompress(data: bytes, origin: str) -> bytes:
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise DatasetError(
            f"{origin}: expected a complete gzip stream (got: {error}); {_REMEDY}"
        ) from error


def _header(data: bytes, origin: str) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Item type, shape, and where the items start."""
    magic = data[:4]
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES or magic[3] == 0:
        raise DatasetError(
            f"{origin}: expected IDX, which begins with 00 00, a type code 08 to 0e and the number "
            f"of dimensions (got {magic.hex(' ') or 'no bytes'}); {_REMEDY}"
        )
    ndim = magic[3]
    start = 4 + 4 * ndim
    if len(data) < start:
        raise DatasetError(
            f"{origin}: expected a header of {start} bytes for {ndim} dimensions "
            f"(got {len(data)}); {_REMEDY}"
        )
    return np.dtype(_DTYPES[magic[2]]), struct.unpack_from(f">{ndim}I", data, 4), start
