"""What a folder of the package offers: each of its files is one choice, and bears its name.

A new basis, engine or format of reports is one new file in its folder. Recipes, their complaints
and the settings of Python calls read the names off the folder; a file is loaded when it is chosen.
"""

import importlib
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent


def names(folder: str) -> tuple[str, ...]:
    """The choices of a folder, in alphabetical order.

    Args:
        folder: Its dotted name below ``discover``.

    Example:
        >>> "chebyshev" in names("basis.families"), "wavelet" in names("basis.families")
        (True, False)
    """
    files = _PACKAGE.joinpath(*folder.split(".")).glob("*.py")
    return tuple(sorted(file.stem for file in files if file.stem != "__init__"))


def module(folder: str, name: str) -> Any:
    """The file of one choice, loaded.

    Args:
        folder: Its dotted name below ``discover``.
        name: One of :func:`names`.

    Example:
        >>> module("basis.families", "rbf").FAMILY.__name__
        'GaussianRBF'
    """
    return importlib.import_module(f"discover.{folder}.{name}")
