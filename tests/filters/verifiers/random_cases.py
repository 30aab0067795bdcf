"""Random cases for every entry of the verifiers that model text reaches.

Four kinds of text: random sequences of the grammar's own tokens, well-formed formulas that mean
little, real replies cut and spliced, random characters.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from filters.trace_format.tags import DIALECTS
from filters.verifiers import Case
from filters.verifiers.grammar import number_words, units, vocabulary, words

_COMMANDS = sorted(
    vocabulary.FUNCTIONS | set(vocabulary.RELATIONS) | set(vocabulary.SETS) | set(vocabulary.FENCES)
    | vocabulary.GREEK | set(vocabulary.COMMAND_BRACKETS) | vocabulary.NOT_A_FACTOR
) + (
    "frac dfrac sqrt binom int sum prod lim text mathrm overline bar left right begin end angle"
    " triangle boxed fbox mathbb vec circ degree prime infty pi emptyset Gamma phantom quad".split()
)  # fmt: skip
_SIGNS = [*"+-*/^_=<>!|%$€£¥.,;:'\"&~?()[]{}\\", "\\{", "\\}", "\\%", "\\$", "**", "<="]
_GLYPHS = list("²³½¼√∛∞π≤≥≠≈∈∪∩∖∅±∓°℃′″ℝℤ→∠⌊⌋⌈⌉∣，、；：。（）【】％￥…·×÷−٣５Ⅷ①")
_NUMBERS = [
    *"0123456789", "10", "12:30", ".5", "0.5", "1,000", "0.333...", "1e5", "2E-3", "10^{10}",
    "007", "999999999", "3 1/2", "5 or 6", "3:30 pm",
]  # fmt: skip
_WORDS = [
    *sorted(units.UNITS),
    *sorted(words._MEANING_OF),
    *sorted(number_words._ONES),
    *"a b c d e f g h i n x y z A B C D E AB ABC dx dy sinx million dozen half third per".split(),
    *"square and or not is the answer option apples knight knave Ann Bob".split(),
    *"万 亿 三百 十 点 分之 骑士 无赖".split(),
]
_ENVIRONMENTS = sorted(vocabulary.MATRICES | vocabulary.SYSTEMS)
_REPLY = [
    "\\boxed{", "}", "<answer>", "</answer>", "\n#### ", "**", "\n\n", "The answer is ", ". ",
    "Answer: ", "因此", "Therefore, ", "答案：", "```\n", "$$", "\\[", "\\]", "\\(", "\\)",
    *(tag for pair in DIALECTS for tag in pair),
]  # fmt: skip
_SHAPES = (
    r"""
    @+@  @-@  @@  @*@  @/@  \frac{@}{@}  @^{@}  (@)^@  -@  \sqrt{@}  \sqrt[@]{@}  |@|  @!  @'  @_{@}
    \binom{@}{@}  C(@,@)  (@,@)  [@,@)  \{@,@\}  \{@|@\}  @,@  @=@  @<@  @ \le @<@  @ or @  x=@
    @\cup @  @\cap @  @\setminus @  @\in @  @\pm @  @\approx @  @:@  @\bmod @  @\equiv @\pmod{@}
    \int_{@}^{@}@dx  \sum_{n=@}^{@}@  \prod_{n=@}^{@}@  \lim_{x\to @}@  \lfloor @\rfloor  x=@,y=@
    \begin{pmatrix}@&@\\@&@\end{pmatrix}  \begin{vmatrix}@\end{vmatrix}  @.\overline{@}  f(@)=@
    \begin{cases}@\\@\end{cases}  @ km @ m  @\text{ hours }@\text{ minutes}  @ apples  @°  @\%  \$@
""".replace("\n    ", "  ")
    .strip()
    .split("  ")
)
_LEAVES = r"""
    0 1 2 -1 3 10 100 0.5 1/0 \pi e i x y n x_1 f(x) AB \infty \mathbb{R} \emptyset
    12:30 90° 5\text{km}
""".split()


def expression(rng: random.Random, depth: int = 3) -> str:
    """Well formed, though it seldom means anything."""
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(_LEAVES)
    if rng.random() < 0.25:
        arguments = ",".join(expression(rng, depth - 1) for _ in range(rng.choice((1, 1, 1, 2, 3))))
        return f"\\{rng.choice(sorted(vocabulary.FUNCTIONS))}({arguments})"
    first, *parts = rng.choice(_SHAPES).split("@")
    return first + "".join(expression(rng, depth - 1) + part for part in parts)


def token(rng: random.Random) -> str:
    match rng.randrange(8):
        case 0 | 1:
            return rng.choice(_NUMBERS)
        case 2 | 3:
            return rng.choice(_SIGNS)
        case 4:
            return "\\" + rng.choice(_COMMANDS)
        case 5:
            return rng.choice(_WORDS)
        case 6:
            return rng.choice(_GLYPHS)
    return rng.choice((
        "{", "}", "{1}{2}", "(1,2)", "(1,2,3)", "_{2}", "^{2}", " ", "\\ ",
        f"\\begin{{{rng.choice(_ENVIRONMENTS)}}}", f"\\end{{{rng.choice(_ENVIRONMENTS)}}}",
        f"\\text{{{rng.choice(_WORDS)}}}", rng.choice(sorted(vocabulary.FUNCTIONS)) + "(",
    ))  # fmt: skip


def formula(rng: random.Random) -> str:
    joint = rng.choice(("", "", " "))
    return joint.join(token(rng) for _ in range(min(40, int(rng.expovariate(0.2)) + 1)))


def reply(rng: random.Random) -> str:
    parts = [
        rng.choice((rng.choice(_REPLY), formula(rng), rng.choice(_WORDS) + " "))
        for _ in range(rng.randrange(1, 12))
    ]
    return "".join(parts) + rng.choice(("", f"\\boxed{{{formula(rng)}}}"))


def noise(rng: random.Random) -> str:
    planes = (0x80, 0x250, 0x3000, 0xA000, 0x10000, 0x110000)
    top = rng.choice(planes)
    return "".join(chr(rng.randrange(top)) for _ in range(rng.randrange(60)))


def mutated(text: str, rng: random.Random) -> str:
    """Cut, doubled, spliced with tokens; most of it from the end, where answers are."""
    text = text[-rng.randrange(20, 1_500) :]
    for _ in range(rng.randrange(1, 6)):
        at, to = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        middle = rng.choice((token(rng), "", text[at:to] * 2, formula(rng), noise(rng)[:3]))
        text = text[:at] + middle + text[min(to, at + rng.randrange(20)) :]
    return text


def cases(seed: int, replies: list[str]) -> Iterator[Case]:
    """Endless pairs of every kind of case, the same for the same seed and replies."""
    rng = random.Random(seed)
    texts: list[Callable[[], str]] = [
        lambda: formula(rng),
        lambda: reply(rng),
        lambda: noise(rng),
        lambda: expression(rng),
        lambda: f"\\boxed{{{expression(rng)}}}",
    ]
    if replies:
        texts.append(lambda: mutated(rng.choice(replies), rng))
    golds: list[Callable[[], str]] = [
        lambda: formula(rng),
        lambda: expression(rng),
        lambda: expression(rng, 2),
        lambda: rng.choice((*_NUMBERS, *_WORDS, "\\frac{1}{2}", "x+1", "(1,2)", "\\{1,2\\}", "A")),
        lambda: noise(rng),
    ]
    while True:
        prediction, gold = rng.choice(texts)(), rng.choice(golds)()
        if rng.random() < 0.1:
            gold = mutated(prediction, rng)
        yield Case(
            prediction,
            gold,
            kind=rng.choices(("math", "choice", "exact", "logic"), (9, 1, 1, 1))[0],
            bare=rng.random() < 0.5,
            choices=(formula(rng), reply(rng)) if rng.random() < 0.1 else None,
            params={"decimals": rng.randrange(-2, 9)} if rng.random() < 0.05 else {},
        )
