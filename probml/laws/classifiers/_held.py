"""One estimator under one law after the other: what it is asked, for how long, and the verdict."""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from probml.laws._law import LawResult
from probml.laws.classifiers._capabilities import Capabilities, capabilities, seeded
from probml.laws.classifiers._claims import claims_of, expanded, waived
from probml.laws.classifiers._law import ClassifierLaw
from probml.laws.classifiers._memory import Finished, Remembering
from probml.laws.classifiers._problems import Domain

__all__ = ["SECONDS", "FinishedUnderLaws", "UnderLaws"]

SECONDS = 30.0
"""Time limit of a law."""

_PATIENCE = 5.0
"""A problem that takes longer, and much longer than others, is one that hangs."""

_NEEDS = {
    "deterministic": "two fits with equal seeds differ",
    "sample_weight": "its fit takes no sample_weight",
    "extrapolates": "it predicts nothing far from its training rows",
}

_EVERY_FIT = ("ANY-07", "ANY-08", "ANY-09", "ANY-12")
"""Laws that must see every fit: whether it crashes, writes to its arguments, or forgets others."""


class UnderLaws:
    """An estimator with its random states fixed, what it can do, and what it claims.

    Parameters
    ----------
    estimator : object
        Not necessarily fitted.
    claims : iterable of str or None
        By default those of its class.
    least : Domain
        What is known beforehand of what it can fit.
    max_examples, random_seed : int
        Problems per law, and what draws them.
    seconds : float
        Time limit of a law.
    """

    def __init__(
        self,
        estimator: Any,
        claims: Iterable[str] | None = None,
        least: Domain | None = None,
        *,
        max_examples: int,
        random_seed: int = 0,
        seconds: float = SECONDS,
    ) -> None:
        self._plain = seeded(estimator)
        self._claims = claims_of(self._plain) if claims is None else expanded(claims)
        self._able = capabilities(self._plain, least, seconds=seconds)
        self._remembering = Remembering(self._plain)
        self._words = {"max_examples": max_examples, "random_seed": random_seed}
        self._seconds = seconds
        self._patience = max(_PATIENCE, 20.0 * self._able.seconds)

    def by(self, law: ClassifierLaw, share: float = math.inf) -> LawResult:
        """The verdict of a law, within a share of the time."""
        if self._able.crash:
            return self._crashed(law)
        reason = _not_asked(law, self._able, self._claims, self._plain)
        if reason:
            return _not_applicable(law, reason)
        subject = self._plain if law.id in _EVERY_FIT else self._remembering
        own = replace(law, cases=tuple(map(law.draw, self._able.domain.parts())))
        # of a quirk the problem is not shown, so it need not be small
        words = {"shrink": not _is_quirk(law, self._claims), "patience": self._patience}
        seconds = min(share, self._seconds)
        found = own.check(subject, seconds=seconds, **words, **self._words)
        return _verdict(own, found, self._claims)

    def _crashed(self, law: ClassifierLaw) -> LawResult:
        if law.id != "ANY-08":
            return _not_applicable(law, f"it fits nothing, see ANY-08 ({self._able.crash})")
        reason = f"{law.title}: the easiest problem raised {self._able.crash}"
        return LawResult(law.id, law.title, "error", 0, math.inf, reason, "", 0.0)


class FinishedUnderLaws:
    """A fitted model on given rows.

    Parameters
    ----------
    model : object
        Is not fitted again.
    asked : object
        In place of a problem, its rows.
    claims : iterable of str or None
        By default those of its class.
    scalable : bool
        Whether multiples of the rows are rows.
    """

    def __init__(
        self, model: Any, asked: Any, claims: Iterable[str] | None, scalable: bool
    ) -> None:
        self._model, self._asked = model, asked
        self._claims = claims_of(model) if claims is None else expanded(claims)
        methods = ("predict", "predict_log_proba", "decision_function")
        has = {name for name in methods if hasattr(model, name)} | {"deterministic"}
        has |= {"extrapolates"} if scalable else set()
        self._able = Capabilities(Domain(), frozenset(has))

    def by(self, law: ClassifierLaw) -> LawResult:
        """The verdict of a law of prediction."""
        reason = _not_asked(law, self._able, self._claims, self._model)
        if reason:
            return _not_applicable(law, reason)
        own = replace(law, examples=(self._asked,))
        found = _verdict(own, own.check(Finished(self._model), max_examples=0), self._claims)
        return replace(found, snippet="", counterexample="")


def _not_asked(
    law: ClassifierLaw, able: Capabilities, claims: frozenset[str], estimator: Any
) -> str:
    """Why a law does not concern an estimator; empty if it does."""
    if law.family and not claims.intersection(law.claimed_by):
        return f"it does not claim to be {' or '.join(law.claimed_by)}"
    missing = [need for need in law.needs if need not in able.has]
    if missing:
        return _NEEDS.get(missing[0], f"it has no {missing[0]}")
    return waived(estimator, law.id)


def _verdict(law: ClassifierLaw, result: LawResult, claims: frozenset[str]) -> LawResult:
    """A breach of what is neither probability's nor claimed is a quirk."""
    quirk = result.verdict == "violation" and _is_quirk(law, claims)
    return replace(result, verdict="quirk") if quirk else result


def _is_quirk(law: ClassifierLaw, claims: frozenset[str]) -> bool:
    return bool(law.claimed_by) and not claims.intersection(law.claimed_by)


def _not_applicable(law: ClassifierLaw, reason: str) -> LawResult:
    return LawResult(law.id, law.title, "not_applicable", 0, 0.0, reason, "", 0.0)
