"""Provenance names what matters and nothing private."""

import getpass
import json
import platform
from datetime import datetime, timedelta

import numpy as np
import sklearn
from stub_models import small_dataset

from probml import __version__
from probml.reports import Provenance, collect_provenance


def test_it_says_what_ran_and_where():
    provenance = collect_provenance([small_dataset()], ["probml", "report"])
    assert provenance.versions["probml"] == __version__
    assert provenance.versions["numpy"] == np.__version__
    assert provenance.versions["scikit-learn"] == sklearn.__version__
    assert set(provenance.versions) == {
        "python",
        "probml",
        "numpy",
        "scipy",
        "scikit-learn",
        "pandas",
    }
    assert provenance.cores >= 1
    assert provenance.cpu
    assert any(line.startswith("blas") and "threads" in line for line in provenance.threads)
    assert dict(provenance.data[0].sha256) == {"small.npz": "0" * 64}
    assert datetime.fromisoformat(provenance.date).utcoffset() == timedelta(0)


def test_it_survives_json():
    provenance = collect_provenance([small_dataset()], ["probml"])
    assert Provenance.from_dict(json.loads(json.dumps(provenance.as_dict()))) == provenance


def test_paths_and_names_stay_private(tmp_path):
    words = ["probml", "--out", str(tmp_path / "mine"), f"--home={tmp_path}", "~/x", "rel/ative"]
    provenance = collect_provenance([small_dataset()], words)
    assert provenance.command == f"probml --out …/mine --home=…/{tmp_path.name} …/x rel/ative"
    text = json.dumps(provenance.as_dict())
    assert str(tmp_path.parent) not in text
    assert platform.node() not in text or len(platform.node()) < 4
    assert f"/{getpass.getuser()}" not in text
