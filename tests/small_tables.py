"""A small good table, as text, and how it is read or refused."""

import h5py
import numpy as np
import pytest

from discover.config import DataConfig
from discover.errors import InputError
from discover.tables import load

N = 40
GOOD = {
    "a": np.linspace(0.1, 4.0, N) ** 2,
    "b": np.sin(np.arange(N)),
    "y": np.cos(np.arange(N)) / 3,
}


def csv(folder, text, name="t.csv"):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / name


def table_text(changes=None, rows=N):
    """A good CSV table in which columns are replaced or added."""
    columns = {**GOOD, **(changes or {})}
    lines = [",".join(columns)]
    for i in range(rows):
        lines.append(
            ",".join(v[i] if isinstance(v[i], str) else repr(float(v[i])) for v in columns.values())
        )
    return "\n".join(lines) + "\n"


def read(path, task="regression", **config):
    config.setdefault("target", "y")
    return load(DataConfig(file=path, **config), folder=path.parent, seed=0, task=task)


def complaint(path, task="regression", **config):
    with pytest.raises(InputError) as caught:
        read(path, task, **config)
    return caught.value


def as_root(path, columns):
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            file[name] = values
        file["version"] = 3


TEXT = [f"D{i % 4}" for i in range(N)]
