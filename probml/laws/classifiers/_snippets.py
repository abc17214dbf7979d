"""A counterexample as code that runs without this library: estimator, problem, and measure."""

import ast
import inspect
import pickle
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
from sklearn.base import clone

from probml.laws.classifiers import measures
from probml.laws.classifiers.measures import _basics

__all__ = ["code_of", "snippet"]


def snippet(measure: Callable[[Any, Any], Any], estimator: Any, problem: Any) -> str:
    """Python source that prints by how much a law is missed, and what rounding explains of it.

    Parameters
    ----------
    measure : callable
        A function of :mod:`probml.laws.classifiers.measures`.
    estimator : object
        What is imported is told where from; a class of a script or a notebook comes along.
    problem : Problem or World
        What it is taught and asked.
    """
    sources = _Sources(measures.__name__)
    for piece in (_basics.Finding, measure):
        sources.take(piece)
    made = code_of(estimator)
    own = _Sources("", {"from typing import Any, NamedTuple", "import numpy as np"})
    for kind in _classes(estimator):
        own.take(kind)
    parts = ",\n".join(f"    {name}={_literal(part)}" for name, part in problem._asdict().items())
    imports = sources.imports | own.imports | {"from types import SimpleNamespace"}
    # what Python calls floats that are no numbers, in parameters and in tables
    imports |= {f"from math import {name}" for name in re.findall(r"\b(?:nan|inf)\b", made + parts)}
    if "pickle.loads" in made:
        imports.add("import pickle")
    pieces = "\n\n".join([*sources.pieces, *own.pieces])
    name = getattr(measure, "__name__", "measure")
    return (
        "\n".join(sorted(imports))
        + f"\n\n\n{pieces}\n\nestimator = {made}\nproblem = SimpleNamespace(\n{parts},\n)\n"
        + f"found = {name}(estimator, problem)\n"
        + 'print(f"missed by {found.missed:.3g}, rounding explains {found.allowed:.3g}")\n'
        + 'print(f"({found.conditions})")\n'
    )


class _Sources:
    """Source of functions and classes and of what they use, and imports of everything else.

    Parameters
    ----------
    package : str
        What belongs to it comes along; with "" what lies in no package does.
    """

    def __init__(self, package: str, imports: set[str] | None = None) -> None:
        self._package = package
        self.imports = set() if imports is None else imports
        self.pieces: list[str] = []
        self._seen: list[Any] = []

    def take(self, piece: Any) -> None:
        """Add a function or class, what it uses first."""
        if piece in self._seen:
            return
        self._seen.append(piece)
        if piece.__module__ == "builtins":
            return
        if not self._comes_along(piece):
            self.imports.add(f"from {_public(piece)} import {piece.__name__}")
            return
        for name, used in _used(piece):
            if isinstance(used, ModuleType):
                self.imports.add(_import_of(name, used))
            elif isinstance(used, FunctionType | type):
                if used.__name__ == name:
                    self.take(used)
                else:
                    self.imports.add(f"from {used.__module__} import {used.__name__} as {name}")
            elif callable(used) and getattr(used, "__name__", "") == name:
                # a function of an extension module, such as those of math
                self.imports.add(f"from {_home(used)} import {name}")
        self.pieces.append(textwrap.dedent(inspect.getsource(piece)).rstrip() + "\n")

    def _comes_along(self, piece: Any) -> bool:
        if self._package:
            return str(piece.__module__).startswith(self._package)
        return _of_a_script(piece)


def _of_a_script(piece: Any) -> bool:
    """Whether a class or function has a source, but not in a package that others can import."""
    module = sys.modules.get(piece.__module__)
    local = "<locals>" in piece.__qualname__
    path = getattr(module, "__file__", None) or ""
    alone = "." not in piece.__module__ and not path.endswith("__init__.py")
    installed = "site-packages" in path or path.startswith(sys.prefix) or not path
    try:
        inspect.getsource(piece)
    except (OSError, TypeError):
        return False
    return piece.__module__ == "__main__" or local or (alone and not installed)


def _home(function: Any) -> str:
    """Module that offers a function; a ufunc does not know its own before NumPy 2.2."""
    name = function.__name__
    homes = (getattr(function, "__module__", None), "numpy", "scipy.special")
    return next(h for h in homes if h and getattr(sys.modules.get(h), name, None) is function)


def _used(piece: Any) -> Iterator[tuple[str, Any]]:
    """Names that a function or the methods of a class use, with what they stand for."""
    if isinstance(piece, type):
        for base in piece.__bases__:
            yield base.__name__, base
        for value in vars(piece).values():
            function = getattr(value, "__func__", getattr(value, "fget", value))
            if isinstance(function, FunctionType) and function.__module__ == piece.__module__:
                yield from _used(function)
        return
    for name in sorted(_names(piece.__code__)):
        if name in piece.__globals__:
            yield name, piece.__globals__[name]


def _names(code: CodeType) -> set[str]:
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _import_of(name: str, module: ModuleType) -> str:
    return f"import {name}" if module.__name__ == name else f"import {module.__name__} as {name}"


def _literal(value: Any) -> str:
    if isinstance(value, str | bool):
        return repr(value)
    if not isinstance(value, np.ndarray):
        return repr(value)
    kind = "" if value.dtype.kind in "US" else f", dtype={value.dtype.name!r}"
    return f"np.array({value.tolist()!r}{kind})"


def code_of(value: Any) -> str:
    """An expression that makes an equal estimator, by the parameters that are not defaults.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> code_of(GaussianNB(var_smoothing=1e-3))
    'GaussianNB(var_smoothing=0.001)'
    """
    plain = getattr(value, "plain", None)
    if plain is not None:
        return code_of(plain)
    if isinstance(value, list | tuple):
        inside = ", ".join(map(code_of, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside},)"
    if isinstance(value, np.ndarray):
        return _literal(value)
    if isinstance(value, FunctionType | type):
        return value.__name__
    if not hasattr(value, "get_params"):
        return _written(value)
    given = value.get_params(deep=False)
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(type(value).__init__).parameters.items()
    }
    changed = [
        f"{name}={code_of(v)}" for name, v in given.items() if repr(v) != repr(defaults.get(name))
    ]
    return f"{type(value).__name__}({', '.join(changed)})"


def _written(value: Any) -> str:
    """Its ``repr`` if that is an expression, else what pickle makes of it, if it can."""
    text = repr(value)
    with suppress(SyntaxError):
        ast.parse(text, mode="eval")
        return text
    with suppress(AttributeError, TypeError, pickle.PicklingError):
        return f"pickle.loads({pickle.dumps(value)!r})"
    return text


def _classes(value: Any) -> list[Any]:
    """The classes of an estimator and of its parts, and functions among these."""
    value = getattr(value, "plain", value)
    if isinstance(value, list | tuple):
        return [kind for part in value for kind in _classes(part)]
    if isinstance(value, FunctionType | type):
        return [value]
    if not hasattr(value, "get_params"):
        return [type(value)] if type(value).__name__ + "(" in code_of(value) else []
    parts = clone(value).get_params(deep=False).values()
    return [type(value), *(kind for part in parts for kind in _classes(part))]


def _public(kind: Any) -> str:
    """The shortest package that offers a class or function under its name."""
    path = kind.__module__.split(".")
    for k in range(1, len(path) + 1):
        package = ".".join(path[:k])
        if getattr(sys.modules.get(package), kind.__name__, None) is kind:
            return package
    return str(kind.__module__)
