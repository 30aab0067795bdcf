"""Loops: exact, drifting, counting; at the tail or in the middle; of words, lines, paragraphs."""

from __future__ import annotations

from random import Random

from ..places import between, gaps, paragraphs, sentences
from ..rows import Row, parts, rebuilt

COUNTING = (
    "Wait, check number {i}: the total is {x}, so the answer holds.",
    "Attempt {i}: I start over from the beginning and read the problem again.",
    "({i}) Let me verify once more that the result is right.",
    "Step {i}: continue in the same way as in step {j}.",
    "So after {i} rounds we are still at {x}, and we go on.",
)
COUNTING_ZH = (
    "第{i}次检查：结果还是{x}，没有问题。",
    "步骤{i}：按照步骤{j}的方法继续。",
    "再想一遍（第{i}遍），题目问的是什么呢？",
)
DRIFTING = (
    "Alternatively, maybe the expression refers to a problem in an online {topic} service, but "
    "without knowing more it is impossible.",
    "Or perhaps the question comes from a {topic} textbook, so I would need the context.",
    "Hmm, if I think of it as a {topic} question, I still can't decide.",
)
TOPICS = (
    "payroll tax travel sports music fitness dating cooking banking gardening insurance medical "
    "shipping housing fashion gaming weather hiring chess legal teaching photo energy parking "
    "dental airline hotel recipe rental pension"
).split()


def _own_sentence(row: Row, rng: Random) -> str | None:
    found = sentences(parts(row).thinking, 12 if row["language"] in ("zh", "ja") else 35)
    return rng.choice(found) if found else None


def _joined(row: Row, pieces: list[str]) -> str:
    return ("" if row["language"] in ("zh", "ja") else " ").join(pieces)


def _at_tail(row: Row, rng: Random, loop: str) -> Row:
    """The loop runs until the token limit, or the trace ends properly after it."""
    thinking = f"{parts(row).thinking}\n\n{loop}"
    if rng.random() < 0.5:
        return rebuilt(row, thinking=thinking)
    cut = thinking[: -rng.randint(1, 12)]
    return {**row, "response": f"<think>\n{cut}", "finish_reason": rng.choice(("length", None))}


def exact_tail(row: Row, rng: Random) -> Row | None:
    sentence = _own_sentence(row, rng)
    if sentence is None:
        return None
    return _at_tail(row, rng, _joined(row, [sentence] * rng.choice((10, 20, 60, 200))))


def exact_middle(row: Row, rng: Random) -> Row | None:
    sentence = _own_sentence(row, rng)
    if sentence is None:
        return None
    loop = _joined(row, [sentence] * rng.choice((10, 15, 30, 80)))
    return rebuilt(row, thinking=between(rng, parts(row).thinking, loop))


def cycle(row: Row, rng: Random) -> Row | None:
    """A round of several sentences that comes again and again."""
    found = sentences(parts(row).thinking, 10)
    if len(found) < 3:
        return None
    turn = rng.sample(found, min(len(found), rng.randint(3, 6)))
    loop = "\n\n".join([_joined(row, turn)] * rng.choice((6, 10, 25)))
    return _at_tail(row, rng, loop)


def counting(row: Row, rng: Random) -> Row | None:
    """The same sentence with a counter that moves, so that no two are equal."""
    if row["language"] not in ("en", "zh"):
        return None
    told = rng.choice(COUNTING if row["language"] == "en" else COUNTING_ZH)
    start, x = rng.randint(1, 40), rng.randint(2, 900)
    numbers = range(start, start + rng.choice((25, 40, 90)))
    steps = [told.format(i=i, j=i - 1, x=x) for i in numbers]
    return _middle_or_tail(row, rng, rng.choice(("\n", "\n\n", " ")).join(steps))


def drifting(row: Row, rng: Random) -> Row | None:
    """One phrase over and over with a single word exchanged."""
    if row["language"] != "en":
        return None
    told, topics = rng.choice(DRIFTING), rng.sample(TOPICS, rng.randint(16, 30))
    return _middle_or_tail(row, rng, "\n\n".join(told.format(topic=t) for t in topics))


def _middle_or_tail(row: Row, rng: Random, loop: str) -> Row:
    if rng.random() < 0.5:
        return rebuilt(row, thinking=between(rng, parts(row).thinking, loop))
    return _at_tail(row, rng, loop)


def repeated_lines(row: Row, rng: Random) -> Row:
    own = {"zh": ("结果是{x}。", "答案：{x}")}.get(row["language"], ("= {x}", "**{x}**"))
    english = ("**Final Answer**", "Answer: {x}", "So the total is {x}.")
    line = rng.choice(english if row["language"] == "en" else own).format(x=rng.randint(2, 5000))
    thinking = between(rng, parts(row).thinking, "\n".join([line] * rng.choice((14, 25, 60))))
    return rebuilt(row, thinking=thinking)


def repeated_paragraphs(row: Row, rng: Random) -> Row | None:
    """Paragraphs of some length word for word again, side by side or with others between."""
    shortest = 60 if row["language"] in ("zh", "ja") else 150
    own = paragraphs(parts(row).thinking)
    long = [p for p in own if len(p) >= shortest and not p.startswith(("|", "\\["))]
    if not long:
        return None
    again, copies = rng.choice(long), rng.choice((5, 6, 9))
    if rng.random() < 0.5:
        return rebuilt(row, thinking=between(rng, "\n\n".join(own), "\n\n".join([again] * copies)))
    for _ in range(copies):
        own.insert(rng.randint(1, len(own)), again)
    return rebuilt(row, thinking="\n\n".join(own))


def whole_thinking_again(row: Row, rng: Random) -> Row:
    """The complete derivation word for word several times over."""
    thinking = "\n\n".join([parts(row).thinking] * rng.randint(4, 6))
    return rebuilt(row, thinking=thinking)


def chinese(row: Row, rng: Random) -> Row | None:
    """A clause without blanks between the copies: only characters show the loop."""
    sentence = _own_sentence(row, rng)
    if row["language"] != "zh" or sentence is None:
        return None
    clause = sentence.rstrip("。！？") + rng.choice(("，", "。", ""))
    return _middle_or_tail(row, rng, clause * rng.choice((12, 25, 60)))


def stutter(row: Row, rng: Random) -> Row | None:
    """One to four words said again and again within a sentence."""
    thinking = parts(row).thinking
    spots = gaps(thinking)
    if row["language"] in ("zh", "ja") or not spots:
        return None
    at = rng.choice(spots)
    start = thinking.rfind("\n", 0, at) + 1
    words = thinking[start:at].split()[-rng.randint(1, 4) :]
    copies = rng.choice((10, 15, 40))
    return rebuilt(row, thinking=f"{thinking[:at]} {' '.join(words * copies)}{thinking[at:]}")


def character_run(row: Row, rng: Random) -> Row:
    """One character for a whole line and longer."""
    run = rng.choice("!a哈0z?。") * rng.choice((80, 150, 600))
    if rng.random() < 0.5:
        return _at_tail(row, rng, run)
    return rebuilt(row, thinking=between(rng, parts(row).thinking, run))


DEFECTS = {
    "exact_tail": exact_tail,
    "exact_middle": exact_middle,
    "cycle": cycle,
    "counting": counting,
    "drifting": drifting,
    "repeated_lines": repeated_lines,
    "repeated_paragraphs": repeated_paragraphs,
    "whole_thinking_again": whole_thinking_again,
    "chinese": chinese,
    "stutter": stutter,
    "character_run": character_run,
}
