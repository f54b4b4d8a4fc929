"""The page and the paper: self-contained, escaped, honest, and they compile."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from discover.report import render
from discover.report.inline import inline_svg
from discover.report.page import page
from discover.report.paper import paper
from discover.report.references import Citation, bibtex, citations
from discover.report.rows import constant_rows, r2_text

_spec = importlib.util.spec_from_file_location("fake_run", Path(__file__).with_name("fake_run.py"))
fake_run = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fake_run)

VOID = {"meta", "br", "img", "link", "hr", "input", "wbr"}


class Reader(HTMLParser):
    """Checks nesting; collects tags, attributes and the text outside style."""

    def __init__(self, source):
        super().__init__()
        self.open, self.tags, self.attributes, self.words, self.ids = [], [], [], [], []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        self.ids += [value for key, value in attrs if key == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def whole():
    data = fake_run.dataset(400)
    run = fake_run.run(data)
    return run, render(run, data, fake_run.network(17))


CASES = {
    "plain": lambda: (fake_run.run(), None),
    "named": fake_run.named,
    "found_nothing": fake_run.found_nothing,
    "long_law": fake_run.long_law,
    "measured": fake_run.measured,
}


def test_all_files_are_there(whole):
    _, files = whole
    names = ("front", "parity", "residuals", "network", "attribution", "losses", "null", "rungs")
    expected = {f"figures/{name}.{kind}" for name in names for kind in ("svg", "pdf")}
    expected |= {"report.html", "paper/law.tex", "paper/table.tex", "paper/report.tex"}
    assert set(files) >= expected | {"paper/references.bib"}
    for name in re.findall(r"includegraphics.*?\{(\w+\.pdf)\}", files["paper/report.tex"]):
        assert f"figures/{name}" in files


def test_no_section_of_the_paper_is_empty(whole):
    run, files = whole
    fields = replace(run, stages=run.stages[:1], null=None)  # equations of fields have no parity
    for text in (files["paper/report.tex"], paper(fields, {})["report.tex"]):
        assert not re.search(r"\\section\{[^}]*\}\s*(\\section|\\appendix|\\end\{document)", text)


def test_the_page_needs_nothing_else(whole):
    _, files = whole
    reader = Reader(files["report.html"])
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & set(reader.tags)
    for tag, key, value in reader.attributes:
        if key in ("src", "srcset", "data", "poster"):
            pytest.fail(f"{tag} loads {value}")
        if key in ("href", "xlink:href"):
            assert value.startswith("#") or (tag == "a" and value.startswith("https://"))
        assert not key.startswith("on")
    assert not re.search(r"@import|url\((?!#)", files["report.html"])
    assert len(reader.ids) == len(set(reader.ids))


def test_references_inside_the_page_resolve(whole):
    _, files = whole
    reader = Reader(files["report.html"])
    used = re.findall(r'(?:href="#|url\(#)([^")]+)', files["report.html"])
    assert set(used) <= set(reader.ids)


@pytest.mark.parametrize("case", CASES)
def test_every_case_gives_a_well_formed_page(case):
    run, _ = CASES[case]()
    Reader(page(run, {}))


def test_hostile_texts_stay_texts():
    run, _ = fake_run.named()
    reader = Reader(page(run, {}))
    assert "script" not in reader.tags
    assert not any(key.startswith("on") for _, key, _ in reader.attributes)
    for word in fake_run.HOSTILE:
        assert " ".join(word.split()) in reader.text


def test_hostile_texts_do_nothing_in_latex():
    run, _ = fake_run.named()
    files = paper(run, {})
    for text in files.values():
        assert not re.search(
            r"(?<!\\)\\(input|write|def(?!\\@captype)|csname|catcode|openin|read)\b", text
        )
        assert text.count(r"\end{document}") <= 1
    bib = re.sub(r"\\[{}]", "", files["references.bib"])
    assert bib.count("{") == bib.count("}")
    assert files["references.bib"].count("\n@") == len(citations(run)) - 1


def test_the_result_stands_at_the_top():
    run = fake_run.run()
    test = run.law.accuracy["test"]
    text = Reader(page(run, {})).text
    head = text[: text.index("Constants")]
    assert f"r² = {r2_text(test.r2)}" in head
    assert "600 test rows that nobody fitted" in head
    assert "natural slope" in head
    assert "shuffled copies" in head
    assert "No law was found" not in head


@pytest.mark.parametrize("why", ["mean", "null"])
def test_no_law_is_said_at_the_top(why):
    run = fake_run.run()
    run = (
        replace(run, selected=0)
        if why == "mean"
        else replace(run, null=replace(run.null, p_value=0.4))
    )
    said = {"mean": ": nothing that was tried beats its mean", "null": " that beats the null"}
    for text in (Reader(page(run, {})).text, paper(run, {})["report.tex"]):
        top = " ".join(text[: text.index("Constants")].replace(r"\allowbreak{}", "").split())
        assert f"No law was found for signature{said[why]}" in top


def test_what_was_not_done_is_said():
    run, _ = fake_run.found_nothing()
    text = Reader(page(run, {})).text
    assert "No null control was run" in text
    assert "No hypothesis was given" in text
    assert "outside the range of these data" in text


def test_nothing_about_rounding_in_a_regression():
    run, _ = fake_run.measured()
    text = Reader(page(run, {})).text
    assert "exact" not in text
    assert "rms [yr] test" in text


def test_a_constant_has_the_digits_of_its_interval():
    run = fake_run.run()
    (row,) = constant_rows(run.law)
    assert (row.value, row.low, row.high) == ("−0.4293", "−0.4336", "−0.4250")
    assert row.level.startswith("95")


def test_a_constant_without_an_interval_says_so():
    run = fake_run.run()
    bare = replace(run.law, constants=(replace(run.law.constants[0], low=None, high=None),))
    laws = tuple(bare if law is run.law else law for law in run.laws)
    assert "no interval was computed" in Reader(page(replace(run, laws=laws), {})).text


def test_a_line_break_never_falls_inside_a_term():
    run, _ = fake_run.long_law()
    body = paper(run, {})["law.tex"]
    lines = re.split(r"\\\\\n", body)
    assert len(lines) > 3
    assert all(line.count("{") == line.count("}") for line in lines)


def test_the_same_run_gives_the_same_bytes(whole):
    run, files = whole
    assert {f"paper/{k}": v for k, v in paper(run, _pictures(files)).items()}.items() <= (
        files.items()
    )
    assert page(run, {}) == page(run, {})


def _pictures(files):
    from discover.report.pictures import Picture, _drawn

    run, data = fake_run.run(fake_run.dataset(400)), fake_run.dataset(400)
    return {
        name: Picture(name=name, caption=caption, svg="", pdf=b"", width=figure.get_figwidth())
        for name, caption, figure in _drawn(run, data, fake_run.network(17), None)
    }


def test_rows_beyond_are_drawn_where_they_have_the_columns_of_the_law():
    from discover.dataset import Beyond
    from discover.report.pictures import pictures

    data = fake_run.dataset(400)
    run = replace(fake_run.run(data), beyond=data.source)
    held = dict(zip(data.names, data.x.T, strict=True))
    drawn = pictures(run, data, None, Beyond(columns=held, y=data.y, source=data.source))
    assert "beyond the range of the table" in drawn["beyond"].caption
    few = {"volume": held["volume"]}
    assert "beyond" not in pictures(
        run, data, None, Beyond(columns=few, y=data.y, source=data.source)
    )


def test_bibtex_stays_one_entry():
    entry = bibtex(Citation(key="k", kind="misc", role="", fields={"note": "}\n@evil{x, #%"}))
    assert entry.count("\n}") == 1
    assert entry.count("{") == entry.count("}")


def test_links_are_made_of_numbers_only():
    wild = Citation(key="k", kind="misc", role="", fields={"doi": '10.1000/x" onclick="y'})
    assert wild.link == ""
    (method,) = [c for c in citations(fake_run.run()) if c.role == "method"]
    assert method.link == "https://arxiv.org/abs/2404.19756"


def test_people_are_turned_round_and_institutions_are_not():
    def text(author):
        return Citation(key="k", kind="misc", role="", fields={"author": author, "title": "T"}).text

    assert text("van der Waals, Johannes and Kepler, J.") == "Johannes van der Waals, J. Kepler, T"
    assert text("Jet Propulsion Laboratory, Dynamics") == "Jet Propulsion Laboratory, Dynamics, T"


def test_svg_of_unknown_make_is_refused():
    with pytest.raises(ValueError, match="view box"):
        inline_svg("<p>no</p>", name="a", alt="b")


def _compile(folder):
    for _ in range(2):
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape",
             "report.tex"],
            cwd=folder, capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:].decode(errors="replace")
    return (folder / "report.log").read_text(errors="replace")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("case", ["whole", "named", "found_nothing", "long_law"])
def test_the_paper_compiles(case, tmp_path, request):
    if case == "whole":
        _, files = request.getfixturevalue("whole")
    else:
        run, _ = CASES[case]()
        files = {f"paper/{name}": text for name, text in paper(run, {}).items()}
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    log = _compile(tmp_path / "paper")
    overfull = [float(x) for x in re.findall(r"Overfull \\hbox \(([0-9.]+)pt", log)]
    assert max(overfull, default=0.0) < 20
    assert "Reference" not in re.findall(r"LaTeX Warning: (\w+)", log)
    if case == "whole":  # fonts of outlines only: bitmaps look bad on a screen
        assert "pk>" not in log
