"""The text of a first recipe for a table, its guesses explained.

The draft is text for a person to read and correct. Before it is handed out it is read back and
the table is loaded with it, so that a draft that does not work never leaves this room.
"""

import re
from pathlib import Path

import numpy as np

from discover.config import Recipe, SplitConfig
from discover.config import text as yaml_text
from discover.config.text import inline
from discover.draft.guesses import Guess, guess
from discover.errors import InputError
from discover.tables import FEWEST_ROWS, load, read_columns


def draft(table: Path, target: str | None = None) -> str:
    """The text of a commented recipe for the table in a file.

    The recipe names the table by the path given here, so it belongs into the folder from which
    a relative path was meant.

    Args:
        table: A file in any of the formats of `tables`.
        target: The column to be explained; the last suitable one if left out.

    Returns:
        YAML with comments, which passes all checks.

    Raises:
        InputError: If the table cannot be used, whatever is left out.
    """
    where = table.name
    columns = read_columns(table, where=where)
    rows = len(columns[0].values)
    if rows == 0:
        raise InputError.one(
            where=where,
            found="column names and no rows",
            expected=f"at least {FEWEST_ROWS} rows below the names",
        )
    text = _write(table, guess(columns, target, where), rows=rows)
    recipe = Recipe.model_validate(yaml_text.load(text)[0])
    load(recipe.data, folder=Path(), seed=recipe.seed, task=recipe.task)
    return text


def _write(table: Path, made: Guess, *, rows: int) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", table.stem).strip("-._") or "table"
    return "\n".join(
        [
            _comment(f"A first recipe for {table.name}: {rows} rows."),
            "# Its guesses may be wrong: read the comments, correct the lines, then say",
            f"#   discover check {name}.yaml",
            f"name: {inline(name)}",
            *_task_lines(made),
            "seed: 0",
            "data:",
            f"  file: {inline(table.as_posix())}",
            "  " + _comment(made.why + _others(made)),
            f"  target: {inline(made.target)}",
            *_sigma_lines(made),
            *_column_lines(made),
            *_gap_lines(made, rows),
            *_split_lines(made),
            "",
        ]
    )


def _others(made: Guess) -> str:
    names = ", ".join(list(made.features)[:8])
    return f" Others that would do: {names}." if "guess" in made.why and names else ""


def _task_lines(made: Guess) -> list[str]:
    if made.task == "classification":
        return [
            "# The target takes two values: the law is the boundary between them. For an amount",
            "# that a law should give say: regression",
            "task: classification",
        ]
    if made.task == "ordinal":
        return [
            _comment(f"The target takes {made.levels}, so predictions are rounded to those,"),
            "# and rows hit exactly are counted. For a continuous quantity say: regression",
            "task: ordinal",
        ]
    return ["# A continuous target; for evenly spaced levels say: ordinal", "task: regression"]


def _sigma_lines(made: Guess) -> list[str]:
    if not made.sigma:
        return []
    return [
        "  # By its name the target's standard deviation in each row: rows count by 1/sigma^2.",
        "  # Where it is not, take the line away and the column may explain the target.",
        f"  sigma: {inline(made.sigma)}",
    ]


def _column_lines(made: Guess) -> list[str]:
    lines = ["  # All columns that are not dropped may explain it:"]
    for name, values in made.features.items():
        known = values[np.isfinite(values)]
        lines.append("  " + _comment(f"  {name}: {known.min():g} to {known.max():g}"))
    if made.dropped:
        lines.append("  # Left out, and why; take a line away to let the column in.")
        lines.append("  drop:")
        for name, reason in made.dropped.items():
            lines.append(f"    - {inline(name)}  {_comment(reason)}")
    kept = (*made.features, made.target)
    used = {name: made.units[name] for name in kept if name in made.units}
    lines.append(
        "  # Units let laws be checked for their dimensions; columns without one count as 1."
    )
    if used:
        lines.append("  # Those below were found in the file.")
        lines.append("  units:")
        lines += [f"    {inline(name)}: {inline(unit)}" for name, unit in used.items()]
    else:
        lines.append("  # None were found in the file; add lines such as  " + _example(made))
    return lines


def _example(made: Guess) -> str:
    return "units: {" + " ".join(inline(made.target).split()) + ": m/s}"


def _gap_lines(made: Guess, rows: int) -> list[str]:
    if not made.gaps:
        return []
    return [
        f"  # {made.gaps} of {rows} rows miss a value and are left out; `refuse` forbids it.",
        "  missing: drop",
    ]


def _split_lines(made: Guess) -> list[str]:
    default = SplitConfig()
    lines = [
        "  # Shares of the rows that choose a law (validation) and that prove it (test).",
        "  split:",
        f"    validation: {default.validation}",
        f"    test: {default.test}",
    ]
    if made.by:
        lines += [
            f"    # Some rows agree to {default.digits} digits in every column. Rows that agree in",
            "    # this one stay together, so that no near-copy is on both sides of the split.",
            f"    by: {inline(made.by)}",
        ]
    return lines


def _comment(text: str) -> str:
    """One comment line; whatever a file put into `text` cannot end it."""
    return "# " + "".join(c if c.isprintable() else " " for c in text)
