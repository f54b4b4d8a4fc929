"""Laws proposed for a table, by several roads that know nothing of one another.

First the variables are reduced by what the slopes of the target say; then sparse expansions are
tried on the variables that are left, simple dictionaries first; what they leave unexplained goes to
an engine, on the reduced variables and on the columns as they are. Each proposal says who made it.
The roads end where one has found all there is: an exact law, or one that unseen rows cannot tell
from a smooth function.
"""

from discover.proposals.proposing import fewer, left, propose, settles
from discover.proposals.searching import search
from discover.proposals.values import Proposal, Proposals, Structure

__all__ = ["Proposal", "Proposals", "Structure", "fewer", "left", "propose", "search", "settles"]
