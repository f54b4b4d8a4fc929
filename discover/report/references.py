"""What a paper that uses the run should cite: the data, the method, and who proposed what."""

import re
from dataclasses import dataclass, field

from discover import sources
from discover.notation import escape_latex
from discover.record import Run

_METHOD_KEY = "liu2024kan"


@dataclass(frozen=True, kw_only=True)
class Citation:
    """One entry of the bibliography.

    Attributes:
        key: BibTeX key, letters and digits.
        kind: BibTeX entry type.
        fields: BibTeX fields as plain text.
        role: Why it is cited, in a few words.
    """

    key: str
    kind: str
    role: str
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The entry as one line of plain text."""
        known = self.fields
        if "title" not in known:
            return known.get("note", "")
        where = next((f"{k}:{known[k]}" for k in ("doi", "arXiv") if k in known), None)
        parts = [
            _people(known.get("author", "")), known["title"], known.get("journal"),
            known.get("year"), where or known.get("url"),
        ]  # fmt: skip
        return ", ".join(part for part in parts if part)

    @property
    def link(self) -> str:
        """An https address made from its DOI or arXiv number, empty where it has neither."""
        for key, pattern, address in (
            ("doi", r"10\.[0-9]{4,9}/[A-Za-z0-9._;()/:\-]+", "https://doi.org/"),
            ("arXiv", r"[0-9]{4}\.[0-9]{4,5}", "https://arxiv.org/abs/"),
        ):
            value = self.fields.get(key, "")
            if re.fullmatch(pattern, value):
                return address + value
        return ""


def _people(authors: str) -> str:
    """BibTeX authors as one reads them: first names first, and no more than three."""
    names = [_first_name_first(name) for name in authors.split(" and ")]
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} et al."


def _first_name_first(name: str) -> str:
    """``Family, Given`` turned round; an institution with a comma in its name stays as it is."""
    family, _, given = name.partition(", ")
    person = given and sum(word[:1].isupper() for word in family.split()) == 1
    return f"{given} {family}" if person else name


def citations(run: Run) -> tuple[Citation, ...]:
    """The data's references, then the method, then the hypotheses' sources."""
    method = Citation(
        key=_METHOD_KEY,
        kind="article",
        role="method",
        fields={
            "author": "Liu, Ziming and Wang, Yixuan and Vaidya, Sachin and Ruehle, Fabian and "
            "Halverson, James and Soljačić, Marin and Hou, Thomas Y. and Tegmark, Max",
            "title": "KAN: Kolmogorov-Arnold Networks",
            "journal": "arXiv preprint",
            "year": "2024",
            "arXiv": "2404.19756",
        },
    )
    weak = Citation(
        key="messenger2021weak",
        kind="article",
        role="method",
        fields={
            "author": "Messenger, Daniel A. and Bortz, David M.",
            "title": "Weak SINDy for partial differential equations",
            "journal": "Journal of Computational Physics 443, 110525",
            "year": "2021",
            "doi": "10.1016/j.jcp.2021.110525",
        },
    )
    data = [c for c in _data(run) if c.fields.get("arXiv") != method.fields["arXiv"]]
    return (*data, *([] if run.forecast is None else [weak]), method, *_hypotheses(run))


def _data(run: Run) -> list[Citation]:
    name = run.recipe.data.source
    if name is None or name not in sources.names():
        return []
    out = []
    for k, reference in enumerate(sources.card(name).references, start=1):
        authors = reference.authors
        known = {
            "author": authors if isinstance(authors, str) else " and ".join(authors),
            "title": reference.title,
            "journal": reference.journal,
            "year": str(reference.year),
            "doi": reference.doi,
            "arXiv": reference.arxiv,
            "url": reference.url,
        }
        out.append(
            Citation(
                key=f"data{k}",
                kind="article" if reference.journal else "misc",
                role="data",
                fields={key: value for key, value in known.items() if value},
            )
        )
    return out


def _hypotheses(run: Run) -> list[Citation]:
    cited = []
    for k, hypothesis in enumerate(run.hypotheses, start=1):
        if not hypothesis.source.strip():
            continue
        fields = {"note": " ".join(hypothesis.source.split())}
        doi = re.search(r"10\.[0-9]{4,9}/[A-Za-z0-9._;()/:\-]+", hypothesis.source)
        if doi:
            fields["doi"] = doi[0].rstrip(".,;)")
        cited.append(
            Citation(
                key=f"hypothesis{k}", kind="misc", role=f"hypothesis {hypothesis.name}",
                fields=fields,
            )
        )  # fmt: skip
    return cited


def bibtex(citation: Citation) -> str:
    r"""The entry for a .bib file; whatever its fields hold, it stays one entry.

    Example:
        >>> print(bibtex(Citation(key="a", kind="misc", role="", fields={"note": "100%}"})))
        @misc{a,
          note = {100\%)},
        }
    """
    # BibTeX counts braces, escaped or not, so that none of the text's own may remain.
    lines = [
        f"  {'eprint' if key == 'arXiv' else key} = {{{_balanced(value)}}},"
        for key, value in citation.fields.items()
    ]
    return "\n".join([f"@{citation.kind}{{{citation.key},", *lines, "}"])


def _balanced(text: str) -> str:
    return escape_latex(text.translate({ord("{"): "(", ord("}"): ")", ord("\\"): "/"}))
