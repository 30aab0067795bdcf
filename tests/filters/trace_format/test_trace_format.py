import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.trace_format import parse, parse_columns, parse_marked, render, reply_of

CASES = {
    "<think>\na\n</think>\n\nb": ("think-open-close", "a", "b"),
    "a\n</think>\nb": ("close-only", "a", "b"),
    "think\na\nanswer\nb": ("bare-think-answer", "a", "b"),
    " think\r\na\n answer \r\nb": ("bare-think-answer", "a", "b"),
    "think\nanswer\nb": ("bare-think-answer", "", "b"),
    "<think>a": ("think-open-only", "a", None),
    "think\na": ("think-open-only", "a", None),
    "just b": ("no-tags", None, "just b"),
    "I think\nb": ("no-tags", None, "I think\nb"),
    "": ("no-tags", None, ""),
    "<think>a</think>b</think>c": ("think-open-close", "a</think>b", "c"),
    "x<think>a</think>b": ("think-open-close", "a", "b"),
    "<think>a<think>b</think>c": ("think-open-close", "a<think>b", "c"),
    "a</think>": ("close-only", "a", ""),
    "</think>": ("close-only", "", ""),
    "ä ü</think>ö\u3000": ("close-only", "ä ü", "ö"),
    "<|begin_of_thought|>a<|end_of_thought|>\n<|begin_of_solution|>b<|end_of_solution|>": (
        *("think-open-close", "a", "b"),
    ),
    "◁think▷a◁/think▷b": ("think-open-close", "a", "b"),
    "<thinking>a</thinking>b": ("think-open-close", "a", "b"),
    "[THINK]a": ("think-open-only", "a", None),
    "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b": (
        *("bare-think-answer", "a", "b"),
    ),
    "<|channel|>analysis<|message|>a": ("think-open-only", "a", None),
    "analysisWe are.assistantfinalb<|return|>\n": ("bare-think-answer", "We are.", "b"),
    "analysisWe are.assistantfinalb": ("bare-think-answer", "We are.", "b"),
    "analysis of a": ("no-tags", None, "analysis of a"),
    "<THINK>a</Think>b": ("think-open-close", "a", "b"),
    "<thinking>a</think>b": ("think-open-close", "a", "b"),
    "＜think＞a＜/think＞b": ("think-open-close", "a", "b"),
    # only named
    "think\na `</think>` a\nanswer\nb": ("bare-think-answer", "a `</think>` a", "b"),
    'so "<think>" it\n</think>b': ("close-only", 'so "<think>" it', "b"),
    "<think>a</think>b `<think>…</think>`": ("think-open-close", "a", "b `<think>…</think>`"),
    "a\n```\n<think>x</think>\n```\na</think>b": (
        *("close-only", "a\n```\n<think>x</think>\n```\na", "b"),
    ),
    # and not only named
    'It is "2"</think>"two"': ("close-only", 'It is "2"', '"two"'),
    'a 5" screen</think>a 5" screen': ("close-only", 'a 5" screen', 'a 5" screen'),
    "<think>a\n```\nx</think>b\n```\ny\n```": (
        *("think-open-close", "a\n```\nx", "b\n```\ny\n```"),
    ),
}


@pytest.mark.parametrize(("text", "parts"), CASES.items())
def test_a_text_falls_into_its_parts(text: str, parts: tuple[str, str | None, str | None]):
    found = parse(text)
    assert (found.form, found.thinking, found.summary) == parts


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("<think>a</think>b", "b"),
        ("a</think>b", "b"),
        ("a</think>b</think>c", "c"),
        ("a</think>b<think>c", "b"),
        ("a</think>b<Thinking>c", "b"),
        ("a</think>`<think>` is b", "`<think>` is b"),
        ("think\na\nanswer\nb", "b"),
        ("b", "b"),
        ("b<|im_end|>\n<|im_start|>user", "b"),
        ("a[/THINK]b<end_of_turn>", "b"),
        ("<|im_end|>b", "<|im_end|>b"),
        ("<think>a", ""),
    ],
)
def test_the_reply_is_what_follows_the_thinking(text, reply):
    assert reply_of(text) == reply


def columns(texts: list[str | None]) -> list[tuple[str | None, ...]]:
    frame = parse_columns(pl.DataFrame({"response": pl.Series(texts, dtype=pl.String)}))
    return frame.select("tag_form", "thinking", "summary").rows()


def test_columns_say_what_parse_says():
    assert columns(list(CASES)) == list(CASES.values())
    assert columns([None]) == [(None, None, None)]


PIECES = ["<think>", "</think>", "think\n", "\nanswer\n", " ", "\n", "\x1c", "a", "é中", "[/THINK]"]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_rendering_what_was_parsed_changes_nothing(text: str):
    parts = parse(text)
    if parts.thinking is not None and parts.summary is not None:
        again = parse(render(parts.thinking, parts.summary))
        if "</think>" not in parts.summary and "<think>" not in parts.thinking:
            assert (again.thinking, again.summary) == (parts.thinking, parts.summary)


def test_markers_render_and_parse():
    text = render("a|b", "c", marker="special_token")
    assert text == "|special_token|a|b|special_token|c"
    found = parse_marked(text, "special_token")
    assert (found.thinking, found.summary) == ("a|b", "c")
    with pytest.raises(ValueError, match="not one thinking"):
        parse_marked("a|m|b", "m")


def test_the_five_forms_of_real_traces_are_told_apart(shared):
    traces = pl.read_ndjson(shared / "traces.jsonl.gz", infer_schema_length=None)
    flags = pl.read_ndjson(shared / "trace_flags.jsonl", infer_schema_length=None)
    both = parse_columns(traces).join(flags, on="trace_id")
    assert both.filter(pl.col("tag_form") != pl.col("tag_form_right")).height == 0
