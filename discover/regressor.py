"""The same pipeline as a scikit-learn estimator.

The estimator makes a recipe and a dataset of what it is given and calls `pipeline.run`; it has no
method of its own. Effort is chosen before the start, from the table and the time that the caller
has, and never by a clock, so that the same call gives the same law on every machine.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import joblib
import networkx as nx
import numpy as np
import sympy as sp
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

import discover.pipeline as pipeline
from discover import offers
from discover import units as units_of
from discover.config import DataConfig, LawConfig, Recipe
from discover.dataset import Dataset, Matrix, Source, Split, Variable, Vector
from discover.effort import GLANCE, glance, within
from discover.errors import Finding, InputError, did_you_mean
from discover.front import length
from discover.graph import OUTPUT
from discover.law import Law
from discover.record import Run, TableCard
from discover.score import score
from discover.tables import FEWEST_ROWS
from discover.tables.deal import deal, groups
from discover.threads import limited

_ENGINES = ("auto", "none", *offers.names("refine.engines"))

# The longest that a table takes unasked, and how many numbers it must hold for that.
_UNASKED_SECONDS = 120.0
_LARGE = 3000


class LawRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Finds a law for `y` in the columns of `X`.

    A fifth of the rows given to :meth:`fit` chooses among the laws, another fifth is kept aside
    to measure the recommended one; neither is used to fit constants. Of fewer than sixteen rows
    none can be kept aside, and a warning says so.

    Args:
        units: Units by column name, such as ``{"m": "kg", "y": "J"}``; that of the target under
            the name of its Series, or ``y``.
        time_budget: Seconds to aim at, as a rule of thumb; ``None`` lets the size of the table
            decide, up to about two minutes.
        max_complexity: Largest law, in nodes of its sympy tree.
        refine: Engine that looks for laws on the columns that matter: ``auto``, ``none``,
            ``operon`` or ``pysr``.
        n_jobs: Threads that portions of the training are dealt to; -1 for all cores. The result
            does not depend on it.
        random_state: Seed of the split and of the networks, or a generator that gives one.

    Attributes:
        law_: The recommended :class:`~discover.law.Law`.
        laws_: The Pareto front by complexity and validation error, simplest first.
        graph_: The pruned network as a `networkx.DiGraph`, with a formula on each edge.
        run_: Everything else that was found, a :class:`~discover.record.Run`.
        n_features_in_: Number of columns seen in :meth:`fit`.
        feature_names_in_: Their names, where `X` was a DataFrame.

    Example:
        >>> x = np.linspace(1.0, 5.0, 40)[:, None]
        >>> model = LawRegressor(time_budget=1).fit(x, x[:, 0] ** 2 / 2)
        >>> model.law_.expression
        'x0**2/2'
    """

    def __init__(
        self,
        units: Mapping[str, str] | None = None,
        time_budget: float | None = None,
        max_complexity: int = 40,
        refine: str = "auto",
        n_jobs: int | None = 1,
        random_state: int | np.random.RandomState | None = 0,
    ):
        self.units = units
        self.time_budget = time_budget
        self.max_complexity = max_complexity
        self.refine = refine
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Find the laws.

        Args:
            X: Rows ``[n, d]``. The column names of a DataFrame become the law's symbols; an
                array's columns are called x0, x1, ...
            y: Target ``[n]``.
            sample_weight: How much each row's squared error counts ``[n]``, such as 1/sigma^2, up
                to a common factor; all alike by default. Rows of weight 0 are left out. Laws are
                fitted, chosen and scored by it; networks see fewer rows of small weight.

        Raises:
            InputError: If a setting, a name or a unit is wrong.
            ValueError: If the rows are not finite numbers, or fewer than two.
        """
        name = getattr(y, "name", None)
        x, target = validate_data(
            self, X, y, dtype=np.float64, y_numeric=True, ensure_min_samples=2
        )
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(
                sample_weight, x, dtype=np.float64, ensure_non_negative=True
            )
            kept = weights > 0
            x, target, weights = x[kept], np.asarray(target)[kept], weights[kept]
            if len(x) < 2:
                raise ValueError(f"{len(x)} rows of positive weight; at least 2 are needed")
        features, variable = self._variables(self._names(), name)
        seed = self._seed()
        recipe = self._recipe(*x.shape, seed=seed)
        dataset = _dataset(x, np.asarray(target, dtype=np.float64), features, variable, recipe)
        dataset = replace(dataset, weights=weights)
        with limited(joblib.effective_n_jobs(self.n_jobs)):
            self.run_ = _run(recipe, dataset)
        self.laws_ = self.run_.laws
        self.law_ = _usable(self.run_, dataset)
        self.graph_ = self.run_.graph if self.run_.graph is not None else _unconnected()
        return self

    def predict(self, X: ArrayLike) -> Vector:
        """The law's values ``[n]``, in the target's unit.

        Where the law has no real value (the logarithm of a negative column) the answer is NaN,
        and a warning says on how many rows.

        Args:
            X: Rows ``[n, d]`` with the columns of :meth:`fit`.
        """
        check_is_fitted(self)
        x = validate_data(self, X, dtype=np.float64, reset=False)
        values = self.law_.predict(dict(zip(self._names(), x.T, strict=True)))
        without = int((~np.isfinite(values)).sum())
        if without:
            warnings.warn(
                f"the law {self.law_.expression} has no finite value on {without} of "
                f"{len(values)} rows",
                stacklevel=2,
            )
        return np.where(np.isfinite(values), values, np.nan)

    def _names(self) -> list[str]:
        given = getattr(self, "feature_names_in_", None)
        return [f"x{i}" for i in range(self.n_features_in_)] if given is None else list(given)

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _variables(
        self, names: Sequence[str], target: object
    ) -> tuple[tuple[Variable, ...], Variable]:
        """The columns with their units, and the target."""
        name = target if isinstance(target, str) and target else "y"
        given = dict(self.units or {})
        findings = [
            Finding(
                where="units",
                found=repr(key),
                expected=f"a column or the target ({', '.join([*names, name])})",
                advice=did_you_mean(str(key), [*names, name]),
            )
            for key in given
            if key not in {*names, name}
        ]
        findings += [
            Finding(where="X", found=f"two columns named {n!r}", expected="different names")
            for n in sorted({n for n in names if list(names).count(n) > 1})
        ]
        for key, unit in given.items():
            try:
                units_of.dimension(unit, where=f"units: {key}")
            except InputError as error:
                findings += error.findings
        if findings:
            raise InputError(findings)
        columns = tuple(Variable(name=n, unit=given.get(n, "1")) for n in names)
        return columns, Variable(name=name, unit=given.get(name, "1"))

    def _recipe(self, n: int, d: int, *, seed: int) -> Recipe:
        """The recipe for a table of this size."""
        self._check()
        seconds = self.time_budget
        if seconds is None:
            seconds = _UNASKED_SECONDS * min(1.0, n * d / _LARGE)
            seconds = max(seconds, GLANCE)
        law = LawConfig(max_complexity=self.max_complexity, refine=self.refine)
        recipe = Recipe(name="table", seed=seed, data=DataConfig(), law=law)
        enough = seconds >= GLANCE and n >= FEWEST_ROWS
        return within(recipe, seconds) if enough else glance(recipe)

    def _check(self) -> None:
        wrong: list[tuple[str, object, str]] = []
        if self.time_budget is not None and not self.time_budget > 0:
            wrong.append(("time_budget", self.time_budget, "seconds above 0, or None"))
        if not 1 <= self.max_complexity <= 200:
            wrong.append(("max_complexity", self.max_complexity, "a number from 1 to 200"))
        if self.refine not in _ENGINES:
            wrong.append(("refine", repr(self.refine), f"one of {', '.join(_ENGINES)}"))
        if wrong:
            raise InputError(
                [Finding(where=w, found=str(f), expected=expected) for w, f, expected in wrong]
            )


def _dataset(
    x: Matrix, y: Vector, features: tuple[Variable, ...], target: Variable, recipe: Recipe
) -> Dataset:
    return Dataset(
        name="table",
        features=features,
        target=target,
        x=x,
        y=y,
        split=_split(x, recipe),
        source=Source(path="rows in memory", rows=len(y)),
    )


def _split(x: Matrix, recipe: Recipe) -> Split:
    """The usual parts, or all rows in each of them where there are too few to deal."""
    generator = np.random.Generator(np.random.PCG64(recipe.seed))
    try:
        if len(x) >= FEWEST_ROWS:
            return deal(groups(x, None), recipe.data.split, generator, "X")
        few = f"{len(x)} rows"
    except InputError:
        few = f"{len(np.unique(x, axis=0))} different rows"
    warnings.warn(
        f"{few} are too few to keep some aside: the law is chosen and measured on the rows that "
        "it was fitted to",
        stacklevel=4,
    )
    rows = np.arange(len(x), dtype=np.int64)
    return Split(train=rows, validation=rows, test=rows)


def _run(recipe: Recipe, dataset: Dataset) -> Run:
    """The pipeline on the columns and rows that can say something."""
    train, y = dataset.part("train")
    varying = [n for n, column in zip(dataset.names, train.T, strict=True) if np.ptp(column) > 0]
    if not varying or np.ptp(y) == 0:
        return _constant(recipe, dataset)
    return pipeline.run(recipe, dataset.select(varying))


def _constant(recipe: Recipe, dataset: Dataset) -> Run:
    """A run whose only law is the mean."""
    mean = sp.Float(float(dataset.part("train")[1].mean()))
    law = score(Law.of(mean, (), dataset.target, "mean"), dataset)
    return Run(
        recipe=recipe,
        table=TableCard.of(dataset),
        rungs=(),
        diagnosis=("The target or all of the columns are constant.",),
        attribution=dict.fromkeys(dataset.names, 0.0),
        kept=(),
        stages=(),
        laws=(law,),
        selected=0,
    )


def _usable(run: Run, dataset: Dataset) -> Law:
    """The recommended law, or the next best that has a value on every row it was given."""
    columns = dict(zip(dataset.names, dataset.x.T, strict=True))

    for law in (run.law, *sorted(run.laws, key=length)):
        if np.isfinite(law.predict(columns)).all():
            return law
    return run.laws[0]


def _unconnected() -> Any:
    graph = nx.DiGraph()
    graph.add_node(OUTPUT, kind="sum", layer=0, label=OUTPUT)
    return nx.freeze(graph)
