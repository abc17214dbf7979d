"""One fit: every figure of a stub is known, and a failure is a record."""

import math
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stub_models import OURS, THEIRS, Stub, evaluated, small_dataset, stub_pair, table

import probml.reports.evaluate
from probml.datasets import load_digits_dataset
from probml.reports import Pair, Report


def run(ours, theirs=THEIRS, **options):
    return evaluated(small_dataset(), [stub_pair(ours, theirs, **options)])


def test_every_figure_of_a_stub():
    record, _ = run(OURS)
    scores = record.scores
    assert (record.status, record.reason, record.notes, record.converged) == ("ok", "", (), True)
    assert (record.n_train, record.n_test, record.class_names) == (3, 4, ("no", "yes"))
    # The row at one half is labelled by its first column, which is right.
    assert scores.accuracy == 1.0
    assert scores.log_loss == pytest.approx(-math.log(0.75 * 0.5 * 0.75) / 4, rel=1e-15)
    assert scores.log_loss_clipped == scores.log_loss
    assert scores.brier == (2 / 16 + 2 / 4 + 2 / 16) / 4
    assert scores.ece == pytest.approx((1 - 0.75) / 2 + (1 - 0.5) / 4, rel=1e-15)
    assert scores.confusion == ((2, 0), (0, 2))
    assert [bin.count for bin in scores.reliability] == [1, 2, 1]
    assert scores.accuracy_high == 1.0
    assert scores.accuracy_low == pytest.approx(0.5101, abs=1e-4)


def test_members_of_a_pair_get_the_same_read_only_float32():
    seen = []

    class Spy(Stub):
        def fit(self, X, y):
            seen.append((X, y))
            return super().fit(X, y)

    evaluated(small_dataset(), [Pair("spy", "Spy", lambda: Spy(OURS), lambda: Spy(OURS))])
    X, y = seen[1]  # the first call is the warm-up
    X2, y2 = seen[3]
    assert len(seen) == 4
    assert X is X2
    assert y is y2
    assert X.dtype == np.float32
    assert not X.flags.writeable


def test_features_are_divided_by_their_scale():
    class Spy(Stub):
        def fit(self, X, y):
            assert X.max() == 1.0
            return super().fit(X, y)

    dataset = small_dataset()
    X = np.full((3, 2), 255, dtype=np.uint8)
    bright = type(dataset)(**{**vars(dataset), "X_train": X})
    records = evaluated(bright, [Pair("spy", "Spy", lambda: Spy(OURS), lambda: Spy(OURS))])
    assert [record.reason for record in records] == ["", ""]


def test_deterministic_pairs_run_once_stochastic_ones_once_per_seed():
    built = []

    def factory(**parameters):
        built.append(parameters)
        return Stub(OURS)

    pairs = [
        Pair("fixed", "F", factory, factory, parameters={"a": 1}),
        Pair("random", "R", factory, factory, stochastic=True),
    ]
    records = evaluated(small_dataset(), pairs, seeds=(5, 0))
    assert [(r.model, r.seed, r.implementation) for r in records] == [
        ("fixed", 5, "probml"),
        ("fixed", 5, "sklearn"),
        ("random", 5, "probml"),
        ("random", 5, "sklearn"),
        ("random", 0, "probml"),
        ("random", 0, "sklearn"),
    ]
    assert built == [{"a": 1}] * 2 + [{"random_state": 5}] * 2 + [{"random_state": 0}] * 2
    assert [dict(record.parameters) for record in records] == built


@pytest.mark.parametrize(
    ("ours", "reason"),
    [
        ({"proba": OURS, "error": ZeroDivisionError("two\nlines")}, "ZeroDivisionError: two lines"),
        ([[0.5, 0.52]] * 4, "ValueError: row 0: expected probabilities that sum to 1 (got 1.02)"),
        ([[np.nan, 1.0]] * 4, "ValueError: row 0: expected probabilities in [0, 1]"),
        ([[1.0]] * 4, "ValueError: predict_proba must return one row per sample"),
        (table(0.5), "ValueError: predict_proba must return one row per sample"),
        ({"proba": OURS, "classes": ("no", "maybe")}, "ValueError: classes_ must hold only"),
    ],
)
def test_a_failure_is_a_record_with_its_reason_and_the_others_go_on(ours, reason):
    failed, other = run(ours)
    assert failed.status == "failed"
    assert failed.reason.startswith(reason)
    assert "\n" not in failed.reason
    assert (failed.scores, failed.predictions, failed.runs) == (None, None, ())
    assert failed.converged is None
    assert other.status == "ok"


def test_a_factory_that_raises_is_a_failure_too():
    def broken():
        raise TypeError("no such parameter")

    pair = Pair("p", "P", broken, lambda: Stub(OURS))
    assert [r.reason for r in evaluated(small_dataset(), [pair])] == [
        "TypeError: no such parameter",
        "",
    ]


def test_single_precision_is_allowed_its_rounding_and_says_so():
    rounded = np.array([[0.5, 0.50002]] * 4, dtype=np.float32)

    class Single(Stub):
        def predict_proba(self, X):
            return self.proba

    singles = Pair("p", "P", lambda: Single(rounded), lambda: Single(rounded.astype(np.float64)))
    single, double = evaluated(small_dataset(), [singles])
    assert single.notes == ("rows of predict_proba sum to 1 only within 2.0e-05 (float32)",)
    assert single.predictions.log_proba.dtype == np.float32
    assert double.reason.startswith("ValueError: row 0: expected probabilities that sum to 1")


def test_log_probabilities_are_checked_as_well():
    class Liar(Stub):
        def predict_log_proba(self, X):
            return np.zeros((4, 2))

    pair = Pair("liar", "Liar", lambda: Liar(OURS), lambda: Liar(OURS))
    reasons = {record.reason for record in evaluated(small_dataset(), [pair])}
    assert all("natural logarithms" in reason for reason in reasons)


def test_warnings_become_notes_and_are_not_shown():
    from sklearn.exceptions import ConvergenceWarning

    warned = {"proba": OURS, "warning": ConvergenceWarning("not yet\nthere")}
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        ours, theirs = run(warned, {"proba": OURS, "warning": UserWarning("hm")})
    assert shown == []
    assert ours.notes == ("ConvergenceWarning: not yet there (2 times)",)
    assert (ours.converged, theirs.converged) == (False, True)


def test_columns_are_put_in_the_order_of_the_datasets_classes():
    swapped = {"proba": [row[::-1] for row in OURS], "classes": ("yes", "no")}
    ours, theirs = run(swapped, OURS)
    np.testing.assert_array_equal(ours.predictions.log_proba, theirs.predictions.log_proba)
    assert ours.scores.log_loss == theirs.scores.log_loss


def test_a_class_that_was_ruled_out_costs_infinitely_much():
    ours, _ = run(table(0.0, 0.0, 0.0, 1.0))
    assert ours.scores.log_loss == math.inf
    assert ours.scores.log_loss_clipped == pytest.approx(-math.log(1e-15) / 4)


def test_labels_that_training_lacks_are_refused_before_anything_runs():
    dataset = small_dataset()
    odd = type(dataset)(**{**vars(dataset), "y_test": np.array(["no", "no", "yes", "odd"])})
    with pytest.raises(ValueError, match=r"y_test must hold only labels .*odd"):
        evaluated(odd, [stub_pair(OURS, THEIRS)])


def stub_class(**methods):
    """A pair whose first member is a stub with some methods of its own."""
    cls = type("Own", (Stub,), methods)
    return Pair("own", "Own", lambda: cls(OURS), lambda: Stub(OURS))


def test_a_model_must_describe_one_distribution():
    def flattering(self, X):
        return np.log(np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]]))

    failed, other = evaluated(small_dataset(), [stub_class(predict_log_proba=flattering)])
    assert failed.reason.startswith("ValueError: row 0: expected predict_log_proba to return")
    assert "(got probabilities that differ by 0.15)" in failed.reason
    assert other.status == "ok"


def test_the_two_tables_may_differ_by_the_rounding_of_the_coarser():
    def single(self, X):
        return np.log(np.array(OURS, dtype=np.float32) + np.float32(1e-9)).clip(max=0)

    with np.errstate(divide="ignore"):
        records = evaluated(small_dataset(), [stub_class(predict_log_proba=single)])
    assert [record.reason for record in records] == ["", ""]


def test_labels_that_are_not_the_likeliest_are_noted():
    def always_no(self, X):
        return np.array(["no"] * 4)

    odd, usual = evaluated(small_dataset(), [stub_class(predict=always_no)])
    # Row 1 is a tie, row 0 is right.
    assert odd.notes == ("labels differ from the largest probability in 2 rows",)
    assert (odd.status, usual.notes) == ("ok", ())


class UnspeakableError(Exception):
    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


def test_an_exception_that_cannot_be_shown_is_a_reason_too():
    failed, other = run(
        {"proba": OURS, "error": UnspeakableError()}, parameters={"p": UnspeakableError()}
    )
    assert failed.reason == "UnspeakableError: <UnspeakableError that cannot be shown>"
    assert other.status == "ok"
    assert other.parameters == {"p": "<UnspeakableError that cannot be shown>"}


def test_a_model_that_wants_to_exit_is_a_failed_row():
    failed, other = run({"proba": OURS, "error": SystemExit(0)})
    assert (failed.status, failed.reason) == ("failed", "SystemExit: 0")
    assert other.status == "ok"


def test_a_model_without_probabilities_is_told_what_to_do():
    from sklearn.svm import LinearSVC

    failed, _ = evaluated(small_dataset(), [Pair("svm", "S", LinearSVC, LinearSVC)])
    assert failed.reason.startswith("ValueError: expected a classifier with predict_proba (got Lin")
    assert "CalibratedClassifierCV" in failed.reason


def test_weights_reach_the_fit_and_a_fit_without_them_says_so():
    seen = []

    class Weighing(Stub):
        def fit(self, X, y, sample_weight=None):
            seen.append(sample_weight)
            return super().fit(X, y)

    dataset = replace(small_dataset(), weight_train=np.array([1.0, 2.0, 3.0]))
    pair = Pair("w", "W", lambda: Weighing(OURS), lambda: Stub(OURS))
    weighed, refused = evaluated(dataset, [pair], timed=False)
    assert weighed.status == "ok"
    assert seen[0].tolist() == [1.0, 2.0, 3.0]
    assert refused.reason.startswith("ValueError: expected a classifier whose fit takes sample_wei")


def test_one_run_per_evaluation_and_none_if_costs_are_not_wanted():
    timed, _ = evaluated(small_dataset(), [stub_pair(OURS, THEIRS)])
    [run] = timed.runs
    assert min(run.fit_seconds, run.predict_seconds, run.predict_proba_seconds) >= 0
    untimed, _ = evaluated(small_dataset(), [stub_pair(OURS, THEIRS)], timed=False)
    assert untimed.runs == ()


def test_the_clock_is_that_of_the_fit_alone(monkeypatch):
    """With a clock that each call moves by one, whatever happens outside of it costs nothing."""
    ticks = iter(range(1000))
    monkeypatch.setattr(probml.reports.evaluate, "perf_counter", lambda: float(next(ticks)))

    class Slow(Stub):
        def fit(self, X, y):
            next(ticks), next(ticks)
            return super().fit(X, y)

    record, _ = evaluated(small_dataset(), [Pair("s", "S", lambda: Slow(OURS), lambda: Slow(OURS))])
    [run] = record.runs
    assert (run.fit_seconds, run.predict_proba_seconds, run.predict_seconds) == (3.0, 1.0, 1.0)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system does not tell")
def test_a_hundred_megabytes_are_a_hundred_megabytes():
    class Greedy(Stub):
        def fit(self, X, y):
            np.ones(100 * 2**20, dtype=np.uint8)
            return super().fit(X, y)

    pair = Pair("g", "G", lambda: Greedy(OURS), lambda: Stub(OURS))
    greedy, modest = evaluated(small_dataset(), [pair])
    # Pages that the allocator keeps or takes come on top; they are few.
    assert 98 <= greedy.runs[0].peak_bytes / 2**20 <= 110
    assert modest.runs[0].peak_bytes / 2**20 <= 10


class Learning(Stub):
    def fit(self, X, y):
        self.loss_curve_ = self.losses
        return super().fit(X, y)


@pytest.mark.parametrize(
    ("losses", "curve"),
    [
        ([2.0, 1.0, 0.5], ((1, 2.0), (2, 1.0), (3, 0.5))),
        ([], ()),
        ([1.0, float("nan")], ()),
        ("nothing", ()),
        ([[1.0], [2.0]], ()),
    ],
)
def test_a_learning_curve_is_kept_where_there_is_one(losses, curve):
    def build():
        model = Learning(OURS)
        model.losses = losses
        return model

    pair = Pair("stub", "A stub", lambda: build(), lambda: Stub(THEIRS))
    ours, theirs = evaluated(small_dataset(), [pair])
    assert ours.status == "ok"
    assert (ours.curve, theirs.curve) == (curve, ())


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    model = Learning(OURS)
    model.losses = np.geomspace(1.0, 0.001, 5000)
    ours, _ = evaluated(small_dataset(), [Pair("s", "S", lambda: model, lambda: Stub(THEIRS))])
    assert len(ours.curve) == 200
    assert ours.curve[0] == (1, 1.0)
    assert ours.curve[-1] == (5000, 0.001)
    assert all(loss == model.losses[step - 1] for step, loss in ours.curve)


def test_the_verdict_of_the_laws_is_a_column():
    from sklearn.naive_bayes import GaussianNB

    class Unsteady(GaussianNB):
        """Says something else of a row alone than of the same row among others."""

        def predict_proba(self, X):
            table = super().predict_proba(X)
            return table if len(X) == 450 else np.full_like(table, 1 / table.shape[1])

    pair = Pair("nb", "N", GaussianNB, Unsteady, parameters={"var_smoothing": 0.1})
    sound, unsteady = evaluated(load_digits_dataset(), [pair], timed=False)
    assert sound.laws == "holds"
    assert unsteady.laws.startswith("breaks ")
    assert Report([unsteady]).results["laws"].tolist() == [unsteady.laws]
