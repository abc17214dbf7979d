"""Fixtures that every part of the suite shares."""

import os
import signal

import pytest
from hypothesis import settings

from probml.datasets import Dataset, DatasetError, load_mnist

# Speed is what `make bench` measures; a busy machine must not fail a test. Continuous
# integration draws the same examples every time, a developer's machine new ones.
settings.register_profile("probml", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("probml")

# Whoever starts the tests in the background may have them ignore Ctrl-C, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The real MNIST from ``PROBML_DATA`` or the user's cache; never downloaded by a test."""
    try:
        return load_mnist(download=False)
    except DatasetError as error:
        reason = f"MNIST is not available: {error}"
    # Continuous integration must not pass by skipping what it is there to check.
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
