"""Laws that make sense dimensionally, found in dimensionless groups.

The roads that look for laws in the columns look for them in the smaller table of the groups as
well; what they find is written in the columns again and refitted there. Every such law is
dimensionally homogeneous, with numbers that carry no unit: units are knowledge about the form of a
law, and noise does not blur them.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import sympy as sp

from discover.accuracy import Levels
from discover.config import LawConfig
from discover.dataset import Dataset
from discover.errors import InputError
from discover.front import description_length, front, select, worthwhile
from discover.groups.view import View, views
from discover.law import Law
from discover.progress import Event, Listener, silent
from discover.refit import Sample, refit
from discover.score import score
from discover.selection import Front, compete
from discover.simplify import snap, tidy
from discover.units import NONE, check, dimension

Propose = Callable[[Dataset], Sequence[sp.Expr]]

# Below this error, relative to the target's size, a law is exact, and no other view is needed.
_EXACT = 1e-10
# Ten nodes at the least price of `front`: a law that is not homogeneous hides constants of nature,
# and must explain this much more (22 % of the mean squared error) to be believed.
_HIDDEN = 0.2
_ROWS = 1000


def wanted(dataset: Dataset, settings: LawConfig) -> tuple[View, ...]:
    """The table in its most promising groups, where a recipe wants laws of them.

    Args:
        dataset: The table, its columns and target with units.
        settings: Whether the numbers of a law may carry units.

    Raises:
        InputError: If the recipe demands what the units do not allow.
    """
    if settings.constants == "any":
        return ()
    found = views(dataset)
    if not found and settings.constants == "dimensionless":
        raise InputError.one(
            where="law.constants",
            found=f"'dimensionless', where no product of columns has the unit of "
            f"{dataset.target.name} ({dataset.target.unit})",
            expected="columns whose units combine to it",
            advice="Give every column its unit and add the constants of nature as columns, or "
            "write constants: any.",
        )
    return found


def homogeneous(
    choices: Sequence[View],
    dataset: Dataset,
    settings: LawConfig,
    propose: Propose,
    *,
    levels: Levels | None = None,
    listen: Listener = silent,
) -> Front | None:
    """The front of dimensionally homogeneous laws that are found in some views of a table.

    Args:
        choices: The table in groups, one choice of them after the other.
        dataset: The table itself.
        settings: How large a law may be.
        propose: What looks for laws in a table; it answers in the features' symbols.
        levels: The allowed values of an ordinal target.
        listen: Called with the progress.

    Returns:
        ``None`` where there are no such laws.
    """
    found: list[Law] = []
    for number, view in enumerate(choices):
        listen(Event(stage="units", done=number, total=len(choices), message=str(view.prefactor)))
        found += [score(law, dataset, levels) for law in _laws(view, dataset, settings, propose)]
        if min((law.accuracy["validation"].relative for law in found), default=1.0) < _EXACT:
            break
    laws = front([law for law in found if law.complexity <= settings.max_complexity])
    return Front(laws=laws, selected=select(laws)) if laws else None


def joined(first: Front | None, second: Front | None) -> Front | None:
    """Two fronts as one."""
    if first is None or second is None:
        return first or second
    laws = front([*first.laws, *second.laws])
    return Front(laws=laws, selected=select(laws))


def preferred(plain: Front, found: Front | None, dataset: Dataset, settings: LawConfig) -> Front:
    """The front to be shown: that of the homogeneous laws where they explain nearly as much.

    Args:
        plain: The front of all laws; those of them that make sense dimensionally count, too.
        found: The homogeneous laws, if any were looked for.
        dataset: The table, its columns and target with units.
        settings: Whether laws must be homogeneous.
    """
    carried = [v.unit for v in (*dataset.features, dataset.target)]
    if settings.constants == "any" or all(dimension(u, where="") == NONE for u in carried):
        return plain
    sensible = [law for law in plain.laws if makes_sense(law.expr, dataset)]
    laws = worthwhile(front([*(found.laws if found else ()), *sensible]))
    if not laws:
        return plain
    homogeneous = Front(laws=laws, selected=select(laws))
    worse = _length(homogeneous) - _length(plain)
    demanded = settings.constants == "dimensionless"
    return homogeneous if demanded or worse <= _HIDDEN else plain


def makes_sense(expr: sp.Expr, dataset: Dataset) -> bool:
    """Whether a law makes sense dimensionally, with numbers that carry no unit."""
    known = {v.name: dimension(v.unit, where=v.name) for v in dataset.features}
    target = dimension(dataset.target.unit, where=dataset.target.name)
    return check(expr, known, target=target).consistent


def _length(found: Front) -> float:
    law = found.laws[found.selected]
    return description_length(law.accuracy["validation"], law.complexity)


def _laws(view: View, dataset: Dataset, settings: LawConfig, propose: Propose) -> Iterator[Law]:
    """Laws of the groups in the columns' symbols, refitted on all training rows."""
    train, validation = Sample.of(dataset, "train"), Sample.of(dataset, "validation")
    for expr in _found(view, settings, propose):
        short = tidy(view.restored(expr), train.thin(_ROWS).columns)
        law = Law.of(short, dataset.features, dataset.target, "units")
        # Where there are groups, exact numbers were tried among them.
        yield refit(law, train) if view.groups else snap(law, train, validation)


def _found(view: View, settings: LawConfig, propose: Propose) -> list[sp.Expr]:
    """What is found in one view, in the groups' symbols; a mere number among it."""
    constant = sp.Float(float(np.median(view.dataset.part("train")[1])))
    if not view.groups:
        return [constant]
    proposed = [("units", expr) for expr in propose(view.dataset)]
    competed = compete(proposed, view.dataset, max_complexity=settings.max_complexity)
    return [constant, *(law.expr for law in competed.laws if law.variables)]
