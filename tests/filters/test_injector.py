"""The injector does what it says: sound rows are sound, every defect is really there."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from injector import (
    BENIGN,
    DEFECTS,
    benchmark_questions,
    benign,
    inject,
    recall_table,
    sound_traces,
)
from injector.places import paragraphs
from injector.recall import carriers
from injector.rows import Row, parts
from injector.sound import LANGUAGES, families_of

SOUND = sound_traces(300, 7)
HAN = re.compile(r"[一-鿿]")
OTHER_SCRIPT = re.compile(r"[Ѐ-ӿ؀-ۿ぀-ヿ一-鿿가-힯]")


def planted(name: str, n: int = 8) -> list[tuple[Row, Row]]:
    """Pairs of a sound row and the same row with the defect."""
    rng, pairs = Random(name), list[tuple[Row, Row]]()

    def change(row: Row) -> Row | None:
        changed = inject(row, name, rng)
        pairs.extend([(row, changed)] if changed is not None else [])
        return changed

    carriers(change, rng, n)
    return pairs


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[一-鿿ぁ-ヿ]|\w+", text.lower())
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_same_seed_gives_the_same_rows():
    assert sound_traces(40, 3) == sound_traces(40, 3) != sound_traces(40, 4)


ALL_ROWS = """
import random, injector
from injector.recall import carriers
rng = random.Random(1)
print(injector.sound_traces(40, 3))
for make, kinds in ((injector.inject, injector.DEFECTS), (injector.benign, injector.BENIGN)):
    for kind in kinds:
        print(carriers(lambda row: make(row, kind, rng), rng, 5))
"""


def test_rows_do_not_depend_on_the_order_of_sets():
    def rows(hash_seed: str) -> bytes:
        told = [sys.executable, "-c", ALL_ROWS]
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        folder = Path(__file__).parent
        return subprocess.run(told, env=env, cwd=folder, capture_output=True, check=True).stdout

    assert rows("1") == rows("2")


def test_every_language_and_kind_occurs():
    assert {row["language"] for row in SOUND} == set(LANGUAGES)
    assert {row["kind"] for row in SOUND} == {"math", "logic", "code", "open"}


def test_no_blank_or_choice_is_left_open():
    blanks = re.compile(r"[⟨⟩]|(?<![\\\w}^_{f\"]){(ask|gold|name|n1|p1|total|d|h|steps|cases)}")
    assert not [row for row in SOUND if blanks.search(row["response"] + row["problem"])]


def test_every_calculation_shown_is_true():
    start = r"(?<![·×*+−–/)(＋－-] )(?<![\d.^·×*+/(＋－-])"
    sums = re.compile(start + r"(\d+) ?([+×−]) ?(\d+) ?[=＝] ?(\d+)(?![\d./]| ?[×·+(])")
    results = {"+": int.__add__, "×": int.__mul__, "−": int.__sub__}
    found = [m for row in SOUND for m in sums.finditer(parts(row).thinking)]
    wrong = [m[0] for m in found if results[m[2]](int(m[1]), int(m[3])) != int(m[4])]
    assert len(found) > 500
    assert wrong == []


def test_gold_is_said_in_thinking_and_summary():
    known = [row for row in SOUND if row["gold"]]
    missing = [row for row in known if row["gold"] not in parts(row).thinking]
    assert len(known) > 150
    assert missing == []


def test_no_two_sound_rows_are_near_twins():
    sets = [shingles(row["response"]) for row in SOUND]
    highest = max(len(a & b) / len(a | b) for a, b in combinations(sets, 2))
    assert highest < 0.75


def test_real_traces_are_mixed_in_where_there_are_any(shared):
    rows = sound_traces(80, 1, shared)
    assert sum(row["origin"] == "shared" for row in rows) == 20


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_changes_the_row_and_names_its_filter(name):
    for before, after in planted(name):
        plain = {k: v for k, v in after.items() if k not in ("defect", "filter", "label")}
        assert (plain == before) is (name == "duplicate.exact")
        assert f"{after['filter']}.{after['label']}" == name == after["defect"]


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_is_seeded(name):
    assert planted(name, 3) == planted(name, 3)


def more_copies(before: Row, after: Row) -> bool:
    """Some piece of 20 characters occurs at least eight times more often than before."""
    text, old = after["response"], before["response"]
    pieces = {text[i : i + 20] for i in range(0, len(text) - 20, 7)}
    return any(text.count(p) >= old.count(p) + 4 for p in pieces)


def longest(row: Row) -> int:
    return max(map(len, paragraphs(parts(row).thinking)))


def gained(pattern: str) -> Callable[[Row, Row], bool]:
    found = re.compile(pattern)
    return lambda before, after: (
        len(found.findall(after["response"])) > len(found.findall(before["response"]))
    )


SHOWS: dict[str, Callable[[Row, Row], bool]] = {
    "format.opening_only": lambda b, a: "<think>" in a["response"] and "</" not in a["response"],
    "format.no_tags": lambda b, a: not re.search(r"</?think>|^think$", a["response"], re.M),
    "format.doubled_think": lambda b, a: a["response"].count("</think>") == 2,
    "format.nested_think": lambda b, a: a["response"].count("<think>") == 2,
    "format.empty_thinking": lambda b, a: parts(a).thinking == "",
    "format.empty_summary": lambda b, a: bool(re.search(r"(</think>|\nanswer)\s*$", a["response"])),
    "format.junk_after_end": lambda b, a: len(a["response"]) > len(b["response"]),
    "format.api_error": lambda b, a: bool(re.search("[Ee]rror|503|502", a["response"])),
    "format.template_tokens": gained(r"<[|｜]|\[INST\]|<<SYS>>|<end_of_turn>"),
    "finish.cut_by_length": lambda b, a: a["finish_reason"] == "length",
    "finish.cut_without_reason": lambda b, a: "</think>" not in a["response"],
    "finish.cut_in_summary": lambda b, a: b["response"].startswith(a["response"]),
    "language.foreign_word": gained(OTHER_SCRIPT.pattern),
    "language.foreign_sentence": gained(OTHER_SCRIPT.pattern + "{2}"),
    "language.switch_mid_sentence": gained(OTHER_SCRIPT.pattern + "{2}"),
    "language.same_script_sentence": gained(r"[a-zà-ÿ]{2} [a-zà-ÿ]{2}"),
    "language.english_in_other_script": gained(r"[a-z]{2} [a-z]{2}"),
    "repetition.exact_tail": more_copies,
    "repetition.exact_middle": more_copies,
    "repetition.cycle": more_copies,
    "repetition.repeated_lines": gained(r"(?m)^.+$"),
    "repetition.repeated_paragraphs": more_copies,
    "repetition.whole_thinking_again": lambda b, a: (
        a["response"].count(parts(b).thinking) >= 4 and len(a["response"]) > len(b["response"])
    ),
    "readability.long_paragraph": lambda b, a: longest(a) > max(2000, longest(b)),
    "readability.wall": lambda b, a: "\n" not in parts(a).thinking and longest(a) > 2000,
    "readability.code_in_thinking": gained("```|~~~"),
    "readability.unclosed_fence": lambda b, a: parts(a).summary.count("```") % 2 == 1,
    "readability.mojibake": gained("â|Ã|å|æ|Ð|ã"),
    "readability.replacement_character": gained("�"),
    "readability.contradicting_summary": lambda b, a: (
        parts(a).thinking == parts(b).thinking and f"\\boxed{{{b['gold']}}}" not in parts(a).summary
    ),
    "length.thinking_too_short": lambda b, a: len(parts(a).thinking) < 15,
    "length.summary_too_long": lambda b, a: len(parts(a).summary) > 50_000,
}


@pytest.mark.parametrize("name", SHOWS)
def test_defect_can_be_seen(name):
    assert all(SHOWS[name](before, after) for before, after in planted(name))


def test_thinking_beyond_the_bound_is_no_loop():
    _, after = planted("length.thinking_too_long", 1)[0]
    words = parts(after).thinking.split()
    assert len(words) > 30_000
    assert len(set(zip(words, words[1:], words[2:], strict=False))) > len(words) / 8


def test_twin_stays_close_to_its_original():
    for name in (n for n, d in DEFECTS.items() if d.twin):
        for before, after in planted(name):
            a, b = shingles(before["response"]), shingles(after["response"])
            assert len(a & b) / len(a | b) > 0.8


def test_planted_question_shares_ten_words_or_is_a_short_one_or_chinese():
    questions = [re.findall(r"\w+", q["problem"].lower()) for q in benchmark_questions()]
    tens = {tuple(q[i : i + 10]) for q in questions for i in range(len(q) - 9)}
    for name in ("whole_question", "edited_question", "part_of_question"):
        for _, after in planted(f"decontamination.{name}"):
            words = re.findall(r"\w+", after["problem"].lower())
            assert tens & {tuple(words[i : i + 10]) for i in range(len(words) - 9)}


def test_sound_problems_share_no_ten_words_with_the_benchmark():
    questions = [re.findall(r"\w+", q["problem"].lower()) for q in benchmark_questions()]
    tens = {tuple(q[i : i + 10]) for q in questions for i in range(len(q) - 9)}
    for row in SOUND:
        words = re.findall(r"\w+", row["problem"].lower())
        assert not tens & {tuple(words[i : i + 10]) for i in range(len(words) - 9)}


@pytest.mark.parametrize("kind", BENIGN)
def test_look_alike_keeps_the_form_of_a_sound_row(kind):
    rng = Random(kind)
    for row in carriers(lambda row: benign(row, kind, rng), rng, 6):
        assert parts(row).thinking
        assert parts(row).summary
        assert row["benign"] == kind


def verdicts(rows: list[Row], *names: str) -> list[dict[str, tuple[bool | None, list[str]]]]:
    return [{name: (False, ["said so"]) for name in names} for _ in rows]


def test_recall_of_a_judge_that_keeps_all_is_nought():
    table = recall_table(lambda rows: verdicts(rows), 1, 0)
    assert set(table.recall.values()) == {0.0}
    assert set(table.false_drops.values()) == {0.0}
    assert set(table.recall) == set(DEFECTS)


def test_only_the_named_filter_counts():
    table = recall_table(
        lambda rows: verdicts(rows, "language"),
        2,
        0,
        defects=["language.foreign_word", "repetition.exact_tail", "duplicate.exact"],
        looks_alike=["money"],
    )
    assert table.recall == {
        "language.foreign_word": 1.0,
        "repetition.exact_tail": 0.0,
        "duplicate.exact": 0.0,
    }
    assert table.false_drops["benign money"] == 1.0
    assert "repetition.exact_tail" in str(table)


def test_judge_never_sees_the_labels():
    seen: set[str] = set()

    def judge(rows):
        seen.update(*rows)
        return verdicts(rows)

    recall_table(judge, 1, 0, defects=["format.no_tags"], looks_alike=["poem"])
    assert not seen & {"defect", "filter", "label", "benign", "origin"}


def test_chinese_has_families_of_its_own():
    assert "cages" in families_of("zh")
    assert all(HAN.search(row["problem"]) for row in SOUND if row["language"] == "zh")
