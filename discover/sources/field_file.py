"""Writes fields on a grid as a small HDF5 file that `grids` reads."""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from discover.field import Axis


def write(
    path: Path,
    axes: tuple[Axis, ...],
    fields: Mapping[str, np.ndarray],
    *,
    units: Mapping[str, str] | None = None,
) -> None:
    """One dataset for each coordinate and each field, in one group; the same bytes every time.

    Args:
        path: The file to write.
        axes: Time, then space; a periodic axis says so in an attribute.
        fields: ``[time, *space]``, or ``[trajectory, time, *space]``, in the type to be stored.
        units: Units of fields; ``"1"`` where left out.
    """
    with h5py.File(path, "w", libver="v110", track_order=True) as file:
        group = file.create_group("fields", track_order=True)
        for axis in axes:
            group[axis.name] = axis.values
            group[axis.name].attrs["unit"] = axis.unit
            group[axis.name].attrs["periodic"] = axis.periodic
        group.attrs["axes"] = [axis.name for axis in axes]
        for name, values in fields.items():
            group.create_dataset(
                name, data=values, compression="gzip", shuffle=True, track_times=False
            )
            group[name].attrs["unit"] = (units or {}).get(name, "1")
