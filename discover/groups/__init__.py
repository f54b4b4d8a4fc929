"""A table in dimensionless groups: fewer columns, and only laws that make sense dimensionally.

A law that makes sense is a prefactor, a product of powers of the columns that carries the target's
dimension, times a function of products of powers that carry none (Buckingham, Phys. Rev. 4 (1914)
345). A :class:`View` is the table in such groups, and knows the way back; laws are looked for in
it by whatever method the caller brings.
"""

from discover.groups.homogeneous import homogeneous, joined, makes_sense, preferred, wanted
from discover.groups.view import View, views

__all__ = ["View", "homogeneous", "joined", "makes_sense", "preferred", "views", "wanted"]
