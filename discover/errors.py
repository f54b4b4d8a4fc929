"""Deliberate failures: where, what was found, what was expected, what to do.

Every mistake that a user can make ends here as a :class:`Finding`; several mistakes of one
recipe or table travel together in one :class:`InputError`, so that nobody repairs them one by
one. Failures that are ours (a bug) are ordinary Python exceptions and keep their traceback.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong with what a user gave us.

    Attributes:
        where: The place as its author knows it, such as ``knots.yaml: kan.seeds``.
        found: What stands there.
        expected: What could stand there.
        advice: What to do now; may be empty where `expected` says it all.

    Example:
        >>> print(Finding(where="kan.seeds", found="'four'", expected="an integer from 1"))
        kan.seeds: found 'four', expected an integer from 1
    """

    where: str
    found: str
    expected: str
    advice: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: found {self.found}, expected {self.expected}"
        return f"{text}. {self.advice}" if self.advice else text


class DiscoverError(Exception):
    """Base of every failure that `discover` raises on purpose."""


class InputError(DiscoverError, ValueError):
    """What the user gave cannot be used; the command line ends with exit code 2.

    Attributes:
        findings: All that is wrong, in the order in which it was met; never empty.

    Example:
        >>> error = InputError.one(where="a.csv", found="no rows", expected="at least 16")
        >>> str(error)
        'a.csv: found no rows, expected at least 16'
    """

    def __init__(self, findings: Sequence[Finding]):
        if not findings:
            raise ValueError("an InputError needs at least one finding")
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))

    @classmethod
    def one(cls, *, where: str, found: str, expected: str, advice: str = "") -> "InputError":
        """An error of a single finding."""
        return cls([Finding(where=where, found=found, expected=expected, advice=advice)])


class MissingExtraError(InputError):
    """An optional dependency is needed and not installed."""

    def __init__(self, *, package: str, extra: str, purpose: str):
        super().__init__(
            [
                Finding(
                    where=purpose,
                    found=f"no package {package!r}",
                    expected=f"the optional dependency {package!r}",
                    advice=f"Install it with: pip install 'discover[{extra}]'",
                )
            ]
        )


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """A question that names the option closest to a misspelt word; empty where none is close.

    Example:
        >>> did_you_mean("volum", ["volume", "signature"])
        "Did you mean 'volume'?"
        >>> did_you_mean("Period", ["period", "axis"])
        "Did you mean 'period'?"
    """
    folded: dict[str, str] = {}
    for option in options:
        folded.setdefault(option.casefold(), option)
    close = get_close_matches(word.casefold(), folded, n=1)
    return f"Did you mean {folded[close[0]]!r}?" if close else ""
