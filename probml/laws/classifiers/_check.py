"""Hold anyone's classifier against the laws: all at once, one test each, or once it is fitted."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from probml._validation import check_choice
from probml.laws._law import LawResult
from probml.laws.classifiers._any import LAWS
from probml.laws.classifiers._capabilities import Capabilities, capabilities, seeded
from probml.laws.classifiers._law import ClassifierLaw
from probml.laws.classifiers._problems import Problem, problems

if TYPE_CHECKING:
    import pytest
    from pandas import DataFrame

__all__ = [
    "PROFILES",
    "LawViolationError",
    "check_fitted",
    "check_probabilistic_classifier",
    "parametrize_with_laws",
    "to_frame",
]

PROFILES = {"quick": 20, "default": 100, "deep": 2000}

_NEEDS = {
    "deterministic": "two fits with equal seeds differ",
    "sample_weight": "its fit takes no sample_weight",
    "extrapolates": "it predicts nothing far from its training rows",
}

_Callback = Callable[[LawResult], None]


class LawViolationError(AssertionError):
    """A classifier breaks a law, or crashes; the message shows how."""


def check_probabilistic_classifier(
    estimator: Any,
    *,
    laws: Sequence[str] | None = None,
    profile: str = "default",
    max_examples: int | None = None,
    random_seed: int = 0,
    expected_failures: Mapping[str, str] | None = None,
    on_fail: Literal["raise", "return"] = "raise",
    callback: _Callback | None = None,
    budget_seconds: float = math.inf,
) -> tuple[LawResult, ...]:
    """Hold a classifier against the laws of probability.

    scikit-learn's ``check_estimator`` tests an API; this tests what the probabilities say.
    Problems are drawn small and whole-numbered, inside of what the estimator can fit, which is
    found out by trying, as are weights, ``partial_fit`` and whether equal seeds give equal fits.

    Parameters
    ----------
    estimator : object
        In scikit-learn's style, not necessarily fitted; a copy with its random states fixed is
        what is checked.
    laws : sequence of str, optional
        Ids such as ``"ANY-02"``; all by default.
    profile : {"quick", "default", "deep"}
        20, 100 or 2000 problems per law.
    max_examples : int, optional
        Problems per law, whatever the profile.
    random_seed : int
        Equal seeds draw equal problems.
    expected_failures : mapping from id to reason, optional
        Laws that may be broken, as in scikit-learn's ``expected_failed_checks``.
    on_fail : {"raise", "return"}
        What to do about a violation or a crash; the results are returned in any case.
    callback : callable, optional
        Told of each result as it comes.
    budget_seconds : float
        Time for all laws, in equal shares; the number of problems that were tried is in the
        results.

    Returns
    -------
    tuple of LawResult
        One per law, with the verdict ``"holds"``, ``"violation"`` (probability itself is broken),
        ``"quirk"`` (a habit that the estimator may have), ``"not_applicable"`` or ``"error"``, the
        number of problems, and for a breach the shrunk problem as a snippet that runs without
        this library.

    Raises
    ------
    LawViolationError
        If a law is violated or the estimator crashes, unless that was expected.
    TypeError
        If `estimator` is a class, or has no ``fit`` or ``predict_proba``.
    ValueError
        If there is no such law or profile, or the estimator fits no problem at all.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> results = check_probabilistic_classifier(GaussianNB(), laws=["ANY-02"], profile="quick")
    >>> results[0].verdict, results[0].examples
    ('holds', 20)
    """
    check_choice("profile", profile, PROFILES)
    check_choice("on_fail", on_fail, ["raise", "return"])
    chosen = _chosen(laws)
    subject = seeded(_checked(estimator))
    able = capabilities(subject)
    expected = dict(expected_failures or {})
    n = PROFILES[profile] if max_examples is None else max_examples
    start = perf_counter()
    results: list[LawResult] = []
    for i, law in enumerate(chosen):
        # what is left of the time, in equal shares
        share = (start + budget_seconds - perf_counter()) / (len(chosen) - i)
        results.append(_held(law, subject, able, n, random_seed, share))
        if callback is not None:
            callback(results[-1])
    failed = [r for r in results if _fails(r) and r.law_id not in expected]
    if failed and on_fail == "raise":
        raise LawViolationError(_message(estimator, failed))
    return tuple(results)


def parametrize_with_laws(
    estimators: Iterable[Any],
    *,
    profile: str = "quick",
    expected_failures: Mapping[str, str] | None = None,
) -> "pytest.MarkDecorator":
    """Pytest decorator: one test for each estimator and law.

    The test takes ``estimator`` and ``law`` and calls ``law(estimator)``, which raises
    :class:`LawViolationError` for a violation or a crash, and skips what does not apply.

    Parameters
    ----------
    estimators : iterable of object
        Instances.
    profile : {"quick", "default", "deep"}
        20, 100 or 2000 problems per law.
    expected_failures : mapping from id to reason, optional
        Laws whose tests are marked as expected to fail.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> @parametrize_with_laws([GaussianNB()])
    ... def test_probabilities(estimator, law):
    ...     law(estimator)
    """
    import pytest

    check_choice("profile", profile, PROFILES)
    reasons = dict(expected_failures or {})
    cases = []
    for estimator in estimators:
        for law in LAWS:
            marks = [pytest.mark.xfail(reason=reasons[law.id])] if law.id in reasons else []
            name = f"{type(estimator).__name__}-{law.id}"
            cases.append(pytest.param(estimator, _OneLaw(law, profile), marks=marks, id=name))
    return pytest.mark.parametrize(("estimator", "law"), cases)


class _OneLaw:
    """A law as a test: call it with an estimator."""

    def __init__(self, law: ClassifierLaw, profile: str) -> None:
        self._law, self._profile = law, profile

    def __repr__(self) -> str:
        return self._law.id

    def __call__(self, estimator: Any) -> None:
        import pytest

        subject = seeded(_checked(estimator))
        result = _held(self._law, subject, capabilities(subject), PROFILES[self._profile], 0)
        if _fails(result):
            raise LawViolationError(_message(estimator, [result]))
        if result.verdict == "not_applicable":
            pytest.skip(result.reason)


class _Finished:
    """Stands for an estimator, and is fitted already."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __sklearn_clone__(self) -> "_Finished":
        return self

    def fit(self, X: Any, y: Any) -> Any:
        return self._model


_OF_FITTED = ("ANY-01", "ANY-02", "ANY-03", "ANY-04", "ANY-05", "ANY-06", "ANY-07", "EXT-01")


def check_fitted(
    model: Any, X: ArrayLike, *, on_fail: Literal["raise", "return"] = "raise"
) -> tuple[LawResult, ...]:
    """Hold a fitted model against the laws of prediction, on rows of your own: a release gate.

    Parameters
    ----------
    model : object
        Fitted, with ``predict_proba`` and ``classes_``; it is not fitted again.
    X : array_like of shape (n_samples, n_features)
        Rows such as it will be asked for.
    on_fail : {"raise", "return"}
        What to do about a violation or a crash.

    Returns
    -------
    tuple of LawResult
        For the laws that need prediction alone.

    Raises
    ------
    LawViolationError
        If a law is violated or the model crashes.
    TypeError
        If `model` has no ``predict_proba`` or ``classes_``.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> model = GaussianNB().fit([[0.0], [1.0]], [0, 1])
    >>> {result.verdict for result in check_fitted(model, [[0.5], [2.0]])}
    {'holds'}
    """
    check_choice("on_fail", on_fail, ["raise", "return"])
    for name in ("predict_proba", "classes_"):
        if not hasattr(model, name):
            raise TypeError(f"model must be fitted and have {name} (got {model!r})")
    rows = np.asarray(X)
    problem = Problem(rows, np.asarray(model.classes_), rows, np.zeros(len(rows), dtype=np.intp))
    results = []
    for law in _chosen(_OF_FITTED):
        missing = [n for n in law.needs if n.startswith("predict") and not hasattr(model, n)]
        if missing:
            results.append(_not_applicable(law, f"it has no {missing[0]}"))
            continue
        found = replace(law, examples=(problem,)).check(_Finished(model), max_examples=0)
        results.append(replace(found, snippet=""))
    failed = [result for result in results if _fails(result)]
    if failed and on_fail == "raise":
        raise LawViolationError(_message(model, failed))
    return tuple(results)


def to_frame(results: Mapping[str, Iterable[LawResult]]) -> "DataFrame":
    """Results of several classifiers as one frame, a row per classifier and law.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> results = check_probabilistic_classifier(GaussianNB(), laws=["ANY-02"], profile="quick")
    >>> to_frame({"GaussianNB": results})[["estimator", "law_id", "verdict"]].values.tolist()
    [['GaussianNB', 'ANY-02', 'holds']]
    """
    import pandas as pd

    return pd.DataFrame(
        [{"estimator": name} | asdict(result) for name, some in results.items() for result in some]
    )


def _chosen(ids: Sequence[str] | None) -> list[ClassifierLaw]:
    known = {law.id: law for law in LAWS}
    unknown = [law_id for law_id in ids or () if law_id not in known]
    if unknown:
        raise ValueError(f"no law of classifiers is called {unknown}; there are {list(known)}")
    return [known[law_id] for law_id in (known if ids is None else ids)]


def _checked(estimator: Any) -> Any:
    if isinstance(estimator, type):
        raise TypeError(
            f"estimator must be an instance (got the class {estimator.__name__}); "
            f"pass {estimator.__name__}()"
        )
    missing = [name for name in ("fit", "predict_proba") if not hasattr(estimator, name)]
    if missing:
        raise TypeError(
            f"estimator must have fit and predict_proba (got {estimator!r} without "
            f"{' and '.join(missing)}); a classifier without probabilities breaks no law of theirs"
        )
    return estimator


def _held(
    law: ClassifierLaw,
    subject: Any,
    able: Capabilities,
    n: int,
    random_seed: int,
    seconds: float = math.inf,
) -> LawResult:
    for need in law.needs:
        if need not in able.has:
            return _not_applicable(law, _NEEDS.get(need, f"it has no {need}"))
    own = replace(law, cases=problems(able.domain))
    return own.check(subject, max_examples=n, random_seed=random_seed, seconds=seconds)


def _not_applicable(law: ClassifierLaw, reason: str) -> LawResult:
    return LawResult(law.id, law.title, "not_applicable", 0, 0.0, reason, "", 0.0)


def _fails(result: LawResult) -> bool:
    return result.verdict in ("violation", "error")


def _message(estimator: Any, failed: Iterable[LawResult]) -> str:
    parts = [f"{type(estimator).__name__} breaks the laws of probability."]
    for result in failed:
        parts.append(f"{result.law_id} {result.reason}")
        if result.snippet:
            parts.append(f"This shows it (seed {result.seed}):\n\n{result.snippet}")
    return "\n\n".join(parts)
