"""The small digits: 1,797 images of 8x8 grey levels that come with scikit-learn.

They need neither network nor files, so they are what examples and quick tests use.
"""

import hashlib

import numpy as np

from probml.datasets._dataset import Dataset

__all__ = ["load_digits_dataset"]


def load_digits_dataset() -> Dataset:
    """Load scikit-learn's digits in one fixed, stratified split: 1347 to train, 450 to test.

    The split is ``train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)``.

    Returns
    -------
    Dataset
        ``X_train`` (1347, 64) and ``X_test`` (450, 64) of uint8 0..16, labels of int64 0..9.
        The only entry of ``sha256`` covers the bytes of the four arrays, in the order that its
        key says.

    Examples
    --------
    >>> digits = load_digits_dataset()
    >>> digits.X_test.shape, digits.y_test[:5]
    ((450, 64), array([2, 0, 4, 9, 4]))
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X.astype(np.uint8), y.astype(np.int64), test_size=0.25, stratify=y, random_state=0
    )
    checksum = hashlib.sha256()
    for array in (X_train, y_train.astype("<i8"), X_test, y_test.astype("<i8")):
        checksum.update(array.tobytes())
    return Dataset(
        X_train,
        y_train,
        X_test,
        y_test,
        name="digits",
        feature_shape=(8, 8),
        class_names=tuple(map(str, range(10))),
        scale=16.0,
        sha256={"X_train, y_train, X_test, y_test as uint8 and <i8": checksum.hexdigest()},
        licence="CC BY 4.0",
        source=(
            "Optical Recognition of Handwritten Digits, by E. Alpaydin and C. Kaynak, "
            "UCI Machine Learning Repository, doi:10.24432/C50P49; the test set, "
            "as distributed with scikit-learn"
        ),
    )
