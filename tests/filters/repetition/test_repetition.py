import random

import polars as pl
import pytest
from traces import frame, reasons, whats

from filters.repetition.loops import loops
from filters.repetition.repetition import Repetition

WORDS = "apple count total number price weight hence next third many sum each left".split()
rng = random.Random(1)
SOUND = "\n\n".join(" ".join(rng.choices(WORDS, k=25)) + "." for _ in range(40))
HALF = len(SOUND) // 2


def around(loop: str) -> str:
    return f"<think>\n{SOUND[:HALF]}\n\n{loop}\n\n{SOUND[HALF:]}\n</think>\n\nIt is 4."


LOOPS = {
    "sentence": "I think that the answer is 12, so let me check. " * 10,
    "counter": "\n".join(f"Attempt {i}: I start over and read it again." for i in range(8, 40)),
    "counters": "\n".join(f"{i}. Fill the jug.\n{i + 1}. Empty it." for i in range(1, 60, 2)),
    "lines": "**Final Answer**\n" * 20,
    "round": ("So we begin with the first. Then the second one follows.\n\nNow, again? " * 8),
    "stutter": "and the value of the value " + "of the value " * 20,
    "chinese": "所以答案是十二，我再检查一遍，" * 20,
    "one character": "a" * 100,
}


@pytest.mark.parametrize("kind", LOOPS)
@pytest.mark.parametrize("tail", [True, False])
def test_a_loop_is_dropped_wherever_it_is(kind: str, tail: bool):
    text = f"<think>\n{SOUND}\n\n{LOOPS[kind]}" if tail else around(LOOPS[kind])
    assert "loop" in reasons(Repetition(), text)[0]


SOUND_REPETITION = {
    "waiting": "\n\n".join(
        f"Wait, let me check again. {' '.join(rng.choices(WORDS, k=12))}." for _ in range(30)
    ),
    "sum": " + ".join(str(i) for i in range(1, 200)),
    "table": "\n".join(f"| {i} | {i * i} | {i**3} |" for i in range(40)),
    "cases": "\n".join(f"If n = {i}, then n² = {i * i} leaves {i * i % 7}." for i in range(14)),
    "steps": "\n".join(f"Day {i}: 5 more, so {5 * i} apples in the basket." for i in range(1, 40)),
    "decimal": "1/7 = 0." + "142857" * 20,
    "zeros": "10^100 is 1" + "0" * 100,
    "rule": "-" * 200,
    "refrain": "Row, row, row your boat, gently down the stream. " * 3,
}


def test_a_sound_text_is_kept():
    assert reasons(Repetition(), SOUND) == [[]]


@pytest.mark.parametrize("kind", SOUND_REPETITION)
def test_work_that_repeats_its_form_is_no_loop(kind: str):
    assert reasons(Repetition(), around(SOUND_REPETITION[kind])) == [[]]


def test_a_text_said_twice_over_is_repeated_text():
    assert "repeated_text" in reasons(Repetition(), f"<think>{SOUND}\n\n{SOUND}</think>It is 4.")[0]


def test_a_paragraph_that_comes_back_is_repeated_lines():
    own = SOUND.split("\n\n")[:20]
    for at in (2, 5, 9, 12, 16, 20):
        own.insert(at, "So " + " ".join(WORDS * 2))
    assert "repeated_lines" in reasons(Repetition(), "\n\n".join(own))[0]


def test_the_finding_lies_on_the_loop():
    loop = "Ich prüfe das noch einmal, denn es könnte falsch sein. " * 12
    (what, text), *more = whats(Repetition(), around(loop))
    assert (what, more) == ("loop", [])
    assert text in loop


def test_rounds_are_counted():
    (loop,) = loops(LOOPS["sentence"].encode(), stutters=[48], lags=[], times=5)
    assert loop.times == 10
    assert (loop.start, loop.end) == (0, len(LOOPS["sentence"]))


def test_verdicts_do_not_depend_on_the_company():
    texts = [around(loop) for loop in LOOPS.values()] + ["", "a", SOUND]
    alone = pl.concat([Repetition().judge(frame(text)) for text in texts])
    together = Repetition().judge(frame(*reversed(texts)))
    names = ["scores", "keep", "reasons", "detail"]
    assert alone.select(names).equals(together.reverse().select(names))


def test_real_traces_agree_with_their_flags(shared):
    traces = pl.read_ndjson(shared / "traces.jsonl.gz", infer_schema_length=None)
    flags = pl.read_ndjson(shared / "trace_flags.jsonl", infer_schema_length=None)
    flags = traces.select("trace_id").join(flags, on="trace_id", maintain_order="left")
    dropped = ~Repetition().judge(frame(*traces["response"])).get_column("keep")
    assert (dropped & flags["looping"]).sum() >= 0.95 * flags["looping"].sum()
    assert (dropped & ~flags["looping"]).sum() <= 0.005 * len(dropped)


def test_of_loops_that_overlap_the_longest_is_told():
    unit = "Now we go on and on. " + "no " * 9 + "And again, from the start. "
    (loop,) = loops((unit * 5).encode(), stutters=[3, len(unit)], lags=[], times=5)
    assert (loop.start, loop.end, loop.times) == (0, 5 * len(unit), 5)


def test_letters_of_every_script_make_a_word():
    assert "loop" in reasons(Repetition(), around(" = 154 руб." * 30))[0]


@pytest.mark.parametrize("rule", ["-" * 200, "─" * 60, "═══ " * 20, "| 0 " * 40])
def test_a_drawn_rule_is_no_loop(rule: str):
    assert reasons(Repetition(), around(rule)) == [[]]


def test_a_frame_without_texts_has_no_scores():
    assert Repetition().score(frame()).height == 0


@pytest.mark.parametrize("before", range(0, 40, 3))
def test_a_stutter_is_found_wherever_it_begins(before: int):
    assert "loop" in reasons(Repetition(), around("x" * before + " " + "yes " * 10 + "it is."))[0]


def test_a_long_paragraph_three_times_over_is_a_loop():
    paragraph = " ".join(rng.choices(WORDS, k=90)) + ".\n\n"
    assert "loop" in reasons(Repetition(), around(paragraph * 3))[0]
