"""Print the lowest declared version of every dependency, as ``name==version`` arguments for pip."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
requirements = list(project["dependencies"])
for extra in ("report", "laws", "dask"):
    requirements += project["optional-dependencies"][extra]
requirements += [r for r in project["optional-dependencies"]["dev"] if r.startswith("pytest")]
for requirement in requirements:
    match = re.fullmatch(r"([A-Za-z0-9_-]+)>=([0-9.]+)", requirement)
    assert match, f"expected name>=version (got {requirement!r})"
    print("{}=={}".format(*match.groups()))
