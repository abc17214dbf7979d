"""MNIST: where it is looked for, that images and labels belong together, and the real files."""

import gzip
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import probml.datasets.mnist as module
from probml.datasets import (
    Dataset,
    DatasetError,
    fetch_mnist,
    load_mnist,
    mnist_path,
    read_idx,
    verify_mnist,
)

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"


def arrays(**changes: Any) -> dict[str, np.ndarray]:
    good = {
        "train_images": np.zeros((20, 28, 28), np.uint8),
        "train_labels": np.arange(20, dtype=np.uint8) % 10,
        "test_images": np.zeros((10, 28, 28), np.uint8),
        "test_labels": np.arange(10, dtype=np.uint8),
    }
    return good | changes


def test_rows_are_images_in_row_major_order() -> None:
    images = np.zeros((20, 28, 28), np.uint8)
    images[4, 3, 7] = 9
    data = module.mnist_from_arrays(**arrays(train_images=images), sha256={})
    assert data.X_train[4, 28 * 3 + 7] == 9
    assert data.X_train.sum() == 9
    assert data.X_train.flags.c_contiguous
    assert data.y_train.dtype == np.int64
    assert (data.name, data.feature_shape, data.scale) == ("mnist", (28, 28), 255.0)
    assert data.class_names == tuple("0123456789")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"train_images": np.zeros((20, 28, 27), np.uint8)}, r"train-images: expected .*28, 27\)"),
        ({"train_images": np.zeros((20, 784), np.uint8)}, r"train-images: expected .*\(20, 784\)"),
        ({"test_images": np.zeros((10, 28, 28), ">f4")}, "t10k-images: expected uint8 .*got >f4"),
        ({"train_labels": np.arange(10, dtype=np.uint8)}, r"train-labels: expected .* 20 images"),
        ({"test_labels": np.zeros((10, 1), np.uint8)}, r"t10k-labels: expected one .*\(10, 1\)"),
        ({"test_labels": np.arange(1, 11, dtype=np.uint8)}, r"t10k-labels: .*\(got 1 to 10\)"),
        ({"test_labels": np.arange(-1, 9, dtype=np.int8)}, r"t10k-labels: .*\(got -1 to 8\)"),
    ],
)
def test_arrays_that_do_not_belong_together(changes: dict[str, np.ndarray], told: str) -> None:
    with pytest.raises(DatasetError, match=f"{told}.*; fetch the original files again"):
        module.mnist_from_arrays(**arrays(**changes), sha256={})


def test_loads_what_the_files_hold(home: Path) -> None:
    data = load_mnist(home, download=False)
    images = read_idx(home / "mnist" / TRAIN_IMAGES)
    np.testing.assert_array_equal(data.X_train, images.reshape(20, 784))
    np.testing.assert_array_equal(data.y_test, read_idx(home / "mnist" / TEST_LABELS))
    assert dict(data.sha256) == {file.name: file.sha256 for file in module.MNIST_FILES}


def test_unpacked_files_will_do(home: Path, tiny: dict[str, bytes]) -> None:
    for name, data in tiny.items():
        (home / "mnist" / name.removesuffix(".gz")).write_bytes(gzip.decompress(data))
    packed = load_mnist(home, download=False)
    for name in tiny:
        (home / "mnist" / name).unlink()
    unpacked = load_mnist(home, download=False)
    np.testing.assert_array_equal(packed.X_train, unpacked.X_train)
    assert dict(unpacked.sha256) == {
        file.name.removesuffix(".gz"): file.sha256_raw for file in module.MNIST_FILES
    }
    assert {file.status for file in verify_mnist(home)} == {"ok"}


def test_a_good_unpacked_file_stands_in_for_a_corrupt_packed_one(
    home: Path, tiny: dict[str, bytes]
) -> None:
    packed = home / "mnist" / TRAIN_IMAGES
    packed.write_bytes(b"not this")
    packed.with_suffix("").write_bytes(gzip.decompress(tiny[TRAIN_IMAGES]))
    assert TRAIN_IMAGES.removesuffix(".gz") in load_mnist(home, download=False).sha256
    assert packed.read_bytes() == b"not this"


def test_homes_in_order(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: dict[str, bytes]
) -> None:
    cache = tmp_path / "cache" / "probml" / "mnist"
    assert mnist_path() == cache
    monkeypatch.setenv("PROBML_DATA", str(tmp_path / "empty"))
    assert mnist_path() == tmp_path / "empty" / "mnist", "absent everywhere: the first home"
    cache.mkdir(parents=True)
    for name, data in tiny.items():
        (cache / name).write_bytes(data)
    assert mnist_path() == cache, "the first home that has it"
    (cache / TEST_LABELS).unlink()
    assert mnist_path() == tmp_path / "empty" / "mnist", "three files are not all"
    monkeypatch.setenv("PROBML_DATA", str(home))
    assert mnist_path() == fetch_mnist(download=False) == home / "mnist"
    assert mnist_path(tmp_path / "given") == tmp_path / "given" / "mnist", "given: exclusive"
    with pytest.raises(DatasetError, match="missing"):
        load_mnist(tmp_path / "given", download=False)


def test_tilde_is_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/users/me")
    assert mnist_path("~/data") == Path("/users/me/data/mnist")
    monkeypatch.setenv("PROBML_DATA", "~/shared")
    assert mnist_path() == Path("/users/me/shared/mnist")


def test_verify_reports_and_changes_nothing(home: Path) -> None:
    folder = home / "mnist"
    names = [file.name for file in module.MNIST_FILES]
    (folder / names[1]).unlink()
    (folder / names[2]).write_bytes(b"")
    (folder / names[3]).unlink()
    (folder / names[3]).mkdir()
    before = sorted(folder.iterdir())
    report = verify_mnist(home)
    assert [file.name for file in report] == names
    assert [file.path for file in report] == [folder / name for name in names]
    assert [file.status for file in report] == ["ok", "missing", "corrupt", "corrupt"]
    nothing = hashlib.sha256(b"").hexdigest()
    assert report[2].detail == (
        f"expected sha256 {module.MNIST_FILES[2].sha256}, got {nothing} (0 bytes)"
    )
    assert report[3].detail == "not a regular file"
    assert sorted(folder.iterdir()) == before


@pytest.mark.mnist
def test_the_real_data(mnist: Dataset) -> None:
    assert mnist.X_train.shape == (60_000, 784)
    assert mnist.X_test.shape == (10_000, 784)
    assert mnist.X_train.dtype == mnist.X_test.dtype == np.uint8
    assert mnist.y_train.dtype == mnist.y_test.dtype == np.int64
    assert mnist.X_train.flags.c_contiguous
    assert np.bincount(mnist.y_train).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert np.bincount(mnist.y_test).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert mnist.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.X_train.mean() / 255 == pytest.approx(0.13066, abs=1e-5)
    assert mnist.licence == "CC BY-SA 3.0"
    first = mnist.X_train[0].reshape(28, 28)
    assert first[:, 0].max() == 0, "white on black, with an empty margin"
    assert first[5, 12:16].tolist() == [3, 18, 18, 18]
    for pinned in module.MNIST_FILES:
        assert mnist.sha256.get(pinned.name, pinned.sha256) == pinned.sha256
