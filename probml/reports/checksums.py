"""What data is: a checksum of features and labels of both splits, in the order of their rows.

A test split whose rows were permuted has the same features and the same labels, and is other data.
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from probml.datasets import Dataset

__all__ = ["combined", "data_checksums"]


def data_checksums(dataset: "Dataset") -> dict[str, str]:
    """SHA-256 of each array of a dataset: type, shape and content, rows in their order.

    Examples
    --------
    >>> from probml.datasets import load_digits_dataset
    >>> sorted(data_checksums(load_digits_dataset()))
    ['X_test', 'X_train', 'y_test', 'y_train']
    """
    names = ["X_train", "y_train", "X_test", "y_test"]
    names += ["weight_train"] if dataset.weight_train is not None else []
    return {name: _checksum(getattr(dataset, name), dataset.scale) for name in names}


def combined(parts: Mapping[str, str]) -> str:
    """One checksum of several.

    Examples
    --------
    >>> combined({"a": "1", "b": "2"}) == combined({"b": "2", "a": "1"})
    True
    """
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(parts.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _checksum(array: NDArray[Any], scale: float) -> str:
    kind = array.dtype.newbyteorder("<") if array.dtype.kind in "iufU" else array.dtype
    scaled = scale if array.ndim == 2 else 1.0
    total = hashlib.sha256(f"{kind.str} {array.shape} {scaled!r}\n".encode())
    if kind.kind == "O":
        total.update("\0".join(map(repr, array.ravel().tolist())).encode(errors="replace"))
    else:
        total.update(np.ascontiguousarray(array, dtype=kind).data.cast("B"))
    return total.hexdigest()
