"""Threads are limited inside and as before outside; work is dealt to those asked for."""

import threading

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from discover.threads import dealt, limited


def counts() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info()] + [torch.get_num_threads()]


def test_one_inside_and_as_before_outside():
    np.eye(2) @ np.eye(2)
    before = counts()
    with limited(2):
        assert set(counts()) == {1}
        with limited():
            assert set(counts()) == {1}
    assert counts() == before


def test_as_before_after_a_failure():
    before = counts()
    with pytest.raises(ValueError), limited(3):
        raise ValueError
    assert counts() == before


def test_work_is_dealt_to_as_many_threads_as_are_asked_for():
    meet = threading.Barrier(3, timeout=20)

    def job(number: int) -> tuple[int, int]:
        meet.wait()  # nobody gets on before all three are at work
        return number, torch.get_num_threads()

    with limited(3):
        assert list(dealt(job, range(6))) == [(number, 1) for number in range(6)]
        with limited():
            assert list(dealt(lambda _: threading.get_ident(), [0])) == [threading.get_ident()]


def test_a_failure_of_a_job_is_that_of_its_caller():
    with pytest.raises(ZeroDivisionError), limited(2):
        list(dealt(lambda x: 1 / x, [1, 0]))
