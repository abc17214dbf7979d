"""Figures that do not exist are a dash, and small differences are not zero."""

import math

import pytest

from probml.reports import formats


@pytest.mark.parametrize(
    "write", [formats.decimal, formats.signed, formats.scientific, formats.seconds, formats.ratio]
)
def test_nothing_is_a_dash(write):
    assert write(None) == write(math.nan) == formats.DASH


def test_infinities_are_said():
    assert formats.decimal(math.inf) == "inf"
    assert formats.signed(-math.inf) == "−inf"
    assert formats.signed(math.inf) == "+inf"
    assert formats.scientific(math.inf) == "inf"
    assert formats.seconds(math.inf) == "inf"
    assert formats.ratio(math.inf) == "inf×"


def test_a_difference_is_never_rounded_to_zero():
    assert formats.signed(4.9e-5) == "+5e-05"
    assert formats.signed(5.1e-5) == "+0.0001"


@pytest.mark.parametrize(
    ("x", "text"),
    [(0.0, "0"), (0.00004, "0.0000"), (0.0999, "0.0999"), (9.999, "10.00"), (1234.5, "1,234")],
)
def test_seconds(x, text):
    assert formats.seconds(x) == text
