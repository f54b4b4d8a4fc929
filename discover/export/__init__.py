"""One law in another language: a snippet that stands alone, constants at full precision.

Every snippet says in words what it computes: target, units, columns, accuracy. Nothing is run or
written to disk here.
"""

from discover.export.snippets import LANGUAGES, export

__all__ = ["LANGUAGES", "export"]
