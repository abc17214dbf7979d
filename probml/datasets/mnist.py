"""MNIST: 70,000 handwritten digits, 28x28 grey levels, white on black (catalogue DT-01).

Pixel (r, c) of an image is feature ``28 r + c`` of its row (DT-02).  The first 60,000 images are
the training set and the last 10,000 the test set, in the order of the original files.
"""

import os
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probml.datasets._dataset import Dataset, DatasetError
from probml.datasets._fetch import (
    FileStatus,
    Mirrors,
    PinnedFile,
    Progress,
    homes,
    inspect,
    obtain,
)
from probml.datasets.idx import parse_idx
from probml.datasets.layouts import flatten_images

__all__ = [
    "MNIST_FILES",
    "MNIST_MIRRORS",
    "fetch_mnist",
    "load_mnist",
    "mnist_from_arrays",
    "mnist_path",
    "verify_mnist",
]

MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# Training images and labels, then test images and labels.
MNIST_FILES = (
    PinnedFile(
        "train-images-idx3-ubyte.gz",
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    PinnedFile(
        "train-labels-idx1-ubyte.gz",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    PinnedFile(
        "t10k-images-idx3-ubyte.gz",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    PinnedFile(
        "t10k-labels-idx1-ubyte.gz",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)

_IMAGE_SHAPE = (28, 28)
_N_CLASSES = 10


def load_mnist(
    data_home: str | os.PathLike[str] | None = None,
    *,
    download: bool = True,
    mirrors: Sequence[str] = MNIST_MIRRORS,
    timeout: float = 30.0,
    retries: int = 2,
    progress: Progress | None = None,
) -> Dataset:
    """Load MNIST, after downloading it if it is not there.

    The files are looked for in ``<home>/mnist/``, gzipped or unpacked, where the homes are
    ``data_home`` alone if given, otherwise the folder that the environment variable ``PROBML_DATA``
    names and then the user's cache.  Their checksums are verified on every load.  A file that is
    absent or corrupt is downloaded into the same folder; the corrupt one is kept beside it as
    ``<name>.corrupt-<part of its checksum>``.

    Parameters
    ----------
    data_home : str or path-like, optional
        The only home to use.
    download : bool, default=True
        Whether the network may be used; the environment variable ``PROBML_OFFLINE=1`` forbids it
        too.
    mirrors : sequence of str
        Addresses of folders that hold the four files, in the order in which they are tried.
    timeout : float, default=30.0
        Seconds without an answer after which a mirror is given up.
    retries : int, default=2
        Further rounds over all mirrors after the first, with a growing pause before each.
    progress : callable, optional
        Called during a download as ``progress(file_name, received_bytes, total_bytes)``;
        ``total_bytes`` is None if the server does not say.

    Returns
    -------
    Dataset
        ``X_train`` (60000, 784) and ``X_test`` (10000, 784) of uint8 0..255, labels of int64 0..9.

    Raises
    ------
    DatasetError
        If a file is missing or corrupt and cannot be replaced; the message names it and the cause.

    Examples
    --------
    >>> mnist = load_mnist()  # doctest: +SKIP
    >>> mnist.X_train.shape, mnist.y_train[:5]  # doctest: +SKIP
    ((60000, 784), array([5, 0, 4, 1, 9]))
    """
    folder = mnist_path(data_home)
    source = Mirrors(mirrors, timeout, retries, progress) if download else None
    found = [obtain(folder, pinned, source) for pinned in MNIST_FILES]
    return mnist_from_arrays(
        *(parse_idx(file.data, str(file.status.path)) for file in found),
        sha256={file.status.path.name: file.sha256 for file in found},
    )


def fetch_mnist(
    data_home: str | os.PathLike[str] | None = None,
    *,
    download: bool = True,
    mirrors: Sequence[str] = MNIST_MIRRORS,
    timeout: float = 30.0,
    retries: int = 2,
    progress: Progress | None = None,
) -> Path:
    """Make sure that the four verified files are there, and return their folder.

    Parameters are those of `load_mnist`.

    Raises
    ------
    DatasetError
        If a file is missing or corrupt and cannot be replaced; the message names it and the cause.

    Examples
    --------
    >>> fetch_mnist("no-such-home", download=False)
    Traceback (most recent call last):
    ...
    probml.datasets._dataset.DatasetError: ...train-images-idx3-ubyte.gz is missing: no such file;
    nothing was downloaded (download=False or PROBML_OFFLINE); allow the download, ...
    """
    folder = mnist_path(data_home)
    source = Mirrors(mirrors, timeout, retries, progress) if download else None
    for pinned in MNIST_FILES:
        obtain(folder, pinned, source)
    return folder


def mnist_path(data_home: str | os.PathLike[str] | None = None) -> Path:
    """Folder that MNIST is read from, or would be downloaded into; uses no network.

    The first home (see `load_mnist`) that has all four files, or else the first home.

    Raises
    ------
    DatasetError
        If neither ``data_home`` nor ``PROBML_DATA`` is set and pooch, which names the user's
        cache, is not installed.

    Examples
    --------
    >>> mnist_path("my-data").as_posix()
    'my-data/mnist'
    """
    folders = (home / "mnist" for home in homes(data_home))
    first = next(folders)
    return next(filter(_is_complete, chain([first], folders)), first)


def verify_mnist(data_home: str | os.PathLike[str] | None = None) -> list[FileStatus]:
    """Verify the checksum of each of the four files, changing nothing.

    Bad files are reported, never raised.

    Examples
    --------
    >>> [file.status for file in verify_mnist("no-such-home")]
    ['missing', 'missing', 'missing', 'missing']
    """
    folder = mnist_path(data_home)
    return [inspect(folder, pinned).status for pinned in MNIST_FILES]


def _is_complete(folder: Path) -> bool:
    # Unlike Path.is_file, os.path.isfile takes a name that is too long for one that is not there.
    return all(any(map(os.path.isfile, pinned.candidates(folder))) for pinned in MNIST_FILES)


def mnist_from_arrays(
    train_images: NDArray[Any],
    train_labels: NDArray[Any],
    test_images: NDArray[Any],
    test_labels: NDArray[Any],
    *,
    sha256: Mapping[str, str],
) -> Dataset:
    """The data set, once images and labels are seen to belong together."""
    X_train, y_train = _split("train", train_images, train_labels)
    X_test, y_test = _split("t10k", test_images, test_labels)
    return Dataset(
        X_train,
        y_train,
        X_test,
        y_test,
        name="mnist",
        feature_shape=_IMAGE_SHAPE,
        class_names=tuple(map(str, range(_N_CLASSES))),
        scale=255.0,
        sha256=sha256,
        licence="CC BY-SA 3.0",
        source="MNIST, by Y. LeCun, C. Cortes and C. J. C. Burges, from NIST's SD-1 and SD-3",
    )


def _split(
    split: str, images: NDArray[Any], labels: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    remedy = "fetch the original files again"
    if images.shape[1:] != _IMAGE_SHAPE or images.dtype != np.uint8:
        raise DatasetError(
            f"{split}-images: expected uint8 images of shape (n, 28, 28) "
            f"(got {images.dtype} {images.shape}); {remedy}"
        )
    if labels.shape != images.shape[:1]:
        raise DatasetError(
            f"{split}-labels: expected one label for each of the {len(images)} images "
            f"(got shape {labels.shape}); {remedy}"
        )
    if not np.isin(labels, np.arange(_N_CLASSES)).all():
        raise DatasetError(
            f"{split}-labels: expected labels 0 to 9 (got {labels.min()} to {labels.max()}); "
            f"{remedy}"
        )
    return flatten_images(images), labels.astype(np.int64)
