"""Text nobody wants to read: walls, code in the thinking, broken marks, garbage, false ends."""

from __future__ import annotations

import re
from random import Random

from ..places import between, gaps, paragraphs, put
from ..rows import Row, parts, rebuilt
from ..sound import draft, families_of, thinking
from ..texts import lines

CODE = (
    "```python\ndef solve(values):\n    total = 0\n    for v in values:\n        total += v\n"
    "    return total\n\nprint(solve([3, 5, 8]))\n```",
    "```\nfor i in range(1, n + 1):\n    if n % i == 0:\n        print(i)\n```",
    "```cpp\n#include <iostream>\nint main() {\n    int a, b;\n    std::cin >> a >> b;\n"
    '    std::cout << a + b << "\\n";\n}\n```',
    "~~~js\nconst best = rows.map(r => r.price * r.count).reduce((a, b) => a + b, 0);\n~~~",
)
BROKEN_LATEX = (
    "\\[ S = \\frac{12(3 + 8}{2} = 66",
    "\\begin{align} x + y &= 12 \\\\ x - y &= 4",
    "Hence \\(x = \\frac{7}{2 and the rest follows.",
    "\\[ \\left( a + b ^2 = a^2 + 2ab + b^2 \\]",
    "\\[ \\sum_{k=1}^{n k^2 = \\frac{n(n+1)(2n+1)}{6} \\]",
    "$$ \\int_0^1 x^2 \\, dx = \\frac{1}{3}",
    "The result is \\boxed{42 as computed above.",
)
SYMBOLS = "#@%&*^~|\\/<>{}[]()=+-_;:!?.,'\"`$€§°¬¦¤†‡•◊≈∂∆∑"
SALAD = (
    "flum Daymatch styl Nagos Inferno_ ]]( propri causeway;; Hookcycle (^ mosaic lowered --- "
    'Approximately:: dental ]], Wallsmit mog Brotherly\\x rivers .NET hint_covet "): unlock '
    "Carrie summoned leveraging//primal } Storage.paid tasks Algebra(( nearing Resolution)]. Sur "
    "magnesium alternate mysterical :-- astrono ){ deductible Heart Hold coherent@ lingering "
    "compr disast() 中心 было شو Equivalent,,, civil denotes missing* Tradition;} sofware liquid "
    "map==tag Device~ Mood propertyn 설정 nom >>strike ;java Return_hosp inner Logical'"
).split()


def _told(row: Row, rng: Random, least: int) -> list[str]:
    """Fresh sound paragraphs in the row's language, no two families alike in a row."""
    out: list[str] = []
    names = families_of(row["language"])
    while sum(map(len, out)) < least:
        for name in rng.sample(names, len(names)):
            out += thinking(rng, draft(rng, row["language"], name), 2)
    return out


def _flat(row: Row, pieces: list[str]) -> str:
    blank = "" if row["language"] in ("zh", "ja") else " "
    return blank.join(p.replace("\n", blank or "；") for p in pieces)


def _upto(pieces: list[str], length: int) -> list[str]:
    total, out = 0, []
    for piece in pieces:
        if total >= length:
            break
        out.append(piece)
        total += len(piece)
    return out


def _wide(row: Row) -> float:
    """One Chinese character says about as much as three Latin letters."""
    return 0.35 if row["language"] in ("zh", "ja") else 1.0


def long_paragraph(row: Row, rng: Random) -> Row:
    """One paragraph of several pages among others of normal size."""
    length = int(rng.choice((6000, 9000, 14000)) * _wide(row))
    long = _flat(row, _upto(_told(row, rng, length), length))
    return rebuilt(row, thinking=between(rng, parts(row).thinking, long))


def wall(row: Row, rng: Random) -> Row:
    """The whole thinking without a single line break."""
    length = int(rng.choice((7000, 10000, 16000)) * _wide(row))
    rest = _upto(_told(row, rng, length), length)
    return rebuilt(row, thinking=_flat(row, [*paragraphs(parts(row).thinking), *rest]))


def code_in_thinking(row: Row, rng: Random) -> Row:
    return rebuilt(row, thinking=between(rng, parts(row).thinking, rng.choice(CODE)))


def broken_latex(row: Row, rng: Random) -> Row:
    """An environment, brace or delimiter that is opened and never closed, in the summary."""
    return rebuilt(row, summary=f"{parts(row).summary}\n\n{rng.choice(BROKEN_LATEX)}")


def unclosed_fence(row: Row, rng: Random) -> Row:
    code = rng.choice(CODE[:3])
    return rebuilt(row, summary=f"{parts(row).summary}\n\n{code.rsplit('```', 1)[0].rstrip()}")


def _garbled(text: str) -> str:
    """UTF-8 read as a one-byte code page: what `Ã©` and `â€™` come from."""
    return text.encode("utf-8").decode("cp1252", errors="replace").replace("�", "\x9d")


def mojibake(row: Row, rng: Random) -> Row:
    """Apostrophes, dashes and accents (or all characters of a Chinese sentence) decoded wrongly."""
    own = paragraphs(parts(row).thinking)
    if row["language"] in ("zh", "ja", "ru"):
        at = rng.choice([i for i, p in enumerate(own) if sum(ord(c) > 255 for c in p) > 5])
        own[at] = _garbled(own[at])
        return rebuilt(row, thinking="\n\n".join(own))
    typed = "\n\n".join(own).replace("'", "’").replace(" - ", " – ").replace('"', "”")
    extra = rng.choice(
        (
            "I don’t see a café – or do I?",
            "It’s the naïve way – it isn’t wrong.",
            "“Right,” I’d say…",
        )
    )
    return rebuilt(row, thinking=_garbled(put(rng, typed, extra)))


def replacement_character(row: Row, rng: Random) -> Row:
    thinking = parts(row).thinking
    for _ in range(rng.choice((2, 4, 12))):
        at = rng.choice([i for i, char in enumerate(thinking) if char.isalpha()])
        thinking = thinking[:at] + "�" + thinking[at + 1 :]
    return rebuilt(row, thinking=thinking)


def symbol_soup(row: Row, rng: Random) -> Row:
    soup = "".join(rng.choice(SYMBOLS + "  ") for _ in range(rng.choice((120, 250, 800))))
    if rng.random() < 0.5:
        return rebuilt(row, thinking=put(rng, parts(row).thinking, soup))
    return rebuilt(row, thinking=between(rng, parts(row).thinking, soup))


def token_soup(row: Row, rng: Random) -> Row:
    """What a derailed model writes: scraps of words, code and scripts without any grammar."""
    soup = " ".join(rng.choice(SALAD) for _ in range(rng.choice((60, 120, 400))))
    if rng.random() < 0.5:
        return rebuilt(row, summary=f"{parts(row).summary} {soup}")
    return rebuilt(row, thinking=between(rng, parts(row).thinking, soup))


def unfinished_summary(row: Row, rng: Random) -> Row | None:
    """The summary stops in the middle of a sentence although the model says it was done."""
    old = parts(row).summary
    tails = {
        "en": (
            "Therefore, the",
            "The final answer is",
            "So the answer is \\boxed{",
            "In total, we",
        ),
        "zh": ("所以，最终的", "因此答案", "综上所述，这个"),
    }
    if row["language"] not in tails or "```" in old:
        return None
    kept = old[: gaps(old)[0]] if gaps(old) and rng.random() < 0.5 else paragraphs(old)[0]
    kept = re.sub(r"\\\[|\\\]|\\boxed|```\w*", "", kept).strip()
    tail = rng.choice(tails[row["language"]])
    return {
        **rebuilt(row, summary=f"{kept}\n\n{tail}"),
        "finish_reason": rng.choice(("stop", None)),
    }


def contradicting_summary(row: Row, rng: Random) -> Row | None:
    """The thinking ends with one number, the summary boxes another."""
    gold, old = row["gold"], parts(row)
    boxed = f"\\boxed{{{gold}}}"
    last = paragraphs(old.thinking)[-1]
    if not gold or not gold.lstrip("-").isdigit() or boxed not in old.summary or gold not in last:
        return None
    other = str(int(gold) + rng.choice((-30, -7, -1, 1, 2, 9, 100)))
    return rebuilt(
        row, summary=re.sub(rf"(?<![\d.]){re.escape(gold)}(?!\d|\.\d)", other, old.summary)
    )


PLAIN = (
    "river candle orbit velvet saddle copper window garden thunder pencil marble lantern harvest "
    "button mirror pepper anchor ribbon tunnel basket ladder whistle timber feather pillow silver "
    "cabin meadow hammer kettle rocket blanket planet cotton dragon bottle jacket camera ticket"
).split()


def web_page(row: Row, rng: Random) -> Row:
    """Tags, entities, navigation and banners of a page that was crawled."""
    left = rng.choice(lines("web", "left_overs"))
    if rng.random() < 0.5:
        return rebuilt(row, summary=f"{parts(row).summary}\n\n{left}")
    return rebuilt(row, thinking=between(rng, parts(row).thinking, left))


def plain_salad(row: Row, rng: Random) -> Row:
    """Ordinary words in no order and without a sign."""
    words = [w for _ in range(rng.choice((1, 2, 4))) for w in rng.sample(PLAIN, len(PLAIN))]
    return rebuilt(row, thinking=between(rng, parts(row).thinking, " ".join(words)))


def shuffled_words(row: Row, rng: Random) -> Row | None:
    """Words of prose in no order and without a sign."""
    words = re.findall(r"\b[a-z]{2,}\b", " ".join(_told(row, rng, 2500)))
    if row["language"] != "en":
        return None
    salad = " ".join(rng.sample(words, rng.choice((45, 55, 90))))
    return rebuilt(row, thinking=between(rng, parts(row).thinking, salad))


DEFECTS = {
    "long_paragraph": long_paragraph,
    "wall": wall,
    "code_in_thinking": code_in_thinking,
    "broken_latex": broken_latex,
    "unclosed_fence": unclosed_fence,
    "mojibake": mojibake,
    "replacement_character": replacement_character,
    "symbol_soup": symbol_soup,
    "token_soup": token_soup,
    "web_page": web_page,
    "plain_salad": plain_salad,
    "shuffled_words": shuffled_words,
    "unfinished_summary": unfinished_summary,
    "contradicting_summary": contradicting_summary,
}
