"""Memory of generative fits to a memory-mapped table, each measured as a whole process.

``python -m benchmarks.table [--rows 2000000] [--columns 50] [--folder DIR]`` writes a float32 table
of counts, flags and measurements, fits every generative model to its memory map in a process of
its own, and prints the peak of that process's own pages (Linux: RssAnon), that of all its pages
(VmHWM, the map included), and the seconds of the fit.  It fails if a peak beyond the map exceeds
1 GB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter

import numpy as np

from probml import classifiers

__all__ = ["main"]

MODELS = (
    "LinearDiscriminantAnalysis",
    "QuadraticDiscriminantAnalysis",
    "GaussianNB",
    "BernoulliNB",
    "MultinomialNB",
)
LIMIT_MB = 1000.0
CHUNK = 100_000


def write_table(folder: Path, n: int, d: int, n_classes: int = 10) -> None:
    """A table in chunks: a third of the columns each are counts, flags and measurements."""
    rng = np.random.default_rng(0)
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", np.float32, (n, d))
    y = rng.integers(0, n_classes, n).astype(np.int16)
    np.save(folder / "y.npy", y)
    level = rng.uniform(1.0, 5.0, (n_classes, d))
    for start in range(0, n, CHUNK):
        rows = slice(start, min(start + CHUNK, n))
        mean = level[y[rows]]
        block = rng.normal(100.0 * mean, mean)
        block[:, 0::3] = rng.poisson(mean[:, 0::3])
        block[:, 1::3] = rng.random(mean[:, 1::3].shape) < mean[:, 1::3] / 6.0
        X[rows] = np.abs(block)
    X.flush()


def status(name: str) -> float:
    """An entry of the status of this process, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError(f"/proc/self/status has no {name}; this benchmark needs Linux")


def fit_one(folder: Path, name: str) -> None:
    """Fit one model here, and print what it took as JSON."""
    X, y = np.load(folder / "X.npy", mmap_mode="r"), np.load(folder / "y.npy")
    peak, done = status("RssAnon"), threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.005):
            peak = max(peak, status("RssAnon"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = perf_counter()
    getattr(classifiers, name)().fit(X, y)
    seconds = perf_counter() - start
    done.set()
    watcher.join()
    print(json.dumps({"own": peak, "all": status("VmHWM"), "seconds": seconds}))


def main(arguments: list[str] | None = None) -> int:
    """Measure every model; 1 if one of them takes too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--folder", type=Path, help="where the table is written (default: /tmp)")
    parser.add_argument("--model", choices=MODELS, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.model:
        fit_one(given.folder, given.model)
        return 0
    worst = 0.0
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        write_table(Path(folder), given.rows, given.columns)
        size = (Path(folder) / "X.npy").stat().st_size / 1e6
        print(f"{given.rows} x {given.columns} float32, a map of {size:.0f} MB")
        for name in MODELS:
            command = [sys.executable, "-m", "benchmarks.table", "--folder", folder]
            out = subprocess.run([*command, "--model", name], capture_output=True, check=True)
            took = json.loads(out.stdout)
            worst = max(worst, took["own"])
            print(
                f"{name:30s} own pages {took['own']:5.0f} MB, with the map {took['all']:5.0f} MB, "
                f"{took['seconds']:5.1f} s"
            )
    return int(worst > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
