"""A boundary solved for one of its columns, where that takes no more than a division."""

import sympy as sp

from discover.law import Law, complexity


def solved(law: Law) -> dict[str, sp.Expr]:
    """For each column in which the boundary is a straight line, its value on the boundary.

    Args:
        law: A boundary.

    Returns:
        Values by column, the shortest first; empty where no column stands alone.

    Example:
        >>> from discover.dataset import Variable
        >>> a, b = Variable(name="a"), Variable(name="b")
        >>> edge = Law.of(a.sympy * b.sympy - 2, [a, b], Variable(name="T"), "relation", "zero")
        >>> solved(edge)
        {'a': 2/b, 'b': 2/a}
    """
    found: dict[str, sp.Expr] = {}
    for variable in law.variables:
        symbol = variable.sympy
        terms = sp.Add.make_args(sp.expand_mul(law.expr))
        slope = sp.Add(*(term / symbol for term in terms if term.has(symbol)))
        if not slope.has(symbol):
            rest = sp.Add(*(term for term in terms if not term.has(symbol)))
            found[variable.name] = -rest / slope
    return dict(sorted(found.items(), key=lambda item: (complexity(item[1]), item[0])))
