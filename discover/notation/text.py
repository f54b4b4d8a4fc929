r"""Any text as harmless LaTeX: names, units, paths and sentences of a recipe or a table.

The output compiles with pdflatex, its default fonts and `amsmath`, whatever the input was; a
sign that no such font holds is written as its code point.
"""

import unicodedata
from itertools import pairwise

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "varrho": "ϱ",
    "sigma": "σ", "varsigma": "ς", "tau": "τ", "upsilon": "υ", "phi": "ϕ", "varphi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ",
    "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''",
    "'": "'", "`": r"\textasciigrave{}",
    "\u00a0": "~", "\u202f": r"\,", "\u2009": r"\,",
    "–": "--", "—": "---", "−": r"\ensuremath{-}", "±": r"\ensuremath{\pm}",
    "×": r"\ensuremath{\times}", "·": r"\ensuremath{\cdot}", "…": r"\dots{}",
    "°": r"\ensuremath{^{\circ}}", "µ": r"\ensuremath{\mu}", "∞": r"\ensuremath{\infty}",
    "≤": r"\ensuremath{\leq}", "≥": r"\ensuremath{\geq}", "≈": r"\ensuremath{\approx}",
    "√": r"\ensuremath{\surd}", "∂": r"\ensuremath{\partial}", "ℓ": r"\ensuremath{\ell}",
    "ħ": r"\ensuremath{\hbar}", "⊙": r"\ensuremath{\odot}", "⁻": r"\ensuremath{^{-}}",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}",
    "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "§": r"\S{}", "¶": r"\P{}",
    "’": "'", "‘": "`", "“": "``", "”": "''",
} | {sign: rf"\ensuremath{{\{name}}}" for name, sign in GREEK.items()}  # fmt: skip


def _sign(sign: str) -> str:
    if sign in _SPECIAL:
        return _SPECIAL[sign]
    if sign.isascii():
        return sign if sign.isprintable() else " "
    if sign == "\u212b":  # the unit sign of the angstrom
        return _sign("Å")
    if "\u00c0" <= sign <= "\u017f" and unicodedata.category(sign).startswith("L"):
        # Accented Latin letters, taken apart: font encodings differ, accents do not.
        parts = unicodedata.normalize("NFD", sign)
        accent = _ACCENTS.get(parts[1:])
        if accent is not None:
            return rf"\{accent}{{{parts[0]}}}"
    plain = unicodedata.normalize("NFKC", sign)
    if sign != plain and plain.isascii() and plain.isalnum():
        return rf"\ensuremath{{^{{{plain}}}}}" if "SUPERSCRIPT" in _name(sign) else plain
    if plain != sign and plain in _SPECIAL:
        return _SPECIAL[plain]
    return rf"[U+{ord(sign):04X}]"


def _name(sign: str) -> str:
    return unicodedata.name(sign, "")


_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0308": '"', "\u030a": "r",
    "\u0327": "c", "\u030c": "v", "\u0304": "=", "\u0306": "u", "\u0307": ".",
}  # fmt: skip


def escape_latex(text: str) -> str:
    r"""`text` so that LaTeX sets it as it stands and does nothing else.

    Example:
        >>> escape_latex(r"\input{/etc/passwd} 100% a_b")
        '\\textbackslash{}input\\{/etc/passwd\\} 100\\% a\\_b'
        >>> escape_latex("Å²")
        '\\r{A}\\ensuremath{^{2}}'
    """
    # Two hyphens in a row would become a dash.
    pairs = pairwise(f" {text}")
    return "".join("{}-" if before == sign == "-" else _sign(sign) for before, sign in pairs)
