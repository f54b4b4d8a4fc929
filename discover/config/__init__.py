"""The recipe: what a user may ask for, with every default written out.

A recipe is YAML. It becomes a frozen :class:`Recipe`; unknown keys, wrong types, impossible values
and contradictions are collected and reported together, each with its path. Nothing in a recipe is
evaluated: formulas are kept as text here and read later by the grammar of `formula`. Whether the
columns exist is the business of `tables`, which sees them.
"""

from discover.config.models import (
    BeyondConfig,
    DataConfig,
    EdgeConfig,
    EquationConfig,
    FormulaConfig,
    HypothesisConfig,
    KanConfig,
    LawConfig,
    Recipe,
    SplitConfig,
    Task,
    ValidateConfig,
)
from discover.config.reading import Inspection, dump, find, inspect, read

__all__ = [
    "BeyondConfig",
    "DataConfig",
    "EdgeConfig",
    "EquationConfig",
    "FormulaConfig",
    "HypothesisConfig",
    "Inspection",
    "KanConfig",
    "LawConfig",
    "Recipe",
    "SplitConfig",
    "Task",
    "ValidateConfig",
    "dump",
    "find",
    "inspect",
    "read",
]
