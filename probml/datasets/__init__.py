"""Data sets with their provenance: every byte is checked before it is used.

MNIST is read from ``PROBML_DATA`` or the user's cache and downloaded when absent; the small digits
come with scikit-learn and are always at hand.
"""

from probml.datasets._dataset import Dataset, DatasetError
from probml.datasets._fetch import FileStatus
from probml.datasets.digits import load_digits_dataset
from probml.datasets.idx import read_idx
from probml.datasets.mnist import (
    MNIST_MIRRORS,
    fetch_mnist,
    load_mnist,
    mnist_path,
    verify_mnist,
)

__all__ = [
    "MNIST_MIRRORS",
    "Dataset",
    "DatasetError",
    "FileStatus",
    "fetch_mnist",
    "load_digits_dataset",
    "load_mnist",
    "mnist_path",
    "read_idx",
    "verify_mnist",
]
