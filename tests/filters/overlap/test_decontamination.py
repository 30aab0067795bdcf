import json
import pickle
from pathlib import Path

import polars as pl
import pytest
from injector.benchmark import benchmark_questions
from injector.defects import DEFECTS
from injector.recall import recall_table

from filters.errors import UserError
from filters.overlap.decontamination import Decontamination

QUESTION = "Mia folds paper cranes each evening and gives every seventh crane to her little brother"
ITEMS = [
    {"problem_id": "a", "problem": QUESTION, "solution": "She folds them by the dozen and so "
     "the seventh one of every week ends in his box"},
    {"problem_id": "b", "problem": "What is 17 plus 25?", "solution": None},
    {"problem_id": "c", "problem": "小明每天早上从家里走到学校要花十五分钟", "solution": None},
]  # fmt: skip

STEPS = "Please reason step by step, and put your final answer within \\boxed{}."


@pytest.fixture
def bench(tmp_path):
    path = tmp_path / "cranes.jsonl"
    path.write_text("\n".join(json.dumps(item) for item in ITEMS), encoding="utf-8")
    return str(path)


def frame(*problems: str | None, response: str = "so it is 4") -> pl.DataFrame:
    rows = [
        {"trace_id": str(i), "attempt": 0, "problem_id": str(i), "problem": p, "response": response}
        for i, p in enumerate(problems)
    ]
    overrides = {"problem": pl.String, "response": pl.String}
    return pl.DataFrame(rows, schema_overrides=overrides).with_columns(response_hash=pl.lit("h"))


def judged(filter_: Decontamination, *problems: str | None, **columns) -> list[tuple]:
    """(reason, what was found)"""
    verdicts = filter_.judge(frame(*problems, **columns))
    return [
        (row["reason"], {f["what"]: f["text"] for f in row["detail"] or []})
        for row in verdicts.iter_rows(named=True)
    ]


def test_a_run_of_ten_words_is_found_with_benchmark_item_and_span(bench):
    text = "Today Mia folds PAPER cranes, each evening and gives every seventh crane away."
    [(reason, found)] = judged(Decontamination(benchmarks=[bench]), text)
    assert reason == "problem_in_benchmark"
    assert (
        found["problem_span"]
        == "Mia folds PAPER cranes, each evening and gives every seventh crane"
    )
    assert found["problem_benchmark"] == "cranes"
    assert found["problem_item"] == "a (question)"


def test_nine_words_are_no_leak_and_n_is_settable(bench):
    text = "paper cranes each evening and gives every seventh crane away"
    assert judged(Decontamination(benchmarks=[bench]), text)[0][0] is None
    assert judged(Decontamination(benchmarks=[bench], n=9), text)[0][0] == "problem_in_benchmark"


def test_reference_solutions_count_as_the_benchmark(bench):
    text = "I know: the seventh one of every week ends in his box, you see"
    [(reason, found)] = judged(Decontamination(benchmarks=[bench]), text)
    assert (reason, found["problem_item"]) == ("problem_in_benchmark", "a (solution)")


def test_chinese_goes_by_characters(bench):
    text = "已知小明每天早上从家里走到学校，求距离"
    [(reason, found)] = judged(Decontamination(benchmarks=[bench]), text)
    assert (reason, found["problem_span"]) == ("problem_in_benchmark", "小明每天早上从家里走到学校")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("what is 17 plus 25", "short_problem_in_benchmark"),
        (STEPS + "\nWhat is 17 plus 25?", "short_problem_in_benchmark"),
        ("What is 17 plus 26?", None),
        ("Tom asked what is 17 plus 25", None),
    ],
)
def test_a_short_question_matches_only_as_a_whole(bench, text, reason):
    assert judged(Decontamination(benchmarks=[bench]), text)[0][0] == reason


def test_responses_are_looked_into_only_by_choice_and_with_their_place(bench):
    response = "<think>\nThat is: " + QUESTION + ".</think> 4"
    off = Decontamination(benchmarks=[bench])
    assert judged(off, "x", response=response)[0][0] is None
    row = Decontamination(benchmarks=[bench], on_response=True).judge(frame("x", response=response))
    assert row["reason"].item() == "response_in_benchmark"
    span = next(f for f in row["detail"].item() if f["what"] == "response_span")
    assert response[span["start"] : span["end"]] == QUESTION


def test_without_a_benchmark_nothing_is_checked():
    assert judged(Decontamination(), QUESTION, None) == [("not_checked", {})] * 2


def test_a_null_problem_is_no_leak(bench):
    assert judged(Decontamination(benchmarks=[bench]), None)[0][0] is None


def test_counting_is_no_leak(tmp_path):
    path = tmp_path / "b.jsonl"
    count = ", ".join(map(str, range(1, 21)))
    path.write_text(json.dumps({"problem": "How many primes are among the numbers " + count}))
    assert judged(Decontamination(benchmarks=[str(path)]), "Add up " + count)[0][0] is None


FORMULA = (
    r"$\frac{\sin x + \cos x}{\sqrt{1 + \tan^2 x}} = \operatorname{lcm}(a, b) \cdot \angle ABC$",
    r"\begin{align*} \alpha + \beta &= \gamma \\ \text{and } \log_2 \delta &= \frac12 \end{align*}",
    "sin(x) + cos(x) - tan(x)*log(x) + max(a, b) - min(a, b) + sqrt(a^2 + b^2) = gcd(m, n)",
)  # fmt: skip


@pytest.mark.parametrize("formula", FORMULA)
def test_a_formula_is_no_leak_unless_it_is_the_whole_question(tmp_path, formula):
    path = tmp_path / "b.jsonl"
    asked = (f"Mia finds {formula} on the wall of her house.", f"Evaluate {formula}.")
    path.write_text("\n".join(json.dumps({"problem": problem}) for problem in asked))
    texts = (f"Plot the curve {formula} with care.", f"evaluate {formula}")
    verdicts = judged(Decontamination(benchmarks=[str(path)]), *texts)
    assert [reason for reason, _ in verdicts] == [None, "short_problem_in_benchmark"]


TEMPLATES = (
    "Solve the following math problem step by step. The last line of your response should be of "
    "the form Answer: $Answer (without quotes) where $Answer is the answer to the problem.\n\n",
    "As a careful solver, first restate what is given and what is asked, then calculate, then "
    "verify the result by inserting it. ",
)


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_all_questions_are_asked_with_is_no_leak(shared, tmp_path, template):
    sums = pl.read_ndjson(shared / "gsm8k_train_2000.jsonl")["problem"][:60]
    others = pl.read_ndjson(shared / "amc23.jsonl")["problem"]
    path = tmp_path / "asked.parquet"
    pl.DataFrame({"problem": template + sums}).write_parquet(path)
    filter_ = Decontamination(benchmarks=[str(path)])
    assert {reason for reason, _ in judged(filter_, *(template + others))} == {None}
    assert {reason for reason, _ in judged(filter_, *sums)} == {"problem_in_benchmark"}


def test_another_benchmark_set_changes_the_score_hash_and_its_place_does_not(bench, tmp_path):
    filter_ = Decontamination(benchmarks=[bench])
    (tmp_path / "other").mkdir()
    moved = tmp_path / "other" / "cranes.jsonl"
    moved.write_text(Path(bench).read_text(encoding="utf-8"), encoding="utf-8")
    assert Decontamination(benchmarks=[str(moved)]).score_hash == filter_.score_hash
    moved.write_text(json.dumps(ITEMS[0]), encoding="utf-8")
    assert Decontamination(benchmarks=[str(moved)]).score_hash != filter_.score_hash


def test_a_worker_process_gets_the_settings_not_the_index(bench):
    filter_ = Decontamination(benchmarks=[bench])
    assert filter_.index.items
    assert len(pickle.dumps(filter_)) < 10_000
    assert pickle.loads(pickle.dumps(filter_)).index is filter_.index


@pytest.mark.parametrize(
    ("benchmarks", "message"),
    [
        (["aime2042"], "did you mean 'aime2024'"),
        (["empty.jsonl"], "neither a file nor a known name"),
    ],
)
def test_bad_settings_are_the_users_error(benchmarks, message):
    with pytest.raises(UserError, match=message):
        Decontamination(benchmarks=benchmarks).judge(frame("x"))


@pytest.mark.parametrize("content", ["", '{"problem": null}', '{"problem": '])
def test_a_file_without_items_is_the_users_error(tmp_path, content):
    path = tmp_path / "b.jsonl"
    path.write_text(content)
    with pytest.raises(UserError, match=r"b\.jsonl (holds no questions|cannot be read)"):
        Decontamination(benchmarks=[str(path)]).judge(frame("x"))


def test_a_file_without_questions_says_which_columns_it_has(tmp_path):
    path = tmp_path / "b.jsonl"
    path.write_text('{"text": "x"}')
    with pytest.raises(UserError, match="no column problem or question or prompt; it has text"):
        Decontamination(benchmarks=[str(path)]).judge(frame("x"))


def test_stock_phrases_of_competitions_are_no_leak(shared):
    """The AIME problems of 1983-2012 are none of 2024; 69 of them share ten stock words."""
    old = pl.read_ndjson(shared / "aime_1983_2012.jsonl").get_column("problem").to_list()
    new = pl.read_ndjson(shared / "aime2024.jsonl").get_column("problem").to_list()
    filter_ = Decontamination(benchmarks=[str(shared / "aime2024.jsonl")])
    assert sum(reason is not None for reason, _ in judged(filter_, *old)) <= 2
    assert {reason for reason, _ in judged(filter_, *new)} == {"problem_in_benchmark"}
    bare = Decontamination(benchmarks=[str(shared / "aime2024.jsonl")], boilerplate=())
    assert sum(reason is not None for reason, _ in judged(bare, *old)) > 50


def test_rewordings_are_reported_with_the_right_item_and_score(shared, tmp_path):
    pairs = pl.read_ndjson(shared / "decontam_rephrased.jsonl")
    bench = tmp_path / "bench.parquet"
    pairs.select("problem_id", problem="original").write_parquet(bench)
    verdicts = judged(Decontamination(benchmarks=[str(bench)]), *pairs["rephrased"])
    named = [found.get("near_item") for _, found in verdicts]
    right = sum(n == f"{i} (question)" for n, i in zip(named, pairs["problem_id"], strict=True))
    assert right >= 0.85 * pairs.height


def test_planted_questions_are_found_and_look_alikes_are_none(tmp_path):
    path = tmp_path / "planted.jsonl"
    path.write_text("\n".join(map(json.dumps, benchmark_questions())), encoding="utf-8")
    filter_ = Decontamination(benchmarks=[str(path)])

    def judge(rows: list[dict]) -> list[dict]:
        known = pl.DataFrame(rows, infer_schema_length=None)
        known = known.with_columns(attempt=pl.lit(0), response_hash=pl.col("trace_id"))
        verdicts = filter_.judge(known).select("keep", "reasons").iter_rows()
        return [{"decontamination": verdict} for verdict in verdicts]

    kinds = [name for name in DEFECTS if name.startswith("decontamination.")]
    table = recall_table(judge, n=15, seed=5, defects=kinds)
    assert min(table.recall.values()) == 1, table
    assert max(table.false_drops.values()) == 0, table
