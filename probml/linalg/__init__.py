"""Factorisations, iterations and checks that NumPy and SciPy do not offer in one call."""

from probml.linalg._iteration import PowerIteration, power_iteration
from probml.linalg._norms import add, angle, cosine_similarity, norm, normalize, unit_ball
from probml.linalg._rank import RowEchelon, coordinates, linearly_independent, rank, row_echelon
from probml.linalg._solve import pseudo_inverse, solve_spd
from probml.linalg._spd import SPDFactor, factor_spd
from probml.linalg._spectrum import (
    Eigendecomposition,
    QuadraticExtremes,
    eigendecomposition,
    quadratic_extremes,
    rayleigh_quotient,
)

__all__ = [
    "Eigendecomposition",
    "PowerIteration",
    "QuadraticExtremes",
    "RowEchelon",
    "SPDFactor",
    "add",
    "angle",
    "coordinates",
    "cosine_similarity",
    "eigendecomposition",
    "factor_spd",
    "linearly_independent",
    "norm",
    "normalize",
    "power_iteration",
    "pseudo_inverse",
    "quadratic_extremes",
    "rank",
    "rayleigh_quotient",
    "row_echelon",
    "solve_spd",
    "unit_ball",
]
