"""The IDX reader: whatever is one complete array is read exactly, whatever is not is refused."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from probml.datasets import DatasetError, read_idx
from probml.datasets.idx import parse_idx

CODES = {">u1": 8, ">i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}
LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1])
PACKED = gzip.compress(LABELS, mtime=0)

arrays = st.sampled_from(sorted(CODES)).flatmap(
    lambda code: hnp.arrays(code, hnp.array_shapes(min_side=0, max_dims=4, max_side=4))
)


def encode(array: np.ndarray) -> bytes:
    header = struct.pack(f">HBB{array.ndim}I", 0, CODES[array.dtype.str.replace("|", ">")],
                         array.ndim, *array.shape)  # fmt: skip
    return header + array.tobytes()


@given(arrays, st.booleans())
def test_round_trip(array: np.ndarray, packed: bool) -> None:
    data = encode(array)
    read = parse_idx(gzip.compress(data) if packed else data, "array")
    assert read.shape == array.shape
    assert read.dtype == array.dtype.newbyteorder("=")
    assert read.dtype.isnative
    assert read.tobytes() == array.astype(read.dtype).tobytes()


@given(arrays, st.data())
def test_no_other_length_is_accepted(array: np.ndarray, data: st.DataObject) -> None:
    whole = encode(array)
    cut = data.draw(st.integers(0, len(whole) - 1))
    tail = data.draw(st.binary(min_size=1, max_size=8))
    for wrong in (whole[:cut], whole + tail):
        with pytest.raises(DatasetError):
            parse_idx(wrong, "array")


@pytest.mark.parametrize("name", ["labels.gz", "labels"])
@pytest.mark.parametrize("data", [LABELS, PACKED], ids=["raw", "packed"])
def test_compression_is_recognised_by_content(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    read = read_idx(str(path))
    assert read.tolist() == [7, 2, 1]
    assert read.flags.writeable
    assert read.flags.owndata


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "expected IDX.*got no bytes"),
        (LABELS[:3], "expected IDX.*got 00 00 08"),
        (b"\1" + LABELS[1:], "expected IDX.*got 01 00 08 01"),
        (b"\0\1" + LABELS[2:], "expected IDX.*got 00 01 08 01"),
        (b"\0\0\x0a" + LABELS[3:], "expected IDX.*got 00 00 0a 01"),
        (b"\0\0\x08\0" + LABELS[4:], "expected IDX.*got 00 00 08 00"),
        (LABELS[:7], r"expected a header of 8 bytes for 1 dimensions \(got 7\)"),
        (LABELS[:-1], r"expected 3 bytes of items for the shape \(3,\) \(got 2\)"),
        (LABELS + b"\0", r"expected 3 bytes of items for the shape \(3,\) \(got 4\)"),
        (b"\0\0\x08\x03" + b"\xff" * 12 + b"\0", "expected 79228162458924105385300197375 bytes"),
        (b"\0\0\x08\x41" + b"\0\0\0\1" * 65 + b"\0", "expected a shape.*got 65 dimensions"),
        (b"\0\0\x08\x04" + b"\0" * 4 + b"\xff" * 12, "expected a shape.*got 4 dimensions"),
        (PACKED[:-1], "expected a complete gzip stream"),
        (PACKED[:12], "expected a complete gzip stream"),
        (PACKED[:-8] + b"\0" * 8, "expected a complete gzip stream"),
        (PACKED[:10] + b"\xff" * 20, "expected a complete gzip stream"),
        (PACKED + b"tail", "expected a complete gzip stream"),
        (gzip.compress(LABELS[:-1], mtime=0), "expected 3 bytes of items"),
    ],
)
def test_corruption_is_named(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "t10k-labels"
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=f"t10k-labels: {told}.*; fetch the file again"):
        read_idx(path)


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"absent: expected a readable file .*No such file"):
        read_idx(tmp_path / "absent")
