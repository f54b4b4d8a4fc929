"""Which laws are worth showing, and which one is recommended.

The front holds the best law of every complexity; those of it are shown that some price of a node
would make the recommended one, and the choice among them is a description length. All look at
validation rows, and at training rows where a law was scored on them; nothing is fitted here, and
test rows are not looked at.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from discover.accuracy import Accuracy
from discover.law import Law

_FLOOR = 1e-10
_EQUAL = 1e-9
_LEAST_PRICE = 0.02
DIGITS = 2
"""What a fitted number costs beyond its node, in nodes."""
CLOSE = 0.3
"""How much longer a description may be and its law still be looked at: some ten nodes on few
hundred rows."""


def front(laws: Iterable[Law]) -> tuple[Law, ...]:
    """The laws that no simpler law matches, simplest first.

    A law stays if its error (that of :func:`evidence`) is smaller than that of every law of at
    most its complexity. Errors that differ by less than one part in 1e9, or that are both below
    1e-10 of the target's size, are equal: rounding decides between them. Of equals the simpler
    stays, then the one with fewer constants, then the one whose text comes first.

    Args:
        laws: Scored laws; those whose validation error is not finite are left out.

    Example:
        >>> from discover.dataset import Variable
        >>> import sympy as sp
        >>> T = Variable(name="T")
        >>> def law(value, relative):
        ...     accuracy = Accuracy(split="validation", n=9, unit="1", rms=relative,
        ...                         relative=relative, r2=0.0, worst=1.0)
        ...     return Law(form=value, constants=(), variables=(), target=T, origin="graph",
        ...                accuracy={"validation": accuracy})
        >>> [x.complexity for x in front([law(sp.Integer(2), 0.1), law(2 * sp.pi, 0.1)])]
        [1]
    """
    kept: list[Law] = []
    for law in sorted((x for x in laws if math.isfinite(_error(x))), key=_order):
        if not kept or _error(law) < _error(kept[-1]) * (1 - _EQUAL):
            kept.append(law)
    return tuple(kept)


def unmatched(laws: Iterable[Law]) -> tuple[Law, ...]:
    """The laws that no law of as few nodes and as few fitted numbers matches, simplest first.

    Beside those of the :func:`front` these are laws that only one with more numbers beats: a number
    is worth some nodes, so one of them may have the least :func:`description_length`.

    Args:
        laws: Scored laws; those whose validation error is not finite are left out.
    """
    kept: list[Law] = []
    for law in sorted((x for x in laws if math.isfinite(_error(x))), key=_order):
        rivals = [x for x in kept if len(x.constants) <= len(law.constants)]
        if all(_error(law) < _error(rival) * (1 - _EQUAL) for rival in rivals):
            kept.append(law)
    return tuple(kept)


def worthwhile(laws: Sequence[Law]) -> tuple[Law, ...]:
    """The front of laws that somebody would recommend, whatever a node is worth to him.

    A law can be the best one at its complexity and still not be worth its nodes, because a few
    more buy far more, or a few less cost next to nothing: then no price of a node makes its
    :func:`description_length` the least. The laws that are left are the lower convex hull of the
    front, drawn over the size of their description, as far as its nodes pay the price of the
    Bayesian information criterion: what gains less fits noise. The recommended law is one of them.
    The simplest law always stays: the others are measured against it. Of what is left the front is
    drawn, but the recommended law gives way to none that owes its smaller error to more numbers.

    Args:
        laws: Simplest first, scored; a :func:`front`, or what is :func:`unmatched`.

    Source: the supported points of a front in multi-criteria choice (Geoffrion, J. Math. Anal.
    Appl. 22 (1968) 618).

    Example:
        >>> from discover.dataset import Variable
        >>> import sympy as sp
        >>> x = sp.Symbol("x", real=True)
        >>> def law(form, relative):
        ...     accuracy = Accuracy(split="validation", n=9, unit="1", rms=relative,
        ...                         relative=relative, r2=0.0, worst=1.0)
        ...     return Law(form=form, constants=(), variables=(), target=Variable(name="T"),
        ...                origin="graph", accuracy={"validation": accuracy})
        >>> chain = [law(sp.Integer(1), 0.5), law(sp.exp(x), 0.4), law(sp.exp(x) * x, 1e-9)]
        >>> [each.complexity for each in worthwhile(chain)]
        [1, 4]
    """
    kept = {id(law) for law in _paying(laws)}
    left = [law for i, law in enumerate(laws) if i == 0 or id(law) in kept]
    if not left:
        return ()
    best = left[select(left)]
    return front(
        law
        for law in left
        if law is best or law.complexity > best.complexity or _error(law) > _error(best)
    )


def _paying(laws: Sequence[Law]) -> list[Law]:
    """The lower convex hull of laws over their sizes, as far as it falls as steeply as it must."""
    hull: list[tuple[int, float, Law]] = []
    for law in sorted(laws, key=lambda law: (_size(law), _error(law))):
        point = _size(law), math.log(_error(law))
        if hull and point[1] >= hull[-1][1]:
            continue
        while len(hull) > 1 and _above(hull[-2][:2], hull[-1][:2], point):
            hull.pop()
        hull.append((*point, law))
    while len(hull) > 1 and not _pays(hull[-2][:2], hull[-1][:2], evidence(hull[-1][2]).n):
        hull.pop()
    return [law for _, _, law in hull]


def _above(a: tuple[int, float], b: tuple[int, float], c: tuple[int, float]) -> bool:
    """Whether b lies on or above the straight line from a to c."""
    return (b[1] - a[1]) * (c[0] - a[0]) >= (c[1] - a[1]) * (b[0] - a[0])


def _pays(a: tuple[int, float], b: tuple[int, float], n: int) -> bool:
    """Whether b gains what its nodes cost beyond those of a, without the least price."""
    return 2 * (a[1] - b[1]) >= (b[0] - a[0]) * math.log(max(n, 3)) / max(n, 3)


def _size(law: Law) -> int:
    """What the price of a node is multiplied by."""
    return law.complexity + DIGITS * len(law.constants)


def evidence(law: Law) -> Accuracy:
    """The accuracy that a law is judged by: on validation and training rows together.

    A law has few constants and training rows are many, so both say almost the same of it, and all
    together tell apart what a fifth of the rows cannot. Each fitted constant lowers the error on
    the rows of its fit; that is made good by the factor ``(n + k) / (n - k)``.

    Args:
        law: A law scored on validation rows, and on training rows or not.

    Source: the factor is the final prediction error of Akaike, Ann. Inst. Stat. Math. 21 (1969)
    243.

    Example:
        >>> from dataclasses import replace
        >>> from discover.dataset import Variable
        >>> import sympy as sp
        >>> v = Accuracy(split="validation", n=200, unit="1", rms=1.0, relative=0.1, r2=0.9,
        ...              worst=2.0)
        >>> t = replace(v, split="train", n=600, relative=0.2)
        >>> law = Law(form=sp.Integer(1), constants=(), variables=(), target=Variable(name="T"),
        ...           origin="mean", accuracy={"validation": v, "train": t})
        >>> both = evidence(law)
        >>> both.n, round(both.relative**2, 6)  # (200 * 0.01 + 600 * 0.04) / 800
        (800, 0.0325)
    """
    unseen, seen = law.accuracy["validation"], law.accuracy.get("train")
    if seen is None:
        return unseen
    k, n = len(law.constants), seen.n + unseen.n
    fair = (seen.n + k) / max(seen.n - k, 1)
    shares = math.sqrt(unseen.n / n), math.sqrt(seen.n * fair / n)
    return replace(
        unseen,
        n=n,
        rms=math.hypot(shares[0] * unseen.rms, shares[1] * seen.rms),
        relative=math.hypot(shares[0] * unseen.relative, shares[1] * seen.relative),
    )


def description_length(accuracy: Accuracy, complexity: int, constants: int = 0) -> float:
    """Bits (natural ones) a row that it takes to state the law and the misfit it leaves.

    ``log(mse) + price * (complexity + 2 * constants)``, where mse is the mean squared error over
    the target's mean square, not below (1e-10)^2, and ``price = max(log(n) / n, 0.02)``. The first
    price is that of the Bayesian information criterion, each node a parameter. The second says that
    a node must lower the mean squared error by about 2 %, however many rows there are: on large
    tables what is left over is what the law does not know, not noise, and any detail would pay.

    Args:
        accuracy: Of the law, such as :func:`evidence` gives it.
        complexity: Nodes of the law.
        constants: How many of them are fitted numbers. To say which of some twenty symbols stands
            at a node takes three natural bits, to say a number to the digits that some hundred
            rows give takes three times as many.

    Source: Schwarz, Ann. Statist. 6 (1978) 461; the floor and the least price are ours.

    Example:
        >>> a = Accuracy(split="validation", n=1000, unit="1", rms=1.0, relative=0.1, r2=0.9,
        ...              worst=2.0)
        >>> round(description_length(a, 10), 3)
        -4.405
    """
    nodes = complexity + DIGITS * constants
    return 2 * math.log(max(accuracy.relative, _FLOOR)) + price(accuracy.n) * nodes


def price(n: int) -> float:
    """What a node must take from the logarithm of the mean squared error on `n` rows.

    Example:
        >>> round(price(100), 4), price(100_000)
        (0.0461, 0.02)
    """
    n = max(n, 3)  # log(n) / n has its top at e: fewer rows make no node cheaper
    return max(math.log(n) / n, _LEAST_PRICE)


def length(law: Law) -> float:
    """The :func:`description_length` of a scored law."""
    return description_length(evidence(law), law.complexity, len(law.constants))


def select(laws: Sequence[Law]) -> int:
    """Index of the law with the least :func:`description_length`, judged by its :func:`evidence`.

    Of equals the first, so that a law only as good as a simpler one before it loses.

    Raises:
        ValueError: If there is no law to choose from.
    """
    if not laws:
        raise ValueError("no law to choose from")
    lengths = [length(law) for law in laws]
    return min(range(len(laws)), key=lambda i: (lengths[i], i))


def _order(law: Law) -> tuple[int, float, int, str]:
    # The error to nine digits, so that of equals the other keys decide.
    return law.complexity, float(f"{_error(law):.8e}"), len(law.constants), law.expression


def _error(law: Law) -> float:
    """Error over the target's size; what is at rounding level counts as the same."""
    return max(evidence(law).relative, _FLOOR)
