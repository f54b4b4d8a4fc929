"""A fitted network in two files: what a machine reads exactly, and what a person can read.

``<stem>.safetensors`` holds the tensors, ``<stem>.json`` all the rest. Neither can hold code.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from discover.basis import BASES, FAMILIES, Basis, WithBase, basis
from discover.dataset import Scaling
from discover.errors import InputError
from discover.kan import Frame, Kan, Layer, Shape

_FORMAT = 1


def write(kan: Kan, scaling: Scaling, about: dict[str, Any], path: Path) -> None:
    """Write a network of one member.

    Args:
        kan: The network.
        scaling: How its rows were scaled.
        about: What else belongs to it, as JSON.
        path: Path of the files, without their endings.
    """
    tensors: dict[str, Tensor] = {}
    for depth, layer in enumerate(kan.layers):
        parts = {"coef": layer.coef, "mask": layer.mask, "held": layer.held}
        parts |= {"low": layer.frame.low, "high": layer.frame.high, "knots": layer.frame.knots}
        tensors |= {
            f"{depth}.{name}": tensor.detach().cpu().contiguous()
            for name, tensor in parts.items()
            if tensor is not None
        }
    text = {
        "format": _FORMAT,
        "width": kan.shape.width,
        "grid": kan.grid,
        "linear": list(kan.linear),
        "follow": kan.follow,
        **_family(kan.basis),
        "scaling": {
            "x_shift": scaling.x_shift.tolist(),
            "x_scale": scaling.x_scale.tolist(),
            "y_shift": scaling.y_shift,
            "y_scale": scaling.y_scale,
        },
        "about": about,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path.with_suffix(".safetensors"))
    path.with_suffix(".json").write_text(json.dumps(text, indent=2) + "\n", encoding="utf-8")


def read(path: Path) -> tuple[Kan, Scaling, dict[str, Any]]:
    """Read what :func:`write` wrote.

    Raises:
        InputError: If there is no such network, or it cannot be understood.
    """
    try:
        text = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        tensors = load_file(path.with_suffix(".safetensors"))
        if text["format"] != _FORMAT:
            raise ValueError(f"format {text['format']!r}")
        shape = Shape.of([w if isinstance(w, int) else list(w) for w in text["width"]])
        layers = []
        for depth in range(len(shape.layers)):
            own = {name: tensors.get(f"{depth}.{name}") for name in ("held", "knots")}
            low, high = tensors[f"{depth}.low"], tensors[f"{depth}.high"]
            coef, mask = tensors[f"{depth}.coef"], tensors[f"{depth}.mask"]
            layers.append(Layer(coef, mask, Frame(low, high, own["knots"]), own["held"]))
        family = basis(text["basis"], int(text["order"]), text["base"])
        linear, follow = tuple(int(i) for i in text["linear"]), float(text["follow"])
        kan = Kan(shape, family, int(text["grid"]), tuple(layers), linear, follow)
        scaling = Scaling(
            x_shift=np.array(text["scaling"]["x_shift"]),
            x_scale=np.array(text["scaling"]["x_scale"]),
            y_shift=float(text["scaling"]["y_shift"]),
            y_scale=float(text["scaling"]["y_scale"]),
        )
        return kan, scaling, dict(text["about"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise InputError.one(
            where=str(path),
            found=f"no network that can be read ({type(error).__name__}: {error})",
            expected="the .json and .safetensors files that FittedKan.save wrote",
        ) from error


def _family(family: Basis) -> dict[str, Any]:
    """A basis by its names."""
    base = family.base if isinstance(family, WithBase) else "none"
    inner = family.splines if isinstance(family, WithBase) else family
    order = getattr(inner, "order", 3)
    (name,) = (name for name, make in FAMILIES.items() if make(order) == inner)
    if base != "none" and base not in BASES:
        raise ValueError(f"no base function {base!r}")
    return {"basis": name, "order": order, "base": base}
