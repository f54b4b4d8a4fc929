"""What a command says when it cannot go on, and the exit code that goes with it."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import typer

from discover.errors import InputError

WRONG_INPUT = 2
NO_LAW = 3
INTERRUPTED = 130

Command = TypeVar("Command", bound=Callable[..., Any])


def guarded(command: Command) -> Command:
    """The command, with deliberate failures as messages and exit codes; bugs keep their trace."""

    @functools.wraps(command)
    def inner(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except InputError as error:
            typer.echo(complaint(error), err=True)
            raise typer.Exit(WRONG_INPUT) from None
        except KeyboardInterrupt:
            typer.echo("\nInterrupted.", err=True)
            raise typer.Exit(INTERRUPTED) from None

    return inner  # type: ignore[return-value]


def complaint(error: InputError) -> str:
    """All findings, one a line, under the name of the thing that they have in common.

    Example:
        >>> from discover.errors import Finding
        >>> seeds = Finding(where="a.yaml: kan.seeds", found="'four'", expected="an integer")
        >>> steps = Finding(where="a.yaml: kan.steps", found="0", expected="an integer from 1")
        >>> print(complaint(InputError([seeds, steps])))
        a.yaml: 2 mistakes
          kan.seeds: found 'four', expected an integer
          kan.steps: found 0, expected an integer from 1
    """
    findings = error.findings
    if len(findings) == 1:
        return str(findings[0])
    heads = {finding.where.partition(": ")[0] for finding in findings}
    inner = [finding.where.partition(": ")[2] for finding in findings]
    if len(heads) > 1 or not all(inner):
        return "\n".join([f"{len(findings)} mistakes", *(f"  {finding}" for finding in findings)])
    lines = (f"  {replace(f, where=where)}" for f, where in zip(findings, inner, strict=True))
    return "\n".join([f"{heads.pop()}: {len(findings)} mistakes", *lines])
