"""Factorisations, iterations and checks that NumPy and SciPy do not offer in one call."""

from probml.linalg._iteration import PowerIteration, power_iteration
from probml.linalg._norms import unit_ball
from probml.linalg._spd import SPDFactor, factor_spd

__all__ = ["PowerIteration", "SPDFactor", "factor_spd", "power_iteration", "unit_ball"]
