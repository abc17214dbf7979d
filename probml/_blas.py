"""A product of BLAS beside which other threads can work.

SciPy's Python functions for BLAS keep the interpreter's lock while they work, and NumPy has no
product with a triangle.  SciPy's own table of routines, made for Cython, holds the same ones.
"""

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cython_blas

__all__ = ["times_upper"]

_Text, _Int = ctypes.c_char_p, ctypes.POINTER(ctypes.c_int)
_Number = ctypes.POINTER(ctypes.c_double)
_Triangle = np.ctypeslib.ndpointer(np.float64, ndim=2, flags="C_CONTIGUOUS")
_Product = np.ctypeslib.ndpointer(np.float64, ndim=2, flags=("F_CONTIGUOUS", "WRITEABLE"))


def _routine(name: str, *arguments: Any) -> Any:
    capsule = cython_blas.__pyx_capi__[name]
    signature = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(
        ("PyCapsule_GetName", ctypes.pythonapi)
    )
    address = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi)
    )
    return ctypes.CFUNCTYPE(None, *arguments)(address(capsule, signature(capsule)))


_dtrmm = _routine(
    "dtrmm",
    *(_Text, _Text, _Text, _Text),  # side, triangle, transposed, diagonal
    *(_Int, _Int, _Number, _Triangle, _Int, _Product, _Int),  # m, n, alpha, A, lda, B, ldb
)


def times_upper(Z: NDArray[Any], W: NDArray[Any]) -> NDArray[Any]:
    """``Z @ W`` for upper triangular W, in the memory of Z.

    Both hold float64, Z in Fortran's order and W in C's, where it is a lower triangle to BLAS.

    Examples
    --------
    >>> Z = np.ones((3, 2), order="F")
    >>> times_upper(Z, np.array([[1.0, 2.0], [0.0, 3.0]])).tolist()
    [[1.0, 5.0], [1.0, 5.0], [1.0, 5.0]]
    """
    m, n = Z.shape
    if W.shape != (n, n):
        raise ValueError(f"W must be ({n}, {n}) for {n} columns (got shape {W.shape})")
    if Z.size:
        rows, columns = ctypes.c_int(m), ctypes.c_int(n)
        factor = ctypes.c_double(1.0)
        _dtrmm(b"R", b"L", b"T", b"N", rows, columns, factor, W, columns, Z, rows)
    return Z
