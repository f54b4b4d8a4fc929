"""What a run found, as a table for a terminal of 80 columns. Rounding happens here."""

import math
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import sympy as sp
import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from discover import formula
from discover.accuracy import Accuracy
from discover.dataset import Variable
from discover.law import Constant, Law
from discover.notation import digits_of, spelt, symbol, turned
from discover.record import Equation, Family, Hypothesis, Run
from discover.report.story import beyond, plural

_LINE = 40  # letters of a law beside its numbers
_LONG_NAME = 10
_FILES = ("report.html", "laws.json", "paper/report.tex")
_KINDS_FILES = ("report.html", "laws.json", "paper/kinds.tex")


def print_run(run: Run, folder: Path) -> None:
    """The closing words of a run: laws, hypotheses, the recommendation, the null control, files."""
    print_laws(run, run.hypotheses)
    typer.echo()
    print_recommended(run)
    typer.echo(null_control(run))
    for sentence in (*beyond(run), *run.cautions):
        typer.echo(textwrap.fill(sentence, 80))
    for equation in run.others:
        print_equation(equation)
    if run.forecast is not None:
        typer.echo("\n".join(textwrap.fill(s, 80) for s in run.forecast.sentences()))
    if not run.beats_null and run.recipe.task == "relation":
        typer.echo("No column is tied to others: no relation beats shuffled columns.")
    elif not run.beats_null:
        typer.echo("No law beats the null control: this table shows no law that can be trusted.")
    typer.echo("\n".join(["Files:", *(f"  {folder / name}" for name in _FILES)]))


def print_family(family: Family, folder: Path) -> None:
    """The law of each kind of rows: one form with constants of their own, or another for each."""
    for sentence in family.sentences():
        typer.echo(textwrap.fill(sentence, 80))
    for number, (kind, law) in enumerate(family.laws.items()):
        if family.common is not None and number == 0:
            typer.echo(f"  {law.target.name} = {spaced(formula.render(law.form))}")
        rms, r2 = _errors(law.accuracy.get("test"))
        typer.echo(f"\n{family.column} = {kind}: rms {rms}, r2 {r2} on unseen rows")
        if family.common is None:
            typer.echo(f"  {law.target.name} = {spaced(brief(law, digits=6))}")
        for line in constants(law):
            typer.echo(f"    {line}")
    typer.echo("\n".join(["", "Files:", *(f"  {folder / name}" for name in _KINDS_FILES)]))


def print_equation(equation: Equation) -> None:
    """A further equation of a system: its recommended law, and the constants of it."""
    law = equation.law
    typer.echo(f"  {equation.target.name} = {spaced(brief(law, digits=6))}")
    for line in form(law):
        typer.echo(f"    {line}")
    if not equation.beats_null:
        typer.echo("    This equation does not beat its null control.")


def print_laws(run: Run, hypotheses: Iterable[Hypothesis] = ()) -> None:
    """The laws, simplest first, with their errors on unseen rows; hypotheses below, marked ``?``.

    Args:
        run: The run.
        hypotheses: Whose rows to add.
    """
    hypotheses = list(hypotheses)
    laws = [law.solved for law in run.laws]
    signs = _signs([*laws, *(hypothesis.law for hypothesis in hypotheses)])
    target = run.table.target
    tied = run.recipe.task == "relation"
    ordinal = run.rounding is not None or tied
    unit = "" if target.unit == "1" else f" ({escape(target.unit)})"
    table = Table(
        title=_table_title(run),
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("", justify="right")
    table.add_column("nodes", justify="right")
    table.add_column("law", overflow="fold")
    unit = "" if tied else unit  # each relation has that of its own column
    for head in [f"rms{unit}", "r2", *(["exact"] if ordinal else [])]:
        table.add_column(head, justify="right")
    for index, (law, stated) in enumerate(zip(run.laws, laws, strict=True)):
        chosen = index == run.selected
        mark, style = (f"*{index}", "bold") if chosen else (str(index), "")
        text = spaced(brief(stated, signs=signs))
        text = f"{law.target.name} = {text}" if tied else text
        table.add_row(mark, *_cells(law, text, ordinal=ordinal), style=style)
    table.add_section()
    for hypothesis in hypotheses:
        text = f"{hypothesis.name}: {spaced(brief(hypothesis.law, signs=signs))}"
        table.add_row("?", *_cells(hypothesis.law, text, ordinal=ordinal))
    Console().print(table)
    for variable, sign in signs.items():
        typer.echo(f"  {sign} = {variable.name}")


def _table_title(run: Run) -> str:
    target = escape(run.table.target.name)
    if run.recipe.task == "relation":
        return "Relations, each solved for one column: errors of that column on unseen rows"
    kind = "Laws for" if run.law.claim == "value" else "Boundaries (0 = law) of"
    return f"{kind} {target}: errors on unseen rows"


def print_recommended(run: Run) -> None:
    """The recommended law in full, with the intervals of its constants."""
    called = (
        "Recommended law"
        if run.equations[0].beats_null
        else "The best that was found, which is no law"
    )
    typer.echo(f"{called} (* above, {plural(run.law.complexity, 'node')}):")
    stated = run.law.solved
    law = f"{run.table.target.name} = {spaced(brief(stated, digits=6))}"
    if stated.claim == "zero":
        law = f"0 = {spaced(brief(stated, digits=6))}"
        typer.echo(f"  (a boundary; positive where {run.table.target.name} has its larger value)")
    typer.echo(
        textwrap.fill(
            law, 80, initial_indent="  ", subsequent_indent="    ",
            break_long_words=False, break_on_hyphens=False,
        )
    )  # fmt: skip
    for line in form(run.law):
        typer.echo(f"    {line}")


def form(law: Law) -> list[str]:
    """The form of a law in its constants, in lines, and these; nothing where it has none."""
    if not law.constants:
        return []
    text = f"{spaced(formula.render(law.solved.form))}, with"
    lines = textwrap.wrap(text, 76, break_long_words=False, break_on_hyphens=False)
    return [*lines, *constants(law)]


def constants(law: Law) -> list[str]:
    """The constants of a law, one a line, in the order in which they occur."""
    units = law.units
    return [_constant(constant, units.get(constant.name, "1")) for constant in law.constants]


def _constant(constant: Constant, unit: str) -> str:
    value = f"{constant.name} = {constant.value:.6g}" + ("" if unit == "1" else f" {unit}")
    if constant.low is None or constant.high is None:
        return value
    # Two digits of what is uncertain, and as many places at both ends.
    digits = max(digits_of(constant.value, low=constant.low, high=constant.high, kept=2), 4)
    places = digits - 1 - math.floor(math.log10(abs(constant.value) or 1.0))
    style = f".{places}f" if 0 <= places <= 8 else f".{digits}g"
    ends = f"[{constant.low:{style}}, {constant.high:{style}}]"
    return f"{value}, {(constant.level or 0):.0%} in {ends}"


def null_control(run: Run) -> str:
    """One sentence on what shuffled targets gave."""
    null = run.null
    if null is None:
        return "Null control: switched off."
    best = max(null.r2, default=float("nan"))
    if run.recipe.task == "relation":
        return (
            f"Null control: {null.repeats} shuffles of all columns, best r2 {best:.3f}; that of "
            f"the first relation {null.observed:.3f}, p = {null.p_value:.3g}."
        )
    return (
        f"Null control: {null.repeats} shuffles of the target, best r2 {best:.3f} "
        f"against {null.observed:.3f}, p = {null.p_value:.3g}."
    )


def brief(law: Law, digits: int = 4, signs: Mapping[Variable, str] = MappingProxyType({})) -> str:
    """A law as text.

    Args:
        law: The law.
        digits: Significant digits of its constants.
        signs: What stands for a column instead of its name.

    Example:
        >>> u = Variable(name="u")
        >>> law, c0 = Law.of(u.sympy, [u], Variable(name="y"), "graph"), sp.Symbol("c0", real=True)
        >>> brief(law.restated(3 * c0 * u.sympy, {c0: 0.00418}))
        '0.01254*u'
        >>> brief(law.restated(2 * sp.pi * sp.sqrt(u.sympy / c0), {c0: 9.81}))
        '2.006*sqrt(u)'
        >>> brief(law.restated(c0 * u.sympy, {c0: 101351.2})), brief(law.restated(c0, {c0: 2e9}))
        ('101400*u', '2e+09')
    """
    named = {variable.sympy: sp.Symbol(sign, real=True) for variable, sign in signs.items()}
    # Rounded last: numbers that stand together in the form are one number by then. A whole number
    # longer than what it was rounded to would end in ".0", as if it were known to that.
    expr = law.expr.xreplace(named).replace(_numbers_apart, _as_one)
    short = {number: sp.Float(float(f"{number:.{digits}g}")) for number in expr.atoms(sp.Float)}
    return _outside_names(
        r"\b\d{5,}\.0\b",
        lambda m: f"{float(m[0]):.6g}",
        formula.render(turned(expr.xreplace(short))),
    )


def _numbers_apart(expr: sp.Expr) -> bool:
    """Whether a product has several numbers in front, one of them fitted: ``0.64*pi*a``."""
    numbers = [arg for arg in expr.args if arg.is_number] if expr.is_Mul else []
    return len(numbers) > 1 and any(number.has(sp.Float) for number in numbers)


def _as_one(product: sp.Expr) -> sp.Expr:
    number, rest = product.as_independent(*product.free_symbols, as_Add=False)
    return sp.Float(float(number)) * rest


def _signs(laws: Sequence[Law]) -> dict[Variable, str]:
    """Signs for the columns of these laws, where their names make a law longer than a line."""
    if max((len(spaced(brief(law))) for law in laws), default=0) <= _LINE:
        return {}
    used = {variable.name: variable for law in laws for variable in law.variables}
    long = [used[name] for name in sorted(used) if len(name) > _LONG_NAME]
    signs = {variable: spelt(symbol(variable)) for variable in long}
    texts = list(signs.values())
    return {
        variable: sign
        for variable, sign in signs.items()
        if sign and texts.count(sign) == 1 and sign not in used
    }


def spaced(text: str) -> str:
    """A law with spaces around ``*`` and ``/``, so that lines break there and not in a name.

    Example:
        >>> spaced("2*a**1.5/`Z/2 + Z/2`")
        '2 * a**1.5 / `Z/2 + Z/2`'
    """
    return _outside_names(r"(?<!\*)[*/](?!\*)", r" \g<0> ", text)


def _outside_names(pattern: str, put: str | Callable[[re.Match[str]], str], text: str) -> str:
    """`re.sub` on what does not stand between backticks."""
    parts = text.split("`")
    parts[::2] = [re.sub(pattern, put, part) for part in parts[::2]]
    return "`".join(parts)


def _cells(law: Law, text: str, *, ordinal: bool) -> list[str]:
    accuracy = law.accuracy.get("test")
    cells = [str(law.complexity), escape(text), *_errors(accuracy)]
    if ordinal:
        share = None if accuracy is None else accuracy.accuracy
        cells.append("-" if share is None else f"{share:.1%}")
    return cells


def _errors(accuracy: Accuracy | None) -> list[str]:
    return ["-", "-"] if accuracy is None else [f"{accuracy.rms:.3g}", f"{accuracy.r2:.4f}"]
