"""Threads of linear algebra are limited inside, and as before outside."""

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from discover.threads import limited


def counts() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info()] + [torch.get_num_threads()]


def test_one_inside_and_as_before_outside():
    np.eye(2) @ np.eye(2)
    before = counts()
    with limited(2), limited():
        assert set(counts()) == {1}
    assert counts() == before


def test_as_before_after_a_failure():
    before = counts()
    with pytest.raises(ValueError), limited(3):
        raise ValueError
    assert counts() == before
