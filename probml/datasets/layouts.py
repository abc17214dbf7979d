"""Layouts of arrays: which axis means what, and images as rows of a table.

Samples come first and channels last.  Pixel (r, c) of an image of width w is feature
``w r + c`` of its row (catalogue DT-02, DT-03).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._validation import check_choice

__all__ = ["LAYOUTS", "check_layout", "flatten_images", "unflatten_images"]

LAYOUTS = {
    "vectors": ("samples", "features"),
    "series": ("samples", "timesteps", "features"),
    "images": ("samples", "height", "width", "channels"),
    "video": ("samples", "frames", "height", "width", "channels"),
}
"""Names of the axes of each kind of data."""

# Grey, colour, colour with transparency: how many channels an image usually has.
_CHANNELS = (1, 3, 4)


def check_layout(x: ArrayLike, kind: str) -> NDArray[Any]:
    """Accept `x` if it has the axes of its kind; never reorder them.

    Source: catalogue DT-03.

    Parameters
    ----------
    x : array_like
        Data of one kind.
    kind : {"vectors", "series", "images", "video"}
        A key of :data:`LAYOUTS`, which names the axes.

    Returns
    -------
    ndarray
        `x` as an array, unchanged.

    Raises
    ------
    ValueError
        If the number of axes is another, or if images or video look channels-first: 1, 3 or 4
        where the height belongs, and not where the channels do.

    Examples
    --------
    >>> check_layout(np.zeros((60000, 28, 28, 1)), "images").shape
    (60000, 28, 28, 1)
    >>> check_layout(np.zeros((32, 3, 224, 224)), "images")
    Traceback (most recent call last):
    ...
    ValueError: images: expected (samples, height, width, channels), channels last (got shape
    (32, 3, 224, 224)); move the channels with numpy.moveaxis(x, 1, -1)
    """
    check_choice("kind", kind, LAYOUTS)
    axes, array = LAYOUTS[kind], np.asarray(x)
    expected = f"{kind}: expected ({', '.join(axes)})"
    if array.ndim != len(axes):
        raise ValueError(
            f"{expected} (got shape {array.shape}); a single sample needs x[None], grey images "
            "need x[..., None]"
        )
    if axes[-1] == "channels":
        before = array.ndim - 3
        if array.shape[before] in _CHANNELS and array.shape[-1] not in _CHANNELS:
            raise ValueError(
                f"{expected}, channels last (got shape {array.shape}); move the channels with "
                f"numpy.moveaxis(x, {before}, -1)"
            )
    return array


def flatten_images(images: ArrayLike) -> NDArray[Any]:
    """Each image as one row, in row-major order.

    Source: catalogue DT-02.

    Parameters
    ----------
    images : array_like of shape (n_samples, height, width) or (n_samples, height, width, channels)
        The images.

    Returns
    -------
    ndarray of shape (n_samples, height * width) or (n_samples, height * width * channels)
        A view where the memory allows it.

    Raises
    ------
    ValueError
        If the number of axes is another.

    Examples
    --------
    >>> flatten_images([[[1, 2], [3, 4]]])
    array([[1, 2, 3, 4]])
    """
    array = np.asarray(images)
    if array.ndim not in (3, 4):
        raise ValueError(
            "expected images of shape (n_samples, height, width) or (n_samples, height, width, "
            f"channels) (got shape {array.shape}); a single image needs image[None]"
        )
    return array.reshape(len(array), math.prod(array.shape[1:]))


def unflatten_images(X: ArrayLike, shape: Sequence[int]) -> NDArray[Any]:
    """Each row as an image again: the inverse of :func:`flatten_images`.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        Rows of pixels in row-major order.
    shape : tuple of int
        Of one image, such as ``dataset.feature_shape``: ``(28, 28)`` for MNIST.

    Returns
    -------
    ndarray of shape (n_samples, *shape)
        A view where the memory allows it.

    Raises
    ------
    ValueError
        If `X` is not a table, or its rows do not have as many entries as an image.

    Examples
    --------
    >>> unflatten_images([[1, 2, 3, 4]], (2, 2)).tolist()
    [[[1, 2], [3, 4]]]
    """
    table = np.asarray(X)
    n_pixels = math.prod(shape)
    if table.ndim != 2 or table.shape[1] != n_pixels:
        raise ValueError(
            f"expected rows of {n_pixels} pixels for images of shape {tuple(shape)} "
            f"(got shape {table.shape}); pass the shape that the images had"
        )
    return table.reshape(len(table), *shape)
