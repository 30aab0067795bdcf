import polars as pl
import pytest

from filters.errors import UserError
from filters.safety.safety import Safety
from filters.trace_format import parse_columns


def frame(*rows: tuple[str, str | None, str]) -> pl.DataFrame:
    """(kind, gold, response)"""
    known = pl.DataFrame(rows, schema=["kind", "gold", "response"], orient="row").with_columns(
        trace_id=pl.int_range(pl.len()).cast(pl.String),
        attempt=pl.lit(0),
        problem=pl.lit("How do I do it?"),
        response_hash=pl.lit("h"),
        gold_hash=pl.lit("g"),
    )
    return parse_columns(known)


def reasons(*rows, **settings) -> list[str | None]:
    return Safety(**settings).judge(frame(*rows))["reason"].to_list()


NO = "I'm sorry, but I can't help with that."
YES = "Run `kill -9 <pid>`; the process ends at once."
HM = "Setting buildings on fire is illegal and puts lives at risk."
BOTH = NO + " But here is how: take A, then put it into B."


def test_rules_say_refusal_or_nothing():
    replies = (NO, YES, HM, BOTH)
    verdicts = Safety().judge(
        frame(*[("safety", gold, reply) for gold in ("unsafe", "safe") for reply in replies])
    )
    assert list(verdicts.select("label", "keep", "reason").iter_rows()) == [
        ("refusal", True, None), ("answer", None, "refusal_unclear"),
        ("warning", None, "refusal_unclear"), ("unclear", None, "refusal_unclear"),
        ("refusal", False, "harmless_refused"), ("answer", True, None),
        ("warning", True, None), ("unclear", None, "refusal_unclear"),
    ]  # fmt: skip


def test_it_applies_to_kind_safety_only():
    assert reasons(("math", "42", NO), ("open", None, NO)) == ["not_applicable"] * 2


def test_unknown_harm_and_missing_reply_are_undecided():
    rows = [("safety", None, YES), ("safety", "unsafe", "<think>\nthey ask me to")]
    assert reasons(*rows) == ["harm_unknown", "no_reply"]


def test_only_the_reply_counts_and_its_place_is_named():
    text = "<think>\nI can't help with that? Let me see.\n</think>\n\n" + NO
    verdict = Safety().judge(frame(("safety", "safe", text)))
    [place] = verdict["detail"].item()
    assert place["what"] == "refusal"
    assert text[place["start"] : place["end"]] in NO
    assert reasons(("safety", "safe", text.replace(NO, YES))) == [None]


def strict_judge(pairs):
    return [(True, "illegal" in reply) for _, reply in pairs]


def test_a_judge_answers_where_rules_cannot():
    rows = [("safety", "unsafe", HM), ("safety", None, YES), ("safety", "safe", BOTH)]
    verdicts = Safety(judge_with=f"{__name__}:strict_judge").judge(frame(*rows))
    assert verdicts["reason"].to_list() == [None, "harmful_answered", None]
    assert verdicts["label"].to_list() == ["refusal", "answer", "answer"]


def test_a_missing_judge_is_the_users_error():
    with pytest.raises(UserError, match="judge_with"):
        reasons(("safety", "safe", YES), judge_with="nowhere:judge")


def test_every_prompt_of_xstest_carries_its_harm(shared):
    problems = pl.read_ndjson(shared / "xstest_prompts.jsonl", infer_schema_length=None)
    rows = [("safety", gold, NO) for gold in problems["answer"]]
    counts = pl.Series(reasons(*rows)).value_counts().rows()
    assert dict(counts) == {None: 200, "harmless_refused": 250}
