"""A law about classifiers: its subject is an estimator, and its cases are problems to fit."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from probml.laws._law import Law, LawResult
from probml.laws.classifiers import _measures
from probml.laws.classifiers._damage import damage
from probml.laws.classifiers._snippets import snippet

__all__ = ["ClassifierLaw"]


@dataclass(frozen=True, eq=False)
class ClassifierLaw(Law):
    """A law that any estimator with ``fit`` and ``predict_proba`` can be held against.

    The residual is a margin, since what rounding explains depends on the problem; the tolerance
    is therefore 1.  A problem that ``fit`` refuses does not count.

    Parameters
    ----------
    breach : {"violation", "quirk"}
        Whether to break it is to break probability itself, or a habit that an estimator may
        have for a reason of its own.
    consequence : str
        In one plain clause, what a breach does to whoever relies on the classifier.
    needs : tuple of str
        What an estimator must have: names of methods, ``"sample_weight"`` or
        ``"deterministic"``.
    asked : callable, optional
        The rows of a problem whose values are wrong in themselves: what they do to scores is
        then told beneath the snippet.

    Other parameters are those of :class:`probml.laws.Law`.
    """

    breach: Literal["violation", "quirk"] = "violation"
    consequence: str = ""
    needs: tuple[str, ...] = ()
    asked: Callable[[Any], Any] | None = None

    def check(self, candidate: Any = None, **words: Any) -> LawResult:
        """Hold the law against an estimator; a crash is an error, and a habit a quirk.

        Parameters are those of :meth:`probml.laws.Law.check`.
        """
        result = super().check(candidate, **words)
        if result.verdict != "violation":
            return result
        if result.reason.startswith("raised "):
            return replace(result, verdict="error")
        how_much = "" if result.margin == float("inf") else f" ({result.margin:.3g} times too far)"
        reason = f"{self.title}: broken{how_much}; {self.consequence}"
        return replace(result, verdict=self.breach, reason=reason)

    def rejects(self, result: LawResult) -> bool:
        """Whether a result is the breach that this law is about; a crash is that of one law."""
        crashes = self.residual is _measures.fits_or_explains
        return result.verdict == ("error" if crashes else self.breach)

    def refuses(self, error: Exception) -> bool:
        """Whether ``fit`` raised: of one problem too few there is one law that speaks, ANY-08."""
        frames = traceback.extract_tb(error.__traceback__)
        return any(f.name == "fitted" and f.filename == _measures.__file__ for f in frames)

    def snippet(self, subject: Any, case: Any) -> str:
        """Self-contained code that prints the margin of this estimator on this problem."""
        code = snippet(self.residual, subject, case)
        if self.asked is None:
            return code
        try:
            done = damage(subject, case, self.asked(case))
        # It has just been fitted to this very problem; if it crashes now, that is told elsewhere.
        except Exception:
            return code
        return f"{code}# what it does: {done}\n"
