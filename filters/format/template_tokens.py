"""What only templates and tokenizers write: special tokens, place holders, the prompt's own text.

In code or quotation marks, or where the problem has them, they are spoken of and not leaked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import polars as pl

from filters.spans import inside

_MASKS = "bos|eos|pad|unk|mask|sep|cls"
_ASKED = "problem|question|instruction|user_(?:input|message|query)|prompt"
_BEGINS = r"(?:^|(?<=[.!?>] )|(?<=>))"
"""of a line or a sentence"""
# <|im_end|>, <｜end▁of▁sentence｜>, [INST], <start_of_turn>: three letters at least, so that the
# pipes of F# and of absolute values stay out; 40 at most, twice the longest of DeepSeek's
_TOKEN = re.compile(
    r"<\|[a-zA-Z][a-zA-Z_]{2,}[a-zA-Z_0-9]*\|>|<｜[^｜\n]{2,40}｜>|\[/?INST\]|<</?SYS>>"
    r"|<(?:start|end)_of_turn>|</?tool_call>|</?s>"
    rf"|<(?:{_MASKS})>|\[(?:{_MASKS.upper()}|(?:TOOL_CALL|AVAILABLE_TOOL|TOOL_RESULT)S)\]"
    r"|<(?:\|?reserved_special_token|extra_id)_\d+\|?>|</?(?:system|user_query|function_calls)>"
    # place holders of prompts: the last are for people to fill in
    rf"|\{{\{{[#/]? ?(?:{_ASKED}|if|bos_token|messages?)\b[^{{}}\n]{{0,40}}\}}\}}"
    rf"|(?<![\\\w]){{(?:{_ASKED})}}|\{{%-? (?:for|if|set|end\w+|else)\b[^\n]{{0,80}}%}}"
    r"|\[(?:insert|add|put|write|your) [^\]\n]{0,20}(?:answer|solution|explanation)[^\]\n]{0,20}\]"
    r"|<(?:(?:your|insert) [\w ]{0,12}answer|answer here)>|\[(?:problem|question) text\]"
    r"|^### ?(?:Instruction|Human|User|System|Assistant)s?:[ \t]*$"
    rf"|{_BEGINS}(?:Below is an instruction that describes a task|You are a helpful assistant\b"
    r"|system(?: prompt)?: (?:you are|be )"
    r"|(?:please )?reason step by step, and put your final answer within \\boxed\{\}\.)",
    re.MULTILINE | re.IGNORECASE,
)
_SIGNS = (
    (
        *("<|", "<｜", "INST]", "<<SYS", "<</SYS", "_of_turn>", "_call>", "<s>", "</s>", "os>"),
        *("<pad>", "<unk>", "<mask>", "<sep>", "<cls>", "<BOS>", "<EOS>", "<PAD>", "<UNK>"),
        *("[PAD]", "[CLS]", "[SEP]", "[MASK]", "OS]", "[UNK]", "_CALLS]", "_TOOLS]", "_RESULTS]"),
    ),
    (
        *("{{", "{%", "{problem}", "{question}", "{instruction}", "{prompt}", "{user_"),
        *("<extra_id", "<answer here", "<your ", "<insert ", "[your ", "[Your ", "[insert "),
        *("[Insert ", "[Add ", "### Inst", "### Human", "### User", "### Sys", "### Assis"),
    ),
    (
        *("special_token_", "system>", "user_query>", "function_calls>", "m text]", "n text]"),
        *("within \\boxed{}.", "Below is an inst", "You are a helpful", "ystem: ", "YSTEM PROMPT"),
    ),
)
"""what each of them has one of; a search for more than thirty at once costs twenty times as much"""
_CODE = re.compile(r"(?<!`)`[^`\n]{1,80}`(?!`)")
_OPENS, _CLOSES = [*"\"“'‘"], [*"\"”'’"]


def may_have_tokens(text: pl.Expr) -> pl.Expr:
    """A cheap look at many texts."""
    first, *others = _SIGNS
    looks = [text.str.contains("|".join(map(re.escape, signs))) for signs in others]
    return pl.any_horizontal(text.str.contains_any(list(first)), *looks)


def template_tokens(text: str, problem: str) -> Iterator[tuple[int, int]]:
    if not any(sign in text for signs in _SIGNS for sign in signs):
        return
    struck = ("<s>", "</s>") if "<s>" in text and "</s>" in text else ()
    for match in not_spoken_of(_TOKEN.finditer(text), text):
        if not (match[0] in struck or match[0] in problem):
            yield match.span()


def not_spoken_of(found: Iterable[re.Match[str]], text: str) -> Iterator[re.Match[str]]:
    """Those of the matches that stand neither in a piece of code nor between quotation marks."""
    found = list(found)
    code = [match.span() for match in _CODE.finditer(text)] if found else []
    for match in found:
        begin, end = match.span()
        quoted = text[begin - 1 : begin] in _OPENS and text[end : end + 1] in _CLOSES
        piece = inside(begin, code)
        if not (quoted or (piece and end < piece[1])):
            yield match
