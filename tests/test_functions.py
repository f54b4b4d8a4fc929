"""Atoms are what sympy says they are, and an affine form is one function however it is written."""

import math
import re
from itertools import product

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from discover.errors import InputError
from discover.functions import DEFAULT, LIBRARY, Affine, Atom, X, atom_from_text, catalogue, nodes

ATOMS = list(LIBRARY.values())
NAMES = [atom.name for atom in ATOMS]
REAL = st.floats(-3, 3).filter(lambda value: abs(value) > 0.05)


def inside(atom: Atom, count: int = 41) -> np.ndarray:
    low, high = (max(-3.0, atom.domain[0]), min(4.0, atom.domain[1]))
    return low + (high - low) * (np.arange(count) + 0.5) / count


def close(found, expected, tolerance=1e-9):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("atom", ATOMS, ids=NAMES)
def test_numpy_and_torch_agree_with_sympy(atom):
    at = torch.from_numpy(inside(atom))
    for expr, by_torch in ((atom.expr, atom.torch), (sp.diff(atom.expr, X), atom.torch_slope)):
        truth = [float(expr.subs(X, sp.Float(float(u), 30)).evalf(20)) for u in at[::8]]
        tensor = by_torch(at)
        assert tensor.dtype == torch.float64
        close(tensor[::8].numpy(), truth)
    close(atom.numpy(at.numpy()), atom.torch(at).numpy())


@pytest.mark.parametrize("atom", ATOMS, ids=NAMES)
def test_domain_is_where_the_function_is_real_finite_and_smooth(atom):
    low, high = atom.domain
    for edge, outward in ((low, -1), (high, 1)):
        if math.isinf(edge):
            continue
        near, past = edge - outward * 1e-9, edge + outward * 1e-3
        assert np.isfinite(atom.numpy(np.array([near]))).all()
        kinks = [abs(float(atom.numpy(np.array([u]))[0])) for u in (edge, past)]
        slopes = atom.torch_slope(torch.tensor([near, past], dtype=torch.float64))
        other_branch = slopes.sign().prod()
        leaves = not np.isfinite(kinks).all() or max(kinks) > 1e9 or other_branch < 0
        assert leaves, f"{atom.name} goes on beyond {edge}"
    values = atom.numpy(inside(atom))
    assert np.isfinite(values).all()
    assert atom.torch_slope(torch.from_numpy(inside(atom))).isfinite().all()
    assert (np.diff(np.sign(values)) != 0).sum() <= 3


@pytest.mark.parametrize("atom", ATOMS, ids=NAMES)
def test_freedom_says_which_of_a_and_b_is_redundant(atom):
    """Rank of the four derivatives by (a, b, c, d): 2 and the free ones."""
    u = torch.from_numpy(inside(atom))
    value, slope = atom.torch(u), atom.torch_slope(u)
    columns = torch.stack([u * slope, slope, value, torch.ones_like(u)], dim=1)
    columns = columns / columns.norm(dim=0).clamp_min(1e-300)
    rank = int((torch.linalg.svdvals(columns) > 1e-8).sum())
    assert rank == 2 + {"none": 0, "shift": 1, "scale": 1, "both": 2}[atom.freedom]


@pytest.mark.parametrize("atom", ATOMS, ids=NAMES)
def test_parity_and_period(atom):
    u = torch.from_numpy(inside(atom))
    even = torch.allclose(atom.torch(u), atom.torch(-u))
    both = atom.torch(u) + atom.torch(-u)
    odd = torch.allclose(both, both[:1].expand_as(both))
    symmetric = atom.domain[0] == -atom.domain[1]
    assert atom.parity == (0 if not symmetric else 1 if even else -1 if odd else 0)
    assert atom.period == (pytest.approx(2 * math.pi) if atom.name in ("sin", "cos") else None)


def test_default_leaves_out_what_another_atom_says():
    assert set(NAMES) - set(DEFAULT) == {"cos", "acos"}
    assert [atom.name for atom in catalogue()] == list(DEFAULT)
    assert len({atom.expr for atom in ATOMS}) == len(ATOMS)


def test_unknown_names_are_reported_together_with_a_suggestion():
    with pytest.raises(InputError) as error:
        catalogue(["sine", "sin", "gausian"])
    assert len(error.value.findings) == 2
    assert "Did you mean 'sin'?" in error.value.findings[0].advice
    assert "Did you mean 'gaussian'?" in error.value.findings[1].advice


@given(st.sampled_from(ATOMS), REAL, REAL, REAL, REAL)
@settings(max_examples=200, deadline=None)
def test_reduced_symbolic_and_tensor_are_one_function(atom, a, b, c, d):
    """All three ways to write an affine form have one value wherever it has a value."""
    law = Affine(atom=atom, a=a, b=b, c=c, d=d)
    x = torch.from_numpy((inside(atom) - b) / a)
    short = law.reduced()
    numbers = law(x)
    scale = 1 + abs(numbers.abs().max())
    assert torch.allclose(short(x) / scale, numbers / scale, rtol=1e-9, atol=1e-9)
    written = sp.lambdify(X, law.symbolic(X), "numpy")(x.numpy())
    close(written / scale.numpy(), (numbers / scale).numpy())
    # A factor of 1 is not written; what is taken from the inside may make it one that is.
    assert short.complexity <= law.complexity + (2 if abs(c) == 1 else 0)
    # Constants that cancel by chance are counted.
    assert short.complexity >= nodes(short.symbolic(X))
    assert short.reduced() == short


@pytest.mark.parametrize("atom", ATOMS, ids=NAMES)
def test_complexity_is_the_number_of_nodes(atom):
    for a, b, c, d in product((1, -1, 1.7), (0, 0.3), (1, -1, 2.3), (0, 0.45)):
        law = Affine(atom=atom, a=a, b=b, c=c, d=d)
        assert law.complexity == nodes(law.symbolic(X))


@given(st.sampled_from(ATOMS), REAL, REAL)
@settings(max_examples=60, deadline=None)
def test_slope_is_the_derivative(atom, a, c):
    law = Affine(atom=atom, a=a, c=c)
    x = torch.from_numpy(inside(atom) / a).requires_grad_()
    (gradient,) = torch.autograd.grad(law(x).sum(), x)
    assert torch.allclose(law.slope(x), gradient, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("law", "text"),
    [
        (Affine(atom=LIBRARY["x"], a=2.0, b=1.0, c=3.0, d=1.0), "6.0*x + 4.0"),
        (Affine(atom=LIBRARY["x"]), "x"),
        (Affine(atom=LIBRARY["x^2"], a=-1.0, c=-1.0), "-x**2"),
        (Affine(atom=LIBRARY["sqrt"], a=4.0), "2.0*sqrt(x)"),
        (Affine(atom=LIBRARY["sqrt"], a=-4.0, b=8.0), "2.0*sqrt(2.0 - x)"),
        (Affine(atom=LIBRARY["sin"], b=math.pi / 2), "cos(x)"),
        (Affine(atom=LIBRARY["log"], a=math.e, d=0.5), "log(x) + 1.5"),
        (Affine(atom=LIBRARY["tanh"], a=-2.0), "-tanh(2.0*x)"),
        (Affine(atom=LIBRARY["cosh"], a=-2.0, b=1.0), "cosh(2.0*x - 1.0)"),
        (Affine(atom=LIBRARY["exp"], c=0.0, d=2.5), "2.5"),
    ],
)
def test_neat_forms(law, text):
    assert re.sub(r"(\.\d)0+\b", r"\1", str(law.reduced().symbolic(X))) == text


def test_symbolic_puts_any_expression_in():
    t = sp.Symbol("t", real=True)
    law = Affine(atom=LIBRARY["x^3-x"], a=2.0)
    assert sp.expand(law.symbolic(X * t) - ((2.0 * X * t) ** 3 - 2.0 * X * t)) == 0


def test_reduced_keeps_a_form_that_would_overflow():
    law = Affine(atom=LIBRARY["exp"], a=1.0, b=-1e4, c=1.0)
    assert law.reduced() == law
    wide = Affine(atom=LIBRARY["x^5"], a=1e-80, b=0.0)
    assert wide.reduced() == wide


def test_user_atoms():
    atom = atom_from_text("mine", "x/(1+x**2)")
    assert atom.expr == LIBRARY["dispersion"].expr
    assert atom.domain == (-math.inf, math.inf)
    assert atom_from_text("pole", "1/x").domain == (0.0, math.inf)
    assert atom_from_text("root", "sqrt(2-x)").domain == (-math.inf, 2.0)
    clipped = atom_from_text("clip", "max(0, x)")
    assert clipped.torch(torch.tensor([-1.0, 2.0])).tolist() == [0.0, 2.0]


@pytest.mark.parametrize("text", ["k*x", "3", "x +", "__import__('os')"])
def test_user_atoms_that_are_none(text):
    with pytest.raises(InputError) as error:
        atom_from_text("mine", text)
    assert error.value.findings[0].where.startswith("functions.mine")


def test_own_functions_are_added_or_chosen() -> None:
    added = catalogue({"mine": "x/(1+x**4)"})
    assert [atom.name for atom in added] == [*DEFAULT, "mine"]
    assert added[-1].expr == X / (1 + X**4)
    assert [a.name for a in catalogue(["exp", {"mine": "x", "other": "x^2+x"}])] == [
        "exp", "mine", "other"
    ]  # fmt: skip


def test_all_that_is_wrong_with_own_functions_is_said_at_once() -> None:
    with pytest.raises(InputError) as raised:
        catalogue([{"exp": "2**x", "half": "x +", "two": "x*y", "flat": "3"}, "sinn"])
    told = {each.where: each.found for each in raised.value.findings}
    assert set(told) == {
        "functions", "functions.exp", "functions.half", "functions.two", "functions.flat"
    }  # fmt: skip
    assert told["functions.two"] == "'y'"
    assert "library" in told["functions.exp"]
