"""Images that two models got wrong, or on which they disagree: what errors look like.

A report is drawn from records alone, so the few images that it shows are kept beside them.
"""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probml.reports.evidence import Evidence
from probml.reports.records import Predictions

if TYPE_CHECKING:
    from probml.datasets import Dataset

__all__ = ["Images", "decode_images", "encode_images", "images_of", "png", "telling_rows"]

Images = Mapping[int, NDArray[np.uint8]]
"""Grey images of shape (height, width), by their row in the first test split."""

_SHOWN, _DISAGREED = 8, 4


def images_of(evidence: Evidence, dataset: "Dataset") -> dict[int, NDArray[np.uint8]]:
    """The images that a report on `dataset` shows; none if its rows are not grey images.

    Parameters
    ----------
    evidence : Evidence
        Of records on it.
    dataset : Dataset
        Rows whose `feature_shape` is (height, width) are images.
    """
    if len(dataset.feature_shape) != 2:
        return {}
    rows = {
        row
        for comparison in evidence.comparisons
        for row in telling_rows(*comparison.first_predictions)
    }
    grey = 255.0 * dataset.X_test[sorted(rows)].astype(np.float64) / dataset.scale
    images = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    shape = dataset.feature_shape
    return {row: image.reshape(shape) for row, image in zip(sorted(rows), images, strict=True)}


def telling_rows(ours: Predictions | None, theirs: Predictions | None) -> list[int]:
    """Rows to which two models give different labels, and rows where both are surely wrong.

    Parameters
    ----------
    ours, theirs : Predictions or None
        None of a model that failed; the other's errors are shown then.

    Returns
    -------
    list of int
        At most eight: up to four on which they disagree, those first whose probabilities differ
        most; then errors in the order of the probability that was given to the wrong label.
    """
    first, second = ours or theirs, theirs or ours
    if first is None or second is None:
        return []
    rows = np.arange(len(first.y_true))
    said = [p.log_proba[rows, p.y_pred] for p in (first, second)]
    apart = np.abs(np.exp(first.log_proba) - np.exp(second.log_proba)).max(axis=1)
    differ = np.flatnonzero(first.y_pred != second.y_pred)
    chosen = list(differ[np.argsort(-apart[differ], kind="stable")][:_DISAGREED])
    wrong = (first.y_pred != first.y_true) & (second.y_pred != second.y_true)
    wrong[chosen] = False
    sure = np.minimum(*said)
    errors = np.flatnonzero(wrong)
    chosen += list(errors[np.argsort(-sure[errors], kind="stable")])
    return [int(row) for row in chosen[:_SHOWN]]


def png(image: NDArray[np.uint8]) -> bytes:
    """An image as a PNG file, dark ink on light paper: 0 becomes white.

    Examples
    --------
    >>> png(np.zeros((2, 2), np.uint8))[1:4]
    b'PNG'
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.uint8(255) - image).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def encode_images(images: Images) -> bytes:
    """One NPZ file; the same images give the same bytes."""
    buffer = io.BytesIO()
    rows = sorted(images)
    stacked: Any = (
        np.stack([images[row] for row in rows]) if rows else np.zeros((0, 0, 0), np.uint8)
    )
    np.savez_compressed(buffer, rows=np.array(rows, dtype=np.int64), images=stacked)
    return buffer.getvalue()


def decode_images(content: bytes) -> dict[int, NDArray[np.uint8]]:
    """Undo :func:`encode_images`.

    Examples
    --------
    >>> decode_images(encode_images({}))
    {}
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(zip(arrays["rows"].tolist(), arrays["images"], strict=True))
