"""Defects of form: tags, empty parts, junk around them. A closing tag alone is none."""

from __future__ import annotations

from random import Random

from ..places import gaps, paragraphs, put
from ..rows import Row, parts, rebuilt
from ..texts import lines

API_ERRORS = (
    "Error code: 500 - {'error': {'message': 'Internal Server Error', 'type': 'server_error'}}",
    "Error after 4 attempts: Error code: 429 - {'error': {'message': 'Rate limit reached for "
    "requests', 'type': 'rate_limit_error', 'code': 'rate_limit_exceeded'}}",
    '{"error": {"message": "The server had an error while processing your request.", '
    '"type": "server_error", "param": null, "code": null}}',
    "HTTP 503 Service Unavailable: upstream connect error or disconnect/reset before headers.",
    "openai.APITimeoutError: Request timed out.",
    "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1>"
    "</center><hr><center>nginx</center></body></html>",
)
TEMPLATE_TOKENS = (
    "<|im_end|>",
    "<|im_start|>assistant",
    "<|user|>",
    "<|assistant|>",
    "<|eot_id|>",
    "<|start_header_id|>user<|end_header_id|>",
    "<｜Assistant｜>",
    "<｜User｜>",
    "<｜end▁of▁sentence｜>",
    "<|endoftext|>",
    "[INST]",
    "<<SYS>>",
    "<end_of_turn>",
)


def opening_only(row: Row, rng: Random) -> Row:
    old = parts(row)
    text = f"<think>\n{old.thinking}\n\n{old.summary}"
    return {**row, "response": text, "finish_reason": "stop"}


def no_tags(row: Row, rng: Random) -> Row:
    old = parts(row)
    return {**row, "response": f"{old.thinking}\n\n{old.summary}", "finish_reason": "stop"}


def doubled_think(row: Row, rng: Random) -> Row:
    """Two blocks one after the other, or a second end of thinking."""
    old = parts(row)
    own = paragraphs(old.thinking)
    half = len(own) // 2
    first, second = "\n\n".join(own[:half]), "\n\n".join(own[half:])
    again = rng.choice(("<think>\n", ""))
    text = f"<think>\n{first}\n</think>\n\n{again}{second}\n</think>\n\n{old.summary}"
    return {**row, "response": text}


def nested_think(row: Row, rng: Random) -> Row:
    old = parts(row)
    inner = rng.choice(paragraphs(old.thinking))
    thinking = old.thinking.replace(inner, f"<think>\n{inner}\n</think>", 1)
    return {**row, "response": f"<think>\n{thinking}\n</think>\n\n{old.summary}"}


def empty_thinking(row: Row, rng: Random) -> Row:
    between = rng.choice(("\n\n", "\n", "", "  \n "))
    return {**row, "response": f"<think>{between}</think>\n\n{parts(row).summary}"}


def empty_summary(row: Row, rng: Random) -> Row:
    text = rebuilt(row, summary="")["response"].rstrip() + rng.choice(("", "\n", "\n\n  "))
    return {**row, "response": text, "finish_reason": "stop"}


def junk_after_end(row: Row, rng: Random) -> Row:
    """The model goes on as if it were the user, or starts the next exercise."""
    junk = rng.choice(
        (
            "\n\nHuman: Can you also solve the next one?\n\nAssistant: Of course! Let me",
            "\n\nUser: thanks. now write a poem about cats\nAssistant: Whiskers in the",
            "<|endoftext|>Question: A train leaves the station at noon",
            "\n</think>\n\n" + parts(row).summary,
            "\n\n### Instruction:\nTranslate the following sentence.\n\n### Response:\n",
            "<|im_end|>\n<|im_start|>user\nWhat about the second part?<|im_end|>",
        )
    )
    return {**row, "response": row["response"].rstrip() + junk}


def api_error(row: Row, rng: Random) -> Row:
    """An error instead of the whole response, or instead of the summary."""
    error = rng.choice(API_ERRORS)
    if rng.random() < 0.7:
        return {**row, "response": error, "finish_reason": rng.choice(("stop", None))}
    return rebuilt(row, summary=error)


def template_tokens(row: Row, rng: Random) -> Row:
    old, token = parts(row), rng.choice(TEMPLATE_TOKENS)
    if rng.random() < 0.3 and gaps(old.summary):
        return rebuilt(row, summary=put(rng, old.summary, token))
    return rebuilt(row, thinking=put(rng, old.thinking, token))


def runs_on(row: Row, rng: Random) -> Row | None:
    """Behind a boxed answer comes what belongs to a page or another exercise."""
    old = parts(row).summary
    if "\\boxed" not in old:
        return None
    apart = rng.choice(("\n\n", "\n", " "))
    return rebuilt(row, summary=f"{old}{apart}{rng.choice(lines('web', 'runs_on'))}")


def runs_on_in_prose(row: Row, rng: Random) -> Row | None:
    """The same behind an answer without a box."""
    if not row["gold"] or row["language"] != "en":
        return None
    apart, more = rng.choice(("\n\n", " ")), rng.choice(lines("web", "runs_on"))
    said = rng.choice(("So the answer is {}.", "Putting it together, we get {}.", "It is {}."))
    return rebuilt(row, summary=f"{said.format(row['gold'])}{apart}{more}")


DEFECTS = {
    "opening_only": opening_only,
    "no_tags": no_tags,
    "doubled_think": doubled_think,
    "nested_think": nested_think,
    "empty_thinking": empty_thinking,
    "empty_summary": empty_summary,
    "junk_after_end": junk_after_end,
    "runs_on": runs_on,
    "runs_on_in_prose": runs_on_in_prose,
    "api_error": api_error,
    "template_tokens": template_tokens,
}
