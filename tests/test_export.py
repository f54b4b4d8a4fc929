"""Snippets are run, in Python here and in C through gcc, and compared with the law itself."""

import json
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given
from hypothesis import strategies as st

from discover.accuracy import measure
from discover.dataset import Variable
from discover.errors import InputError
from discover.export import LANGUAGES, export
from discover.export.dialects import PYTHON, write
from discover.export.identifiers import identifiers, remark
from discover.law import Constant, Law

A = Variable(name="a", symbol=r"\alpha", unit="AU", meaning="semi-major axis")
ODD = Variable(name='Z/2 + "Z/2" */ \\', unit="m")
LAMBDA = Variable(name="lambda")
GREEK = Variable(name="λ")
COLUMNS = (A, ODD, LAMBDA, GREEK)
T = Variable(name="sin", unit="year")
a, z, w, g = (variable.sympy for variable in COLUMNS)

LAWS = [
    2.0009958827160337 * a**1.4997417929823964,
    -1.5 * sp.exp(-(z**2) / 2) / (w + 2.5e-7) ** 2 + sp.sqrt(w) / 3 - sp.pi / a,
    (a - z) * (w - 3.25) ** 3 / (a * (g + 1)) - (-a) ** 2,
    sp.Max(a, z, 2) + sp.Min(w, g) - sp.Abs(z - w) ** 1.5 * sp.sign(z - w),
    sp.sin(a) * sp.cosh(z) + sp.tanh(w) ** 2 + sp.asin(g / 9) + sp.atan(a) - sp.asinh(w) + sp.E * g,
    sp.log(a / z) * 2**w + sp.erf(g) + 1 / sp.cos(a) + sp.sec(z) + sp.cot(w) + sp.atan2(a, g),
    -(a**-2.0) + sp.Rational(2, 7) * (a + z) ** sp.Rational(2, 3) - 1e-34 * w + sp.sqrt(2) * g,
    sp.Rational(-1, 3) / (a * z**2) + a ** (w**g) + (a**w) ** g * 1e30,
    sp.Float(2.5),
]
ROWS = {v.name: np.random.default_rng(i).uniform(0.3, 2.5, 5) for i, v in enumerate(COLUMNS)}


def law(expr: sp.Expr, target: Variable = T) -> Law:
    return Law.of(expr, COLUMNS, target, "graph")


def arguments(found: Law, row: slice | int = slice(None)) -> list:
    return [ROWS[variable.name][row] for variable in found.variables]


def function(found: Law, language: str):
    space: dict = {}
    exec(compile(export(found, language), language, "exec"), space)
    (made,) = (v for v in space.values() if callable(v) and getattr(v, "__code__", None))
    return made


@pytest.mark.parametrize("expr", LAWS)
def test_python(expr):
    found = law(expr)
    want = found.predict(ROWS)
    made = function(found, "python")
    got = [made(*map(float, arguments(found, row))) for row in range(5)]
    assert got == pytest.approx(want, rel=1e-13)


@pytest.mark.parametrize("expr", LAWS)
def test_numpy(expr):
    found = law(expr)
    got = function(found, "numpy")(*arguments(found))
    assert np.broadcast_to(got, 5) == pytest.approx(found.predict(ROWS), rel=1e-13)


@pytest.mark.parametrize("expr", LAWS)
def test_torch(expr):
    found = law(expr)
    got = function(found, "torch")(*map(torch.tensor, arguments(found)))
    assert np.broadcast_to(np.asarray(got), 5) == pytest.approx(found.predict(ROWS), rel=1e-12)


@pytest.mark.parametrize("expr", LAWS)
def test_sympy(expr):
    found = law(expr)
    space: dict = {}
    exec(compile(export(found, "sympy"), "sympy", "exec"), space)
    again = Law.of(space["sin_"], COLUMNS, T, "graph")
    assert again.predict(ROWS) == pytest.approx(found.predict(ROWS), rel=1e-13)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler")
def test_c(tmp_path):
    sources, calls, want = [], [], []
    for i, expr in enumerate(LAWS):
        found = law(expr, Variable(name=f"law {i}"))
        sources.append(export(found, "c"))
        values = ", ".join(repr(float(v)) for v in arguments(found, 0))
        calls.append(f'printf("%.17g\\n", law_{i}({values}));')
        want.append(found.predict(ROWS)[0])
    main = "#include <stdio.h>\nint main(void) {\n" + "\n".join(calls) + "\nreturn 0;\n}\n"
    path = tmp_path / "laws.c"
    path.write_text("\n".join([*sources, main]), encoding="utf-8")
    built = ["gcc", "-std=c99", "-Wall", "-Werror", "-o", str(tmp_path / "laws"), str(path), "-lm"]
    subprocess.run(built, check=True)
    done = subprocess.run([tmp_path / "laws"], capture_output=True, text=True, check=True)
    assert [float(line) for line in done.stdout.split()] == pytest.approx(want, rel=1e-13)


def test_a_negative_number_to_a_power_keeps_its_parentheses():
    minus = sp.Pow(sp.Integer(-2), a)
    assert write(minus, PYTHON, {a: "a"}) == "(-2)**a"
    assert write(2 * a ** (-minus), PYTHON, {a: "a"}) == "2/a**((-2)**a)"


def test_mathematica_and_julia_by_eye():
    found = law(2.5e-7 * a**2 * sp.exp(-w) / sp.acosh(z + 2) + sp.pi)
    text = export(found, "mathematica")
    body = "c0*a^2*Exp[-lambdax]/ArcCosh[Z2Z2 + 2] + Pi"
    assert text.splitlines()[-1] == f"sinx[a_, Z2Z2_, lambdax_] := With[{{c0 = 2.5*^-7}}, {body}]"
    assert "    return c0*a^2*exp(-lambda_)/acosh(Z_2_Z_2 + 2) + pi" in export(found, "julia")


def test_a_snippet_says_what_it_is():
    accuracy = measure(np.array([1.0, 2.0]), np.array([1.0, 2.5]), split="test", unit="year")
    found = replace(
        law(2.5 * a * z),
        accuracy={"test": accuracy},
        constants=(Constant(name="c0", value=2.5, low=2.4, high=2.6, level=0.95),),
    )
    for language in ("latex", "python", "numpy", "torch", "c", "julia", "sympy"):
        text = export(found, language)
        for words in ("in year", "semi-major axis in AU", "On 2 test rows: rms 0.3536 year"):
            assert words in text, language
        assert "95 % interval 2.4 to 2.6" in text
    plain = replace(found, accuracy={"test": replace(accuracy, unit="1")})
    assert "rms 0.3536, r2" in export(plain, "python")


def test_latex_stands_in_an_equation():
    text = export(law(2.0009958827160337 * a**1.5), "latex")
    assert text.splitlines()[-3:] == [
        r"\begin{equation}",
        r"  \text{sin} = 2.001\,\alpha^{1.500}",
        r"\end{equation}",
    ]
    assert "2.0009958827160337" in text


def test_json_gives_the_law_back():
    found = law(LAWS[1])
    again = Law.from_json(json.loads(export(found, "json")))
    assert np.array_equal(again.predict(ROWS), found.predict(ROWS))


def test_an_unknown_language_is_named():
    with pytest.raises(InputError, match="Did you mean 'numpy'"):
        export(law(2.5 * a), "numpi")
    with pytest.raises(InputError, match="lacks"):
        export(law(2.5 * sp.gamma(a)), "c")


names = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6, unique=True)


@given(names, st.sampled_from(["_", ""]))
def test_identifiers_are_distinct_and_plain(words, underscore):
    found = identifiers(words, underscore=underscore)
    assert list(found) == words
    assert len(set(found.values())) == len(words)
    for word in found.values():
        assert word.isidentifier()
        assert word.isascii()
        assert underscore or "_" not in word


@given(st.text())
def test_remarks_stay_on_their_line_and_in_their_comment(text):
    line = remark(text)
    assert len(line.splitlines()) <= 1
    for mark in ('"', "\\", "*/", "*)"):
        assert mark not in line


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_lets_a_name_through(language):
    evil = Variable(
        name='"""\nimport os\n*/ #{x} $(x)', unit="*)\n\\input{x}", meaning="'''\n%\nrm *) \\"
    )
    text = export(Law.of(2.5 * evil.sympy, [evil], evil, "graph"), language)
    for line in text.splitlines():
        assert not line.lstrip().startswith(("import os", "rm", "\\input"))
