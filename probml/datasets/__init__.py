"""Data sets with their provenance: every byte is checked before it is used.

MNIST is read from ``PROBML_DATA`` or the user's cache and downloaded when absent; the small digits
come with scikit-learn and are always at hand.  Beside them, what turns data into the arrays that
models take: layouts, one-hot targets, mini-batches.
"""

from probml.datasets._dataset import Dataset, DatasetError
from probml.datasets._fetch import FileStatus
from probml.datasets.digits import load_digits_dataset
from probml.datasets.encoding import one_hot
from probml.datasets.idx import read_idx
from probml.datasets.layouts import LAYOUTS, check_layout, flatten_images, unflatten_images
from probml.datasets.minibatches import iterate_minibatches, minibatch_slices, n_updates
from probml.datasets.mnist import (
    MNIST_MIRRORS,
    fetch_mnist,
    load_mnist,
    mnist_path,
    verify_mnist,
)
from probml.datasets.tables import load_table, read_table

__all__ = [
    "LAYOUTS",
    "MNIST_MIRRORS",
    "Dataset",
    "DatasetError",
    "FileStatus",
    "check_layout",
    "fetch_mnist",
    "flatten_images",
    "iterate_minibatches",
    "load_digits_dataset",
    "load_mnist",
    "load_table",
    "minibatch_slices",
    "mnist_path",
    "n_updates",
    "one_hot",
    "read_idx",
    "read_table",
    "unflatten_images",
    "verify_mnist",
]
