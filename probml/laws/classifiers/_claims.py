"""What classifiers claim to be: families, and what follows from belonging to one.

An ignored prior or a temperature is a legitimate classifier, until it claims to be a family;
then the laws of that family accuse it.  A claim is a name of :data:`FAMILIES`, which implies
properties, or a property itself.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["FAMILIES", "PROPERTIES", "claims_of", "expanded", "waived"]

PROPERTIES: Mapping[str, str] = {
    "row-order": "the order of the training rows does not matter",
    "label-names": "what the classes are called does not matter",
    "feature-order": "the order of the columns does not matter",
    "weights": "a row of weight k is k rows, and none if k is zero",
    "weight-scale": "a factor of all weights does not matter",
    "chunks": "chunk by chunk is at once",
    "constant-feature": "a constant column does not matter",
    "feature-scale": "the unit of all features does not matter",
    "affine": "the axes do not matter",
    "priors": "other priors move log-odds by their log-ratio",
    "symmetric": "half-way between mirrored classes both are as probable",
    "uninformed": "where features tell nothing, the class frequencies are predicted",
    "sparse-rows": "whether zeros are stored does not matter",
    "logarithms": "log-probabilities keep the digits that probabilities have lost",
    "precision": "float32 input costs no more digits than it has",
}

_NO_AXES = (
    "row-order",
    "label-names",
    "feature-order",
    "weights",
    "weight-scale",
    "chunks",
    "constant-feature",
    "feature-scale",
    "priors",
    "symmetric",
    "uninformed",
)
_COUNTS = ("row-order", "label-names", "feature-order", "weights", "chunks")

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "shared-covariance": (*_NO_AXES, "affine"),
    "separate-covariance": (*_NO_AXES, "affine"),
    "naive-bayes-gaussian": _NO_AXES,
    "naive-bayes-bernoulli": _COUNTS,
    "naive-bayes-multinomial": _COUNTS,
    "softmax-regression": (
        "row-order",
        "label-names",
        "feature-order",
        "weights",
        "symmetric",
        "uninformed",
    ),
    "mlp": (),
    "table": ("uninformed",),
}
"""Families, and the properties that they imply.

``shared-covariance`` and ``separate-covariance`` are normals with maximum likelihood estimates,
``softmax-regression`` has a free intercept and at most an L2 penalty, ``table`` can hold any
posterior of a finite world.
"""

_PLAIN_TREE = {
    "max_depth": None,
    "min_samples_split": 2,
    "min_samples_leaf": 1,
    "min_weight_fraction_leaf": 0.0,
    "max_leaf_nodes": None,
    "min_impurity_decrease": 0.0,
    "ccp_alpha": 0.0,
    "class_weight": None,
    "bootstrap": False,
}


def _discriminant(family: str) -> Callable[[Mapping[str, Any]], set[str]]:
    def claims(words: Mapping[str, Any]) -> set[str]:
        plain = words.get("reg_param", 0.0) == 0.0 and words.get("covariance_estimator") is None
        if plain and words.get("shrinkage") is None:
            return set(expanded([family]))
        return {"row-order", "label-names", "feature-order"}

    return claims


def _regression(words: Mapping[str, Any]) -> set[str]:
    plain = words.get("solver") not in ("liblinear", "sag", "saga", "sgd")
    plain = plain and words.get("penalty", "l2") in ("l2", "deprecated", None)
    plain = plain and words.get("l1_ratio") in (None, 0.0) and words.get("class_weight") is None
    plain = plain and words.get("fit_intercept", True) and words.get("multi_class") != "ovr"
    if not plain:
        return set()
    # hardly penalised, it has no optimum where classes can be separated, and ends somewhere
    penalised = words.get("penalty", "l2") is not None and words.get("C", 1.0) <= 1e4
    return set(expanded(["softmax-regression"])) if penalised else {"softmax-regression"}


def _tree(words: Mapping[str, Any]) -> set[str]:
    grown = all(words.get(name, plain) == plain for name, plain in _PLAIN_TREE.items())
    return set(expanded(["table"])) if grown else set()


def _family(name: str, *without: str) -> Callable[[Mapping[str, Any]], set[str]]:
    return lambda words: set(expanded([name])) - set(without)


# What scikit-learn's documentation says of its own; its Gaussian naive Bayes smooths by the
# variance of the rows without their weights, and again with every chunk.
_OF_SKLEARN: Mapping[str, Callable[[Mapping[str, Any]], set[str]]] = {
    "LinearDiscriminantAnalysis": _discriminant("shared-covariance"),
    "QuadraticDiscriminantAnalysis": _discriminant("separate-covariance"),
    "GaussianNB": _family("naive-bayes-gaussian", "weights", "weight-scale", "chunks"),
    "BernoulliNB": _family("naive-bayes-bernoulli"),
    "MultinomialNB": _family("naive-bayes-multinomial"),
    "LogisticRegression": _regression,
    "LogisticRegressionCV": lambda words: set(),
    "DecisionTreeClassifier": _tree,
    "ExtraTreeClassifier": _tree,
    "ExtraTreesClassifier": _tree,
    "MLPClassifier": _family("mlp"),
}

_OURS = {"logarithms", "precision", "sparse-rows"}

# Those of scikit-learn that take sparse rows and treat them as all others; where sparse rows are
# fitted by steps, the intercept takes shorter ones, and says so.
_TAKE_SPARSE_ROWS = {
    "BernoulliNB",
    "DecisionTreeClassifier",
    "ExtraTreeClassifier",
    "ExtraTreesClassifier",
    "LogisticRegression",
    "MLPClassifier",
    "MultinomialNB",
}
_SHORTER_STEPS = {"sag", "saga"}

_OWN_THRESHOLD = "it moves the threshold of its decisions, and says so"
_DRAWS = "it draws its answers at random, and says so"


def _of_a_dummy(words: Mapping[str, Any]) -> dict[str, str]:
    return {"ANY-06": _DRAWS} if words.get("strategy") == "stratified" else {}


_WAIVED: Mapping[str, Callable[[Mapping[str, Any]], dict[str, str]]] = {
    "DummyClassifier": _of_a_dummy,
    "FixedThresholdClassifier": lambda words: {"ANY-03": _OWN_THRESHOLD},
    "TunedThresholdClassifierCV": lambda words: {"ANY-03": _OWN_THRESHOLD},
}


def expanded(claims: Iterable[str]) -> frozenset[str]:
    """Claims, and the properties that follow from them.

    Raises
    ------
    ValueError
        If there is no such family or property.

    Examples
    --------
    >>> sorted(expanded(["table"]))
    ['table', 'uninformed']
    """
    names = list(claims)
    unknown = [name for name in names if name not in FAMILIES and name not in PROPERTIES]
    if unknown:
        raise ValueError(
            f"claims must be families or properties (got {unknown}); families are "
            f"{list(FAMILIES)}, properties {list(PROPERTIES)}"
        )
    return frozenset(names).union(*(FAMILIES.get(name, ()) for name in names))


def _ancestor(estimator: Any) -> tuple[str, str]:
    """Package and name of the class in the tables that an estimator is one of."""
    for kind in type(estimator).__mro__:
        package = kind.__module__.split(".")[0]
        if package in ("sklearn", "probml") and kind.__name__ in {*_OF_SKLEARN, *_WAIVED}:
            return package, kind.__name__
    return "", ""


def claims_of(estimator: Any) -> frozenset[str]:
    """What an estimator of ours or of scikit-learn claims, with these parameters.

    A subclass claims what its base does; pass ``claims=()`` for one that means to be another.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> sorted(claims_of(DecisionTreeClassifier())), sorted(claims_of(KNeighborsClassifier()))
    (['sparse-rows', 'table', 'uninformed'], [])
    """
    package, name = _ancestor(estimator)
    if name not in _OF_SKLEARN:
        return frozenset()
    words = estimator.get_params()
    claims = _OF_SKLEARN[name](words)
    if name in _TAKE_SPARSE_ROWS and words.get("solver") not in _SHORTER_STEPS:
        claims.add("sparse-rows")
    if package == "probml":
        if name == "GaussianNB":
            claims = set(expanded(["naive-bayes-gaussian"]))
        claims |= _OURS
    return frozenset(claims)


def waived(estimator: Any, law_id: str) -> str:
    """Why a law is not asked of an estimator that says in its documentation that it differs."""
    name = _ancestor(estimator)[1]
    return _WAIVED[name](estimator.get_params()).get(law_id, "") if name in _WAIVED else ""
