"""What is measured, and in which versions."""

import hashlib
import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One thing to measure.

    Attributes:
        name: How it is called in tables.
        module: What the worker imports.
        packages: Distributions whose versions make its results what they are, its own first.
    """

    name: str
    module: str
    packages: tuple[str, ...]

    @property
    def ours(self) -> bool:
        """Whether it runs in the environment of `discover`."""
        return self.module == "ours"


OURS: Final = Engine(name="discover", module="ours", packages=("torch", "numpy"))
PYKAN: Final = Engine(name="pykan", module="peers.pykan", packages=("pykan", "torch", "numpy"))
EFFICIENT: Final = Engine(
    name="efficient-kan (Deep-KAN)",
    module="peers.deepkan",
    packages=("Deep-KAN", "torch", "numpy"),
)
INKAN: Final = Engine(name="inkan", module="peers.inkan", packages=("inkan", "torch", "numpy"))
JAXKAN: Final = Engine(
    name="jaxkan", module="peers.jaxkan", packages=("jaxkan", "jax", "optax", "flax", "numpy")
)
MLP: Final = Engine(name="MLP, L-BFGS (torch)", module="peers.mlp", packages=("torch", "numpy"))
SKLEARN: Final = Engine(
    name="MLPRegressor", module="peers.sklearn", packages=("scikit-learn", "numpy")
)
KANS: Final = (OURS, PYKAN, EFFICIENT, INKAN, JAXKAN)
ENGINES: Final = (*KANS, MLP, SKLEARN)

Versions = Mapping[str, str]

_ASK: Final = """
import importlib.metadata as m, json, sys
def found(name):
    try:
        return m.version(name)
    except m.PackageNotFoundError:
        return None
print(json.dumps({name: found(name) for name in json.load(sys.stdin)}))
"""


def installed(python: str, engines: tuple[Engine, ...]) -> dict[str, Versions | None]:
    """Versions of every engine's packages in an environment, by module.

    Args:
        python: The environment's interpreter.
        engines: Whom to ask for.

    Returns:
        ``None`` for an engine whose own package is not installed there.
    """
    names = sorted({package for engine in engines for package in engine.packages})
    asked = subprocess.run(
        [python, "-c", _ASK], input=json.dumps(names), capture_output=True, text=True, check=True
    )
    versions = json.loads(asked.stdout)
    result: dict[str, Versions | None] = {}
    for engine in engines:
        mine = {package: versions[package] for package in engine.packages}
        whole = None not in mine.values()
        result[engine.module] = {**mine, **source_of(engine)} if whole else None
    return result


def source_of(engine: Engine) -> dict[str, str]:
    """A hash of what is measured and has no version: `discover`, and what calls the engine."""
    digest = hashlib.sha256()
    here = ROOT / "benchmarks"
    shared = [here / "peers" / name for name in ("adam.py", "lbfgs.py")]
    mine = [*sorted((ROOT / "discover").rglob("*.py")), here / "large.py"]
    files = mine if engine.ours else shared
    adapter = (here / engine.module.replace(".", "/")).with_suffix(".py")
    for path in (*files, adapter, here / "clock.py"):
        digest.update(path.read_bytes())
    return {"source": digest.hexdigest()[:12]}


def machine(cores: int) -> dict[str, str]:
    """What the figures depend on besides the code."""
    return {
        "cores": str(cores),
        "processor": _processor(),
        "system": platform.system(),
        "python": sys.version.split()[0],
    }


def _processor() -> str:
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
