"""No text makes the filter raise, and none costs more than its length."""

import gc
import time
from random import Random

import polars as pl
import pytest
from traces import frame

from filters.language.language import Language, language_consistency

QUESTION = "How many apples does Tom have in all?"
PIECES = [
    *("\x00", "\ufffd", "\u202e", "\u200d", "\x1b[0m", "\U0001f600", "\U00020000", "İ", "ß", "ﬁ"),
    *('"', "“", "„", "«", "「", "'", "`", "```", "(", "（", "[", "\\text{", "\\(", "$", "\n", "\r"),
    *("苹果", "каппа", "ά", "Ш", "的", "カナ", "한국", "عربي", "שלום", "हिन्दी", "ไทย", "ღმერთი"),
    *(" le la les ", " der die das und ", " que los ", "l'eau", "the", "Wait", " a", " 7", "，"),
    *("in Chinese ", "the Latin word ", "</think>", "<think>"),
]  # fmt: skip
LANGUAGES = ["en", "zh", "ja", "ru", "fr", "el", "vi", "", None, "../en", "klingon", "zh-CN"]


def mutated(text: str, rng: Random) -> str:
    for _ in range(rng.randint(1, 12)):
        a, b = sorted(rng.choices(range(len(text) + 1), k=2))
        b = min(b, a + rng.choice((0, 1, 40)))
        text = text[:a] + rng.choice(PIECES) * rng.choice((1, 1, 1, 30)) + text[b:]
    return text


def test_no_text_raises():
    rng = Random(0)
    texts = [
        "",
        "1234",
        "?!…",
        "\n",
        "a" * 9999,
        *("".join(rng.choices(PIECES, k=60)) for _ in range(200)),
    ]
    texts += [mutated(texts[-1], rng) for _ in range(200)]
    problems = [rng.choice((None, "", QUESTION, rng.choice(texts))) for _ in texts]
    stated = [rng.choice(LANGUAGES) for _ in texts]
    verdicts = Language().judge(
        frame(*texts, None, problem=[*problems, QUESTION], language=[*stated, None])
    )
    undecided = verdicts.filter(pl.col("keep").is_null())
    assert undecided.get_column("reason").to_list() == ["no_text"]
    assert all(0 <= language_consistency(text, "en") <= 1 for text in texts)
    assert language_consistency("So the \ud800 苹", "en") == pytest.approx(2 / 3)


def test_mutated_real_traces_do_not_raise(shared):
    rng = Random(0)
    traces = pl.read_ndjson(shared / "traces.jsonl.gz", infer_schema_length=None).sample(
        200, seed=0
    )
    texts = [mutated(text, rng) for text in traces.get_column("response")]
    verdicts = Language().judge(frame(*texts, problem=traces.get_column("problem").to_list()))
    assert verdicts.get_column("keep").null_count() == 0


SHAPES = {
    "quoted words": '"苹果" ',
    "open quotes": "苹“ ",
    "brackets": "(苹果)",
    "one bracket": "( le la ",
    "alternating scripts": "苹но",
    "a letter of each": "苹a",
    "one word": " les",
    "telltale words": " le la les. une des du? ",
    "clauses in doubt": "So the ra el {} bato sora los {} the end. ",
    "names of languages": "Chinese 苹果 ",
    "quoted letters": '"a ',
    "no blanks": "aé苹",
    "open code": " le la les `a\n",
    "Greek": "αάα",
    "elided": " l'l'le la les",
    "TeX": "\\text{{Wait",
}


def spent(text: str, language: str) -> float:
    """Processor seconds of judging a text, but for collecting the garbage of all other tests."""
    rows = frame(f"<think>\n{text}\n</think>\n\n5", problem=QUESTION, language=language)
    gc.disable()
    begin = time.process_time()
    Language().judge(rows)
    end = time.process_time()
    gc.enable()
    return end - begin


@pytest.mark.parametrize("language", ["en", "zh", "ja"])
@pytest.mark.parametrize("shape", SHAPES)
def test_time_is_linear_in_length(shape: str, language: str):
    def text(size: int) -> str:
        times = size // len(SHAPES[shape])
        return "".join(SHAPES[shape].format("p" * (i % 9), f"q{i}") for i in range(times))

    spent(text(99), language)
    pairs = [(spent(text(20_000), language), spent(text(40_000), language)) for _ in range(3)]
    once, twice = map(min, zip(*pairs, strict=True))
    assert twice <= 2.6 * once + 0.01  # what a shared processor adds to small times
