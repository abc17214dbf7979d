"""A law about classifiers: its subject is an estimator, and its cases are problems to fit."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis.strategies import SearchStrategy

from probml.laws._law import Law, LawResult, Measured
from probml.laws.classifiers._damage import damage
from probml.laws.classifiers._problems import Domain, problems
from probml.laws.classifiers._snippets import snippet
from probml.laws.classifiers.measures import _basics, _predictions

__all__ = ["ClassifierLaw"]

_ORDINARY = ("fitted", "model_of", "answers")
"""Functions of the measures that do what any classifier must: of a crash there ANY-08 speaks."""


@dataclass(frozen=True, eq=False)
class ClassifierLaw(Law):
    """A law that any estimator with ``fit`` and ``predict_proba`` can be held against.

    The residual is a function that returns a ``Finding``, since what rounding explains depends
    on the problem.  A problem that the estimator refuses does not count.

    Parameters
    ----------
    consequence : str
        In one plain clause, what a breach does to whoever relies on the classifier.
    needs : tuple of str
        What an estimator must have: names of methods, parameters or attributes,
        ``"sample_weight"``, ``"deterministic"`` or ``"extrapolates"``.
    claimed_by : tuple of str
        Claims that make a breach a violation; without one of them it is a quirk.  Empty for a
        law of probability itself.
    family : bool
        Whether the law asks nothing of an estimator that makes none of these claims.
    draw : callable
        Problems inside of a :class:`Domain`.
    since : str
        Release that brought the law; until the next one it warns and does not fail.

    Other parameters are those of :class:`probml.laws.Law`.
    """

    consequence: str = ""
    needs: tuple[str, ...] = ()
    claimed_by: tuple[str, ...] = ()
    family: bool = False
    draw: Callable[[Domain], SearchStrategy[Any]] = problems
    since: str = "0.1"

    def check(self, candidate: Any = None, **words: Any) -> LawResult:
        """Hold the law against an estimator that claims it; a crash is an error.

        Parameters are those of :meth:`probml.laws.Law.check`.
        """
        result = super().check(candidate, **words)
        if result.verdict != "violation":
            return result
        if result.reason.startswith("raised "):
            return replace(result, verdict="error", reason=f"{self.title}: it {result.reason}")
        how_much = f"missed by {result.margin:.3g} times what rounding explains"
        if result.margin == float("inf"):
            # what cannot be a matter of rounding says itself what it is
            how_much = result.tolerance.partition(" (")[2].removesuffix(")") or "broken"
        return replace(result, reason=f"{self.title}: {how_much}; {self.consequence}")

    def measured(self, subject: Any, case: Any) -> Measured:
        """What the measure finds on a copy of the problem, which the subject may spoil."""
        found = self.residual(subject, case.copy())
        truth = getattr(case, "truth", None)
        evidence = (found.got, found.expected if truth is None else truth)
        return Measured(float(found.missed), float(found.allowed), found.conditions, evidence)

    def rejects(self, result: LawResult) -> bool:
        """Whether a result is the breach that this law is about; a crash is that of one law."""
        crashes = self.residual is _predictions.fits_or_explains
        return result.verdict == ("error" if crashes else "violation")

    def refuses(self, error: BaseException) -> bool:
        """Whether another law speaks of this: ANY-08 of crashes in what anyone must be able to."""
        if self.residual is _predictions.fits_or_explains:
            return False
        if isinstance(error, _basics.UnusableError):
            return True
        frames = traceback.extract_tb(error.__traceback__)
        return any(f.name in _ORDINARY and f.filename == _basics.__file__ for f in frames)

    def snippet(self, subject: Any, case: Any) -> str:
        """Self-contained code that prints what this estimator does on this problem."""
        return snippet(self.residual, subject, case)

    def damage(self, measured: Measured) -> str:
        """What wrong probabilities do to log loss, Brier score and decisions at 0.5."""
        return damage(*measured.evidence) if measured.evidence else ""
