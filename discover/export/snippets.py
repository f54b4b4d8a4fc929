"""The snippets: a function in each language, with its words and its constants."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp

from discover import notation
from discover.dataset import Variable
from discover.errors import InputError, did_you_mean
from discover.export import dialects
from discover.export.dialects import Dialect, write
from discover.export.identifiers import identifiers, remark
from discover.law import Constant, Law


def export(law: Law, language: str) -> str:
    """The law in another language.

    Args:
        law: A law; its constants are written at full precision.
        language: One of :data:`LANGUAGES`.

    Returns:
        A snippet that stands alone. Columns whose names the language would not accept get names
        that it does, and the snippet says which is which.

    Raises:
        InputError: If there is no such language, or it has no word for a function of the law.

    Example:
        >>> a = Variable(name="a", unit="AU")
        >>> T = Variable(name="T", unit="year")
        >>> print(export(Law.of(1.5 * a.sympy**2, [a], T, "graph"), "julia"))
        # T in year.
        #
        # a: in AU
        function T(a)
            c0 = 1.5
            return c0*a^2
        end
    """
    if language not in _WRITERS:
        raise InputError.one(
            where="--to",
            found=repr(language),
            expected=f"one of {', '.join(LANGUAGES)}",
            advice=did_you_mean(language, LANGUAGES),
        )
    try:
        return _WRITERS[language](law)
    except ValueError as error:
        raise InputError.one(
            where=f"the law for {law.target.name!r}",
            found=f"a function that {language} lacks ({error})",
            expected="a law in functions that the language knows",
        ) from error


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """A law under names that a language accepts."""

    target: str
    variables: tuple[str, ...]
    constants: tuple[tuple[str, Constant], ...]
    names: dict[sp.Symbol, str]

    @classmethod
    def of(cls, law: Law, underscore: str = "_") -> "_Parts":
        columns = [variable.name for variable in law.variables]
        constants = [constant.name for constant in law.constants]
        found = identifiers([*columns, *constants], underscore=underscore)
        # The target may bear the name of a column of the same law only by mistake of a user, yet
        # may meet a constant's: it is named last.
        target = identifiers([*found.values(), f"{law.target.name} "], underscore=underscore)
        return cls(
            target=list(target.values())[-1],
            variables=tuple(found[name] for name in columns),
            constants=tuple((found[c.name], c) for c in law.constants),
            names={sp.Symbol(name, real=True): word for name, word in found.items()},
        )

    def write(self, law: Law, dialect: Dialect) -> str:
        """The right-hand side under these names."""
        return write(law.form, dialect, self.names, [c.sympy for c in law.constants])


def _words(law: Law, parts: _Parts) -> list[str]:
    """What the snippet computes, line by line; the first line is a summary."""
    lines = [f"{_described(law.target)}."]
    if law.claim == "zero":
        lines = [f"Boundary of {law.target.name}: positive on the side of its larger value."]
    if law.variables:
        lines.append("")
    for variable, word in zip(law.variables, parts.variables, strict=True):
        called = "" if word == variable.name else f" (column '{variable.name}')"
        lines.append(f"{word}: {_described(variable, name=False)}{called}")
    if law.accuracy:
        lines.append("")
    for split, a in law.accuracy.items():
        held = f"rms {a.rms:.4g} {_unit(a.unit)}".rstrip() + f", r2 {a.r2:.6g}"
        if law.claim == "zero":
            held = f"{100 * (a.accuracy or 0.0):.2f} % on the right side"
        lines.append(f"On {a.n} {split} rows: {held}.")
    return [remark(line) for line in lines]


def _described(variable: Variable, *, name: bool = True) -> str:
    words = [variable.name if name else "", variable.meaning]
    text = ", ".join(word for word in words if word)
    unit = "without unit" if variable.unit == "1" else f"in {variable.unit}"
    return f"{text}, {unit}" if name and variable.meaning else f"{text} {unit}".strip()


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def _interval(constant: Constant) -> str:
    if constant.low is None or constant.high is None or constant.level is None:
        return ""
    return f"{100 * constant.level:.4g} % interval {constant.low!r} to {constant.high!r}"


def _noted(text: str, note: str, mark: str) -> str:
    return f"{text}  {mark} {note}" if note else text


def _function(law: Law, dialect: Dialect, imports: str) -> str:
    """A Python function, whatever the library."""
    parts = _Parts.of(law)
    words = "\n".join(f"    {line}".rstrip() for line in _words(law, parts))
    lines = [imports, "", "", f"def {parts.target}({', '.join(parts.variables)}):"]
    lines += [f'    """{words[4:]}', '    """']
    for name, constant in parts.constants:
        lines.append(_noted(f"    {name} = {constant.value!r}", _interval(constant), "#"))
    lines.append(f"    return {parts.write(law, dialect)}")
    return "\n".join(lines)


def _python(law: Law) -> str:
    return _function(law, dialects.PYTHON, "import math")


def _numpy(law: Law) -> str:
    imports = "import math\n\nimport numpy as np" if law.form.has(sp.erf) else "import numpy as np"
    return _function(law, dialects.NUMPY, imports)


def _torch(law: Law) -> str:
    """Torch has no functions of plain numbers: what holds no column is worked out beforehand."""
    columns = {variable.sympy for variable in law.variables}
    values = {c.sympy: sp.Float(c.value) for c in law.constants}

    def fold(node: sp.Expr) -> sp.Expr:
        if node is sp.E:
            return sp.Float(math.e)
        if not node.args:
            return node
        if not node.free_symbols & columns:
            return sp.Float(float(node.xreplace(values)))
        return node.func(*[fold(arg) for arg in node.args])

    folded = fold(law.form)
    kept = tuple(c for c in law.constants if folded.has(c.sympy))
    short = replace(law, form=folded, constants=kept)
    return _function(short, dialects.TORCH, "import math\n\nimport torch")


def _c(law: Law) -> str:
    parts = _Parts.of(law)
    lines = ["#include <math.h>", "", "/*"]
    lines += [f" * {line}".rstrip() for line in _words(law, parts)] + [" */"]
    arguments = ", ".join(f"double {name}" for name in parts.variables) or "void"
    lines += [f"double {parts.target}({arguments})", "{"]
    for name, constant in parts.constants:
        note = f"/* {_interval(constant)} */" if _interval(constant) else ""
        lines.append(_noted(f"    const double {name} = {constant.value!r};", note, "").rstrip())
    lines += [f"    return {parts.write(law, dialects.C)};", "}"]
    return "\n".join(lines)


def _julia(law: Law) -> str:
    parts = _Parts.of(law)
    lines = ["using SpecialFunctions", ""] if law.form.has(sp.erf) else []
    lines += [f"# {line}".rstrip() for line in _words(law, parts)]
    lines.append(f"function {parts.target}({', '.join(parts.variables)})")
    for name, constant in parts.constants:
        lines.append(_noted(f"    {name} = {constant.value!r}", _interval(constant), "#"))
    lines += [f"    return {parts.write(law, dialects.JULIA)}", "end"]
    return "\n".join(lines)


def _mathematica(law: Law) -> str:
    parts = _Parts.of(law, underscore="")
    number = dialects.MATHEMATICA.float
    lines = [f"(* {line} *)" for line in _words(law, parts) if line]
    arguments = ", ".join(f"{name}_" for name in parts.variables)
    body = parts.write(law, dialects.MATHEMATICA)
    if parts.constants:
        given = ", ".join(f"{name} = {number(c.value)}" for name, c in parts.constants)
        body = f"With[{{{given}}}, {body}]"
    return "\n".join([*lines, f"{parts.target}[{arguments}] := {body}"])


def _sympy(law: Law) -> str:
    parts = _Parts.of(law)
    lines = [f"# {line}".rstrip() for line in _words(law, parts)]
    lines += ["import sympy as sp", ""]
    for variable, word in zip(law.variables, parts.variables, strict=True):
        lines.append(f"{word} = sp.Symbol({variable.name!r}, real=True)")
    for name, constant in parts.constants:
        text = f"{name} = sp.Float({constant.value!r})"
        lines.append(_noted(text, _interval(constant), "#"))
    lines.append(f"{parts.target} = {parts.write(law, dialects.SYMPY)}")
    return "\n".join(lines)


def _latex(law: Law) -> str:
    parts = _Parts.of(law)
    lines = [f"% {line}".rstrip() for line in _words(law, parts)]
    lines.append(f"% At full precision: {remark(law.expression)}")
    lines += [_noted(f"% {remark(c.name)} = {c.value!r}", _interval(c), "") for c in law.constants]
    target = "0" if law.claim == "zero" else notation.latex(notation.symbol(law.target))
    return "\n".join(
        [*lines, r"\begin{equation}", f"  {target} = {law.latex()}", r"\end{equation}"]
    )


def _json(law: Law) -> str:
    return json.dumps(law.to_json(), indent=2, ensure_ascii=False)


_WRITERS: dict[str, Callable[[Law], str]] = {
    "latex": _latex,
    "python": _python,
    "numpy": _numpy,
    "torch": _torch,
    "c": _c,
    "julia": _julia,
    "mathematica": _mathematica,
    "sympy": _sympy,
    "json": _json,
}

#: What :func:`export` can write.
LANGUAGES = tuple(_WRITERS)
