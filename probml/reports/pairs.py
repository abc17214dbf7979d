"""Which estimator stands beside which, and with what parameters.

A pair holds two factories and one set of keyword arguments.  Both members are built from
that one set, so the parameters in a report are the parameters that ran.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from probml.datasets import Dataset

__all__ = [
    "IMPLEMENTATIONS",
    "Pair",
    "default_pairs",
    "mnist_pairs",
    "select_names",
    "select_pairs",
]

IMPLEMENTATIONS = ("probml", "sklearn")

# Five epochs of 60,000 rows teach a network; five of 1,347 do not.
_SMALL, _SMALL_EPOCHS = 10_000, 60


@dataclass(frozen=True)
class Pair:
    """Two estimators for one task, built with the same keyword arguments.

    Parameters
    ----------
    name : str
        Short name, as in ``--models``.
    title : str
        Name for people.
    ours, theirs : callable
        Factories, such as classes: called with ``**parameters``, and ``random_state=seed`` if
        `stochastic`; they return an unfitted classifier with scikit-learn's interface.
    stochastic : bool
        Whether a seed matters; if not, the pair runs once however many seeds are asked for.
    parameters : mapping
        Keyword arguments of both.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> pair = Pair("nb", "naive Bayes", GaussianNB, GaussianNB, parameters={"var_smoothing": 0.1})
    >>> pair.build("probml", seed=0)
    GaussianNB(var_smoothing=0.1)
    """

    name: str
    title: str
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    stochastic: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def arguments(self, seed: int) -> dict[str, Any]:
        """Keyword arguments of both members for one seed."""
        arguments = dict(self.parameters)
        if self.stochastic:
            arguments["random_state"] = seed
        return arguments

    def build(self, implementation: str, seed: int) -> Any:
        """Return a fresh, unfitted member: ``"probml"`` or ``"sklearn"``."""
        factory = {"probml": self.ours, "sklearn": self.theirs}[implementation]
        return factory(**self.arguments(seed))


def _lazily(module: str, name: str) -> Callable[..., Any]:
    """Return a factory that imports `module` when it is called, not before."""

    def factory(**parameters: Any) -> Any:
        return getattr(importlib.import_module(module), name)(**parameters)

    return factory


def _twins(
    name: str,
    title: str,
    class_name: str,
    module: str,
    *,
    stochastic: bool = False,
    **parameters: Any,
) -> Pair:
    return Pair(
        name,
        title,
        ours=_lazily("probml.classifiers", class_name),
        theirs=_lazily(f"sklearn.{module}", class_name),
        stochastic=stochastic,
        parameters=parameters,
    )


def mnist_pairs(epochs: int = 5) -> tuple[Pair, ...]:
    """The seven classifiers and their scikit-learn twins, with the parameters for MNIST.

    Two defaults do not suit images: scikit-learn's QDA refuses pixels that never vary
    (``reg_param=0``), and its GaussianNB lets them decide (``var_smoothing=1e-9``).

    Parameters
    ----------
    epochs : int
        Passes of the network over the training split.

    Examples
    --------
    >>> [pair.name for pair in mnist_pairs()]
    ['lda', 'qda', 'gnb', 'bnb', 'mnb', 'logreg', 'mlp']
    """
    return (
        _twins(
            "lda",
            "Linear discriminant analysis",
            "LinearDiscriminantAnalysis",
            "discriminant_analysis",
        ),
        _twins(
            "qda",
            "Quadratic discriminant analysis",
            "QuadraticDiscriminantAnalysis",
            "discriminant_analysis",
            reg_param=0.05,
        ),
        _twins("gnb", "Gaussian naive Bayes", "GaussianNB", "naive_bayes", var_smoothing=0.1),
        _twins("bnb", "Bernoulli naive Bayes", "BernoulliNB", "naive_bayes", binarize=0.5),
        _twins("mnb", "Multinomial naive Bayes", "MultinomialNB", "naive_bayes"),
        _twins(
            "logreg",
            "Logistic regression",
            "LogisticRegression",
            "linear_model",
            C=1.0,
            max_iter=1000,
        ),
        _twins(
            "mlp",
            "Multi-layer perceptron",
            "MLPClassifier",
            "neural_network",
            stochastic=True,
            hidden_layer_sizes=(512,),
            solver="adam",
            alpha=1e-4,
            batch_size=128,
            max_iter=epochs,
        ),
    )


def default_pairs(dataset: "Dataset") -> tuple[Pair, ...]:
    """:func:`mnist_pairs`, with 60 epochs when there are fewer than 10,000 training rows.

    Examples
    --------
    >>> from probml.datasets import load_digits_dataset
    >>> dict(default_pairs(load_digits_dataset())[-1].parameters)["max_iter"]
    60
    """
    small = len(dataset.y_train) < _SMALL
    return mnist_pairs(_SMALL_EPOCHS) if small else mnist_pairs()


def select_pairs(pairs: tuple[Pair, ...], names: str) -> tuple[Pair, ...]:
    """The pairs named in a comma-separated list, in the order of `pairs`.

    Raises
    ------
    ValueError
        If a name is unknown or the list is empty; lists the names there are.

    Examples
    --------
    >>> [pair.name for pair in select_pairs(mnist_pairs(), "qda, lda")]
    ['lda', 'qda']
    """
    chosen = select_names([pair.name for pair in pairs], names)
    return tuple(pair for pair in pairs if pair.name in chosen)


def select_names(known: Sequence[str], names: str) -> tuple[str, ...]:
    """Those of the `known` names that a comma-separated list has, in their own order.

    Raises
    ------
    ValueError
        If a name is unknown or the list is empty; lists the names there are.

    Examples
    --------
    >>> select_names(["lda", "qda", "gnb"], "gnb, lda")
    ('lda', 'gnb')
    """
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    unknown = sorted(wanted.difference(known))
    if unknown or not wanted:
        raise ValueError(
            f"expected models out of {', '.join(known)} (got {', '.join(unknown) or 'none'}); "
            "separate names by commas"
        )
    return tuple(name for name in known if name in wanted)
