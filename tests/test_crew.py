"""Threads that share work are begun once, and nobody is left at work."""

import multiprocessing
import threading
from time import sleep

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from probml._crew import shared

PIECES = list(range(7))


def names_of_threads(n):
    """Names of `n` threads at work at the same time."""
    meeting = threading.Barrier(n, timeout=60)

    def name(piece):
        meeting.wait()
        return threading.current_thread().name

    return shared(name, range(n))


@pytest.fixture(params=[2, 3])
def n_threads(request):
    with threadpool_limits(request.param, "blas"):
        yield request.param


def test_results_are_in_the_order_of_the_pieces(n_threads):
    assert shared(lambda piece: piece**2, PIECES) == [piece**2 for piece in PIECES]


def test_threads_are_begun_once(n_threads):
    names = names_of_threads(n_threads)
    assert len(set(names)) == n_threads
    assert set(names_of_threads(n_threads)) == set(names)


def test_linear_algebra_has_one_thread_meanwhile(n_threads):
    def found(piece):
        return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}

    assert shared(found, PIECES) == [{1}] * 7
    assert found(None) == {n_threads}


def test_work_within_work_is_done_by_the_thread_that_asks(n_threads):
    def name(piece):
        return threading.current_thread().name

    found = shared(lambda piece: (name(piece), shared(name, [0, 1])), PIECES)
    assert all(inner == [outer, outer] for outer, inner in found)


def test_work_within_work_does_not_wait_for_itself(n_threads):
    def work(piece):
        with threadpool_limits(n_threads, "blas"):  # as if limits were each thread's own
            return shared(abs, PIECES)

    assert shared(work, PIECES) == [PIECES] * 7


@pytest.mark.parametrize("bad", PIECES)
def test_nobody_is_at_work_when_an_error_is_passed_on(n_threads, bad):
    at_work = set()

    def work(piece):
        if piece == bad:
            raise KeyError(piece)
        at_work.add(piece)
        sleep(0.01)
        at_work.remove(piece)

    with pytest.raises(KeyError, match=str(bad)):
        shared(work, PIECES)
    assert not at_work
    assert shared(abs, PIECES) == PIECES


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="the system cannot fork"
)
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_begins_threads_of_its_own(n_threads):
    names_of_threads(n_threads)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        names = pool.apply_async(names_of_threads, [n_threads]).get(timeout=60)
    assert len(set(names)) == n_threads
