"""A text of twice the length takes a text filter at most 2.6 times the processor time, whatever it
is made of."""

from collections.abc import Callable

import polars as pl
import pytest
from growth import check_growth
from test_odd_texts import FILTERS
from traces import frame

from filters.base import Filter
from filters.faithful import Faithful

SHAPES: dict[str, Callable[[int], str]] = {
    "nested braces": lambda n: "{" * n + "}" * n,
    "open formulas": lambda n: "$a " * n,
    "formula brackets": lambda n: r"\( a \] \[ b \) " * n,
    "nested formulas": lambda n: r"\(" * n + r"\)" * n,
    "left and right": lambda n: r"\left( " * n + r"\right) " * n,
    "environments": lambda n: r"\begin{" * n + r"\end{a}" * n,
    "bold": lambda n: "**a" * n,
    "fences": lambda n: "```python\nx = 1\n" * n,
    "open code": lambda n: "`a\n" * n,
    "quotes": lambda n: '“a “b ” "c ' * n,
    "boxes": lambda n: r"\boxed{" * n,
    "closed boxes": lambda n: r"\boxed{12} " * n,
    "brackets": lambda n: "(a [b " * n + "] )" * n,
    "tags": lambda n: "<think>a</think>" * n,
    "other tags": lambda n: "<thinking>" * n,
    "template tokens": lambda n: "<|im_end|> <|a <｜b " * n,
    "tokens and code": lambda n: "</s>`a` <hr/> " * n,
    "asterisks": lambda n: "*" * n + "\nTags: a",
    "symbols": lambda n: "#@%&*^~| " * n,
    "mojibake": lambda n: "Ã©â€™ " * n,
    "digits": lambda n: "7" * n,
    "long numbers": lambda n: "7" * 200 + " + a = " * n,
    "lists of numbers": lambda n: "12345678901234567890123 " * n,
    "blanks": lambda n: "a" + " " * n,
    "line feeds": lambda n: "a \n\n" * n,
    "answers": lambda n: "the answer is 12. " * n,
    "other letters": lambda n: "ab где 的 " * n,
    "quoted words": lambda n: "«слово» (饼干) " * n,
}
BYTES = 60_000


def judging(judge: Filter, text: str) -> Callable[[], object]:
    rows = frame(f"<think>So.\n{text}</think>\n\nWell, {text}", problem="How much is 6 + 6?")
    rows = rows.with_columns(parent=pl.col("response"), parent_hash=pl.lit("p"))
    return lambda: judge.score(rows)


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("judge", [*FILTERS, Faithful()], ids=lambda judge: judge.name)
def test_twice_the_text_takes_twice_the_time(judge: Filter, shape: str):
    times = BYTES // len(SHAPES[shape](1).encode())
    check_growth([judging(judge, SHAPES[shape](n)) for n in (times, 2 * times)])
