"""A table in dimensionless groups: fewer columns, and only laws that make sense dimensionally.

A law that makes sense is a prefactor, a product of powers of the columns that carries the target's
dimension, times a function of products of powers that carry none (Buckingham, Phys. Rev. 4 (1914)
345). A :class:`View` is the table in such groups, and knows the way back. Nothing is searched or
fitted here but the choice of groups and prefactor.
"""

from discover.groups.view import View, views

__all__ = ["View", "views"]
