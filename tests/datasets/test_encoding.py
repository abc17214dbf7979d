"""One-hot targets beyond what the law DT-05 says: types, and input that is refused."""

import numpy as np
import pytest

from probml.datasets import one_hot


def test_the_dtype_is_the_one_asked_for():
    assert one_hot([5], range(10), np.uint8).dtype == np.uint8
    assert one_hot([5], range(10)).dtype == np.float64


@pytest.mark.parametrize(
    ("y", "classes", "told"),
    [
        ([10], range(10), r"y must hold only labels listed in classes \(got 10\)"),
        ([-1], range(10), "got -1"),
        (["1"], range(10), "labels of one kind"),
        ([0], [0, 0], "classes must be distinct"),
        ([], [0, 1], "y must be one label per sample"),
        ([[0]], [0, 1], "got shape .1, 1."),
    ],
)
def test_labels_without_a_class_are_refused(y, classes, told):
    with pytest.raises(ValueError, match=told):
        one_hot(y, classes)
