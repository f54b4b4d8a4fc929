"""What a referee would ask about a law and its rows, in sentences.

Nothing here changes a law or forbids one: each sentence states a fact of the table that a reader
of the law should know. Where there is nothing to say, nothing is said.
"""

import numpy as np
from scipy import stats

from discover.dataset import PARTS, Dataset
from discover.law import Law

# Rank correlation from which two columns are said to go together: a convention, not a test.
_TOGETHER = 0.99
# Share of the rows that may carry half of the squared error unnoticed; normal errors need 12 %.
_FEW = 0.01
_ROUNDING = 1e-9  # errors, over the target's size, below which they are those of arithmetic
_FEW_TESTS = 12  # a fifth of the sixty rows below which luck decides much
_MOST_PAIRS = 3


def cautions(law: Law, dataset: Dataset) -> tuple[str, ...]:
    """What a reader should know before the law is believed.

    Args:
        law: The recommended law, its constants with intervals.
        dataset: The rows it was found on, dealt to their parts.

    Example:
        >>> from discover.dataset import Source, Split, Variable
        >>> x = np.linspace(1.0, 2.0, 100)
        >>> y = 2 * x
        >>> y[7] += 5.0
        >>> a, parts = Variable(name="a"), np.arange(100)
        >>> table = Dataset(name="t", features=(a,), x=x[:, None], target=Variable(name="T"), y=y,
        ...                 split=Split(train=parts[:60], validation=parts[60:80],
        ...                             test=parts[80:]), source=Source(path="t"))
        >>> cautions(Law.of(2 * a.sympy, [a], table.target, "graph"), table)[0][:56]
        'One of 100 rows carries 100 % of the squared error: a = '
    """
    if law.origin == "mean":
        return ()
    return (*_heavy(law, dataset), *_together(law, dataset), *_loose(law), *_luck(dataset))


def _heavy(law: Law, dataset: Dataset) -> tuple[str, ...]:
    """A sentence where a few rows carry half of the squared error: the fit hangs on them."""
    if law.claim != "value":
        return ()
    predicted = law.predict(dict(zip(dataset.names, dataset.x.T, strict=True)))
    with np.errstate(all="ignore"):
        errors = np.square(predicted - dataset.y)
        weighted = errors if dataset.weights is None else errors * dataset.weights
        total = float(weighted.sum())
    n, size = len(dataset.y), float(np.sqrt(np.mean(dataset.y**2)))
    if not np.isfinite(total) or float(np.sqrt(errors.max())) <= _ROUNDING * size:
        return ()
    order = np.argsort(-weighted, kind="stable")
    few = int(np.searchsorted(np.cumsum(weighted[order]), total / 2)) + 1
    if few > max(1.0, _FEW * n):
        return ()
    share = float(weighted[order[:few]].sum()) / total
    carry = f"One of {n} rows carries" if few == 1 else f"{few} of {n} rows carry"
    row = int(order[0])
    part = next(part for part in PARTS if row in dataset.split.rows(part))
    called = "training" if part == "train" else part
    where = ", ".join(
        f"{v.name} = {dataset.x[row, dataset.names.index(v.name)]:.6g}" for v in law.variables
    )
    return (
        f"{carry} {100 * share:.0f} % of the squared error: "
        f"{'' if few == 1 else 'foremost '}{where}, where {dataset.target.name} is "
        f"{dataset.y[row]:.6g} and the law says {predicted[row]:.4g} ({called} row). If it is a "
        "mistake, correct it or leave it out with `where`, and run again.",
    )


def _together(law: Law, dataset: Dataset) -> tuple[str, ...]:
    """Columns of the law that another column follows: either might stand in the law."""
    ranks = np.apply_along_axis(stats.rankdata, 0, dataset.x)
    used = [dataset.names.index(variable.name) for variable in law.variables]
    said: dict[frozenset[int], str] = {}
    for i in used:
        for j in range(len(dataset.names)):
            if j == i or frozenset((i, j)) in said or np.ptp(ranks[:, j]) == 0:
                continue
            alike = float(np.corrcoef(ranks[:, i], ranks[:, j])[0, 1])
            if abs(alike) >= _TOGETHER:
                one, other = dataset.names[i], dataset.names[j]
                said[frozenset((i, j))] = (
                    f"{one} and {other} go together (rank correlation {alike:.4f}): these rows "
                    "hardly tell which of the two a law needs, or in which power."
                )
    return tuple(said.values())[:_MOST_PAIRS]


def _loose(law: Law) -> tuple[str, ...]:
    """Constants of which the rows say little."""
    some = any(constant.level is not None for constant in law.constants)
    free = [c.name for c in law.constants if some and c.level is None]
    wide = [
        c.name
        for c in law.constants
        if c.low is not None and c.high is not None and c.low <= 0 <= c.high
    ]
    said = []
    if free:
        said.append(
            f"Not determined by these rows: {', '.join(free)}; other constants can make up for "
            "any change."
        )
    if wide:
        said.append(
            f"The interval contains zero: {', '.join(wide)}; by itself it is hardly determined."
        )
    return tuple(said)


def _luck(dataset: Dataset) -> tuple[str, ...]:
    tests = len(dataset.split.rows("test"))
    if tests >= _FEW_TESTS:
        return ()
    return (f"The errors on unseen rows rest on {tests} rows: luck decides much.",)
