"""The process in which PySR runs; `engines.pysr` starts it as a file of its own.

Julia wants to be loaded before torch and to keep its signal handlers, and it prints. So it gets a
process that imports nothing of this package. Task and answer are files in one folder. In go
``table.npz`` (``x`` ``[m, k]``, ``y`` ``[m]``) and ``settings.json`` (keywords of
``PySRRegressor``); out comes PySR's own ``run/hall_of_fame.csv``.
"""

import json
import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Search with the task in `folder`, and leave the hall of fame there."""
    import numpy as np
    from pysr import PySRRegressor

    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    # JSON has no tuples, and PySR takes nothing else here.
    settings["constraints"] = {k: tuple(v) for k, v in settings["constraints"].items()}
    with np.load(folder / "table.npz", allow_pickle=False) as table:
        x, y = table["x"], table["y"]
    PySRRegressor(**settings, output_directory=str(folder), run_id="run").fit(x, y)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
