"""A first recipe for a table: what can be guessed is guessed, and each guess says why."""

from discover.draft.writing import draft

__all__ = ["draft"]
