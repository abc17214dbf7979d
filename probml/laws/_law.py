"""A law is data: a statement that can be held against any implementation of its subject.

Hypothesis draws cases, the residual measures by how much a case breaks the law, and

    the law holds  <=>  residual(subject, case) <= tolerance    for every case drawn.

The *mutants* of a law are plausible wrong implementations of its subject.  A law that one of
them survives asserts too little; killing them all is part of the law.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Literal, NamedTuple

from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from hypothesis.errors import Flaky, Unsatisfiable, UnsatisfiedAssumption
from hypothesis.strategies import SearchStrategy

from probml.laws._limit import TooLongError, at_most

__all__ = ["Law", "LawResult", "Measured", "Mutant"]

Verdict = Literal["holds", "violation", "quirk", "not_applicable", "error"]

_LONGEST_CASE = 400
"""Characters of a counterexample that are shown."""


@dataclass(frozen=True)
class Mutant:
    """A wrong implementation of a law's subject, and in a few words what is wrong."""

    name: str
    subject: Any


@dataclass(frozen=True)
class LawResult:
    """What holding a law against one implementation brought to light.

    Attributes
    ----------
    law_id, title : str
        Of the law.
    verdict : {"holds", "violation", "quirk", "not_applicable", "error"}
        Whether every case stayed within the tolerance.  The last three are for classifiers: a
        habit that they may have, a law that does not concern them, and a crash.
    examples : int
        Cases tried, those of the shrinking included.
    margin : float
        Largest residual over the tolerance; above 1 is a violation, ``inf`` where the
        implementation raised or returned NaN.  A tolerance of 0 makes it 0 or ``inf``.
    reason : str
        One sentence on a violation, empty otherwise.
    counterexample : str
        The simplest case that was found to break the law, empty otherwise.
    seconds : float
        Time it took.
    seed : int
        That draws the same cases again.
    snippet : str
        Python code that shows a classifier's violation without this library, empty otherwise.
    tolerance : str
        How large a residual rounding explains on the case that came nearest to it, and what
        that depends on.
    damage : str
        What a classifier's violation does to scores and decisions, empty otherwise.
    """

    law_id: str
    title: str
    verdict: Verdict
    examples: int
    margin: float
    reason: str
    counterexample: str
    seconds: float
    seed: int = 0
    snippet: str = ""
    tolerance: str = ""
    damage: str = ""


class _BrokenError(Exception):
    """Tells Hypothesis that a case breaks the law."""


_HANGS = 10.0
"""So many times longer than any case before is no longer slow: it does not return."""

_HOPELESS = 100
"""After so many cases that were all refused no further one is drawn."""


class Measured(NamedTuple):
    """How a subject did on one case.

    Attributes
    ----------
    residual, tolerance : float
        By how much the law is missed, and how much of that rounding explains.
    conditions : str
        What the tolerance depends on, in a few words.
    evidence : object
        What a law may want to say more about.
    """

    residual: float
    tolerance: float
    conditions: str = ""
    evidence: Any = None

    @property
    def margin(self) -> float:
        """Residual over tolerance."""
        if self.tolerance:
            return self.residual / self.tolerance
        return math.inf if self.residual else 0.0


@dataclass(frozen=True, eq=False)
class Law:
    """One statement, how to draw cases for it, and how to tell that it is broken.

    Parameters
    ----------
    id : str
        Theme and number, such as ``DI-11``.
    title, text, latex : str
        Name, one sentence, one formula.
    source : str
        Where the statement is taught.
    cases : SearchStrategy or tuple of SearchStrategy
        Draws what the residual takes as its second argument; of several, equal shares are drawn,
        so that each kind of case is tried however few there are.
    residual : callable
        ``residual(subject, case)``: 0 where the law holds exactly, larger the more it is broken.
    tolerance : float
        Largest residual that rounding explains.
    reason : str
        Why the tolerance is what it is.
    subject : object
        The implementation in this library.
    mutants : tuple of Mutant
        Wrong implementations that the law must reject; at least one.
    examples : tuple
        Cases that are always tried, such as the golden values of a source.

    Raises
    ------
    ValueError
        If there is no mutant: then nothing shows that the law can fail.

    Examples
    --------
    >>> from hypothesis import strategies as st
    >>> law = Law(
    ...     id="XX-01",
    ...     title="absolute values are even",
    ...     text="x and -x have the same absolute value",
    ...     latex="|-x| = |x|",
    ...     source="",
    ...     cases=st.integers(-5, 5),
    ...     residual=lambda absolute, x: abs(absolute(-x) - absolute(x)),
    ...     tolerance=0.0,
    ...     reason="integers are exact",
    ...     subject=abs,
    ...     mutants=(Mutant("the sign is kept", lambda x: x),),
    ... )
    >>> law.check().verdict
    'holds'
    >>> result = law.check(lambda x: x)
    >>> result.verdict, result.counterexample
    ('violation', '1')
    >>> law.survivors()
    []
    """

    id: str
    title: str
    text: str
    latex: str
    source: str
    cases: SearchStrategy[Any] | tuple[SearchStrategy[Any], ...]
    residual: Callable[[Any, Any], Any]
    tolerance: float
    reason: str
    subject: Any
    mutants: tuple[Mutant, ...]
    examples: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if not self.mutants:
            raise ValueError(
                f"law {self.id} must have at least one mutant (got none); a law that nothing "
                "can break asserts nothing"
            )

    def check(
        self,
        candidate: Any = None,
        *,
        max_examples: int = 100,
        random_seed: int = 0,
        shrink: bool = True,
        seconds: float = math.inf,
        patience: float = 5.0,
    ) -> LawResult:
        """Hold the law against `candidate`, by default this library's own implementation.

        Parameters
        ----------
        candidate : object, optional
            Another implementation of the subject.
        max_examples : int
            Cases to draw, after the examples.
        random_seed : int
            Equal seeds draw equal cases.
        shrink : bool
            Whether a counterexample is made as simple as it can be; a verdict alone is faster.
        seconds : float
            Time after which no further case is tried; the number that was stands in the result.
        patience : float
            A case is stopped after so many seconds, or ten times as many as any before it took,
            if that is more: that it does not return is a violation.

        Returns
        -------
        LawResult
            A violation comes with the simplest counterexample that was found.
        """
        subject = self.subject if candidate is None else candidate
        start = perf_counter()
        trial = _Trial(self, subject, start + seconds, patience)
        try:
            for case in self.examples:
                with suppress(UnsatisfiedAssumption):
                    trial(case)
            for cases, share, own_seed in _shares(self.cases, max_examples, random_seed):
                try:
                    _drawn(trial, cases, share, own_seed, shrink)
                except Unsatisfiable:
                    if not trial.refused:
                        raise
        # A subject that answers at random may not break the law a second time.
        except (_BrokenError, Flaky, TooLongError):
            pass
        return replace(trial.result(perf_counter() - start), seed=random_seed)

    def measured(self, subject: Any, case: Any) -> Measured:
        """By how much a subject misses the law on one case."""
        return Measured(float(self.residual(subject, case)), self.tolerance, self.reason)

    def refuses(self, error: BaseException) -> bool:
        """Whether an exception says that the case is none for this subject."""
        return False

    def snippet(self, subject: Any, case: Any) -> str:
        """Code that shows what a case does to a subject, if the law can write it."""
        return ""

    def damage(self, measured: Measured) -> str:
        """What the breach does to whoever relies on the subject, if the law can tell."""
        return ""

    def rejects(self, result: LawResult) -> bool:
        """Whether a result is the breach that this law is about."""
        return result.verdict == "violation"

    def survivors(self, *, max_examples: int = 100, random_seed: int = 0) -> list[str]:
        """Names of the mutants that the law fails to reject; a sound law has none."""
        words = {"max_examples": max_examples, "random_seed": random_seed}
        return [
            mutant.name
            for mutant in self.mutants
            if not self.rejects(self.check(mutant.subject, shrink=False, **words))
        ]


class _Trial:
    """One implementation under one law: counts cases, remembers the worst and the last broken."""

    def __init__(self, law: Law, subject: Any, deadline: float, patience: float) -> None:
        self._law, self._subject, self._deadline = law, subject, deadline
        self._patience = patience
        self._n, self._worst, self._reason = 0, Measured(0.0, law.tolerance), ""
        self._case: Any = None
        self._longest = 0.0
        self._n_refused, self.refused = 0, ""

    def __call__(self, case: Any) -> None:
        began = perf_counter()
        hopeless = not self._n and self._n_refused >= _HOPELESS
        if hopeless or began > self._deadline:
            raise TooLongError
        try:
            with at_most(max(self._patience, _HANGS * self._longest)):
                measured, reason = self._measured(case)
        except TooLongError as error:
            self._reason, self._case = f"raised TooLongError: {error}", case
            self._worst = Measured(math.inf, 0.0)
            raise
        self._longest = max(self._longest, perf_counter() - began)
        self._n += 1
        if measured.residual <= measured.tolerance:
            if not self._reason and measured.margin >= self._worst.margin:
                self._worst = measured
            return
        # Hypothesis ends with the simplest case, so the last one broken is the one to show.
        self._reason, self._case, self._worst = reason, case, measured
        raise _BrokenError

    def _measured(self, case: Any) -> tuple[Measured, str]:
        """What was measured and what to say of it; an exception or NaN is the worst there is."""
        try:
            with warnings.catch_warnings():
                # A verdict that hung on the host's filters would be two verdicts.
                warnings.simplefilter("ignore")
                measured = self._law.measured(self._subject, case)
        # Whatever a stranger's implementation raises is a finding about it.
        except (Exception, SystemExit) as error:
            if self._law.refuses(error):
                self._n_refused, self.refused = self._n_refused + 1, str(error)
                reject()
            return Measured(math.inf, 0.0), f"raised {type(error).__name__}: {error}"
        if math.isnan(measured.residual):
            return measured._replace(residual=math.inf), "the residual is NaN"
        told = f"residual {measured.residual:.3g}, tolerance {measured.tolerance:.3g}"
        return measured, told

    def result(self, seconds: float) -> LawResult:
        verdict: Verdict = "violation" if self._reason else "holds"
        reason = self._reason
        if not self._n and not reason:
            verdict = "not_applicable"
            reason = f"every case was refused: {self.refused}" if self.refused else "out of time"
        return LawResult(
            law_id=self._law.id,
            title=self._law.title,
            verdict=verdict,
            examples=self._n,
            margin=self._worst.margin,
            reason=reason,
            counterexample=repr(self._case)[:_LONGEST_CASE] if self._reason else "",
            seconds=seconds,
            snippet=self._law.snippet(self._subject, self._case) if self._reason else "",
            tolerance=f"{self._worst.tolerance:.3g} ({self._worst.conditions})" if self._n else "",
            damage=self._law.damage(self._worst) if self._reason else "",
        )


def _shares(
    cases: SearchStrategy[Any] | tuple[SearchStrategy[Any], ...], n: int, random_seed: int
) -> Iterator[tuple[SearchStrategy[Any], int, int]]:
    """Strategies with how many cases each is to draw, and its own seed."""
    parts = cases if isinstance(cases, tuple) else (cases,)
    for i, part in enumerate(parts):
        share = n // len(parts) + (i < n % len(parts))
        if share:
            yield part, share, random_seed + 1_000_003 * i


def _drawn(
    trial: _Trial,
    cases: SearchStrategy[Any],
    max_examples: int,
    random_seed: int,
    shrink: bool,
) -> None:
    """Let Hypothesis draw and shrink, with settings that owe nothing to the host's profile."""
    run = settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )

    @seed(random_seed)
    @run
    @given(cases)
    def draw(case: Any) -> None:
        trial(case)

    draw()
