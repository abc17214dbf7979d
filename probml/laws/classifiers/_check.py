"""Hold anyone's classifier against the laws: all at once, one test each, or once it is fitted."""

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._validation import check_choice
from probml._version import __version__
from probml.laws._law import LawResult
from probml.laws.classifiers._all import CLASSIFIER_LAWS
from probml.laws.classifiers._held import SECONDS, FinishedUnderLaws, UnderLaws
from probml.laws.classifiers._law import ClassifierLaw
from probml.laws.classifiers._memory import Asked
from probml.laws.classifiers._problems import Domain

if TYPE_CHECKING:
    import pytest
    from hypothesis.strategies import SearchStrategy
    from pandas import DataFrame

__all__ = [
    "PROFILES",
    "LawTest",
    "LawViolationError",
    "NewLawWarning",
    "check_fitted",
    "check_probabilistic_classifier",
    "parametrize_with_laws",
    "to_frame",
]

PROFILES = {"quick": 20, "default": 100, "deep": 2000}

_Callback = Callable[[LawResult], None]


class LawViolationError(AssertionError):
    """A classifier breaks a law, or crashes; the message shows how."""


class NewLawWarning(UserWarning):
    """A classifier breaks a law that is new in this release, and will fail in the next one."""


def check_probabilistic_classifier(
    estimator: Any,
    *,
    claims: Iterable[str] | None = None,
    laws: Sequence[str] | None = None,
    profile: str = "default",
    max_examples: int | None = None,
    random_seed: int = 0,
    expected_failures: Mapping[str, str] | None = None,
    on_fail: Literal["raise", "return"] = "raise",
    callback: _Callback | None = None,
    budget_seconds: float = math.inf,
    law_seconds: float = SECONDS,
    X_strategy: "SearchStrategy[Any] | None" = None,
    min_samples: int = 0,
    min_per_class: int = 2,
) -> tuple[LawResult, ...]:
    """Hold a classifier against the laws of probability.

    scikit-learn's ``check_estimator`` tests an API; this tests what the probabilities say.
    Problems are drawn small and whole-numbered, inside of what the estimator can fit, which is
    found out by trying, as are weights, priors, ``partial_fit`` and whether equal seeds give
    equal fits.

    Parameters
    ----------
    estimator : object
        In scikit-learn's style, not necessarily fitted; a copy with its random states fixed is
        what is checked.
    claims : iterable of str, optional
        Families such as ``"shared-covariance"`` and properties such as ``"weights"``
        (:data:`probml.laws.FAMILIES`, :data:`probml.laws.PROPERTIES`): to break their laws is
        then a violation.  By default what the documentation of our classes and of
        scikit-learn's claims, for subclasses as well.
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
    law_seconds : float
        Time limit of a law.  A problem that does not return is stopped and reported, in the main
        thread of a POSIX process; elsewhere nothing can stop it.
    X_strategy : SearchStrategy, optional
        Draws one row, for an estimator that cannot take small whole numbers.
    min_samples, min_per_class : int
        Fewest rows, and fewest of a class, to begin with in finding what it can fit.

    Returns
    -------
    tuple of LawResult
        One per law, with the verdict ``"holds"``, ``"violation"`` (probability itself, or a
        claim, is broken), ``"quirk"`` (a habit that the estimator may have),
        ``"not_applicable"`` or ``"error"``, the number of problems, and for a breach the shrunk
        problem as a snippet that runs without this library.

    Raises
    ------
    LawViolationError
        If a law is violated or the estimator crashes, unless that was expected.
    TypeError
        If `estimator` is a class, or has no ``fit`` or ``predict_proba``.
    ValueError
        If there is no such law, profile or claim, or the estimator refuses every problem.

    Warns
    -----
    NewLawWarning
        If only laws are broken that came with this release.

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
    _chosen(list(expected_failures or ()))
    under_laws = UnderLaws(
        _checked(estimator),
        claims,
        Domain(min_per_class=min_per_class, min_samples=min_samples, rows=X_strategy),
        max_examples=PROFILES[profile] if max_examples is None else max_examples,
        random_seed=random_seed,
        seconds=law_seconds,
    )
    start = perf_counter()
    results: list[LawResult] = []
    for i, law in enumerate(chosen):
        # what is left of the time, in equal shares
        share = (start + budget_seconds - perf_counter()) / (len(chosen) - i)
        results.append(under_laws.by(law, share))
        if callback is not None:
            callback(results[-1])
    if on_fail == "raise":
        _judge(estimator, [r for r in results if r.law_id not in (expected_failures or {})])
    return tuple(results)


def parametrize_with_laws(
    estimators: Iterable[Any],
    *,
    claims: Iterable[str] | None = None,
    profile: str | None = None,
    expected_failures: Mapping[str, str] | None = None,
) -> "pytest.MarkDecorator":
    """Pytest decorator: one test for each estimator and law.

    The test takes ``estimator`` and ``law`` and calls ``law(estimator)``, which raises
    :class:`LawViolationError` for a violation or a crash, and skips what does not apply.

    Parameters
    ----------
    estimators : iterable of object
        Instances.
    claims : iterable of str, optional
        As of :func:`check_probabilistic_classifier`, for each of them.
    profile : {"quick", "default", "deep"}, optional
        20, 100 or 2000 problems per law; by default what ``pytest --probml-profile`` says, and
        ``"quick"`` without.
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

    if profile is not None:
        check_choice("profile", profile, PROFILES)
    reasons = dict(expected_failures or {})
    _chosen(list(reasons))
    claims = None if claims is None else tuple(claims)
    cases = []
    for estimator in estimators:
        for law in CLASSIFIER_LAWS:
            marks = [pytest.mark.xfail(reason=reasons[law.id])] if law.id in reasons else []
            name = f"{type(estimator).__name__}-{law.id}"
            test = LawTest(law, claims, profile)
            cases.append(pytest.param(estimator, test, marks=marks, id=name))
    return pytest.mark.parametrize(("estimator", "law"), cases)


class LawTest:
    """A law as a test: call it with an estimator.

    Attributes
    ----------
    profile, random_seed : str, int
        Of all tests that name none: what the command line says.
    heard : callable or None
        Told the name of the estimator and each result, for the summary at the end.
    """

    profile: ClassVar[str] = "quick"
    random_seed: ClassVar[int] = 0
    heard: ClassVar[Callable[[str, LawResult], None] | None] = None

    def __init__(
        self, law: ClassifierLaw, claims: tuple[str, ...] | None, profile: str | None
    ) -> None:
        self._law, self._claims, self._profile = law, claims, profile

    def __repr__(self) -> str:
        return self._law.id

    def __call__(self, estimator: Any) -> LawResult:
        """Hold the law against the estimator."""
        import pytest

        n = PROFILES[self._profile or LawTest.profile]
        under_laws = UnderLaws(
            _checked(estimator), self._claims, max_examples=n, random_seed=LawTest.random_seed
        )
        result = under_laws.by(self._law)
        if LawTest.heard is not None:
            LawTest.heard(type(estimator).__name__, result)
        _judge(estimator, [result])
        if result.verdict == "not_applicable":
            pytest.skip(result.reason)
        return result


_OF_FITTED = (
    "ANY-01",
    "ANY-02",
    "ANY-03",
    "ANY-04",
    "ANY-05",
    "ANY-06",
    "ANY-07",
    "EXT-01",
    "EXT-02",
)


def check_fitted(
    model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    claims: Iterable[str] | None = None,
    on_fail: Literal["raise", "return"] = "raise",
) -> tuple[LawResult, ...]:
    """Hold a fitted model against the laws of prediction, on rows of your own: a release gate.

    Parameters
    ----------
    model : object
        Fitted, with ``predict_proba`` and ``classes_``; it is not fitted again.
    X : array_like or DataFrame of shape (n_samples, n_features)
        Rows such as it will be asked for.
    y : array_like of shape (n_samples,), optional
        Their labels; then what a violation does to scores is told for these.
    claims : iterable of str, optional
        As of :func:`check_probabilistic_classifier`.
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
    ValueError
        If `X` has no rows, or `y` not a label of the model's for each.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    >>> [result.law_id for result in check_fitted(model, [[0.5], [2.0]]) if result.margin > 1]
    ['EXT-02']
    """
    check_choice("on_fail", on_fail, ["raise", "return"])
    for name in ("predict_proba", "classes_"):
        if not hasattr(model, name):
            raise TypeError(f"model must be fitted and have {name} (got {model!r})")
    rows: Any = X if hasattr(X, "iloc") else np.asarray(X)
    if len(rows) == 0:
        raise ValueError("X must have rows (got none)")
    labels = np.asarray(model.classes_)
    truth = None if y is None else _one_hot(np.asarray(y), labels, len(rows))
    numbers = isinstance(rows, np.ndarray) and rows.dtype.kind == "f"
    under_laws = FinishedUnderLaws(model, Asked(rows, labels, rows, truth), claims, numbers)
    results = tuple(under_laws.by(law) for law in _chosen(_OF_FITTED))
    if on_fail == "raise":
        _judge(model, results)
    return results


def _one_hot(y: NDArray[Any], labels: NDArray[Any], n_rows: int) -> NDArray[Any]:
    unknown = sorted(set(y.ravel().tolist()) - set(labels.tolist()))
    if y.shape != (n_rows,) or unknown:
        raise ValueError(
            f"y must have one label for each of the {n_rows} rows, of {labels.tolist()} (got shape "
            f"{y.shape}{f' and the unknown {unknown[:5]}' if unknown else ''})"
        )
    indicators: NDArray[Any] = (y[:, None] == labels).astype(float)
    return indicators


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
    known = {law.id: law for law in CLASSIFIER_LAWS}
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
    # what a meta-estimator has may hang on what it wraps, and show once it is fitted
    missing = [name for name in ("fit", "predict_proba") if not hasattr(type(estimator), name)]
    if missing:
        raise TypeError(
            f"estimator must have fit and predict_proba (got {estimator!r} without "
            f"{' and '.join(missing)}); a classifier without probabilities breaks no law of theirs"
        )
    return estimator


def _is_new(law_id: str) -> bool:
    """Whether a law came with this release, which is not the first one."""
    (law,) = _chosen([law_id])
    release = ".".join(__version__.split(".")[:2])
    return law.since == release != "0.1"


def _judge(estimator: Any, results: Iterable[LawResult]) -> None:
    """Raise for violations and crashes; of laws that are new, warn."""
    failed = [r for r in results if r.verdict in ("violation", "error")]
    grave = [r for r in failed if not _is_new(r.law_id)]
    if grave:
        raise LawViolationError(_message(estimator, grave))
    if failed:
        warnings.warn(_message(estimator, failed), NewLawWarning, stacklevel=3)


def _message(estimator: Any, failed: Iterable[LawResult]) -> str:
    parts = [f"{type(estimator).__name__} breaks the laws of probability."]
    for result in failed:
        parts.append(f"{result.law_id} {result.reason}")
        if result.damage:
            parts.append(f"What it does: {result.damage}.")
        if result.snippet:
            again = f'laws=["{result.law_id}"], random_seed={result.seed}'
            parts.append(f"This shows it; {again} finds it again:\n\n{result.snippet}")
    return "\n\n".join(parts)
