"""Read a formula: tokens, then one method for each rule of the grammar."""

import difflib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Never

import sympy as sp

from discover.errors import InputError
from discover.formula import arithmetic
from discover.formula.arithmetic import NoValueError, Value
from discover.formula.vocabulary import FUNCTIONS, NAME, NUMBERS, is_name

_MAX_LENGTH = 20_000
_MAX_DEPTH = 50

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<quoted>`(?:[^`]|``)*`(?!`))"
    rf"|(?P<name>{NAME})"
    r"|(?P<op>\*\*|[-+*/^(),])"
)
_INSTEAD = {
    "−": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "÷": "/", "²": "**2", "³": "**3",
    "√": "sqrt", "[": "(", "{": "(", "]": ")", "}": ")",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A formula that was read.

    Attributes:
        expr: The formula, in real symbols that carry the names.
        constants: The names in `expr` that are no variables, in the order of the text.
    """

    expr: sp.Expr
    constants: tuple[str, ...]


def parse(text: str, variables: Collection[str], *, where: str = "formula") -> Formula:
    """Read a formula.

    Args:
        text: The right-hand side of a law, such as ``c*a/b``.
        variables: The names of the columns; every other name is a free constant.
        where: The place of the text as its author knows it, for complaints.

    Returns:
        The formula, neither expanded nor simplified beyond what sympy does on its own.

    Raises:
        InputError: If the text is no formula, or a part of it has no finite real value.

    Example:
        >>> formula = parse("c*a**2/2 + sin(`Z/2`)", {"a", "Z/2"})
        >>> formula.expr, formula.constants
        (a**2*c/2 + sin(Z/2), ('c',))
    """
    if not text.strip():
        raise InputError.one(where=where, found="no formula", expected="one such as c*a/b")
    if len(text) > _MAX_LENGTH:
        found = f"a formula of {len(text)} characters"
        raise InputError.one(where=where, found=found, expected=f"at most {_MAX_LENGTH}")
    parser = _Parser(_Source(text, where), frozenset(variables))
    expr = parser.whole()
    used = expr.free_symbols
    constants = tuple(name for name, symbol in parser.constants.items() if symbol in used)
    return Formula(expr=expr, constants=constants)


@dataclass(frozen=True)
class _Token:
    kind: str  # number, name, quoted, op or end
    text: str
    at: int


@dataclass(frozen=True)
class _Source:
    text: str
    where: str

    def refuse(self, at: int, found: str, expected: str, advice: str = "") -> Never:
        """Complain, and point at the character `at`."""
        start = max(0, at - 40)
        shown = "".join(c if c.isprintable() else " " for c in self.text[start : at + 40])
        picture = f"\n    {shown}\n    {' ' * (at - start)}^"
        raise InputError.one(
            where=self.where,
            found=f"{found} at position {at + 1}",
            expected=expected,
            advice=(advice or "It stands here:") + picture,
        )

    def tokens(self) -> list[_Token]:
        found = []
        at = 0
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            if match is not None and is_name(match["name"] or "x"):
                found.append(_Token(str(match.lastgroup), match.group(), at))
                at = match.end()
            elif self.text[at].isspace():
                at += 1
            else:
                self._refuse_character(at)
        return [*found, _Token("end", "", len(self.text))]

    def _refuse_character(self, at: int) -> Never:
        char = self.text[at]
        if char == "=":
            self.refuse(at, "'='", "only the right-hand side", "Leave out what is before it.")
        if char == "`":
            self.refuse(at, "a backtick without its partner", "a name between two backticks")
        if char in _INSTEAD:
            self.refuse(at, repr(char), repr(_INSTEAD[char]))
        advice = "A column name with other characters stands between backticks."
        self.refuse(at, repr(char), "names, numbers, functions and + - * / ^ ( )", advice)


class _Parser:
    def __init__(self, source: _Source, variables: frozenset[str]):
        self.source = source
        self.tokens = source.tokens()
        self.variables = variables
        self.constants: dict[str, sp.Symbol] = {}
        self.position = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def take(self, *texts: str) -> _Token | None:
        """Step over the next token if it is one of these operators."""
        token = self.token
        if token.kind != "op" or token.text not in texts:
            return None
        self.position += 1
        return token

    def whole(self) -> sp.Expr:
        value = self.sum()
        if self.token.kind != "end":
            self.refuse_rest()
        return value.expr

    def sum(self) -> Value:
        at = self.token.at
        terms = [self.product()]
        while sign := self.take("+", "-"):
            term = self.product()
            terms.append(term if sign.text == "+" else arithmetic.negative(term))
        return terms[0] if len(terms) == 1 else self.at(at, arithmetic.total, terms)

    def product(self) -> Value:
        at = self.token.at
        factors = [self.signed()]
        while sign := self.take("*", "/"):
            factor = self.signed()
            if sign.text == "/":
                factor = self.at(sign.at, arithmetic.inverse, factor)
            factors.append(factor)
        return factors[0] if len(factors) == 1 else self.at(at, arithmetic.product, factors)

    def signed(self) -> Value:
        minus = False
        while sign := self.take("+", "-"):
            minus ^= sign.text == "-"
        value = self.power()
        return arithmetic.negative(value) if minus else value

    def power(self) -> Value:
        base = self.atom()
        sign = self.take("**", "^")
        if sign is None:
            return base
        exponent = self.nested(self.signed)
        return self.at(sign.at, arithmetic.raised, base, exponent)

    def atom(self) -> Value:
        token = self.token
        if token.kind == "number":
            self.position += 1
            return self.at(token.at, arithmetic.number, token.text)
        if token.kind in ("name", "quoted"):
            self.position += 1
            return self.name(token)
        if self.take("("):
            value = self.nested(self.sum)
            self.close(token)
            return value
        found = "the end of the formula" if token.kind == "end" else repr(token.text)
        self.source.refuse(token.at, found, "a name, a number, a function or '('")

    def name(self, token: _Token) -> Value:
        name = token.text
        if token.kind == "quoted":
            name = name[1:-1].replace("``", "`")
        elif self.token.kind == "op" and self.token.text == "(":
            return self.function(token)
        elif name == "pi" and name in self.variables:
            # `render` writes the number as pi, whatever the columns are called.
            advice = "Write `pi` between backticks for the column, acos(-1) for the number."
            self.source.refuse(token.at, "'pi', a column and a number", "one of them", advice)
        elif name in NUMBERS and name not in self.variables:
            return Value(NUMBERS[name], float(NUMBERS[name]))
        elif name in FUNCTIONS and name not in self.variables:
            self.source.refuse(token.at, f"the function {name!r} alone", f"'{name}(...)'")
        if not name:
            self.source.refuse(token.at, "an empty name", "a name between two backticks")
        symbol = sp.Symbol(name, real=True)
        if name not in self.variables:
            self.constants.setdefault(name, symbol)
        return Value(symbol)

    def function(self, token: _Token) -> Value:
        if token.text not in FUNCTIONS:
            self.refuse_function(token)
        function = FUNCTIONS[token.text]
        opened = self.token
        self.take("(")
        parts = [self.nested(self.sum)]
        while self.take(","):
            parts.append(self.nested(self.sum))
        self.close(opened)
        if function.arity not in (None, len(parts)):
            expected = "1 argument" if function.arity == 1 else f"{function.arity} arguments"
            self.source.refuse(token.at, f"{len(parts)} arguments of {token.text!r}", expected)
        if function.build is sp.exp:
            return self.at(token.at, arithmetic.exponential, parts[0])
        return self.at(token.at, arithmetic.combined, parts, function.build, function.value)

    def at(self, at: int, step: Callable[..., Value], *args: Any) -> Value:
        """Take one arithmetic step; complain at the character `at` if it has no value."""
        try:
            return step(*args)
        except NoValueError as error:
            self.source.refuse(at, error.found, error.expected)

    def nested(self, rule: Callable[[], Value]) -> Value:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            expected = f"at most {_MAX_DEPTH} levels of parentheses and powers"
            self.source.refuse(self.token.at, "a formula that is nested too deeply", expected)
        value = rule()
        self.depth -= 1
        return value

    def close(self, opened: _Token) -> None:
        if self.take(")"):
            return
        if self.token.kind == "end":
            self.source.refuse(opened.at, "'(' without its ')'", "balanced parentheses")
        self.refuse_rest()

    def refuse_rest(self) -> Never:
        """Complain that the formula goes on where it cannot."""
        token = self.token
        if token.text == ")":
            self.source.refuse(token.at, "')' without its '('", "balanced parentheses")
        if token.text == ",":
            advice = "Decimals are written with a point: 0.5."
            self.source.refuse(token.at, "','", "an operator", advice)
        before = self.tokens[self.position - 1].text
        found = f"{token.text!r} right after {before!r}"
        advice = f"Write {before}*{token.text} for a product."
        if not {before, token.text}.isdisjoint("()"):
            advice = "Write * for a product."
        self.source.refuse(token.at, found, "an operator between them", advice)

    def refuse_function(self, token: _Token) -> Never:
        name = token.text
        if name in self.variables or name in NUMBERS:
            advice = f"Write {name}*(...) for a product."
            self.source.refuse(token.at, f"{name!r} before '('", "an operator between", advice)
        close = difflib.get_close_matches(name, FUNCTIONS, n=1)
        advice = f"Did you mean {close[0]}? " if close else ""
        if len(name) == 1:
            advice = f"Write {name}*(...) for a product. "
        known = f"one of {', '.join(FUNCTIONS)}"
        self.source.refuse(token.at, f"an unknown function {name!r}", known, advice.strip())
