"""A counterexample as code that runs without this library: estimator, problem, and measure."""

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from sklearn.base import clone

from probml.laws.classifiers import _measures

__all__ = ["code_of", "snippet"]


def snippet(measure: Callable[[Any, Any], float], estimator: Any, problem: Any) -> str:
    """Python source that prints the margin, above 1 where the law is broken.

    Parameters
    ----------
    measure : callable
        A function of :mod:`probml.laws.classifiers._measures`.
    estimator : object
        An estimator of importable classes.
    problem : Problem
        Training rows, labels, rows to predict, weights.
    """
    imports = sorted({"import numpy as np", "from sklearn.base import clone", *_imports(estimator)})
    types = ["from types import SimpleNamespace", "from typing import Any"]
    parts = ",\n".join(f"    {name}={_array(part)}" for name, part in problem._asdict().items())
    functions = "\n\n".join(inspect.getsource(f).rstrip() + "\n" for f in _used(measure))
    call = f"{getattr(measure, '__name__', 'measure')}(estimator, problem)"
    return (
        "\n".join([*types, *imports])
        + f"\n\n\n{functions}\n\nestimator = {code_of(estimator)}\n"
        + f"problem = SimpleNamespace(\n{parts},\n)\n"
        + f"print({call})  # 1 is as much as rounding explains\n"
    )


def _array(values: Any) -> str:
    array = np.asarray(values)
    kind = "" if array.dtype.kind in "US" else f", dtype={array.dtype.name!r}"
    return f"np.array({array.tolist()!r}{kind})"


def _used(measure: Any) -> list[FunctionType]:
    """The function and those of its module that it calls, callees first."""
    found: list[FunctionType] = []

    def visit(function: FunctionType) -> None:
        for name in function.__code__.co_names:
            other = vars(_measures).get(name)
            if isinstance(other, FunctionType) and other.__module__ == _measures.__name__:
                visit(other)
        if function not in found:
            found.append(function)

    visit(measure)
    return found


def code_of(value: Any) -> str:
    """An expression that makes an equal estimator, by the parameters that are not defaults.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> code_of(GaussianNB(var_smoothing=1e-3))
    'GaussianNB(var_smoothing=0.001)'
    """
    if isinstance(value, list | tuple):
        inside = ", ".join(map(code_of, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside},)"
    if isinstance(value, np.ndarray):
        return _array(value)
    if not hasattr(value, "get_params") or isinstance(value, type):
        return value.__name__ if isinstance(value, type) else repr(value)
    given = value.get_params(deep=False)
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(type(value).__init__).parameters.items()
    }
    changed = [
        f"{name}={code_of(v)}" for name, v in given.items() if repr(v) != repr(defaults.get(name))
    ]
    return f"{type(value).__name__}({', '.join(changed)})"


def _imports(value: Any) -> set[str]:
    """Import statements for the classes of an estimator and of its parts."""
    if isinstance(value, list | tuple):
        return set().union(*map(_imports, value)) if value else set()
    if not hasattr(value, "get_params"):
        return set()
    kind = value if isinstance(value, type) else type(value)
    own = {f"from {_public(kind)} import {kind.__name__}"}
    if isinstance(value, type):
        return own
    return own.union(*(_imports(v) for v in clone(value).get_params(deep=False).values()))


def _public(kind: type) -> str:
    """The shortest package that offers a class under its name."""
    import sys

    path = kind.__module__.split(".")
    for k in range(1, len(path) + 1):
        package = ".".join(path[:k])
        if getattr(sys.modules.get(package), kind.__name__, None) is kind:
            return package
    return kind.__module__
