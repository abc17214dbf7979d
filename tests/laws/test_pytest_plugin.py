"""The plug-in for pytest: loaded everywhere, doing nothing until the laws are asked for."""

import subprocess
import sys

import pytest

LAWS = """
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from probml.laws import parametrize_with_laws


@parametrize_with_laws([GaussianNB(), DecisionTreeClassifier()])
def test_probabilities(estimator, law):
    law(estimator)
"""


def pytest_in(folder, *words):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    return subprocess.run(
        [*command, *words], cwd=folder, capture_output=True, text=True, check=False
    )


def test_it_imports_nothing_until_used(tmp_path):
    (tmp_path / "test_other.py").write_text(
        "import sys\n"
        "def test_nothing_heavy():\n"
        "    assert 'probml._pytest_plugin' in sys.modules\n"
        "    heavy = {'numpy', 'sklearn', 'pandas', 'hypothesis', 'probml.laws'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    out = pytest_in(tmp_path, "-q")
    assert "1 passed" in out.stdout, out.stdout
    assert "laws for classifiers" not in out.stdout


def test_the_summary_tells_what_the_laws_said(tmp_path):
    (tmp_path / "test_mine.py").write_text(LAWS)
    out = pytest_in(tmp_path, "-q", "-k", "EXT-01 or ANY-02 or MET-10 or MET-07")
    assert out.returncode == 1
    assert "GaussianNB: 1 hold, 0 do not apply, violated EXT-01, quirks MET-07 MET-10" in out.stdout
    assert "DecisionTreeClassifier: 2 hold, 1 do not apply, quirks MET-10" in out.stdout


@pytest.mark.parametrize(
    ("words", "n", "seed"),
    [((), 20, 0), (("--probml-profile", "default", "--probml-seed", "3"), 100, 3)],
)
def test_the_command_line_says_how_long_to_look(tmp_path, words, n, seed):
    body = LAWS.replace("law(estimator)", "result = law(estimator)") + (
        f"    assert (result.examples, result.seed) == ({n}, {seed})\n"
    )
    (tmp_path / "test_mine.py").write_text(body)
    out = pytest_in(tmp_path, "-q", "-k", "ANY-02", *words)
    assert "2 passed" in out.stdout, out.stdout


def test_the_hosts_profile_of_hypothesis_is_left_alone(tmp_path):
    (tmp_path / "conftest.py").write_text(
        "from hypothesis import settings\n"
        "settings.register_profile('host', max_examples=7)\n"
        "settings.load_profile('host')\n"
    )
    (tmp_path / "test_mine.py").write_text(
        LAWS + "    from hypothesis import settings\n    assert settings().max_examples == 7\n"
    )
    out = pytest_in(tmp_path, "-q", "-k", "ANY-02")
    assert "2 passed" in out.stdout, out.stdout
