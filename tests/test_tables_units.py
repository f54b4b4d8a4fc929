"""Units in headers, below the names and in attributes reach the variables."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discover.tables import read_columns
from discover.tables.columns import split_header
from tests.small_tables import N, csv, read, table_text


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("period [year]", "period", "year"),
        ("period (year)", "period", "year"),
        ("v [km s-1]", "v", "km s-1"),
        ("v[m/s]", "v", "m/s"),
        ("a (m/s^2)", "a", "m/s^2"),
        ("E [kg·m²/s²]", "E", "kg·m²/s²"),
        ("T (°C)", "T", "°C"),
        ("share (%)", "share", "%"),
        ("x [furlnog]", "x [furlnog]", ""),
        ("p[0]", "p[0]", ""),
        ("p[1]", "p[1]", ""),
        ("p [1]", "p", "1"),
        ("psi (t)", "psi (t)", ""),
        ("ratio []", "ratio", "1"),
        ("ratio [-]", "ratio", "1"),
        ("[Fe/H]", "[Fe/H]", ""),
        ("f(x)", "f(x)", ""),
        ("f (x)", "f (x)", ""),
        ("signal (corrected)", "signal (corrected)", ""),
        ("x [see, text]", "x [see, text]", ""),
        ("plain", "plain", ""),
    ],
)
def test_units_in_headers(header, name, unit):
    assert split_header(header) == (name, unit)


@settings(deadline=None)  # the first unit loads a registry
@given(
    st.one_of(
        st.text(max_size=40),
        st.text("mskgK/*^-+.0129 ()°%µ", max_size=15).map(lambda unit: f"x [{unit}]"),
        st.text("mskgK/*^-+.0129 °%µ", max_size=15).map(lambda unit: f"x ({unit})"),
    )
)
def test_no_header_breaks_the_reader(header):
    name, unit = split_header(header)
    assert name in header
    assert unit == "" or unit == "1" or unit in header


def test_header_units_reach_the_variables_and_the_recipe_wins(tmp_path):
    text = table_text().replace("a,b,y", "a [m],b [s],y (kg)")
    path = csv(tmp_path, text)
    data = read(path, units={"b": "h", "y (kg)": "g"}, symbols={"a": r"\alpha"})
    assert data.names == ("a", "b")
    assert [v.unit for v in (*data.features, data.target)] == ["m", "h", "g"]
    assert data.features[0].symbol == r"\alpha"
    assert read(path, target="y (kg)").target.name == "y"


def test_names_that_differ_by_unit_alone_keep_it(tmp_path):
    path = csv(tmp_path, table_text().replace("a,b,y", "flux [Jy],flux [mag],y"))
    data = read(path)
    assert data.names == ("flux [Jy]", "flux [mag]")
    assert [v.unit for v in data.features] == ["Jy", "mag"]


UNITS = {
    "bare": ("length,time,y\nm,s,N\n", ["m", "s", "N"]),
    "in brackets": ("length,time,y\n[m],[s],(N)\n", ["m", "s", "N"]),
    "with a dash": ("length,time,y\nm,-,N\n", ["m", "1", "N"]),
}


@pytest.mark.parametrize(("head", "units"), UNITS.values(), ids=UNITS.keys())
def test_a_line_of_units_below_the_names(tmp_path, head, units):
    path = csv(tmp_path, head + "".join(f"{i},{i * i % 7},{3 * i}\n" for i in range(N)))
    data = read(path)
    assert [v.unit for v in (*data.features, data.target)] == units
    assert data.source.rows == N


def test_words_of_a_first_row_are_no_units(tmp_path):
    # The letter of a person is not a metre: nothing stands above the numbers.
    columns = read_columns(csv(tmp_path, "sex,age,y\nm,,\nf,23,70\nm,30,80\n"), where="t.csv")
    assert [c.unit for c in columns] == ["", "", ""]
    assert len(columns[0].values) == 3


def test_two_comments_are_names_and_units(tmp_path):
    text = "# taken in May\n# T P\n# K W\n" + "".join(f"{i}.5 {i * i}.0\n" for i in range(1, N))
    columns = read_columns(csv(tmp_path, text, "t.dat"), where="t.dat")
    assert [(c.name, c.unit) for c in columns] == [("T", "K"), ("P", "W")]


def test_one_comment_of_names_that_read_as_units(tmp_path):
    text = "# taken in May\n# T P\n" + "".join(f"{i}.5 {i * i}.0\n" for i in range(1, N))
    columns = read_columns(csv(tmp_path, text, "t.dat"), where="t.dat")
    assert [(c.name, c.unit) for c in columns] == [("T", ""), ("P", "")]
