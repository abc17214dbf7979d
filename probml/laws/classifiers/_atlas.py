"""The conformance atlas: everybody's classifiers beside one another, law by law.

One run of the quick profile over every classifier of scikit-learn with ``predict_proba``, with
the variants that have another way to probabilities, over those of XGBoost and LightGBM where they
are installed, and over ours.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probml.laws._law import LawResult
from probml.laws.classifiers._check import check_probabilistic_classifier, to_frame

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["atlas", "atlas_estimators", "write_atlas"]

_MARKS = {"holds": "·", "violation": "✗", "error": "!", "quirk": "~", "not_applicable": " "}
_MEANING = (
    "`·` holds, `✗` violation, `!` crash, `~` quirk (a habit that it may have and does not deny), "
    "blank: does not apply."
)


def atlas_estimators() -> dict[str, Any]:
    """What is installed of everybody's classifiers, under names that say how they were made."""
    with warnings.catch_warnings():
        # of a class that will be gone in a later release: until then it is somebody's
        warnings.simplefilter("ignore")
        found = {type(e).__name__: e for e in _plain()}
        return dict(sorted((found | _composed() | _boosted() | _ours()).items()))


def _plain() -> Iterable[Any]:
    """Classifiers of scikit-learn that have probabilities by their defaults, and their kin."""
    from sklearn.utils.discovery import all_estimators

    for _, kind in all_estimators("classifier"):
        try:
            estimator = kind()
        except TypeError:
            continue  # it needs another one, and stands in the list of those
        if hasattr(estimator, "predict_proba"):  # not those whose parameters leave them without
            yield estimator


def _composed() -> dict[str, Any]:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.discriminant_analysis import (
        LinearDiscriminantAnalysis,
        QuadraticDiscriminantAnalysis,
    )
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.model_selection import (
        FixedThresholdClassifier,
        GridSearchCV,
        TunedThresholdClassifierCV,
    )
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.semi_supervised import SelfTrainingClassifier
    from sklearn.svm import SVC, NuSVC
    from sklearn.tree import DecisionTreeClassifier

    two = [("lr", LogisticRegression()), ("tree", DecisionTreeClassifier(max_depth=2))]
    found: dict[str, Any] = {
        f"CalibratedClassifierCV(LogisticRegression(), {method!r})": CalibratedClassifierCV(
            LogisticRegression(), method=method, cv=2
        )
        for method in ("sigmoid", "isotonic", "temperature")
    }
    found |= {
        f"LinearDiscriminantAnalysis({solver!r})": LinearDiscriminantAnalysis(solver=solver)
        for solver in ("lsqr", "eigen")
    }
    found |= {
        f"LogisticRegression({solver!r})": LogisticRegression(solver=solver)
        for solver in ("liblinear", "newton-cg", "newton-cholesky", "sag", "saga")
    }
    found |= {
        f"SGDClassifier({loss!r})": SGDClassifier(loss=loss)
        for loss in ("log_loss", "modified_huber")
    }
    return found | {
        "BaggingClassifier(GaussianNB())": BaggingClassifier(GaussianNB()),
        "DecisionTreeClassifier(max_depth=2)": DecisionTreeClassifier(max_depth=2),
        "DummyClassifier('stratified')": DummyClassifier(strategy="stratified"),
        "DummyClassifier('uniform')": DummyClassifier(strategy="uniform"),
        "FixedThresholdClassifier": FixedThresholdClassifier(LogisticRegression(), threshold=0.7),
        "GridSearchCV(LogisticRegression())": GridSearchCV(
            LogisticRegression(), {"C": [0.1, 10.0]}, cv=2
        ),
        "KNeighborsClassifier('distance')": KNeighborsClassifier(weights="distance"),
        "MLPClassifier('lbfgs')": MLPClassifier((8,), solver="lbfgs"),
        "OneVsRestClassifier(DecisionTreeClassifier())": OneVsRestClassifier(
            DecisionTreeClassifier()
        ),
        "OneVsRestClassifier(LogisticRegression())": OneVsRestClassifier(LogisticRegression()),
        "QuadraticDiscriminantAnalysis(reg_param=0.1)": QuadraticDiscriminantAnalysis(
            reg_param=0.1
        ),
        "NuSVC(probability=True)": NuSVC(nu=0.2, probability=True),
        "SVC(probability=True)": SVC(probability=True),
        "SelfTrainingClassifier": SelfTrainingClassifier(LogisticRegression()),
        "StackingClassifier": StackingClassifier(two, cv=2),
        "TunedThresholdClassifierCV": TunedThresholdClassifierCV(LogisticRegression(), cv=2),
        "VotingClassifier('soft')": VotingClassifier(two, voting="soft"),
        "make_pipeline(StandardScaler(), LogisticRegression())": make_pipeline(
            StandardScaler(), LogisticRegression()
        ),
    }


def _ours() -> dict[str, Any]:
    from probml import classifiers

    found = {f"probml.{name}": getattr(classifiers, name) for name in classifiers.__all__}
    kinds = {name: kind for name, kind in found.items() if isinstance(kind, type)}
    return {name: kind() for name, kind in kinds.items() if hasattr(kind, "predict_proba")}


def _boosted() -> dict[str, Any]:
    found: dict[str, Any] = {}
    if find_spec("xgboost"):
        from xgboost import XGBClassifier

        found["XGBClassifier"] = XGBClassifier(n_estimators=10, n_jobs=1)
    if find_spec("lightgbm"):
        from lightgbm import LGBMClassifier

        found["LGBMClassifier"] = LGBMClassifier(n_estimators=10, n_jobs=1, verbose=-1)
    return found


def atlas(
    estimators: Mapping[str, Any] | None = None,
    *,
    profile: str = "quick",
    max_examples: int | None = None,
    random_seed: int = 0,
    budget_seconds: float = math.inf,
    callback: Callable[[str], None] | None = None,
) -> "DataFrame":
    """Hold many classifiers against all laws, a row per classifier and law.

    Parameters
    ----------
    estimators : mapping from name to estimator, optional
        By default :func:`atlas_estimators`.
    profile, max_examples, random_seed
        As of :func:`check_probabilistic_classifier`.
    budget_seconds : float
        For each classifier.
    callback : callable, optional
        Told each name before its turn.

    Returns
    -------
    pandas.DataFrame
        As of :func:`to_frame`; a classifier that cannot be held at all has one row with the
        verdict ``"not_applicable"`` and the reason.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> frame = atlas({"prior": DummyClassifier()}, max_examples=2)
    >>> "violation" in set(frame["verdict"])
    False
    """
    results: dict[str, Iterable[LawResult]] = {}
    for name, estimator in (atlas_estimators() if estimators is None else estimators).items():
        if callback is not None:
            callback(name)
        try:
            results[name] = check_probabilistic_classifier(
                estimator,
                profile=profile,
                max_examples=max_examples,
                random_seed=random_seed,
                budget_seconds=budget_seconds,
                on_fail="return",
            )
        except (TypeError, ValueError) as error:
            results[name] = [
                LawResult("", "", "not_applicable", 0, 0.0, str(error), "", 0.0, random_seed)
            ]
    return to_frame(results)


def write_atlas(
    frame: "DataFrame", folder: Path, *, n_examples: int, random_seed: int
) -> tuple[Path, Path]:
    """Write an atlas as ``atlas.csv``, a row per classifier and law, and as a page, ``README.md``.

    The page has a table for each theme, and every breach with its counterexample.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of :func:`atlas`.
    folder : Path
        Exists.
    n_examples, random_seed : int
        That it was made with.

    Returns
    -------
    tuple of Path
        The two files.
    """
    table, page = folder / "atlas.csv", folder / "README.md"
    # what a clock says differs from run to run, and the snippets are on the page
    frame.drop(columns=["seconds", "counterexample", "snippet"]).to_csv(table, index=False)
    heading = (
        f"{n_examples} problems per law and classifier, seed {random_seed}, with {_versions()}. "
        f"Made by `probml verify --atlas --examples {n_examples} --seed {random_seed} --out "
        "FOLDER`, which also writes the table in `atlas.csv`."
    )
    page.write_text(_page(frame, heading), encoding="utf-8")
    return table, page


def _versions() -> str:
    tools = ("probml", "scikit-learn", "numpy", "scipy", "hypothesis")
    found = []
    for package in (*tools, "xgboost", "xgboost-cpu", "lightgbm"):
        with suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    return ", ".join(found)


def _page(frame: "DataFrame", heading: str) -> str:
    lines = ["# Conformance atlas", "", heading, "", _MEANING, ""]
    held = frame[frame["law_id"] != ""]
    for theme, part in held.groupby(held["law_id"].str.split("-").str[0]):
        lines += [f"## {theme}", "", *_table(part), ""]
    lines += ["## What is broken, and by what", ""]
    for row in frame[frame["verdict"].isin(["violation", "error"])].itertuples():
        lines += _breach(row)
    others = frame[frame["law_id"] == ""]
    if len(others):
        lines += ["## What could not be held", ""]
        lines += [f"- {row.estimator}: {row.reason}" for row in others.itertuples()]
    return "\n".join(lines).rstrip() + "\n"


def _table(part: "DataFrame") -> list[str]:
    """What the laws of one theme are, and a row for each classifier that one of them concerns."""
    titles = part.drop_duplicates("law_id").set_index("law_id")["title"].sort_index()
    marks = part.pivot(index="estimator", columns="law_id", values="verdict")
    marks = marks[(marks != "not_applicable").any(axis=1)].apply(lambda column: column.map(_MARKS))
    header = ["classifier", *(law_id.split("-")[1] for law_id in titles.index)]
    rows = [[f"`{name}`", *row] for name, row in zip(marks.index, marks.to_numpy(), strict=True)]
    return [
        ", ".join(f"{law_id} {title}" for law_id, title in titles.items()) + ".",
        "",
        *(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows)),
    ]


def _breach(row: Any) -> list[str]:
    lines = [f"### `{row.estimator}`: {row.law_id}", "", f"{row.reason}.", ""]
    if row.damage:
        lines += [f"What it does: {row.damage}.", ""]
    if row.snippet:
        lines += ["<details><summary>counterexample</summary>", ""]
        lines += ["```python", row.snippet.rstrip(), "```", "", "</details>", ""]
    return lines
