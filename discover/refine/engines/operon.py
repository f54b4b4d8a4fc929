"""Operon, the embedded engine: genetic programming with fitted numbers, in C++.

Each restart evolves a population of its own, and keeps the best tree of every length. Restarts
differ in their seed and in the functions that they may use: with fewer functions a search goes
deeper, and nobody knows beforehand which ones a law needs. A restart is bounded by evaluations,
never by time, so that the same seed gives the same laws.

Source: B. Burlacu, G. Kronberger, M. Kommenda, "Operon C++", GECCO 2020,
doi:10.1145/3377929.3398099; the settings are our own measurements.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import sympy as sp

from discover.dataset import Matrix, Variable, Vector
from discover.errors import InputError
from discover.progress import Event, Listener, silent
from discover.refine.candidates import Candidate, candidates, front
from discover.refine.sample import Sample
from discover.refine.views import View, logarithmic, plain, with_logarithms

_ARITHMETIC = "add,sub,mul,div,square,sqrt"
# Which functions a restart may use, and in which coordinates; see `views` for what the logarithms
# are good for. The first must do alone at effort 1.
_RESTARTS: tuple[tuple[str, Callable[[Sample], View]], ...] = (
    (f"{_ARITHMETIC},exp,log,sin,cos", plain),
    (_ARITHMETIC, plain),
    (f"{_ARITHMETIC},log", logarithmic),
    (f"{_ARITHMETIC},exp,log,sin,cos,tanh", with_logarithms),
)
_ROWS = 1000
# Twelve restarts of 80,000 evaluations and 250 trees, which cost the same as four of these, found
# no more of eleven formulas of physics (5 against 6).
_EVALUATIONS = 250_000
# An error below this, in units of the target's spread, is the rounding of single precision: the
# law is found, and another restart could only find it again.
_EXACT = 1e-6


@dataclass(frozen=True, kw_only=True)
class Operon:
    """The engine that is installed with this package.

    One unit of effort is one restart, some five seconds on one core for a thousand rows; further
    restarts are left out once one has found an exact law of the wanted size.

    Attributes:
        evaluations: Budget of one restart, in evaluations of a tree or of its derivatives.
        population: Trees in a population.

    Example:
        >>> a = np.linspace(1.0, 4.0, 50)
        >>> laws = Operon(evaluations=20_000).search(
        ...     a[:, None], 2 * a**2, [Variable(name="a")], effort=1, max_complexity=10, seed=0
        ... )
        >>> laws[0].xreplace({n: sp.Float(round(n, 4)) for n in laws[0].atoms(sp.Float)})
        2.0*a**2
    """

    evaluations: int = _EVALUATIONS
    population: int = 500

    def search(
        self,
        x: Matrix,
        y: Vector,
        variables: Sequence[Variable],
        *,
        effort: int,
        max_complexity: int,
        seed: int,
        listen: Listener = silent,
    ) -> tuple[sp.Expr, ...]:
        """Propose laws; see :class:`discover.refine.Engine`.

        Raises:
            InputError: If pyoperon is not installed.
        """
        _require()
        sample = Sample.of(x, y, variables, rows=_ROWS, seed=seed)
        if not sample.searchable:
            return ()
        found: list[Candidate] = []
        for restart in range(effort):
            for expr in self._evolved(sample, max_complexity, seed, restart):
                found += candidates(expr, sample)
            error = min((c.error for c in found), default=np.inf) ** 0.5
            listen(
                Event(
                    stage="refine",
                    done=restart + 1,
                    total=effort,
                    message="operon",
                    error=float(error) if np.isfinite(error) else None,
                )
            )
            if any(c.error < _EXACT**2 and c.size <= max_complexity for c in found):
                break
        return front(found, sample, max_complexity)

    def _evolved(
        self, sample: Sample, max_complexity: int, seed: int, restart: int
    ) -> Iterator[sp.Expr]:
        """The front of one restart, as formulas of the scaled columns."""
        from pyoperon.sklearn import SymbolicRegressor

        functions, look = _RESTARTS[restart % len(_RESTARTS)]
        view = look(sample)
        regressor = SymbolicRegressor(
            allowed_symbols=f"{functions},constant,variable",
            population_size=self.population,
            # Without it Operon does not fit the numbers in a tree, and finds little.
            optimizer_iterations=10,
            objectives=["r2", "length"],
            max_length=max_complexity,
            max_depth=10,
            epsilon=1e-9,
            tournament_size=5,
            uncertainty=[1e-3 * float(view.y.std())],
            generations=self.evaluations,
            max_evaluations=self.evaluations,
            n_threads=1,
            random_state=int(np.random.SeedSequence([seed, restart]).generate_state(1)[0]),
        )
        regressor.fit(view.x, view.y)
        # Operon calls the columns X1, X2, ... in their order.
        inputs = {
            code: view.inputs[int(name[1:]) - 1] for code, name in regressor.variables_.items()
        }
        for each in regressor.pareto_front_:
            yield view.restored(formula(each["tree"].Nodes, inputs))


def formula(nodes: Sequence[Any], inputs: Mapping[int, sp.Expr]) -> sp.Expr:
    """An Operon tree in sympy.

    Args:
        nodes: The tree in postfix order. Arguments stand before their function, the first of them
            last. Every variable carries a factor.
        inputs: What a variable's hash stands for.
    """
    stack: list[sp.Expr] = []
    for node in nodes:
        if node.IsConstant:
            stack.append(sp.Float(node.Value))
        elif node.IsVariable:
            stack.append(sp.Mul(sp.Float(node.Value), inputs[node.HashValue]))
        else:
            arguments = [stack.pop() for _ in range(node.Arity)]
            stack.append(_BUILD[node.Type.name](*arguments))
    (result,) = stack
    return result


def _difference(first: sp.Expr, *others: sp.Expr) -> sp.Expr:
    return first - sp.Add(*others) if others else -first


def _ratio(first: sp.Expr, *others: sp.Expr) -> sp.Expr:
    return first / sp.Mul(*others) if others else 1 / first


_BUILD: dict[str, Callable[..., sp.Expr]] = {
    "Add": sp.Add,
    "Sub": _difference,
    "Mul": sp.Mul,
    "Div": _ratio,
    "Square": lambda a: a**2,
    "Sqrt": sp.sqrt,
    "Exp": sp.exp,
    "Log": sp.log,
    "Sin": sp.sin,
    "Cos": sp.cos,
    "Tanh": sp.tanh,
}


def _require() -> None:
    if find_spec("pyoperon") is None:
        raise InputError.one(
            where="refine: operon",
            found="no package 'pyoperon'",
            expected="the package 'pyoperon'",
            advice="Install it with: pip install pyoperon. Or write refine: none.",
        )


ENGINE = Operon()
