"""Fits and predictions on Dask collections, on a cluster or in threads of this process."""

from probml.distributed._fit import fit
from probml.distributed._predict import predict, predict_log_proba, predict_proba

__all__ = ["fit", "predict", "predict_log_proba", "predict_proba"]
