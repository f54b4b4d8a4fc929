"""Finds laws in scientific data with sparse Kolmogorov-Arnold networks.

The names below are loaded when they are first used, so that ``import discover`` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from discover.fitting import FittedKan, Training, fit_kan, parquet_rows
    from discover.law import Law
    from discover.reading import read_law
    from discover.regressor import LawRegressor
    from discover.session import run
    from discover.tables import load_dataset

__version__ = "0.1.0"
__all__ = [
    "FittedKan",
    "Law",
    "LawRegressor",
    "Training",
    "__version__",
    "fit_kan",
    "load_dataset",
    "parquet_rows",
    "read_law",
    "run",
]

_HOMES = {
    "FittedKan": "discover.fitting",
    "Law": "discover.law",
    "LawRegressor": "discover.regressor",
    "Training": "discover.fitting",
    "fit_kan": "discover.fitting",
    "load_dataset": "discover.tables",
    "parquet_rows": "discover.fitting",
    "read_law": "discover.reading",
    "run": "discover.session",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
