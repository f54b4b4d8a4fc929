"""From a recipe to a finished run folder: the checks, the pipeline and the store, put together.

The command line and a library user call the same functions. Everything that can be wrong with what
a user gave is found by :func:`prepare`, before anything is computed or written.
"""

from discover.session.jobs import Job, prepare, prepare_file
from discover.session.running import execute, remake_report, reopened, run

__all__ = ["Job", "execute", "prepare", "prepare_file", "remake_report", "reopened", "run"]
