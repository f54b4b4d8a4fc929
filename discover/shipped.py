"""Where the datasets and recipes that travel with the package lie.

In a wheel they are inside the package; in a checkout they are the top-level folders
``datasets/`` and ``pipelines/``.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    installed = _PACKAGE / "shipped" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def datasets() -> Path:
    """The folder with one sub-folder (card and data) for each shipped dataset.

    Example:
        >>> (datasets() / "knots" / "card.yaml").name
        'card.yaml'
    """
    return _folder("datasets")


def recipes() -> Path:
    """The folder with the shipped recipes, one YAML file each."""
    return _folder("pipelines")
