"""Flat parameter vectors: checked when a rule meets them, and worked on in blocks."""

from collections.abc import Iterator

import numpy as np

from probml.numerics import FloatArray

__all__ = ["blocks", "check_floor", "check_gradient", "check_vector"]

_BLOCK = 1 << 18
"""Entries that are worked on at a time: four such float32 vectors take 4 MiB."""


def blocks(size: int) -> Iterator[slice]:
    for start in range(0, size, _BLOCK):
        yield slice(start, min(start + _BLOCK, size))


def check_vector(theta: FloatArray) -> None:
    if theta.ndim != 1 or not np.issubdtype(theta.dtype, np.floating):
        raise ValueError(
            "theta must be one flat vector of floating-point numbers "
            f"(got {theta.ndim} dimensions of {theta.dtype}); pass theta.ravel() of a float array"
        )


def check_floor(epsilon: float, theta: FloatArray) -> None:
    limits = np.finfo(theta.dtype)
    smallest, largest = float(limits.smallest_subnormal), float(limits.max)
    if not smallest <= epsilon <= largest:
        raise ValueError(
            f"epsilon must be a positive number of the type of theta, {theta.dtype}, so from "
            f"{smallest:.3g} to {largest:.3g} (got {epsilon})"
        )


def check_gradient(gradient: FloatArray, step: FloatArray) -> None:
    if gradient.shape != step.shape or gradient.dtype != step.dtype:
        raise ValueError(
            f"gradient must match the vector that init was given: expected {step.dtype} of shape "
            f"{step.shape} (got {gradient.dtype} of shape {gradient.shape}); "
            "call init with the vector that the gradient belongs to"
        )
