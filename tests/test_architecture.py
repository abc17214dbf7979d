"""Imports run upward only, heavy dependencies stay where they belong, and importing is instant."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import probml

PACKAGE = Path(probml.__file__).parent

# Lowest first; two names on one line never import each other.
LAYERS = [
    {"_version", "_validation", "_labels", "_blas", "_blocks", "_crew", "numerics"},
    {"linalg", "calculus", "autodiff", "probability"},
    {"distributions", "losses", "optimize"},
    {"metrics", "datasets"},
    {"classifiers"},
    {"laws", "distributed"},
    {"reports"},
    {"cli", "_pytest_plugin"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

ANYWHERE = set(sys.stdlib_module_names) | {"probml", "numpy", "scipy"}
ALLOWED = {
    "_crew": {"threadpoolctl"},
    "classifiers": {"sklearn", "pandas"},
    "metrics": {"pandas"},
    "datasets": {"sklearn", "pandas", "pooch", "requests", "urllib3"},
    "reports": {
        *("sklearn", "pandas", "jinja2", "matplotlib", "threadpoolctl", "markupsafe"),
        *("cloudpickle", "PIL"),
    },
    "laws": {"hypothesis", "pandas", "pytest", "sklearn", "xgboost", "lightgbm"},
    "probability": {"pandas"},
    "distributed": {"dask", "distributed", "pandas", "sklearn"},
    "cli": {"click", "rich"},
    "_pytest_plugin": {"pytest"},
}
LAZY = {
    "PIL",
    "cloudpickle",
    "dask",
    "distributed",
    "pooch",
    "pytest",
    "requests",
    "urllib3",
    "jinja2",
    "matplotlib",
    "rich",
    "pandas",
    "sklearn",
}


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def part(path):
    """Top-level name of the part of the package that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """(name, is at the top of the module) of everything that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from ((name, node in tree.body) for name in names)


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_upward_only(path):
    here = part(path)
    if here in ("__init__", "__main__"):
        return
    for name, _ in imports(path):
        if name.startswith("probml."):
            there = name.split(".")[1]
            assert there == here or LEVEL[there] < LEVEL[here], f"{here} imports {there}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_dependencies_stay_where_they_belong(path):
    for name, _ in imports(path):
        root = name.split(".")[0]
        assert root in ANYWHERE | ALLOWED.get(part(path), set()), f"{path} imports {root}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_dependencies_are_imported_where_they_are_used(path):
    if "classifiers" in path.parts:
        return  # a scikit-learn estimator has to know its base, and laws of estimators clone them
    if part(path) == "distributed":
        return  # it fits classifiers; that Dask waits until it is used is tested below
    if part(path) == "_pytest_plugin":
        return  # nothing but pytest imports it
    for name, top in imports(path):
        assert not (top and name.split(".")[0] in LAZY), f"{path} imports {name} at its top"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_and_what_it_offers(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{path} has no docstring"
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    assert "__all__" in assigned, f"{path} has no __all__"


def test_every_part_has_a_layer():
    parts = {part(path) for path in modules()} - {"__init__", "__main__"}
    assert parts == set(LEVEL)


@pytest.mark.parametrize("module", ["probml", "probml.cli"])
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "scipy", "sklearn", "pandas", "matplotlib", "jinja2", "pooch", "requests"}
    assert not heavy & set(out.stdout.split())


def test_dask_waits_until_it_is_used():
    code = "import sys, probml.distributed; print({'dask', 'distributed'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


def test_lazy_names_are_the_sub_packages():
    public = {name for name in LEVEL if not name.startswith("_")} - {"cli"}
    assert set(dir(probml)) == public | {"__version__"}
    for name in probml.__all__:
        assert getattr(probml, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        probml.nonsense  # noqa: B018
