"""A table in dimensionless groups, and the way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import sympy as sp

from discover.dataset import Dataset, Split, Variable, Vector
from discover.groups.exponents import Dimensions, Powers, choices, ranked
from discover.groups.ranking import Sample, monomial, usable
from discover.units import dimension

_PREFACTORS = 4
_CHOICES = 40  # of groups, the simplest ones
_ROWS = 400  # on which choices of groups are compared
_FEWEST = 10  # validation rows; three times as many for training
_KEPT = 0.75  # quantile of the prefactor's size above which all rows are kept


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A dataset in dimensionless groups.

    Attributes:
        dataset: Its features are the groups, its target what the prefactor leaves of the target.
        prefactor: In the columns' symbols; it carries the target's dimension.
        groups: The groups in the columns' symbols, by the name of the feature.
    """

    dataset: Dataset
    prefactor: sp.Expr
    groups: Mapping[str, sp.Expr]

    def restored(self, expr: sp.Expr) -> sp.Expr:
        """A law of the groups as one of the columns."""
        inner = {sp.Symbol(name, real=True): group for name, group in self.groups.items()}
        return self.prefactor * expr.xreplace(inner)


def views(dataset: Dataset, most: int = 2) -> tuple[View, ...]:
    """The table in its most promising groups.

    Of all sets of groups with small exponents, and of the prefactors that go with them, those come
    first in which a sum or a product of simple functions of single groups says most of the target.

    The target's noise, of equal size on all rows, is large where the prefactor is small. Rows are
    therefore left out at random, the more of them the smaller their prefactor is.

    Args:
        dataset: A table with units.
        most: Number of views, at most.

    Returns:
        None where no product of powers of the columns has the target's dimension, or where no
        column has a dimension.

    Example:
        >>> from discover.dataset import Source, Split
        >>> rows = np.arange(2)
        >>> length, time = np.array([2.0, 8.0]), np.array([0.5, 2.0])
        >>> fall = Dataset(
        ...     name="fall", target=Variable(name="v", unit="m/s"), y=length / time,
        ...     features=(Variable(name="l", unit="cm"), Variable(name="t", unit="s")),
        ...     x=np.column_stack([length, time]), source=Source(path=""),
        ...     split=Split(train=rows, validation=rows, test=rows))
        >>> (view,) = views(fall)
        >>> view.prefactor, dict(view.groups), view.dataset.y
        (l/t, {}, array([1., 1.]))
    """
    carried = [dimension(v.unit, where=f"unit of {v.name}") for v in dataset.features]
    target = dimension(dataset.target.unit, where=f"unit of {dataset.target.name}")
    if all(not d.exponents for d in carried):
        return ()
    table = Dimensions.of(carried, target)
    allowed = usable(dataset)
    x, y = dataset.part("train")
    sample = Sample(list(x[:_ROWS].T), y[:_ROWS])
    found = [sample.upright(p) for p in ranked(table.groups()) if allowed(p)]
    prefactors = [p for p in ranked(table.prefactors()) if allowed(p)][:_PREFACTORS]
    scored = {
        (each, frozenset(groups)): (sample.score(each, groups), each, groups)
        for groups in islice(choices(found, len(carried) - table.rank), _CHOICES)
        for prefactor in prefactors
        for each in (prefactor, sample.nearest(prefactor, groups))
        if allowed(each)
    }
    best = sorted(scored.values(), key=lambda choice: (choice[0], choice[1:]))[:most]
    return tuple(_view(dataset, prefactor, groups) for _, prefactor, groups in best)


def _view(dataset: Dataset, prefactor: Powers, groups: Sequence[Powers]) -> View:
    columns = list(dataset.x.T)
    symbols = [v.sympy for v in dataset.features]
    names = [f"group{i + 1}" for i in range(len(groups))]

    def expression(powers: Powers) -> sp.Expr:
        return sp.Mul(
            *(s ** sp.Rational(p.numerator, p.denominator)
              for s, p in zip(symbols, powers, strict=True))
        )  # fmt: skip

    scale = monomial(prefactor, columns)
    with np.errstate(all="ignore"):
        y = dataset.y / scale
        weights = None if dataset.weights is None else dataset.weights * scale**2
    # Where weights say how noisy a row is, no row needs to be left out for its noise.
    size = np.abs(scale) if weights is None else np.ones(len(y))
    x = np.column_stack([np.empty((len(y), 0)), *(monomial(p, columns) for p in groups)])
    valued = np.isfinite(y) & np.isfinite(x).all(axis=1)
    return View(
        dataset=replace(
            dataset,
            features=tuple(Variable(name=name) for name in names),
            target=Variable(name=dataset.target.name),
            x=x,
            y=y,
            weights=weights,
            split=_thinned(dataset.split, np.where(valued, size, 0.0)),
        ),
        prefactor=expression(prefactor),
        groups={n: expression(p) for n, p in zip(names, groups, strict=True)},
    )


def _thinned(split: Split, size: Vector) -> Split:
    """The rows that stay: each with a chance in proportion to its prefactor squared, up to one.

    Where too few would, all stay that have a prefactor.
    """
    with np.errstate(over="ignore"):
        chance = (size / np.quantile(size[split.train], _KEPT)) ** 2
    stays = np.random.default_rng(0).random(len(size)) < chance
    if min(stays[split.train].sum() / 3, stays[split.validation].sum()) < _FEWEST:
        stays = size > 0
    return Split(
        train=split.train[stays[split.train]],
        validation=split.validation[stays[split.validation]],
        test=split.test[stays[split.test]],
    )
