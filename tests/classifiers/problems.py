"""Small problems that several tests draw from."""

import numpy as np


def gaussian_classes(seed, *, n=90, d=3, n_classes=3, spread=2.0):
    """Rows from Gaussian classes of different sizes with well-conditioned covariances."""
    rng = np.random.default_rng(seed)
    sizes = np.array_split(
        np.arange(n), np.cumsum([n // (n_classes + k) for k in range(1, n_classes)])
    )
    blocks, labels = [], []
    for k, rows in enumerate(sizes):
        A = rng.standard_normal((d, d))
        chol = np.linalg.cholesky(A @ A.T + 0.5 * np.eye(d))
        mean = spread * rng.standard_normal(d)
        blocks.append(mean + rng.standard_normal((len(rows), d)) @ chol.T)
        labels.append(np.full(len(rows), k))
    order = rng.permutation(n)
    return np.vstack(blocks)[order], np.concatenate(labels)[order]


def counts(seed, *, n=60, d=5, n_classes=3):
    """Non-negative integer rows, as MultinomialNB models them."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    return rng.poisson(rng.uniform(0.5, 4.0, (n_classes, d))[y]).astype(float), y
