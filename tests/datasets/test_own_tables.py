"""Your own tables: every way of setting rows apart, and every way of being no use."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from probml.datasets import DatasetError, load_table, read_table

N = 60


def frame(**columns):
    """Sixty rows of numbers, text and holes, and two classes."""
    rng = np.random.default_rng(0)
    table = {
        "size": rng.normal(size=N) * 1000,
        "count": np.arange(N),
        "colour": np.where(np.arange(N) % 3 == 0, "red", "green"),
        "flag": np.arange(N) % 2 == 0,
        "label": np.where(np.arange(N) % 4 == 0, "yes", "no"),
    }
    return pd.DataFrame(table | columns)


@pytest.fixture
def csv(tmp_path):
    def write(table, name="t.csv"):
        table.to_csv(tmp_path / name, index=False)
        return tmp_path / name

    return write


def load(csv, table=None, **options):
    return load_table(csv(frame() if table is None else table), "label", **options)


def test_a_stratified_quarter_that_is_the_same_each_time(csv):
    [one], [again] = load(csv), load(csv)
    assert (len(one.y_train), len(one.y_test)) == (45, 15)
    assert abs(np.mean(one.y_test == "yes") - 0.25) <= 1 / 15
    np.testing.assert_array_equal(one.rows_test, again.rows_test)
    np.testing.assert_array_equal(np.sort(np.r_[one.rows_train, one.rows_test]), np.arange(N))
    assert one.class_names == ("no", "yes")
    assert one.feature_names == ("size", "count", "colour", "flag")
    np.testing.assert_array_equal(one.y_test, frame()["label"][one.rows_test])


def test_preparing_learns_from_training_rows_only(csv):
    """Test rows beyond everything in training are clipped, and an unseen word is no feature."""
    table = frame(part=["train"] * 45 + ["test"] * 15)
    table.loc[45:, "size"] = 1e9
    table.loc[45:, "colour"] = "violet"
    [data] = load(csv, table, split_column="part")
    calm = frame(part=["train"] * 45 + ["test"] * 15)
    [before] = load(csv, calm, split_column="part")
    np.testing.assert_array_equal(data.X_train, before.X_train)
    assert data.X_train.dtype == np.float32
    assert data.X_train.min() == 0
    assert data.X_train.max() == data.X_test.max() == 1
    assert np.all(data.X_test[:, 0] == 1)
    assert not data.X_test[:, 3:].any()  # neither green nor red
    assert "3 columns of numbers" in data.preprocessing
    assert "learnt from the training rows" in data.preprocessing


def test_scaling_is_min_and_max_of_training(csv):
    [data] = load(csv)
    size = frame()["size"].to_numpy()
    low, high = size[data.rows_train].min(), size[data.rows_train].max()
    expected = np.clip((size[data.rows_test] - low) / (high - low), 0, 1)
    # Single precision.
    np.testing.assert_allclose(data.X_test[:, 0], expected, atol=1e-6)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_holes_in_numbers_are_medians_and_in_text_a_value_of_their_own(tmp_path, suffix):
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    table = frame(part=["train"] * 45 + ["test"] * 15)
    table.loc[::7, "size"] = np.nan
    table.loc[::5, "colour"] = None
    path = tmp_path / f"t.{suffix}"
    table.to_csv(path, index=False) if suffix == "csv" else table.to_parquet(path)
    [data] = load_table(path, "label", split_column="part")
    assert np.isfinite(data.X_train).all()
    known = table["size"][:45].dropna()
    median = (known.median() - known.min()) / (known.max() - known.min())
    np.testing.assert_allclose(data.X_train[::7, 0], median, atol=1e-6)
    missing = data.X_train[:, 3:][:, 1]  # green, missing, red
    np.testing.assert_array_equal(missing, np.arange(45) % 5 == 0)


def test_the_same_from_every_format(csv, tmp_path):
    pytest.importorskip("pyarrow")
    table = frame()
    table.to_parquet(tmp_path / "t.parquet")
    arrays = {name: column.to_numpy() for name, column in table.items()}
    arrays |= {name: arrays[name].astype(str) for name in ("colour", "label")}
    np.savez(tmp_path / "t.npz", **arrays)
    [first], [second], [third] = (
        load_table(path, "label")
        for path in (csv(table), tmp_path / "t.parquet", tmp_path / "t.npz")
    )
    for other in (second, third):
        np.testing.assert_array_equal(first.X_train, other.X_train)
        np.testing.assert_array_equal(first.y_test, other.y_test)
        assert first.feature_names == other.feature_names


def test_none_leaves_numbers_as_they_are(csv):
    table = frame().drop(columns="colour")
    table.loc[3, "size"] = np.nan
    [data] = load(csv, table, preprocess="none")
    expected = table[["size", "count", "flag"]].to_numpy(dtype=float)
    # Older releases of pandas read text to within two units in the last place.
    np.testing.assert_allclose(data.X_train, expected[data.rows_train], rtol=2.0**-51)
    assert data.X_train.dtype == np.float64
    assert data.preprocessing == ""
    with pytest.raises(DatasetError, match=r"expected numbers in every column .*'colour'"):
        load(csv, preprocess="none")


def test_a_file_of_test_rows(csv):
    other = csv(frame().iloc[::2], "test.csv")
    [data] = load(csv, test=other)
    assert (len(data.y_train), len(data.y_test)) == (60, 30)
    assert set(data.sha256) == {"t.csv", "test.csv"}
    with pytest.raises(DatasetError, match=r"columns of the training file \(no size\)"):
        load(csv, test=csv(frame().drop(columns="size"), "test.csv"))


@pytest.mark.parametrize(
    "words", [("train", "test"), ("Train", "TEST"), (0, 1), (False, True), (0.0, 1.0)]
)
def test_a_column_that_says_which(csv, words):
    [data] = load(csv, frame(part=np.repeat(words, [40, 20])), split_column="part")
    np.testing.assert_array_equal(data.rows_test, np.arange(40, 60))
    assert "part" not in data.feature_names


def test_groups_stay_on_one_side(csv):
    table = frame(who=np.arange(N) // 6)
    for options in ({}, {"test_size": 0.5}, {"cv": 3}):
        for data in load(csv, table, group="who", **options):
            sides = [set(table["who"][rows]) for rows in (data.rows_train, data.rows_test)]
            assert not sides[0] & sides[1]
            assert "who" not in data.feature_names


def test_folds_test_every_row_once(csv):
    folds = load(csv, cv=4)
    np.testing.assert_array_equal(
        np.sort(np.concatenate([f.rows_test for f in folds])), np.arange(N)
    )
    assert all(abs(np.mean(f.y_test == "yes") - 0.25) < 0.1 for f in folds)


def test_weights_are_those_of_training_rows(csv):
    table = frame(w=np.arange(N) + 1.0)
    [data] = load(csv, table, weight="w", drop=["flag"])
    np.testing.assert_array_equal(data.weight_train, data.rows_train + 1.0)
    assert data.feature_names == ("size", "count", "colour")
    with pytest.raises(ValueError, match="finite and non-negative"):
        load(csv, frame(w=-np.ones(N)), weight="w")


@pytest.mark.parametrize(
    "labels", [np.arange(N) % 3, (np.arange(N) % 3).astype(float), np.arange(N) % 2 == 0]
)
def test_labels_of_any_kind(csv, labels):
    [data] = load(csv, frame(label=labels))
    assert data.y_train.dtype.kind in "ib"
    assert len(data.class_names) == len(np.unique(labels))
    assert "." not in "".join(data.class_names)


def test_rare_words_share_a_feature(csv):
    words = [f"w{i % 55}" for i in range(N)]
    [data] = load(csv, frame(colour=words), test_size=0.05)
    assert len({words[i] for i in data.rows_train}) > 50
    assert data.X_train.shape[1] == 3 + 50


BAD = {
    "no rows": (frame().iloc[:0], {}, "expected rows"),
    "one class": (frame(label="yes"), {}, "at least two classes in 'label' .got yes alone"),
    "missing labels": (frame(label=np.where(np.arange(N) < 3, None, "a")), {}, r"got 3 without\)"),
    "fractions": (frame(label=np.arange(N) / 7), {}, "this is no regression"),
    "a rare class": (frame(label=["x"] + ["y", "z"] * 29 + ["y"]), {}, "at least 2 rows of each"),
    "infinity": (frame(size=np.inf), {}, "expected finite numbers in 'size'"),
    "no features": (frame()[["label"]], {}, "at least one feature"),
    "an odd split": (frame(part="maybe"), {"split_column": "part"}, "must say train or test"),
    "half a split": (
        frame(part="train"),
        {"split_column": "part"},
        "must have training and test rows",
    ),
    "unseen labels": (
        frame(label=["a", "b"] * 25 + ["c"] * 10, part=["train"] * 50 + ["test"] * 10),
        {"split_column": "part"},
        r"test labels that training has \(got c\)",
    ),
    "too many folds": (frame(), {"cv": 30}, "at least 30 rows of each class .got 15 of yes"),
}


@pytest.mark.parametrize("name", BAD)
def test_tables_that_are_no_use(csv, name):
    table, options, message = BAD[name]
    with pytest.raises(DatasetError, match=message):
        load(csv, table, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drop": ["colr"]}, r"expected columns out of size, count, .* \(got colr\)"),
        ({"weight": "label"}, "one use for a column"),
        ({"test_size": 0.5, "cv": 2}, "one way to set a test set apart .got test_size and cv"),
        ({"group": "flag", "split_column": "flag"}, "group goes with test_size or cv"),
        ({"test_size": 1.0}, "test_size must be a number"),
        ({"cv": 1}, "cv must be an integer"),
        ({"preprocess": "some"}, "preprocess must be one of"),
    ],
)
def test_bad_arguments(csv, options, message):
    with pytest.raises(ValueError, match=message):
        load(csv, **options)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "t.npz").write_bytes(b"no archive")
    (tmp_path / "t.csv").write_bytes(b"")
    np.savez(tmp_path / "deep.npz", X=np.zeros((2, 2, 2)))
    np.savez(tmp_path / "objects.npz", X=np.array([{}], dtype=object))
    for name in ("t.npz", "t.csv", "deep.npz", "objects.npz", "absent.csv", "absent.parquet"):
        with pytest.raises(DatasetError, match=f"{name}: cannot be read as"):
            read_table(tmp_path / name)
    with pytest.raises(DatasetError, match="expected a name that ends in"):
        read_table(tmp_path / "t.xls")


def test_dates_are_neither_numbers_nor_text(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "t.parquet"
    frame(when=datetime(2020, 1, 1)).to_parquet(path)
    with pytest.raises(DatasetError, match="numbers, booleans or text in 'when'"):
        load_table(path, "label")


def test_the_file_is_read_and_the_callers_frame_unchanged(csv):
    path = csv(frame())
    before = path.read_bytes()
    load_table(path, "label")
    assert path.read_bytes() == before
