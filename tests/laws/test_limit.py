"""The limit on the time of a stranger's code."""

import signal
import threading
import time

import pytest

from probml.laws._limit import TooLongError, at_most


def never_returns():
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            continue


def test_what_never_returns_is_ended():
    with pytest.raises(TooLongError, match=r"0\.05 s"), at_most(0.05):
        never_returns()


def test_a_process_that_did_not_run_is_given_longer():
    with at_most(0.2):
        time.sleep(0.4)

    def work():
        busy_until = time.perf_counter() + 0.4
        while time.perf_counter() < busy_until:
            pass

    with pytest.raises(TooLongError), at_most(0.2):
        work()


def test_what_returns_is_left_alone():
    with at_most(0.05):
        done = True
    time.sleep(0.1)
    assert done
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_inner_of_two_limits_ends_first_and_the_outer_goes_on():
    def inner_first():
        with pytest.raises(TooLongError, match=r"0\.05 s"), at_most(0.05):
            never_returns()
        never_returns()

    with pytest.raises(TooLongError, match=r"0\.3 s"), at_most(0.3):
        inner_first()


def test_an_alarm_of_the_host_is_kept():
    heard = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: heard.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with at_most(5.0):
            pass
        time.sleep(0.2)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert heard == [signal.SIGALRM]


def test_other_threads_have_no_limit():
    done = []

    def work():
        with at_most(0.01):
            time.sleep(0.05)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
