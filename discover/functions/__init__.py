"""What an edge may be: one-variable functions, each defined once, as a sympy expression.

An :class:`Atom` is ``f(x)``. Its numpy and torch versions and its derivatives are made from the
expression by `lambdify`; its domain says where it is real and finite. An :class:`Affine` is an atom
in place: ``c f(a x + b) + d``.

For many functions one of ``a`` and ``b`` says nothing that ``c`` and ``d`` do not say already:
``exp(x + b) = exp(b) exp(x)``. A fit that kept both would be singular, and a law that printed both
would be longer than it must be. :attr:`Atom.freedom` reads this off the expression, and
:meth:`Affine.reduced` brings every function into its one shortest form.

This room does not fit anything; see `edges`.
"""

from discover.functions.affine import Affine
from discover.functions.atom import Atom, Freedom, X, nodes
from discover.functions.catalogue import DEFAULT, LIBRARY, atom_from_text, catalogue

__all__ = [
    "DEFAULT",
    "LIBRARY",
    "Affine",
    "Atom",
    "Freedom",
    "X",
    "atom_from_text",
    "catalogue",
    "nodes",
]
