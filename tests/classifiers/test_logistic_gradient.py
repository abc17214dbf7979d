"""The objective of logistic regression and its gradient, against PyTorch's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probml.classifiers._cross_entropy import RowsObjective


def reference(torch, X, y, weight, theta, n_classes, strength):
    """J and its gradient by automatic differentiation, in float64."""
    K = 1 if n_classes == 2 else n_classes
    theta = torch.tensor(theta, requires_grad=True)
    W, b = theta[:-K].reshape(-1, K), theta[-K:]
    Z, y, v = torch.tensor(X, dtype=torch.float64) @ W + b, torch.tensor(y), torch.tensor(weight)
    losses = torch.nn.functional
    if K == 1:
        loss = losses.binary_cross_entropy_with_logits(Z[:, 0], y.double(), v, reduction="sum")
    else:
        loss = v @ losses.cross_entropy(Z, y, reduction="none")
    whole = loss + 0.5 * strength * (W**2).sum()
    whole.backward()
    return whole.item(), theta.grad.numpy()


@settings(max_examples=100)
@given(
    seed=st.integers(0, 10_000),
    n_classes=st.integers(2, 5),
    scale=st.sampled_from([0.1, 1.0, 30.0]),
    dtype=st.sampled_from([np.float64, np.float32]),
    intercept=st.booleans(),
)
def test_loss_and_gradient_are_pytorchs(seed, n_classes, scale, dtype, intercept):
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle that need not be installed")
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(23, 4)).astype(dtype), rng.integers(0, n_classes, 23)
    weight = rng.uniform(0.0, 2.0, 23) / 23.0
    theta = rng.normal(0.0, scale, 5 * (1 if n_classes == 2 else n_classes))
    whole = RowsObjective(X, y, weight, n_classes, strength=0.3, fit_intercept=intercept)
    value, gradient = whole(theta)
    expected, slope = reference(torch, X, y, weight, theta, n_classes, 0.3)
    # intercepts that are not fitted do not move
    whole.split(slope)[1][...] *= intercept
    # scores are sums of five terms of the size of `scale`; their rounding is what is left
    rounding = 50.0 * float(np.finfo(dtype).eps) * max(scale, 1.0)
    assert value == pytest.approx(expected, rel=rounding, abs=rounding)
    np.testing.assert_allclose(gradient, slope, rtol=rounding, atol=rounding)
