"""The program in a reply: which text is read, which block is taken, in linear time."""

# ruff: noqa: E501  (tables, a case per line)
import time

import pytest

from filters.trace_format.tags import DIALECTS
from filters.verifiers.code import verify_code
from filters.verifiers.extraction.program import program_in
from filters.verifiers.outcome import Case

pytestmark = pytest.mark.usefixtures("uncollected")

FENCED = "```python\ndef f(x):\n    return x\n```"


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (FENCED, ("def f(x):\n    return x\n", "fence_python")),
        (f"<think>\n```python\nwrong\n```\n</think>\n{FENCED}", ("def f(x):\n    return x\n", "fence_python")),
        (f"<think>\n{FENCED}", None),
        (f"thinking\n{FENCED}\n</think>\nNo code.", None),
        ("```python\nfirst = 1\n```\n```py\nlast = 2\n```", ("last = 2\n", "fence_python")),
        (f"{FENCED}\nUsage:\n```python\nprint(f(1))\n```", ("def f(x):\n    return x\n", "fence_named")),
        ("```\nx = 1\n```\n```bash\npython x.py\n```", ("x = 1\n", "fence")),
        ("```python\nx = 1\n```\n```\n1\n```", ("x = 1\n", "fence_python")),
        ("```cpp\nint main() {}\n```", None),
        ("```python\ndef f(x):\n    return", ("def f(x):\n    return", "fence_open")),
        ("1. Code:\n   ```python\n   x = 1\n   if x:\n       y = 2\n   ```", ("x = 1\nif x:\n    y = 2\n", "fence_python")),
        ("~~~python\nx = '```'\n~~~", ("x = '```'\n", "fence_python")),
        ("````python\nx = '''\n```\n'''\n````", ("x = '''\n```\n'''\n", "fence_python")),
        ("def f(x):\n    return x", ("def f(x):\n    return x", "whole")),
        ("print(input())", ("print(input())", "whole")),
        ("```py\nx = 1```\nDone.", ("x = 1\n", "fence_python")),
        ("```py\nx = 1\n```<|im_end|>\n<|im_start|>user\n```py\ny\n```", ("x = 1\n", "fence_python")),
        ("```py\nx = 1\n```\nOr:\n```py\ny =", ("x = 1\n", "fence_python")),
        ("```\n5\n```\n```py\nx = 1", ("x = 1", "fence_open")),
        ("```\nx = 1", ("x = 1", "fence")),
        ("```py\nx = 1\n``` sets x.\n", ("x = 1\n", "fence_python")),
        ("Here it is: ```python\nx = 1\n```\nDone.", ("x = 1\n", "fence_python")),
        ("Use `x` and ```x```, not\n```main.py\nx = 1\n```", ("x = 1\n", "fence_python")),
        ("n = 1\nprint(n)\n```", ("n = 1\nprint(n)\n", "whole")),
        ("Here is it:\n\ndef f():\n    return 1\n```\n", ("def f():\n    return 1\n", "whole")),
        ("```\nx = 1\n```\n```", ("x = 1\n", "fence")),
        ("```  `a`\nprint(1)", ("```  `a`\nprint(1)", "whole")),
        ("It is this:\n<answer>\ndef f(x):\n    return x\n</answer>", ("def f(x):\n    return x", "tagged")),
        ("[PYTHON]\n# ok\nx = 1\n[/PYTHON] Done.", ("# ok\nx = 1", "tagged")),
        ("Here: <code>print(input())</code>", ("print(input())", "tagged")),
        ("<answer>\nimport sys\nx = 1", ("import sys\nx = 1", "tagged")),
        (f"{FENCED}\nSo <code>x = 1</code> holds.", ("def f(x):\n    return x\n", "fence_python")),
        (f"{FENCED}\n<answer>The function adds: f(1) = 2\nand so on</answer>", ("def f(x):\n    return x\n", "fence_python")),
        (f"{FENCED}\nBetter:\n<answer>\ndef f(x):\n    return 1\n</answer>", ("def f(x):\n    return 1", "tagged")),
        (f"<answer>\n{FENCED}\n</answer>", ("def f(x):\n    return x\n", "fence_python")),
        (f"{FENCED}\nUsage:\n<code>\nprint(f(1))\nprint(f(2))\n</code>", ("def f(x):\n    return x\n", "fence_named")),
        ("<answer>for all n, no</answer>", None),
        ("I see no way.\n```", None),
        ("I cannot solve this.", None),
        ("yes", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_program_is_found_by_one_rule(reply, found):
    assert program_in(reply, frozenset({"f"} if "Usage" in reply else ())) == found


PROGRAM = "```python\ndef f(x):\n    return x\n```\n"
DRAFT = "```python\ndef f(x):\n    return 0\n```\n"
TESTS = {"mode": "assert", "tests": "assert f(2) == 2"}
BARE = ("think\n", "\nanswer\n")
GPT_OSS = ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>")
STRIPPED = ("analysisWe try.\n", "assistantfinal")


def outcome(reply: str) -> str:
    return verify_code([Case(reply, kind="code", tests=TESTS)])[0].outcome


@pytest.mark.parametrize(("opening", "closing"), [*DIALECTS, BARE, GPT_OSS, STRIPPED])
def test_a_draft_inside_the_thinking_is_not_run_in_any_dialect(opening, closing):
    assert outcome(f"{opening}{PROGRAM}") == "no_answer"
    assert outcome(f"{opening}{PROGRAM}{closing}I do not know.") == "no_answer"
    assert outcome(f"{opening}{DRAFT}{closing}{PROGRAM}") == "correct"
    assert outcome(f"{opening}{PROGRAM}{closing}{DRAFT}") == "incorrect"


@pytest.mark.parametrize(("opening", "closing"), DIALECTS)
def test_thinking_that_begins_anew_and_is_cut_off_is_not_run_either(opening, closing):
    assert outcome(f"{DRAFT}{closing}{PROGRAM}{opening}{DRAFT}") == "correct"
    assert outcome(f"{opening}no{closing}Hm.{opening}{PROGRAM}") == "no_answer"


def test_prose_that_begins_like_python_is_no_program():
    for reply in ("import duties\nare high", "print(", "for all I know, no"):
        assert outcome(reply) == "no_answer"


SHAPES = {
    "fences": "```\n", "fences without end": "```python\n", "longer fences": "````\n```py\n",
    "tildes": "~~~\n~~~py\n", "one fence, no line": "`", "one line of tildes": "~",
    "label": "```a", "a long label": "a", "blanks": " ", "empty lines": "\n", "tabs": "\t```",
    "definitions": "def f\n", "blank definitions": "def \n", "name": "f \n", "names": "f",
    "thinking": "<think>", "thought": "</think><think>", "brackets": "[THINK]", "angles": "<|",
    "open brackets": "x = [\n", "brackets in a line": "x[", "parens": "f(", "equals": "x =",
    "colons": "x : ", "bare thinking": "\nanswer ", "answers": "answer\n", "ends": "<|im_end|>",
    "opened tags": "<answer>", "tags": "<code>\n</code>", "comments": "#\n",
}  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "```", "```python\n", "think\n"])
@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_text_takes_twice_the_time(shape, prefix):
    assert ratio(lambda times: prefix + SHAPES[shape] * times) <= 2.6


def ratio(text) -> float:
    """Processor time of twice the text to that of the text, the best of some tries; texts of which
    even the longer takes next to nothing prove nothing and pass."""
    once, twice = (text(60_000 // len(text(1)) * factor) for factor in (1, 2))
    tries = []
    for _ in range(4):
        short, long = seconds(once), seconds(twice)
        if long < 0.01:
            return 0.0
        tries.append(long / short)
    return min(tries)


def seconds(text: str) -> float:
    began = time.process_time()
    program_in(text, frozenset({"f", "g"}))
    return time.process_time() - began
