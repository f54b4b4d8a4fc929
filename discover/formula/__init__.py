"""Text to sympy by a grammar of our own, and back.

    sum     := product (("+" | "-") product)*
    product := signed (("*" | "/") signed)*
    signed  := ("+" | "-")* power
    power   := atom (("**" | "^") signed)?          binds to the right; -x**2 is -(x**2)
    atom    := number | name | function "(" sum ("," sum)* ")" | "(" sum ")"

A name is an identifier (Greek letters too) or any text between backticks, such as
```Z/2 + Z/2```; a backtick inside is doubled. Integers are exact, so that ``1/2`` is a ratio;
numbers with a point or an exponent are 64-bit floats. ``pi`` and ``E`` are the numbers, but a
column called ``E`` wins, and one called ``pi`` needs its backticks; ``e`` is a name like any
other, because physics uses it as one.

Nothing is evaluated as code, and sympy never sees text. What a formula means dimensionally, or
on data, is not this room's business.
"""

from discover.formula.parser import Formula, parse
from discover.formula.printer import render

__all__ = ["Formula", "parse", "render"]
