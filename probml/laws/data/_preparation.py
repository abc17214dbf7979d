"""Laws DT-01 to DT-06 of the theme DT: from files to the arrays that a model is fitted to."""

import math
import struct
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from probml.datasets import (
    LAYOUTS,
    Dataset,
    check_layout,
    flatten_images,
    one_hot,
    unflatten_images,
)
from probml.datasets.idx import parse_idx
from probml.datasets.mnist import mnist_from_arrays
from probml.laws._law import Law, Mutant
from probml.laws._residuals import identical, largest, refused, relative

__all__ = ["LAWS"]

_BYTES = st.integers(0, 255)


# -- DT-01: MNIST -----------------------------------------------------------------------------


class _Files(NamedTuple):
    """Images and labels of a training and a test set."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]


@st.composite
def _files(draw: DrawFn) -> _Files:
    n, m = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    images = partial(arrays, np.uint8, elements=_BYTES, fill=st.just(0))
    labels = partial(arrays, np.uint8, elements=st.integers(0, 9))
    return _Files(
        draw(images((n, 28, 28))), draw(labels(n)), draw(images((m, 28, 28))), draw(labels(m))
    )


def _as_idx(array: NDArray[np.uint8]) -> bytes:
    """The format, written down by its definition."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def _mnist(files: Sequence[bytes]) -> Dataset:
    return mnist_from_arrays(*(parse_idx(data, "a file") for data in files), sha256={})


def _mnist_residual(mnist: Callable[[Sequence[bytes]], Dataset], case: _Files) -> float:
    data = mnist([_as_idx(array) for array in case])
    splits = (data.X_train, data.y_train, data.X_test, data.y_test)
    rows = [[[*chain(*image.tolist())] for image in images] for images in (case[0], case[2])]
    expected = (rows[0], case.train_labels, rows[1], case.test_labels)
    return max(identical(got, part) for got, part in zip(splits, expected, strict=True))


def _shuffled_together(files: Sequence[bytes]) -> Dataset:
    images = [parse_idx(files[i], "") for i in (0, 2)]
    labels = [parse_idx(files[i], "") for i in (1, 3)]
    order = np.random.default_rng(0).permutation(len(labels[0]) + len(labels[1]))
    X, y, n = np.concatenate(images)[order], np.concatenate(labels)[order], len(labels[0])
    return mnist_from_arrays(X[:n], y[:n], X[n:], y[n:], sha256={})


def _by_columns(files: Sequence[bytes]) -> Dataset:
    parsed = [parse_idx(data, "") for data in files]
    return mnist_from_arrays(*(a.swapaxes(1, 2) if a.ndim == 3 else a for a in parsed), sha256={})


def _turned(labels: bytes) -> bytes:
    """The first label moved to the end."""
    return labels[:8] + labels[9:] + labels[8:9]


# -- DT-02 to DT-04: layouts and words --------------------------------------------------------


class _Images(NamedTuple):
    """To rows, and back."""

    flatten: Callable[[Any], Any]
    unflatten: Callable[[Any, Any], Any]


def _images_residual(images: _Images, case: NDArray[Any]) -> float:
    n, _, width = case.shape[:3]
    rows = images.flatten(case)
    by_index = [[case[i][divmod(j, width)] for j in range(case[0].size)] for i in range(n)]
    return largest(
        identical(rows, np.reshape(by_index, (n, case[0].size))),
        identical(images.unflatten(rows, case.shape[1:]), case),
    )


class _Shaped(NamedTuple):
    """A shape, and the kind of data it is said to be."""

    shape: tuple[int, ...]
    kind: str


_SHAPED = st.builds(
    _Shaped,
    array_shapes(min_dims=1, max_dims=6, min_side=5, max_side=6)
    | st.tuples(st.integers(1, 2), st.just(3), st.just(5), st.just(6))
    | st.tuples(st.integers(1, 2), st.just(5), st.just(6), st.sampled_from([1, 3, 4]))
    | st.tuples(st.just(2), st.just(2), st.just(1), st.just(5), st.just(6)),
    st.sampled_from(sorted(LAYOUTS)),
)


def _layout_residual(layout: Callable[[Any, str], Any], case: _Shaped) -> float:
    order = {"vectors": 2, "series": 3, "images": 4, "video": 5}[case.kind]
    x = np.arange(math.prod(case.shape), dtype=np.uint8).reshape(case.shape)
    first = order >= 4 and len(case.shape) == order and case.shape[order - 3] in (1, 3, 4)
    if len(case.shape) != order or (first and case.shape[-1] not in (1, 3, 4)):
        return refused(lambda: layout(x, case.kind))
    return identical(layout(x, case.kind), x)


def _order_alone(x: Any, kind: str) -> Any:
    if np.ndim(x) != len(LAYOUTS[kind]):
        raise ValueError
    return x


def _without_samples(x: Any, kind: str) -> Any:
    check_layout(np.asarray(x)[None], kind)
    return x


_WORDS = st.lists(st.sampled_from(["a", "b", "dog", "Dog", "the"]), max_size=8)
_TEXTS = st.lists(_WORDS, min_size=1, max_size=4).filter(any)


def _bags(texts: list[str], **options: Any) -> tuple[list[str], NDArray[Any]]:
    """Words, and how often each text has each: scikit-learn's, told to count every token."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(lowercase=False, token_pattern=r"\S+", **options)
    counts = vectorizer.fit_transform(texts).toarray()
    return vectorizer.get_feature_names_out().tolist(), counts


def _bags_residual(bags: Any, case: list[list[str]]) -> float:
    words, counts = bags([" ".join(tokens) for tokens in case])
    expected = [[tokens.count(word) for word in words] for tokens in case]
    lost = sum(map(len, case)) - np.sum(counts)
    return largest(identical(counts, expected), float(abs(lost)))


def _positions(texts: list[str]) -> tuple[list[str], NDArray[Any]]:
    words, counts = _bags(texts)
    for row, text in zip(counts, texts, strict=True):
        for position, token in enumerate(text.split()):
            row[words.index(token)] = position
    return words, counts


# -- DT-05, DT-06: targets and scales ---------------------------------------------------------


class _Labels(NamedTuple):
    """Classes in the order of the columns, and labels, perhaps one that is no class."""

    classes: list[str]
    y: list[str]


@st.composite
def _labels(draw: DrawFn) -> _Labels:
    classes = draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True))
    y = draw(st.lists(st.sampled_from(classes), min_size=1, max_size=8))
    return _Labels(classes, y + draw(st.sampled_from([[], [], ["z"]])))


def _one_hot_residual(encode: Any, case: _Labels) -> float:
    if "z" in case.y:
        return refused(lambda: encode(case.y, case.classes))
    targets = encode(case.y, case.classes)
    return identical(targets, [[float(label == c) for c in case.classes] for label in case.y])


def _zeros_for_the_unseen(y: list[str], classes: list[str]) -> NDArray[Any]:
    return np.array([[float(label == c) for c in classes] for label in y])


class _Splits(NamedTuple):
    """Bytes of a training set, a test set, and another test set."""

    train: NDArray[np.uint8]
    test: NDArray[np.uint8]
    other: NDArray[np.uint8]


_SPLITS = st.integers(1, 3).flatmap(
    lambda d: st.builds(
        _Splits,
        *(arrays(np.uint8, st.tuples(st.integers(1, 4), st.just(d)), elements=_BYTES),) * 3,
    )
)

_Scale = Callable[[NDArray[Any], NDArray[Any]], tuple[Any, Any]]


class _Scaling(NamedTuple):
    """Each takes a training and a test set and returns both on a new scale."""

    pixels: _Scale
    standard: _Scale


def _dataset(train: NDArray[Any], test: NDArray[Any]) -> Dataset:
    y, z = np.zeros(len(train)), np.zeros(len(test))
    return Dataset(train, y, test, z, "bytes", train.shape[1:], ("0",), scale=255.0)


def _pixels(train: NDArray[Any], test: NDArray[Any]) -> tuple[Any, Any]:
    return _dataset(train, test).scaled(np.float64)


def _standard(train: NDArray[Any], test: NDArray[Any]) -> tuple[Any, Any]:
    """scikit-learn's, fitted to the training set alone."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)


def _leaky(train: NDArray[Any], test: NDArray[Any]) -> tuple[Any, Any]:
    both = _standard(np.concatenate([train, test]), test)[0]
    return both[: len(train)], both[len(train) :]


def _scaling_residual(scaling: _Scaling, case: _Splits) -> float:
    worst = 0.0
    for scaled, raw in zip(scaling.pixels(case.train, case.test), case, strict=False):
        exact = [[int(byte) / 255 for byte in row] for row in raw]
        worst = largest(worst, relative(scaled, exact), float(np.max(scaled)) - 1.0)
    mean, deviation = case.train.mean(axis=0), case.train.std(axis=0)
    deviation[deviation == 0.0] = 1.0
    for test in (case.test, case.other):
        for scaled, raw in zip(scaling.standard(case.train, test), (case.train, test), strict=True):
            worst = largest(worst, relative(scaled, (raw - mean) / deviation))
    return worst


LAWS = (
    Law(
        id="DT-01",
        title="MNIST",
        text="Files become tables of rows with one label each, in the order of the files, and "
        "the test set stays apart from the training set.",
        latex=r"X_{n,\,28r+c} = \mathrm{image}_n(r, c),\quad 60{,}000 + 10{,}000 = 70{,}000",
        source="tanimutomo 2019 (Chollet ch. 2), item 3, item 4; roychuang, winter camp, MNIST; "
        "Zaidi, SIT744 lecture 2, figure 2",
        cases=_files(),
        residual=_mnist_residual,
        tolerance=0.0,
        reason="bytes are exact",
        subject=_mnist,
        mutants=(
            Mutant("training and test shuffled together", _shuffled_together),
            Mutant("training and test exchanged", lambda f: _mnist([f[2], f[3], f[0], f[1]])),
            Mutant("columns before rows", _by_columns),
            Mutant("labels of other images", lambda f: _mnist([f[0], _turned(f[1]), *f[2:]])),
        ),
    ),
    Law(
        id="DT-02",
        title="images as rows",
        text="Pixel (r, c) of an image of width w is feature w r + c of its row, and the row "
        "gives the image back.",
        latex=r"x_{w r + c} = \mathrm{image}(r, c)",
        source="Zaidi, SIT744 lecture 2, Images are matrices, Data as vectors; notes on Hung-yi "
        "Lee's lectures, digit example",
        cases=arrays(np.int64, array_shapes(min_dims=3, max_dims=3, max_side=4)),
        residual=_images_residual,
        tolerance=0.0,
        reason="nothing is computed",
        subject=_Images(flatten_images, unflatten_images),
        mutants=(
            Mutant(
                "columns before rows",
                _Images(lambda x: flatten_images(x.swapaxes(1, 2)), unflatten_images),
            ),
            Mutant(
                "back by columns",
                _Images(
                    flatten_images,
                    lambda X, shape: unflatten_images(X, shape[::-1]).swapaxes(1, 2),
                ),
            ),
            Mutant("one long row", _Images(lambda x: np.reshape(x, (1, -1)), unflatten_images)),
        ),
        examples=(np.arange(28 * 28).reshape(1, 28, 28), np.arange(32).reshape(2, 4, 4)),
    ),
    Law(
        id="DT-03",
        title="layouts",
        text="Vectors have two axes, series three, images four, video five; samples come first "
        "and channels last, and what has another layout is refused.",
        latex=r"(n, d),\ (n, t, d),\ (n, h, w, c),\ (n, t, h, w, c)",
        source="Lai 2020, slide 4, slide 34; tanimutomo 2019 (Chollet ch. 2), item 14, item 15, "
        "item 16",
        cases=_SHAPED,
        residual=_layout_residual,
        tolerance=0.0,
        reason="accepted or refused",
        subject=check_layout,
        mutants=(
            Mutant("everything accepted", lambda x, kind: x),
            Mutant("channels-first accepted", _order_alone),
            Mutant("sample axis forgotten", _without_samples),
            Mutant(
                "channels moved unasked", lambda x, kind: np.moveaxis(check_layout(x, kind), 1, -1)
            ),
        ),
        # Stock prices: 250 days, every minute, the highest, the lowest and the current one.
        examples=(
            _Shaped((2, 1440, 3), "series"),
            _Shaped((2, 3, 32, 32), "images"),
            _Shaped((2, 28, 28), "images"),
            _Shaped((2, 32, 32, 3), "images"),
        ),
    ),
    Law(
        id="DT-04",
        title="bag of words",
        text="A text becomes the counts of its words: they add up to its length, and say nothing "
        "of the order.",
        latex=r"x_w = \#\{i : \mathrm{token}_i = w\},\quad \sum_w x_w = \#\mathrm{tokens}",
        source="Zaidi, SIT744 lecture 2, figure 1",
        cases=_TEXTS,
        residual=_bags_residual,
        tolerance=0.0,
        reason="counts are exact",
        subject=_bags,
        mutants=(
            Mutant("positions for counts", _positions),
            Mutant("present or absent", partial(_bags, binary=True)),
            Mutant("frequent words left out", partial(_bags, stop_words=["the"])),
        ),
        examples=([["a", "b", "a"], ["b"]], [["the", "dog"]]),
    ),
    Law(
        id="DT-05",
        title="one-hot targets",
        text="One 1 per row, in the column of the label's class; a label that is no class is "
        "refused.",
        latex=r"t_{nk} = [y_n = C_k],\quad \sum_k t_{nk} = 1",
        source="tanimutomo 2019 (Chollet ch. 2), item 6, item 7, item 8; notes on Hung-yi Lee's "
        "lectures, target",
        cases=_labels(),
        residual=_one_hot_residual,
        tolerance=0.0,
        reason="zeros and ones",
        subject=one_hot,
        mutants=(
            Mutant("one column off", lambda y, classes: np.roll(one_hot(y, classes), 1, axis=1)),
            Mutant("classes in sorted order", lambda y, classes: one_hot(y, sorted(classes))),
            Mutant("zeros for the unseen", _zeros_for_the_unseen),
            Mutant("the label's own classes", lambda y, classes: one_hot(y, np.unique(y))),
        ),
        examples=(_Labels(list("0123456789"), ["5"]),),
    ),
    Law(
        id="DT-06",
        title="scaling",
        text="Bytes become numbers from 0 to 1 without wrapping; means and deviations come from "
        "the training set alone, so that no test set changes the scale.",
        latex=r"x / 255,\quad (x - \bar x_{\mathrm{train}}) / s_{\mathrm{train}}",
        source="where tanimutomo 2019 (Chollet ch. 2) stops, after item 5",
        cases=_SPLITS,
        residual=_scaling_residual,
        tolerance=1e-9,
        reason="a mean and a deviation of at most four bytes",
        subject=_Scaling(_pixels, _standard),
        mutants=(
            Mutant("scale of both sets", _Scaling(_pixels, _leaky)),
            Mutant(
                "each set its own scale",
                _Scaling(_pixels, lambda a, b: (_standard(a, a)[0], _standard(b, b)[0])),
            ),
            Mutant("whole numbers", _Scaling(lambda a, b: (a // 255, b // 255), _standard)),
            Mutant(
                "divided by the largest",
                _Scaling(lambda a, b: (a / a.max(), b / b.max()), _standard),
            ),
            Mutant(
                "bytes that wrap", _Scaling(lambda a, b: ((a + a) / 510, (b + b) / 510), _standard)
            ),
        ),
    ),
)
