"""The judge of the shipped examples: right is right, and what is nearly right is not."""

import pytest
import sympy as sp

from benchmarks import science_report, science_truth

a, b, c = sp.symbols("a b c", real=True)


def test_a_missing_or_further_term_is_wrong_whatever_its_size():
    known = [{"u": 1.0, "u_xx": 0.1}]
    assert science_truth.compared([{"u": 1.0, "u_xx": 0.11}], known).worst == pytest.approx(0.1)
    assert not science_truth.compared([{"u": 1.0}], known).right
    assert not science_truth.compared([{"u": 1.0, "u_xx": 0.1, "v": 1e-9}], known).right


def test_relations_are_the_same_however_they_are_stated():
    assert science_truth.same_zeros(a - b * c / 2, 2 * a / b - c)
    assert science_truth.same_zeros(sp.Float(2.0) * a - 3 * b, a - sp.Rational(3, 2) * b)
    assert not science_truth.same_zeros(a - 1.51 * b, a - sp.Rational(3, 2) * b)
    assert not science_truth.same_zeros(a - b, a - b + 1)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("uu_111", "u*u_xxx"),
        ("u^2", "u**2"),
        ("u_1111", "u_xxxx"),
        ("u v^2vv_12", "u*v**3*v_xy"),
        ("u_tu_11", "u_t*u_xx"),
        ("sin(1 theta)", "sin(theta)"),
    ],
)
def test_terms_of_the_peer_are_read(theirs: str, ours: str):
    found = science_report._spelt(theirs, ["u", "v", "theta"], ["x", "y"])
    assert found == ours


def test_a_page_is_written_also_of_failures():
    law = {
        "expression": "0.1*u_xx - u*u_x",
        "variables": ["u", "u_x", "u_xx"],
        "accuracy": {"test": {"r2": 1.0, "accuracy": None}},
    }
    good = {"ok": True, "seconds": 8.2, "found": {"laws": [law], "selected": 0}}
    peer = {"ok": True, "seconds": 9.0, "names": ["u"], "space": ["x"]}
    peer |= {"equations": [{"uu_1": -1.01, "u_11": 0.1, "u": 0.2}]}
    peer |= {"all": [peer["equations"], [{"uu_1": -1.02, "u_11": 0.1}]]}
    page = science_report.page(
        {
            ("burgers", ("data.noise=0.05",), False): good,
            ("burgers", ("data.noise=0.05",), True): peer,
            ("kdv", ("data.noise=0",), False): {"ok": False, "reason": "not done after 900 s"},
        }
    )
    assert "| burgers | 5 % | right | 0.0e+00 | 1e-02 | 8 | with u |  | 2.0e-02 | 9 |" in page
    assert "| kdv | 0 % | not done after 900 s |  | 1e-04 |  |  |  |  |  |" in page
    assert "All terms right in 1 of 2 runs, and in 1 of 2 the worst" in page
    assert "all terms right in 1 of 1 runs, PySINDy 0; with the setting" in page


def test_known_facts_are_found_among_relations_however_they_are_stated():
    names = {n: sp.Symbol(n, real=True) for n in ("genus", "hyperbolic_torsion_degree")}
    degree = names["hyperbolic_torsion_degree"] / 2 - 2 * names["genus"] + 1
    other = sp.Symbol("signature", real=True) - names["genus"]
    facts = science_truth.facts_among([other, degree])
    assert facts["torsion degree = 4 genus − 2"] == degree
    assert [fact for fact, expr in facts.items() if expr is not None] == [
        "torsion degree = 4 genus − 2"
    ]


def test_the_page_says_which_facts_were_found_and_whether_chance_finds_any():
    law = {
        "expression": "hyperbolic_torsion_degree - 4*genus + 2",
        "variables": ["hyperbolic_torsion_degree", "genus"],
        "accuracy": {"test": {"r2": 0.999, "accuracy": 0.998}},
    }
    found = {"ok": True, "seconds": 80.0, "found": {"laws": [law]}}
    none = {"ok": True, "seconds": 20.0, "status": 3, "found": {"laws": []}}
    page = science_report.page(
        {
            ("knots-relations", (), False): found,
            ("knots-relations", ("columns=apart",), False): none,
        }
    )
    assert "| torsion degree = 4 genus − 2 | yes, no. 1 |" in page
    assert "| cusp volume = λ Im μ / 2 | no |" in page
    assert "| none where columns are apart | yes |" in page
