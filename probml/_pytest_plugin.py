"""Plug-in for pytest: how long to look for counterexamples, and what the laws said, at the end.

It is loaded in every run of pytest where this library is installed, so it imports nothing of it:
only once a test module has imported :func:`probml.laws.parametrize_with_laws` there is something
to do.  Hypothesis' profiles are left as they are.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from probml.laws import LawResult

__all__ = [
    "pytest_addoption",
    "pytest_collection_finish",
    "pytest_runtest_call",
    "pytest_terminal_summary",
]

_CHECK = "probml.laws.classifiers._check"
_PROPERTY = "probml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options ``--probml-profile`` and ``--probml-seed``."""
    group = parser.getgroup("probml", "laws for classifiers")
    group.addoption(
        "--probml-profile",
        choices=("quick", "default", "deep"),
        default="quick",
        help="20, 100 or 2000 problems per law, where the test names no profile (default: quick)",
    )
    group.addoption(
        "--probml-seed", type=int, default=0, help="draws other problems (default: %(default)s)"
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Pass the options on, if a test module has imported the laws."""
    if _CHECK in sys.modules:
        tests = sys.modules[_CHECK].LawTest
        tests.profile = session.config.getoption("--probml-profile")
        tests.random_seed = session.config.getoption("--probml-seed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Note on the test what its law says, from where it reaches the summary also by xdist."""
    if _CHECK not in sys.modules:
        return (yield)

    def heard(estimator: str, result: "LawResult") -> None:
        item.user_properties.append((_PROPERTY, (estimator, result.law_id, result.verdict)))

    tests = sys.modules[_CHECK].LawTest
    tests.heard = heard
    try:
        return (yield)
    finally:
        tests.heard = None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A line for each classifier: how many laws hold, and which are quirks or broken."""
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") != "call":
                continue
            for name, value in report.user_properties:
                if name == _PROPERTY:
                    estimator, law_id, verdict = value
                    said[estimator][verdict].append(law_id)
    if said:
        terminalreporter.section("laws for classifiers")
    for estimator, verdicts in said.items():
        n = {verdict: len(ids) for verdict, ids in verdicts.items()}
        line = f"{estimator}: {n.get('holds', 0)} hold, {n.get('not_applicable', 0)} do not apply"
        for verdict, plural in (("violation", "violated"), ("error", "crash"), ("quirk", "quirks")):
            if verdict in verdicts:
                line += f", {plural} {' '.join(sorted(verdicts[verdict]))}"
        terminalreporter.write_line(line)
