"""How things are written: symbols, numbers and laws as LaTeX and as MathML.

The one place that knows how a column's symbol, a rounded number or a law looks on paper; figures
and reports share it. It neither computes nor lays out pages.
"""

from discover.notation.boxes import EQUALS, Box, latex, mathml, row, spelt, width
from discover.notation.expression import Quantity, is_negative, terms, typeset
from discover.notation.numbers import count, digits_of, number, percent, shown
from discover.notation.signs import turned
from discover.notation.symbols import from_name, has_symbol, parse_symbol, symbol
from discover.notation.text import escape_latex

__all__ = [
    "EQUALS",
    "Box",
    "Quantity",
    "count",
    "digits_of",
    "escape_latex",
    "from_name",
    "has_symbol",
    "is_negative",
    "latex",
    "mathml",
    "number",
    "parse_symbol",
    "percent",
    "row",
    "shown",
    "spelt",
    "symbol",
    "terms",
    "turned",
    "typeset",
    "width",
]
