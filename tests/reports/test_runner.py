"""A run: each fit in its own process, records kept as they come, and what can go wrong."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from sklearn.naive_bayes import BernoulliNB
from sklearn.neighbors import KNeighborsClassifier
from stub_models import OURS, THEIRS, Stub, small_dataset, stub_pair

from probml.reports import OtherRunError, compare, read_records, run_pairs, write_records


class Sleeping(Stub):
    def fit(self, X, y):
        time.sleep(600)


class Crashing(Stub):
    def fit(self, X, y):
        os.kill(os.getpid(), signal.SIGSEGV)


class Leaving(Stub):
    def fit(self, X, y):
        os._exit(0)


class Lying(Stub):
    def predict_proba(self, X):
        return np.array(OURS) * 0.98


class Greedy(Stub):
    def fit(self, X, y):
        self.much = np.ones(2**28, dtype=np.uint8)
        return super().fit(X, y)


class Full(Stub):
    """Whoever it is, finds the disk full afterwards."""

    def predict(self, X):
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
        return super().predict(X)


class Drawing(Stub):
    """Depends on a random state that nobody gave it."""

    def fit(self, X, y):
        self.proba = np.repeat(np.random.dirichlet([1, 1], 1), 4, axis=0)  # noqa: NPY002
        return super().fit(X, y)


class Leaky(Stub):
    """Leaves a process behind, which would hold up whoever waits for it."""

    def fit(self, X, y):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        return super().fit(X, y)


def given(*models, **options):
    """Records by name."""
    named = {type(model).__name__: model for model in models}
    return {r.model: r for r in run_pairs(small_dataset(), named, **options)}


def test_what_crashes_leaves_or_lies_is_a_row_and_the_others_go_on():
    found = given(*(kind(OURS) for kind in (Crashing, Leaving, Lying, Leaky, Stub)))
    reasons = {name: record.reason for name, record in found.items()}
    assert reasons["Crashing"] == "crashed: the process was ended by SIGSEGV"
    assert reasons["Leaving"] == "crashed: the process ended with code 0 and left no result"
    assert reasons["Lying"].endswith("divide scores by their sum before calling them probabilities")
    assert [found[name].status for name in ("Leaky", "Stub", "prior")] == ["ok"] * 3


def test_what_sleeps_is_killed():
    start = time.monotonic()
    found = given(Sleeping(OURS), timeout=0.5)
    assert found["Sleeping"].reason == "timed out: not done after 0.5 s, and killed"
    assert time.monotonic() - start < 300  # it would have slept for twice as long


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory need Linux")
def test_a_limit_of_memory_is_a_failed_row():
    found = given(Greedy(OURS), Stub(OURS), memory=100)
    assert "MemoryError" in found["Greedy"].reason
    assert found["Stub"].status == "ok"
    assert given(Greedy(OURS), memory=600)["Greedy"].status == "ok"


def test_what_is_there_is_not_fitted_again(tmp_path):
    models = {"bnb": BernoulliNB(), "stub": Stub(OURS)}
    events = []
    first = run_pairs(small_dataset(), models, folder=tmp_path, progress=events.append)
    assert [(e.done, e.total, e.model, e.record is None) for e in events] == [
        (0, 3, "bnb", True),
        (1, 3, "bnb", False),
        (1, 3, "stub", True),
        (2, 3, "stub", False),
        (2, 3, "prior", True),
        (3, 3, "prior", False),
    ]
    (tmp_path / "cells" / f"{first[1].key}.npz").unlink()
    events.clear()
    again = run_pairs(small_dataset(), models, folder=tmp_path, progress=events.append)
    assert [e.model for e in events] == ["stub", "stub"]
    assert [r.key for r in again] == [r.key for r in first]
    # Kept to the last digit of their times.
    assert (again[0], again[2]) == (first[0], first[2])
    assert again[1].scores == first[1].scores
    assert sorted(p.name for p in (tmp_path / "cells").iterdir()) == sorted(
        [".lock", "run.json", *(f"{r.key}.npz" for r in first)]
    )


@pytest.mark.parametrize(
    "damage", [lambda b: b[:100], lambda b: b"", lambda b: b[:-40] + b"x" * 40]
)
def test_a_damaged_record_is_made_again(tmp_path, damage):
    models = {"stub": Stub(OURS)}
    record = run_pairs(small_dataset(), models, folder=tmp_path)[0]
    path = tmp_path / "cells" / f"{record.key}.npz"
    path.write_bytes(damage(path.read_bytes()))
    [blank, _] = run_pairs(small_dataset(), models, folder=tmp_path, fit=False)
    assert blank.status == "missing"
    assert run_pairs(small_dataset(), models, folder=tmp_path)[0].scores == record.scores


def test_another_estimator_parameter_seed_or_data_is_another_record():
    def key(models, dataset=None, **options):
        return run_pairs(dataset or small_dataset(), models, fit=False, **options)[0].key

    dataset = small_dataset()
    other_rows = replace(dataset, X_test=np.array([[0, 0], [1, 0], [0, 0], [0, 0]], dtype=np.uint8))
    reordered = replace(other_rows, X_test=other_rows.X_test[[1, 0, 2, 3]])
    other_label = replace(dataset, y_test=np.array(["yes", "no", "yes", "yes"]))
    keys = [
        key({"a": BernoulliNB()}),
        key({"a": BernoulliNB(alpha=0.5)}),
        key({"a": BernoulliNB()}, seeds=(1,)),
        key({"a": BernoulliNB()}, calibrate="sigmoid"),
        key({"a": KNeighborsClassifier()}),
        key({"a": Stub(OURS)}),
        key({"a": Stub(THEIRS)}),
        *(key({"a": BernoulliNB()}, data) for data in (other_rows, reordered, other_label)),
    ]
    assert len(set(keys)) == len(keys)
    assert key({"a": BernoulliNB()}) == keys[0]
    assert key({"a": BernoulliNB()}, timeout=3.0) == keys[0]


def test_a_failure_is_tried_again_with_other_limits_only(tmp_path):
    def reason(**options):
        models = {"a": Sleeping(OURS)}
        return run_pairs(small_dataset(), models, folder=tmp_path, **options)[0].reason

    assert "after 0.2 s" in reason(timeout=0.2)
    before = next(path for path in (tmp_path / "cells").glob("*.npz")).stat().st_mtime_ns
    assert "after 0.2 s" in reason(timeout=0.2)
    assert "after 0.3 s" in reason(timeout=0.3)
    assert before > 0


class Here(Stub):
    """Reads a file beside which it was called."""

    def fit(self, X, y):
        with open("proba.txt") as file:
            self.proba = np.loadtxt(file)
        return super().fit(X, y)


def test_a_fit_works_where_its_caller_does(tmp_path, monkeypatch):
    for name, proba in (("a", OURS), ("b", THEIRS)):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        np.savetxt("proba.txt", proba)
        here = run_pairs(small_dataset(), {"here": Here(None)}, folder="r")[0]
        assert here.scores == run_pairs(small_dataset(), {"stub": Stub(proba)})[0].scores


def test_repeats_add_up_and_take_turns(tmp_path):
    order = []

    def run(repeats):
        return run_pairs(
            small_dataset(),
            [stub_pair(OURS, THEIRS)],
            repeats=repeats,
            folder=tmp_path,
            progress=lambda e: e.record is None and order.append(e.implementation),
        )

    assert [len(record.runs) for record in run(2)] == [2, 2, 2]
    assert order == ["probml", "sklearn", "probml", "sklearn", "baseline", "baseline"]
    order.clear()
    assert [len(record.runs) for record in run(3)] == [3, 3, 3]
    assert order == ["probml", "sklearn", "baseline"]


def test_jobs_give_the_same_scores_and_no_costs():
    models = {"bnb": BernoulliNB(), "drawing": Drawing(OURS), "stub": Stub(OURS)}
    alone, together = (run_pairs(small_dataset(), models, jobs=jobs) for jobs in (1, 2))
    assert [r.scores for r in alone] == [r.scores for r in together]
    assert [len(r.runs) for r in alone + together] == [1] * 4 + [0] * 4


def test_a_random_state_that_nobody_gave_is_the_seed():
    found = [given(Drawing(OURS), seeds=(seed,))["Drawing"] for seed in (0, 0, 1)]
    assert found[0].scores == found[1].scores != found[2].scores


def test_a_folder_of_other_data_is_refused_and_stays(tmp_path):
    run_pairs(small_dataset(), {"bnb": BernoulliNB()}, folder=tmp_path)
    before = {p.name: p.read_bytes() for p in (tmp_path / "cells").iterdir()}
    X = small_dataset().X_test + np.uint8(1)
    with pytest.raises(OtherRunError, match="holds 2 records of other data: of small, where X"):
        run_pairs(replace(small_dataset(), X_test=X), {"bnb": BernoulliNB()}, folder=tmp_path)
    assert {p.name: p.read_bytes() for p in (tmp_path / "cells").iterdir()} == before


def test_missing_records_are_blanks_that_survive_the_disk(tmp_path):
    blanks = run_pairs(small_dataset(), {"bnb": BernoulliNB()}, fit=False)
    assert [r.status for r in blanks] == ["missing", "missing"]
    write_records(tmp_path, blanks)
    assert read_records(tmp_path) == blanks
    assert "INCOMPLETE" in (tmp_path / "records.jsonl").read_text()


def test_differences_are_to_the_baseline():
    frame = compare(small_dataset(), {"a": Stub(OURS), "b": Stub(THEIRS)}, baseline="b").results
    assert frame["model"].tolist() == ["a", "b", "prior"]
    records = run_pairs(
        small_dataset(), {"a": Stub(OURS), "b": Stub(THEIRS)}, baseline="b", fit=False
    )
    assert [r.reference for r in records] == ["b/given", "", ""]
    records = run_pairs(small_dataset(), {"a": Stub(OURS)}, fit=False)
    assert [r.reference for r in records] == ["prior/baseline", ""]


def test_open_seeds_are_filled_and_set_ones_kept():
    from sklearn.ensemble import RandomForestClassifier

    models = {
        "open": RandomForestClassifier(n_estimators=2),
        "set": RandomForestClassifier(n_estimators=2, random_state=7),
    }
    records = run_pairs(small_dataset(), models, seeds=(3, 4), fit=False)
    assert [(r.model, r.seed, r.parameters["random_state"]) for r in records[:-1]] == [
        ("open", 3, 3),
        ("set", 3, 7),  # beside those of its seed, to be timed in turns with them
        ("open", 4, 4),
    ]
    assert models["open"].random_state is None


def test_compare_accepts_any_classifier_even_without_log_probabilities():
    frame = compare(small_dataset(), {"knn": KNeighborsClassifier(n_neighbors=3)}).results
    assert not hasattr(KNeighborsClassifier, "predict_log_proba")
    assert frame["status"].tolist() == ["ok", "ok"]


def test_a_model_that_cannot_travel_is_a_row():
    stuck = Stub(OURS)
    stuck.lock = __import__("threading").Lock()
    stuck.__class__ = type("Stuck", (Stub,), {"__deepcopy__": lambda self, memo: self})
    [failed, prior] = run_pairs(small_dataset(), {"stuck": stuck})
    assert failed.reason.startswith("cannot be sent to a process of its own: TypeError")
    assert prior.status == "ok"


@pytest.mark.parametrize(
    ("models", "options", "message"),
    [
        ([stub_pair(OURS, THEIRS)], {"seeds": ()}, "at least one seed"),
        ([stub_pair(OURS, THEIRS)] * 2, {}, "distinct names"),
        ({"prior": BernoulliNB()}, {}, "none of them 'prior'"),
        ({"a": BernoulliNB()}, {"baseline": "b"}, r"baseline must be one of a \(got 'b'\)"),
        ({"a": BernoulliNB()}, {"repeats": 0}, "repeats must be an integer"),
        ({"a": BernoulliNB()}, {"jobs": 2, "repeats": 2}, "at the same time disturb"),
        ({"a": BernoulliNB()}, {"timeout": 0}, "timeout must be a number"),
    ],
)
def test_bad_arguments(models, options, message):
    with pytest.raises(ValueError, match=message):
        run_pairs(small_dataset(), models, **options)


def test_a_class_is_no_estimator():
    with pytest.raises(TypeError, match=r"a must be an instance .*; pass BernoulliNB\(\)"):
        run_pairs(small_dataset(), {"a": BernoulliNB})


def test_labels_that_training_lacks_are_refused_before_anything_runs(tmp_path):
    odd = replace(small_dataset(), y_test=np.array(["no", "no", "yes", "odd"]))
    with pytest.raises(ValueError, match=r"y_test must hold only labels .*odd"):
        run_pairs(odd, {"bnb": BernoulliNB()}, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_ends_the_run_and_leaves_whole_records(tmp_path, monkeypatch):
    models = {"a": BernoulliNB(), "b": BernoulliNB()}
    left = iter([True] * 2)  # whose folder it is, and one record

    def full(descriptor):
        if not next(left, False):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        run_pairs(small_dataset(), models, folder=tmp_path)
    monkeypatch.undo()
    kept = run_pairs(small_dataset(), models, folder=tmp_path, fit=False)
    assert [r.status for r in kept] == ["ok", "missing", "missing"]
    assert not [p for p in (tmp_path / "cells").iterdir() if p.name.endswith(".part")]


@pytest.mark.skipif(sys.platform != "linux", reason="limits files as Linux does")
def test_a_disk_that_is_full_for_the_child_is_no_fault_of_the_model(tmp_path):
    with pytest.raises(OSError, match="No space left"):
        run_pairs(small_dataset(), {"a": Full(OURS)}, folder=tmp_path)
    [a, _] = run_pairs(small_dataset(), {"a": Full(OURS)}, folder=tmp_path, fit=False)
    assert a.status == "missing"
