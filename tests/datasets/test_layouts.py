"""Layouts: nothing is copied without need, and errors say how to get there."""

import numpy as np
import pytest

from probml.datasets import check_layout, flatten_images, load_digits_dataset, unflatten_images


def test_images_and_rows_are_views_of_one_another():
    images = np.zeros((3, 4, 5, 2), np.uint8)
    rows = flatten_images(images)
    assert rows.shape == (3, 40)
    assert np.shares_memory(rows, images)
    assert np.shares_memory(unflatten_images(rows, (4, 5, 2)), images)


def test_no_image_is_a_table_without_rows():
    assert flatten_images(np.zeros((0, 28, 28))).shape == (0, 784)
    assert unflatten_images(np.zeros((0, 784)), (28, 28)).shape == (0, 28, 28)


def test_a_data_set_knows_the_shape_of_its_images():
    digits = load_digits_dataset()
    images = unflatten_images(digits.X_test, digits.feature_shape)
    np.testing.assert_array_equal(flatten_images(images), digits.X_test)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: flatten_images(np.zeros((28, 28))), r"got shape \(28, 28\).*image\[None\]"),
        (lambda: unflatten_images(np.zeros((2, 783)), (28, 28)), "rows of 784 pixels"),
        (lambda: unflatten_images(np.zeros(784), (28, 28)), r"got shape \(784,\)"),
        (lambda: check_layout(np.zeros((2, 3)), "pictures"), "kind must be one of"),
        (lambda: check_layout(np.zeros((2, 28, 28)), "images"), r"need x\[\.\.\., None\]"),
        (lambda: check_layout(np.zeros((2, 3, 8, 9)), "images"), r"moveaxis\(x, 1, -1\)"),
        (lambda: check_layout(np.zeros((2, 7, 3, 8, 9)), "video"), r"moveaxis\(x, 2, -1\)"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_remedy(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_many_channels_are_no_mistake():
    assert check_layout(np.zeros((2, 8, 9, 12)), "images").shape == (2, 8, 9, 12)
