"""One spelling for every sign: unicode mathematics and full-width forms become ASCII or TeX, so
that the parser meets a single alphabet. Every step is linear in the length of the text."""

from __future__ import annotations

import re
import unicodedata

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿˣ", "0123456789+-()nx")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+-")
_RAISED = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿˣ]+")
_LOWERED = re.compile(r"[₀₁₂₃₄₅₆₇₈₉₊₋]+")
_VULGAR = {c: unicodedata.normalize("NFKC", c).split("⁄") for c in "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"}
_SIGNS = {c: rf"\frac{{{top}}}{{{bottom}}}" for c, (top, bottom) in _VULGAR.items()} | {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "﹣": "-", "－": "-",
    "×": r"\times ", "✕": r"\times ", "⨯": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ",
    "∙": r"\cdot ", "•": r"\cdot ", "∗": "*", "÷": r"\div ", "∕": "/", "⁄": "/", "／": "/",
    "√": r"\root ", "∛": r"\cuberoot ", "∞": r"\infty ", "π": r"\pi ", "𝜋": r"\pi ",
    "≤": r"\le ", "⩽": r"\le ", "≦": r"\le ", "≥": r"\ge ", "⩾": r"\ge ", "≧": r"\ge ",
    "≠": r"\ne ", "≈": r"\approx ", "≃": r"\approx ", "≅": r"\approx ", "∼": r"\approx ",
    "≡": r"\equiv ", "∈": r"\in ", "∉": r"\notin ", "∪": r"\cup ", "∩": r"\cap ",
    "∖": r"\setminus ", "⊂": r"\subset ", "∅": r"\emptyset ", "Ø": r"\emptyset ",
    "±": r"\pm ", "∓": r"\mp ", "°": r"^\circ ", "º": r"^\circ ", "˚": r"^\circ ",
    "℃": r"^\circ C", "℉": r"^\circ F", "′": "'", "″": "''", "’": "'", "‘": "'", "“": '"',
    "«": '"', "»": '"', "「": '"', "」": '"', "„": '"',
    "”": '"', "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}",
    "ℂ": r"\mathbb{C}", "→": r"\to ", "⇒": r"\implies ", "∠": r"\angle ", "△": r"\triangle ",
    "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "∣": "|", "¬": r"\neg ",
    "，": ",", "、": ",", "；": ";", "：": ":", "。": ". ", "．": ".", "（": "(", "）": ")",
    "【": "[", "】": "]", "｛": "{", "｝": "}", "％": "%", "＄": "$", "￥": "¥", "…": r"\ldots ",
    "∧": r"\land ", "∨": r"\lor ", "⟨": "(", "⟩": ")", "〈": "(", "〉": ")",
    "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "", "\u2061": "",
    "\u2062": r"\cdot ", "\u202f": "\u00a0", "\u2009": "\u00a0", "\u2003": " ", "\u3000": " ",
}  # fmt: skip
_TABLE = str.maketrans(_SIGNS)


def plain_signs(text: str) -> str:
    """The text with every known sign spelled as ASCII or TeX; `x²` becomes `x^{2}`."""
    if text.isascii():
        return text
    text = _RAISED.sub(lambda m: "^{" + m[0].translate(_SUPERSCRIPTS) + "}", text)
    text = _LOWERED.sub(lambda m: "_{" + m[0].translate(_SUBSCRIPTS) + "}", text)
    text = text.translate(_TABLE)
    return text if text.isascii() else unicodedata.normalize("NFKC", text)
