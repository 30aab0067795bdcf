import pytest
from traces import frame, reasons, scores, whats

from filters.format.format import Format
from filters.trace_format.tags import DIALECTS

ANALYSIS = "<|channel|>analysis<|message|>"
FINAL = "<|end|><|start|>assistant<|channel|>final<|message|>"
TURN = "<|im_end|>\n<|im_start|>user\nAnd 3+3?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>\na\n</think>\n\nb", []),
        ("a</think>b", []),
        ("think\na\nanswer\nb", []),
        ("b", ["no_tags"]),
        ("<think>a", ["unclosed_thinking"]),
        ("<think>\n\n</think>b", ["empty_thinking"]),
        ("<think>a</think>\n", ["no_summary"]),
        ("</think>", ["empty_thinking", "no_summary"]),
        ("<think>a</think>b</think>c", ["extra_tags"]),
        ("<think>a<think>b</think>c", ["extra_tags"]),
        ("<think>a</think>b<think>c", ["extra_tags"]),
        ("think\na\nanswer\nb</think>b", ["extra_tags"]),
        ("<think>a</think>b<|im_end|>", ["template_tokens"]),
        ("<think>a</think>b</s>", ["template_tokens"]),
        ("<think>a<｜end▁of▁sentence｜></think>b", ["template_tokens"]),
        (f"<think>a</think>b{TURN}", ["template_tokens", "junk_after_end"]),
        (f"{ANALYSIS}a{FINAL}b", []),
        (f"{ANALYSIS}a", ["unclosed_thinking"]),
        (f"{ANALYSIS}a{FINAL}b<|return|>", []),
        (f"{ANALYSIS}a{FINAL}b<|return|>And 3+3?", ["junk_after_end"]),
        (f"{ANALYSIS}a<|return|>{FINAL}b", ["template_tokens"]),
        ("<think>a</think>b<|end|>\n", []),
        ("<think>a<eos></think>b", ["template_tokens"]),
        ("<think>a</think>b [PAD][PAD]", ["template_tokens"]),
        ("<think>The task: {{problem}}</think>b", ["template_tokens"]),
        ("<think>a</think>[Insert your explanation here]", ["template_tokens"]),
        ("<think>You are a helpful assistant.\nSo 4.</think>b", ["template_tokens"]),
        ("<think>a</think>...", ["no_summary"]),
        (f"{ANALYSIS}a<|im_end|>{FINAL}b", ["template_tokens"]),
        ("<think>a</think>b\nHuman: and now?", ["junk_after_end"]),
        ("<think>a</think>Internal Server Error", ["api_error"]),
        ("Error after 6 attempts: Expecting value: line 10 column 1", ["api_error", "no_tags"]),
        ('{"error": {"message": "overloaded"}}', ["api_error", "no_tags"]),
    ],
)
def test_what_cannot_become_a_record_has_a_reason(text: str, expected: list[str]):
    assert reasons(Format(), text) == [expected]


@pytest.mark.parametrize("spelled", [str, str.upper, str.title])
@pytest.mark.parametrize(("opening", "closing"), DIALECTS)
def test_a_second_block_is_extra_in_every_dialect(opening: str, closing: str, spelled):
    block = spelled(f"{opening}a{closing}")
    assert reasons(Format(), f"{block}b") == [[]]
    assert reasons(Format(), f"{block}b{block}c") == [["extra_tags"]]
    assert reasons(Format(), f"{block}b{spelled(closing)}c") == [["extra_tags"]]
    if spelled(opening) != "<think>":
        assert reasons(Format(), f"<think>a</think>b{block}c") == [["extra_tags"]]


@pytest.mark.parametrize("named", ["`<think>`", '"</think>"', "“<thinking>”", "`<think>…</think>`"])
@pytest.mark.parametrize(
    "form", ["<think>\n{}\n</think>\n\n{}", "{}\n</think>\n{}", "think\n{}\nanswer\n{}"]
)
def test_a_tag_that_is_only_named_is_none(named: str, form: str):
    said = f"A model writes {named} around its thoughts."
    code = f"It looks like this:\n```\n<think>\nx\n</think>\n```\nwhere {named} is a tag."
    texts = [form.format(*parts) for parts in ((said, "b"), ("a", said), (code, "b"), ("a", code))]
    assert reasons(Format(), *texts) == [[]] * 4


@pytest.mark.parametrize("text", ["```think\n`<think>`</think>```", "a</think>b<think>c"])
def test_a_name_that_would_be_a_tag_in_a_record_is_extra(text: str):
    assert reasons(Format(), text) == [["extra_tags"]]


@pytest.mark.parametrize(
    "text",
    [
        "<think>In F#, xs |> List.map f <| ys, and <s>old</s> <b>new</b>.</think>b",
        "<think>|x| < 3, so <|x|> is small</think>b",
        "<think>The rounding error is 0.5, as the server said.</think>The error is 0.5.",
        "<think>What would a Human say? User: nobody.</think>It is 4.",
        "think\nthat it is 4</think>answer\nIt is 4.",
        r"<think>\\text{answer} and {{x}}, {{n \\choose k}} and f{input}.</think>b",
        "<think>`<|im_end|>` ends a turn, and “<pad>” fills up.</think>It's “[MASK]”.",
    ],
)
def test_look_alikes_stay(text: str):
    assert reasons(Format(), text) == [[]]


def test_the_label_of_every_verdict_is_its_tag_form():
    texts = ["<think>a</think>b", "a</think>b", "think\na\nanswer\nb", "<think>a", "b"]
    verdicts = Format().judge(frame(*texts))
    assert verdicts.get_column("label").to_list() == [
        "think-open-close",
        "close-only",
        "bare-think-answer",
        "think-open-only",
        "no-tags",
    ]
    assert verdicts.get_column("detail").to_list() == [None] * 5


@pytest.mark.parametrize(
    "thinking", ["think\nNo.<|im_end|> Go on.\nanswer\n", "So.<|im_end|> Go on.</think>"]
)
def test_only_what_follows_the_reply_is_junk(thinking: str):
    assert reasons(Format(), f"{thinking}It is 4.") == [["template_tokens"]]
    end = f"{thinking}It is 4.<end_of_turn>And 3+3?"
    assert reasons(Format(), end) == [["template_tokens", "junk_after_end"]]


def test_findings_lie_where_they_say():
    text = f"<think>ä</think>b{TURN}"
    kinds = dict(whats(Format(), text))
    assert kinds["template_token"] == "<|im_start|>"  # the last of two
    assert kinds["junk"] == "\n<|im_start|>user\nAnd 3+3?"
    assert scores(Format(), text)["template_tokens"] == 2


def test_a_bound_moves_what_is_too_short():
    assert reasons(Format(min_summary=5), "a</think>four") == [["no_summary"]]


def test_a_turn_right_behind_the_thinking_is_junk_and_a_heading_is_none():
    assert reasons(Format(), "So 4.\n</think>\n\nHuman: and 3 + 3?") == [["junk_after_end"]]
    assert reasons(Format(), "So 4.\n</think>\n\n### Problem\n\nIt asks for 2 + 2: 4.") == [[]]
