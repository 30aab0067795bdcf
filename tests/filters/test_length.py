import pytest
from traces import reasons, scores

from filters.errors import UserError
from filters.length import Length

SHORT = Length(thinking_min=2, thinking_max=10, summary_min=2, summary_max=5)


@pytest.mark.parametrize(
    ("thinking", "summary", "expected"),
    [
        ("word " * 6, "word word", []),
        ("a", "word word", ["thinking_too_short"]),
        ("word " * 20, "word word", ["thinking_too_long"]),
        ("word " * 6, "a", ["summary_too_short"]),
        ("word " * 6, "word " * 9, ["summary_too_long"]),
    ],
)
def test_each_bound_has_a_reason(thinking: str, summary: str, expected: list[str]):
    assert reasons(SHORT, f"<think>{thinking}</think>{summary}") == [expected]


@pytest.mark.parametrize("words", ["Okay.", "Ok, I know.", "很简单。", "The answer is plain."])
def test_a_clause_is_no_thinking(words: str):
    assert reasons(Length(), f"<think>{words}</think>It is 4.") == [["thinking_too_short"]]


def test_bounds_that_leave_nothing_are_refused():
    with pytest.raises(UserError, match="summary_min is 9, which is above summary_max, 8"):
        Length(summary_min=9, summary_max=8)


def test_a_text_without_tags_is_thinking_and_has_no_summary():
    found = scores(SHORT, "word " * 20)
    assert found["summary_tokens"] is None
    assert reasons(SHORT, "word " * 20) == [["thinking_too_long"]]


def test_estimates_are_marked_and_count_chinese_by_characters():
    english, chinese = (scores(Length(), f"<think>{t}</think>b") for t in ("a" * 330, "数" * 100))
    assert english["estimated"] == 1
    assert english["thinking_tokens"] == 100
    assert chinese["thinking_tokens"] == 65


def test_a_tokenizer_counts_exactly(tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    words = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({"a": 0, "b": 1, "[UNK]": 2}, unk_token="[UNK]")
    )
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.save(str(tmp_path / "tokenizer.json"))
    found = scores(Length(tokenizer=str(tmp_path)), "<think>a b a</think>b")
    assert found == {"thinking_tokens": 3, "summary_tokens": 1, "estimated": 0}


def test_a_missing_tokenizer_is_one_clear_line(tmp_path):
    with pytest.raises(UserError, match="no tokenizer at"):
        reasons(Length(tokenizer=str(tmp_path / "none" / "x")), "a</think>b")
