"""Choices that are files: each keeps to its protocol, and recipes know no others."""

import inspect
from typing import get_args

import pytest

from discover import offers
from discover.basis import FAMILIES, Basis
from discover.config.models import Engine, Family
from discover.refine import Engine as Protocol
from discover.refine import engine

FOLDERS = ("basis.families", "refine.engines", "report.formats")


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_of_a_folder_is_a_choice(folder: str) -> None:
    assert offers.names(folder)
    assert all(offers.module(folder, name).__doc__ for name in offers.names(folder))


def test_recipes_know_the_files_and_no_others() -> None:
    assert get_args(Family) == offers.names("basis.families") == tuple(FAMILIES)
    assert get_args(Engine) == ("auto", "none", *offers.names("refine.engines"))


def test_every_family_is_a_basis() -> None:
    assert all(isinstance(make(3), Basis) for make in FAMILIES.values())


@pytest.mark.parametrize("name", offers.names("refine.engines"))
def test_every_engine_searches_as_the_protocol_says(name: str) -> None:
    asked = inspect.signature(Protocol.search).parameters
    assert list(inspect.signature(engine(name).search).parameters) == [n for n in asked][1:]


def test_every_format_makes_files_of_a_run_and_its_pictures() -> None:
    for name in offers.names("report.formats"):
        made = offers.module("report.formats", name).files
        assert list(inspect.signature(made).parameters) == ["run", "pictures"]
