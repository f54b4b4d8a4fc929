"""Black boxes for the signature, trained to the end: what a law gives up, and what it keeps.

All are fitted on the same training rows. Each is trained twice: as long as its own validation rows
gain, and about twice as long, so that one sees whether more would have helped. Answers are kept
with a hash of this file and of the rows.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

import discover
from discover.accuracy import Levels, Rounding
from discover.fitting import Training
from discover.training import LBFGS, CrossEntropy

Array = np.ndarray
Scores = tuple[float, float]
Predict = Callable[[Array], tuple[Array, Array]]
_FEWEST = 10
_THREE = (
    "longitudinal_translation",
    "meridinal_translation_real",
    "meridinal_translation_imag",
)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The three parts, each columns ``[n, d]`` and target ``[n]``: fitted, unseen, far beyond."""

    names: tuple[str, ...]
    train: tuple[Array, Array]
    inside: tuple[Array, Array]
    beyond: tuple[Array, Array]

    @property
    def key(self) -> str:
        """Changes whenever an answer may."""
        digest = hashlib.sha256(Path(__file__).read_bytes())
        for part in (self.train, self.inside, self.beyond):
            for array in part:
                digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Box:
    """A black box that was trained.

    Attributes:
        name: What it is.
        size: Number of fitted numbers; 0 where nobody counts them.
        scores: r2 and share of hits, inside and beyond.
        longer: The same after about twice as long a training.
        seconds: Processor time of the first training.
    """

    name: str
    size: int
    scores: tuple[Scores, Scores]
    longer: tuple[Scores, Scores]
    seconds: float


def scores(predict: Predict, rows: Rows) -> tuple[Scores, Scores]:
    """r2 of the value and share of the right answers, inside and beyond."""

    def score(part: tuple[Array, Array]) -> Scores:
        x, y = part
        value, answer = predict(x)
        return 1 - float(np.mean((value - y) ** 2) / y.var()), float(np.mean(answer == y))

    return score(rows.inside), score(rows.beyond)


def rounded(values: Callable[[Array], Array], rows: Rows) -> Predict:
    """Values with their nearest levels; the scale of the rounding is fitted, as for laws."""
    levels = Levels.of(rows.train[1])
    rounding = Rounding.fit(levels, values(rows.train[0]), rows.train[1])
    return lambda x: (values(x), rounding(values(x)))


def boxes(rows: Rows, kept: Path) -> Iterator[Box]:
    """Every box, trained once for these rows."""
    for name, train in _TRAINED.items():
        path = kept / f"knots-box-{name}.json"
        if not path.exists() or json.loads(path.read_text())["code"] != rows.key:
            started = time.process_time()
            words, size, predict = train(rows, 1)
            seconds = time.process_time() - started
            found = {"name": words, "size": size, "seconds": seconds, "code": rows.key}
            found |= {"scores": scores(predict, rows), "longer": scores(train(rows, 2)[2], rows)}
            path.write_text(json.dumps(found, indent=1) + "\n")
        answer = json.loads(path.read_text())
        answer.pop("code")
        yield Box(**answer)


def _large(rows: Rows) -> tuple[Array, Array]:
    """Rows of classes of ten or more: a class of a few cannot be stratified."""
    x, y = rows.train
    _, where, sizes = np.unique(y, return_inverse=True, return_counts=True)
    return x[sizes[where] >= _FEWEST], y[sizes[where] >= _FEWEST]


def _trees(rows: Rows, times: int) -> tuple[str, int, Predict]:
    # With steps of 0.1 the losses of ten classes diverge after some forty rounds.
    def grown(**stop: Any) -> HistGradientBoostingClassifier:
        model = HistGradientBoostingClassifier(learning_rate=0.03, random_state=0, **stop)
        return model.fit(*_large(rows))

    trees = grown(max_iter=2000, early_stopping=True, n_iter_no_change=20)
    if times > 1:
        trees = grown(max_iter=times * trees.n_iter_, early_stopping=False)
    return "boosted trees", 0, _classifier(trees.classes_, trees.predict_proba)


def _perceptron(rows: Rows, times: int) -> tuple[str, int, Predict]:
    x, y = _large(rows)
    scaler = StandardScaler().fit(x)

    def trained(**stop: Any) -> MLPClassifier:
        return MLPClassifier((100, 100, 100), random_state=0, **stop).fit(scaler.transform(x), y)

    mlp = trained(early_stopping=True, n_iter_no_change=20, max_iter=2000)
    if times > 1:
        mlp = trained(
            early_stopping=True, n_iter_no_change=mlp.n_iter_, max_iter=times * mlp.n_iter_
        )
    size = sum(w.size for w in (*mlp.coefs_, *mlp.intercepts_))
    predict = _classifier(mlp.classes_, lambda z: mlp.predict_proba(scaler.transform(z)))
    return "MLP, three layers of 100", size, predict


def _kan(hidden: int, grid: int) -> Callable[[Rows, int], tuple[str, int, Predict]]:
    """A KAN that classifies. L-BFGS is some ten times sooner there than Levenberg-Marquardt."""

    def trained(rows: Rows, times: int) -> tuple[str, int, Predict]:
        x, y = _large(rows)
        classes = np.unique(y)
        kan = discover.fit_kan(
            x, (y[:, None] == classes).astype(np.float64), grid=grid, seed=0,
            width=[x.shape[1], hidden, len(classes)],
            training=Training(method=LBFGS(), loss=CrossEntropy(), steps=200 * times),
        )  # fmt: skip
        name = f"KAN classifier {kan.width}"
        return name, kan.n_parameters, _classifier(classes, kan.predict)

    return trained


def _shape(hidden: tuple[int, ...]) -> Callable[[Rows, int], tuple[str, int, Predict]]:
    """A KAN of the shape behind a published law, on the three columns that all of them use."""

    def trained(rows: Rows, times: int) -> tuple[str, int, Predict]:
        at = [rows.names.index(name) for name in _THREE]
        kan = discover.fit_kan(
            rows.train[0][:, at], rows.train[1], width=[3, *hidden, 1],
            training=Training(steps=120 * times), seed=0,
        )  # fmt: skip

        def values(x: Array) -> Array:
            return np.asarray(kan.predict(x[:, at]))

        name = f"KAN {kan.width} of the three translations"
        return name, kan.n_parameters, rounded(values, rows)

    return trained


def _classifier(classes: Array, probabilities: Callable[[Any], Array]) -> Predict:
    def predict(x: Array) -> tuple[Array, Array]:
        p = probabilities(x)
        return p @ classes, classes[p.argmax(1)]

    return predict


_TRAINED: Mapping[str, Callable[[Rows, int], tuple[str, int, Predict]]] = {
    "shape-b": _shape(()),
    "shape-c": _shape((1,)),
    "shape-d": _shape((2,)),
    "trees": _trees,
    "mlp": _perceptron,
    "kan-1": _kan(1, 10),
    "kan-5": _kan(5, 5),
}
