"""Mini-batches beyond the laws DT-07 and DT-08: kinds of input, generators, and refusals."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from probml.datasets import iterate_minibatches, minibatch_slices, n_updates


def test_the_numbers_of_the_source():
    assert (n_updates(60000, 128), n_updates(60000, 128, 5)) == (469, 2345)
    assert n_updates(60000, 128, 5, drop_last=True) == 2340
    assert (n_updates(60000, 1, 5), n_updates(60000, 60000, 5)) == (300_000, 5)
    *_, last = minibatch_slices(60000, 128)
    assert last.stop - last.start == 96


def test_a_batch_above_the_data_is_all_of_it_even_when_the_last_is_dropped():
    assert n_updates(3, 10, drop_last=True) == 1
    assert [*minibatch_slices(3, 10, drop_last=True)] == [slice(0, 3)]


def test_rows_in_their_own_order_are_not_copied(tmp_path):
    X = np.memmap(tmp_path / "X", dtype=np.uint8, mode="w+", shape=(5, 2))
    (first, _), *_ = iterate_minibatches(X, range(5), 2)
    assert np.shares_memory(first, X)


def test_a_sparse_matrix_stays_sparse():
    X = csr_array(np.arange(10.0).reshape(5, 2))
    batches = [*iterate_minibatches(X, range(5), 2, rng=0)]
    assert [x.shape for x, _ in batches] == [(2, 2), (2, 2), (1, 2)]
    for x, y in batches:
        np.testing.assert_array_equal(x.toarray()[:, 0], 2.0 * y)


def test_one_generator_draws_another_order_each_epoch():
    rng = np.random.default_rng(0)
    epochs = [np.concatenate([y for _, y in iterate_minibatches(range(50), range(50), 7, rng=rng)])
              for _ in range(2)]  # fmt: skip
    assert not np.array_equal(*epochs)
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(50))


def test_equal_seeds_draw_equal_orders():
    first, again = ([*iterate_minibatches(range(9), range(9), 9, rng=3)] for _ in range(2))
    np.testing.assert_array_equal(first[0][1], again[0][1])


@pytest.mark.parametrize(
    ("X", "y", "size", "told"),
    [
        ([[1], [2]], [1], 1, "one entry per sample"),
        (3.0, [1], 1, "one entry per sample"),
        ([], [], 1, "n_samples must be an integer in .1"),
        ([[1]], [1], 0, "batch_size must be an integer in .1"),
    ],
)
def test_refusals_come_at_the_call_and_not_at_the_first_batch(X, y, size, told):
    with pytest.raises(ValueError, match=told):
        iterate_minibatches(X, y, size)


def test_numbers_that_are_no_counts():
    with pytest.raises(TypeError, match="batch_size must be an integer"):
        n_updates(10, 2.5)
    with pytest.raises(ValueError, match="epochs"):
        n_updates(10, 2, -1)
