"""The control on shuffled targets: what the same procedure finds where nothing is to be found.

The target is shuffled within every part of the data, which keeps all columns and all values but
cuts every tie between them. On each shuffle the recommended law gets new constants and a network
of the chosen shape is trained anew, all shuffles as one population; the better of the two counts.
A law that does not stand clear of these is no discovery.

Source: permutation tests, R. A. Fisher (1935); P. Good, Permutation Tests (2000), chapter 3.
"""

import numpy as np
import torch

from discover.dataset import Dataset, Part
from discover.kan import create
from discover.law import Law
from discover.record import Null
from discover.refit import Sample, refit
from discover.score import answers, score
from discover.search import Network
from discover.training import Schedule, errors, fit

_ROWS = 1500
_STEPS = 20


def control(law: Law, network: Network, dataset: Dataset, *, repeats: int, seed: int) -> Null:
    """How well shuffled targets are explained on unseen rows.

    Args:
        law: The recommended law, scored on the test rows.
        network: The network it came from, for its shape and its living edges.
        dataset: The table.
        repeats: Number of shuffles, at least 1.
        seed: Seed of the shuffles and of the networks.
    """
    # The networks know no weights: what is compared counts all rows alike.
    weighted, dataset = dataset.weights is not None, dataset.evened()
    rng = np.random.default_rng(seed)
    shuffled = {
        part: np.stack([rng.permutation(dataset.part(part)[1]) for _ in range(repeats)])
        for part in ("train", "test")
    }
    columns = _thin(dataset, "train")
    unseen = dataset.columns("test")
    by_law = []
    for train, test in zip(shuffled["train"], shuffled["test"], strict=True):
        seen = train[: len(next(iter(columns.values())))]
        by_law.append(_r2(answers(refit(law, Sample(columns=columns, y=seen)), unseen, seen), test))
    by_network = _networks(network, dataset, shuffled["train"], shuffled["test"], seed)
    best = np.maximum(np.array(by_law), by_network)
    observed = law.accuracy["test"].r2
    if weighted:
        observed = score(law, dataset).accuracy["test"].r2
    return Null(
        repeats=repeats,
        r2=tuple(float(value) for value in best),
        observed=observed,
        p_value=float(1 + (best >= observed).sum()) / (1 + repeats),
    )


def _thin(dataset: Dataset, part: Part) -> dict[str, np.ndarray]:
    # Targets are in random order already, so the first rows are as good as any.
    return {name: values[:_ROWS] for name, values in dataset.columns(part).items()}


def _r2(predicted: np.ndarray, target: np.ndarray) -> float:
    with np.errstate(all="ignore"):
        value = 1 - float(np.mean((predicted - target) ** 2)) / max(float(np.var(target)), 1e-300)
    return value if np.isfinite(value) else -np.inf


def _networks(
    network: Network, dataset: Dataset, train: np.ndarray, test: np.ndarray, seed: int
) -> np.ndarray:
    """Share of the shuffled variance that freshly trained networks explain ``[repeats]``."""
    narrowed = dataset.select(network.columns)
    scaling, kan, repeats = network.scaling, network.kan, len(train)

    def rows(part: Part, y: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        x = (narrowed.part(part)[0][:_ROWS] - scaling.x_shift) / scaling.x_scale
        scaled = (y[:, :_ROWS] - scaling.y_shift) / scaling.y_scale
        return torch.as_tensor(x), torch.as_tensor(scaled)

    seen, unseen = rows("train", train), rows("test", test)
    first = kan.layers[0].frame
    fresh = create(
        kan.shape,
        kan.basis,
        kan.grid,
        seeds=[seed * 1000 + 500 + i for i in range(repeats)],
        low=first.low[0].cpu(),
        high=first.high[0].cpu(),
    )
    masks = [layer.mask.cpu().expand(repeats, -1, -1) for layer in kan.layers]
    fitted = fit(fresh.with_masks(masks), seen, schedule=Schedule(steps=_STEPS, regrid=(1, 4, 9)))
    error = errors(fitted.kan, *unseen).numpy()
    return np.asarray(1 - error**2 / unseen[1].var(1, correction=0).numpy())
