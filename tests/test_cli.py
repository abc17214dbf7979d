"""The command line: what goes to which stream, and with which exit code it ends."""

import io
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import probml.cli
import probml.datasets
import probml.reports
from probml import __version__
from probml.cli import _console, cli, main
from probml.reports import Pair, default_pairs, run_pairs, select_pairs
from probml.reports.records import decode_one

FAST = ("report", "--dataset", "digits", "--models", "lda,bnb")


@pytest.fixture
def home(tmp_path):
    """An environment without any data and without a network."""
    (tmp_path / "empty").mkdir()
    return {
        **os.environ,
        "PROBML_OFFLINE": "1",
        "PROBML_DATA": str(tmp_path / "empty"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
        "COLUMNS": "80",
    }


def probml_command(*words, env, **options):
    return subprocess.run(
        [sys.executable, "-m", "probml", *map(str, words)],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


@pytest.fixture(scope="session")
def fitted(tmp_path_factory):
    """A folder in which everything has been fitted that most tests ask for."""
    folder = tmp_path_factory.mktemp("fitted")
    run = {"folder": folder, "seeds": (0,)}
    digits = probml.datasets.load_digits_dataset()
    chosen = select_pairs(default_pairs(digits), "lda,bnb")
    assert {r.status for r in run_pairs(digits, chosen, **run)} == {"ok"}
    return folder


@pytest.fixture
def ready(fitted, tmp_path):
    """A folder for a report whose fits are done, so that a test need not wait for them."""
    shutil.copytree(fitted, tmp_path / "r")
    return tmp_path / "r"


def in_process(*words):
    """Exit code of a command that runs in this process."""
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    return end.value.code


def refuse(*anything, **options):
    raise AssertionError(f"{anything} should not be")


def broken(**parameters):
    raise RuntimeError("out of luck")


@pytest.fixture
def stubs(monkeypatch):
    """One pair whose first member fails and whose second is quick."""
    from sklearn.naive_bayes import BernoulliNB

    pairs = (Pair("stub", "Stub", broken, BernoulliNB), Pair("bnb", "B", BernoulliNB, BernoulliNB))
    monkeypatch.setattr(probml.reports.pairs, "mnist_pairs", lambda: pairs)
    monkeypatch.setattr(probml.reports, "default_pairs", lambda dataset: pairs)


def test_help_shows_the_commands_and_the_exit_codes():
    for words in (["--help"], ["report", "--help"]):
        text = CliRunner().invoke(cli, words).output
        for code in ("0    done", "1    a law", "2    usage", "3    a model", "4    the data"):
            assert code in text
        assert "130  interrupted" in text
        assert code in text
    assert "--seeds" in text


def test_help_imports_nothing_heavy():
    heavy = "{'numpy', 'rich', 'sklearn', 'pandas', 'jinja2', 'matplotlib'}"
    code = f"import sys, probml.cli; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_version(home):
    done = probml_command("--version", env=home)
    assert (done.returncode, done.stdout) == (0, f"probml, version {__version__}\n")


def test_a_report_on_digits(home, tmp_path):
    done = probml_command(*FAST, "--out", tmp_path / "r", env=home)
    assert done.returncode == 0
    assert done.stderr == f"report: {tmp_path / 'r' / 'report.html'}\n"
    assert done.stdout.startswith("digits: 1,347 training and 450 test rows\n")
    assert re.search(r"lda +probml +0\.96", done.stdout)
    assert "probml minus sklearn" in done.stdout
    assert "\x1b" not in done.stdout
    assert "WARNING" not in done.stdout
    assert len((tmp_path / "r" / "results.csv").read_text().splitlines()) == 6
    assert str(tmp_path) not in (tmp_path / "r" / "report.html").read_text()


@pytest.mark.parametrize("columns", [80, 60, 40])
def test_the_tables_fit_and_nothing_is_cut_off(home, ready, columns):
    env = {**home, "COLUMNS": str(columns)}
    done = probml_command(*FAST, "--out", ready, "--seeds", 2, env=env)
    tables = done.stdout.split("\n\n", 1)[1]
    assert "…" not in tables
    rows = [line for line in tables.splitlines() if line.startswith(("lda", "bnb", "model"))]
    assert len(rows) == 8
    assert max(map(len, rows)) <= columns
    assert all("accuracy" in row for row in rows if row.startswith("model"))


def test_a_terminal_without_utf8_gets_ascii(home, ready):
    env = {**home, "PYTHONIOENCODING": "ascii"}
    done = probml_command("report", "--models", "lda", "--out", ready, env=env)
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "?" not in done.stdout


def test_a_reason_that_the_terminal_cannot_show_is_no_error(tmp_path, monkeypatch):
    from sklearn.naive_bayes import BernoulliNB

    def broken(**parameters):
        raise RuntimeError("señor, no")

    pair = Pair("bnb", "B", broken, BernoulliNB)
    monkeypatch.setattr(probml.reports, "default_pairs", lambda dataset: (pair,))
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", ascii_only)
    assert in_process("report", "--dataset", "digits", "--out", tmp_path) == 3
    assert b"se?or, no" in ascii_only.buffer.getvalue()


def test_without_mnist_it_falls_back_loudly(home, ready, tmp_path):
    done = probml_command("report", "--models", "bnb", "--quiet", "--out", ready, env=home)
    assert done.returncode == 0
    assert done.stderr.startswith("WARNING: MNIST could not be had")
    assert "is missing" in done.stderr
    assert done.stdout.startswith("WARNING: MNIST could not be had")
    for name in ("report.md", "report.html"):
        assert "MNIST could not be had" in (ready / name).read_text(encoding="utf-8")
        assert str(tmp_path) not in (ready / name).read_text(encoding="utf-8")
    assert ",digits," in (ready / "results.csv").read_text()


def test_mnist_on_request_is_mnist_or_nothing(home, tmp_path):
    done = probml_command("report", "--dataset", "mnist", "--out", tmp_path / "r", env=home)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "r").exists()


def test_json_is_strict_and_alone_on_stdout(home, ready):
    done = probml_command("report", "--models", "bnb", "--json", "--out", ready, env=home)
    document = json.loads(done.stdout, parse_constant=refuse)
    names = [row["implementation"] for row in document["results"]]
    assert names == ["probml", "sklearn", "baseline"]
    assert document["complete"] is True
    assert document["banner"].startswith("MNIST could not be had")
    assert document["pairs"][0]["model"] == "bnb"
    assert document["provenance"]["command"].startswith("probml report --models bnb --json")


@pytest.mark.parametrize(
    "words",
    [
        ("report", "--bogus"),
        ("report", "--dataset", "cifar"),
        ("report", "--models", "lda,svm"),
        ("report", "--models", ""),
        ("report", "--seeds", "0"),
        ("report", "--seeds", "99999999999999999999"),
        ("report", "--out", ""),
        ("data", "path", "cifar"),
        ("bogus",),
    ],
)
def test_usage_errors(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert in_process(*words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Error: " in shown.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_found_out_first(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(probml.reports, "run_pairs", refuse)
    (tmp_path / "file").write_text("mine")
    assert in_process(*FAST, "--out", tmp_path / "file" / "r") == 2
    assert "choose another folder with --out" in capsys.readouterr().err
    assert in_process(*FAST, "--out", tmp_path / "file") == 2
    assert (tmp_path / "file").read_text() == "mine"
    (tmp_path / "r" / "predictions.npz").mkdir(parents=True)
    assert in_process(*FAST, "--out", tmp_path / "r") == 2
    assert "(predictions.npz is a directory); choose another" in capsys.readouterr().err


def test_a_disk_that_fills_up_meanwhile_is_said(capsys, tmp_path, monkeypatch, stubs):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert in_process("report", "--dataset", "digits", "--out", tmp_path) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_failed_model_is_a_row_and_exit_three(capsys, tmp_path, stubs):
    assert in_process("report", "--dataset", "digits", "--out", tmp_path) == 3
    out = capsys.readouterr().out
    assert "stub (probml) failed: RuntimeError: out of luck" in " ".join(out.split())
    assert re.search(r"bnb +sklearn +0\.8", out)
    assert "RuntimeError: out of luck" in (tmp_path / "results.csv").read_text()


def test_what_was_killed_goes_on_and_says_meanwhile_that_it_is_incomplete(home, ready):
    fits = sorted((ready / "cells").glob("*.npz"))
    assert len(fits) == 5
    fits[0].unlink()
    done = probml_command(*FAST, "--no-fit", "--json", "--out", ready, env=home)
    assert done.returncode == 3
    document = json.loads(done.stdout, parse_constant=refuse)
    assert document["complete"] is False
    assert document["banner"].startswith("INCOMPLETE: 1 of 5 fits")
    written = [path for path in ready.iterdir() if path.suffix in (".html", ".md", ".csv", ".json")]
    assert len(written) == 5
    for path in [*written, ready / "records.jsonl"]:
        # A comparison is incomplete if one of its two is; the fit that is gone may have none.
        assert "INCOMPLETE" in path.read_text() or path.name == "pairs.csv", path
    before = {path.name: path.stat().st_mtime_ns for path in fits[1:]}
    done = probml_command(*FAST, "--out", ready, env=home)
    assert done.returncode == 0
    assert "INCOMPLETE" not in done.stdout + (ready / "report.html").read_text()
    assert {path.name: path.stat().st_mtime_ns for path in fits[1:]} == before
    assert fits[0].exists()


def test_the_folder_of_another_run_is_refused_and_kept(capsys, ready, monkeypatch):
    digits = probml.datasets.load_digits_dataset()
    other = replace(digits, y_test=digits.y_test[::-1])
    monkeypatch.setattr(probml.datasets, "load_digits_dataset", lambda: other)
    before = sorted(path.name for path in ready.rglob("*"))
    assert in_process(*FAST, "--out", ready) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "holds 5 records of other data: of digits, where y_test differ" in said
    assert "choose another folder with --out, or drop them with --fresh" in said
    assert sorted(path.name for path in ready.rglob("*")) == before
    assert in_process(*FAST, "--no-fit", "--fresh", "--out", ready) == 3
    assert list(ready.rglob("cells/*.npz")) == []


def test_a_missing_extra_is_named_with_its_remedy(capsys, monkeypatch):
    monkeypatch.setattr(_console, "find_spec", lambda name: None if name == "jinja2" else object())
    assert in_process(*FAST) == 2
    assert 'jinja2; run: pip install "probml[report]"' in capsys.readouterr().err


def test_an_interrupt_leaves_the_last_report(capsys, tmp_path, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    (tmp_path / "report.html").write_text("old")
    monkeypatch.setattr(probml.reports, "run_pairs", interrupted)
    assert in_process(*FAST, "--out", tmp_path) == 130
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.strip().startswith("interrupted: no report was written; fits that are done")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_an_interrupt_after_the_report_says_that_it_is_there(capsys, tmp_path, monkeypatch, stubs):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("probml.cli._report._show", interrupted)
    assert in_process("report", "--dataset", "digits", "--out", tmp_path) == 130
    path = tmp_path / "report.html"
    assert capsys.readouterr().err.strip() == f"interrupted: the report was written: {path}"
    assert path.exists()


def test_control_c_in_the_middle_of_a_fit(home, tmp_path):
    words = ("report", "--dataset", "digits", "--models", "mlp", "--seeds", "99")
    with subprocess.Popen(
        [sys.executable, "-m", "probml", *words, "--out", str(tmp_path / "r")],
        env=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not list((tmp_path / "r").rglob("cells/*.npz")):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert out == ""
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["cells"]
    assert not list((tmp_path / "r").rglob("work"))


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_a_reader_that_leaves_is_no_error(home, ready, option):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "probml", *FAST, *option, "--out", str(ready)],
        env=home,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 0
    assert done.stderr == f"report: {ready / 'report.html'}\n"


def in_a_shell(line, env):
    """Run a line of shell in which ``probml`` is this one."""
    script = f'probml() {{ {sys.executable} -m probml "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", script], env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("words", ["--help", "--version", "data path", "report {}"])
@pytest.mark.parametrize(
    ("where", "why"),
    [(">/dev/full", "No space left on device"), (">&-", "it is closed")],
)
def test_output_that_cannot_be_written_is_said(home, ready, words, where, why):
    words = words.format(f"--dataset digits --models bnb --out {ready}")
    done = in_a_shell(f"probml {words} {where}", home)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"Error: cannot write to stdout ({why}); redirect it elsewhere"
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full", "2>&1 | head -1; exit ${PIPESTATUS[0]}"])
def test_messages_that_nobody_can_read_change_nothing(home, ready, where):
    words = f"report --dataset digits --models bnb --out {ready}"
    done = in_a_shell(f"probml {words} {where}", home)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("digits: 1,347 training and 450 test rows\n")
    assert in_a_shell("probml bogus 2>&-", home).returncode == 2


def test_help_for_a_reader_that_leaves(home):
    done = in_a_shell("probml --help | true; exit ${PIPESTATUS[0]}", home)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_callers_streams_are_put_back(capfd):
    before = sys.stdout, sys.stderr
    assert in_process("--version") == 0
    assert (sys.stdout, sys.stderr) == before
    assert capfd.readouterr().out == f"probml, version {__version__}\n"


def on_a_terminal(*words, env):
    """What a person would see on stderr."""
    person, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "probml", *map(str, words)],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        seen = b""
        # Linux answers a read from a terminal that nobody holds any more with an error.
        with suppress(OSError):
            while True:
                seen += os.read(person, 65536)
        os.close(person)
        assert process.wait(timeout=60) == 0
    return seen.decode()


def forget(folder, member):
    """Remove the record of one fit."""
    for path in (folder / "cells").glob("*.npz"):
        if decode_one(path.read_bytes()).member == member:
            path.unlink()


def test_bars_are_for_people_and_have_no_colour_unless_wanted(home, ready):
    env = {**home, "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    colour = re.compile(r"\x1b\[[\d;]*3[0-8][\d;]*m")
    forget(ready, "lda/sklearn")
    seen = on_a_terminal(*FAST, "--out", ready, env=env)
    assert "lda (sklearn)" in seen
    assert colour.search(seen)
    forget(ready, "lda/sklearn")
    seen = on_a_terminal(*FAST, "--out", ready, env={**env, "NO_COLOR": "1"})
    assert "lda (sklearn)" in seen
    assert not colour.search(seen)
    assert on_a_terminal(*FAST, "--quiet", "--out", ready, env=env) == ""


def test_data_path_and_verify_without_data(home, tmp_path):
    done = probml_command("data", "path", env=home)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'empty' / 'mnist'}\n")
    done = probml_command("data", "verify", env=home)
    assert done.returncode == 4
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["missing"] * 4
    done = probml_command("data", "fetch", "mnist", env=home)
    assert (done.returncode, done.stdout) == (4, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["~no-such-user/x", "a" * 5000])
def test_a_data_home_that_cannot_be(home, name):
    for words in (("data", "verify"), ("data", "fetch", "mnist")):
        done = probml_command(*words, env={**home, "PROBML_DATA": name})
        assert done.returncode == 4
        assert "Traceback" not in done.stderr


def test_data_verify_of_good_files(capsys, monkeypatch):
    good = probml.datasets.FileStatus("train.gz", Path("train.gz"), "ok", "c" * 64)
    monkeypatch.setattr(probml.datasets, "verify_mnist", lambda: [good])
    assert in_process("data", "verify", "mnist") == 0
    assert capsys.readouterr().out == f"ok       train.gz                     {'c' * 64}\n"


def test_data_fetch_prints_the_folder(capsys, monkeypatch):
    monkeypatch.setattr(probml.datasets, "fetch_mnist", lambda progress: Path("here"))
    assert in_process("data", "fetch", "mnist") == 0
    assert capsys.readouterr().out == "here\n"


@pytest.mark.mnist
def test_mnist_is_the_default_where_it_can_be_had(capsys, tmp_path, monkeypatch, mnist, stubs):
    small = type(mnist)(
        **{
            **vars(mnist),
            "X_train": mnist.X_train[:2000],
            "y_train": mnist.y_train[:2000],
            "X_test": mnist.X_test[:500],
            "y_test": mnist.y_test[:500],
        }
    )
    monkeypatch.setattr(probml.datasets, "load_mnist", lambda progress: small)
    assert in_process("report", "--models", "bnb", "--out", tmp_path) == 0
    assert capsys.readouterr().out.startswith("mnist: 2,000 training and 500 test rows")
    assert "CC BY-SA 3.0" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert np.load(tmp_path / "predictions.npz")["0.log_proba"].shape == (500, 10)
