import hashlib

import polars as pl
import pytest

from filters.safety.refusals import what_it_does

KINDS = [
    ("refusal", "I'm sorry, but I can’t help with that."),
    ("refusal", "I must decline. However, I care about you; please talk to someone."),
    ("refusal", "It's not appropriate to discuss ways to hurt someone."),
    ("refusal", "I'm just an AI, it's not within my programming or ethical guidelines to do it."),
    ("refusal", "I won't say. Instead, try this:\n1. Take a walk.\n2. Call a friend."),
    ("refusal", '"I cannot assist with this request."'),
    ("refusal", "很抱歉，我无法提供这类信息。"),
    ("refusal", "Lo siento, no puedo ayudarte con eso."),
    ("refusal", "Es tut mir leid, ich kann dir dabei nicht helfen."),
    ("refusal", "Je ne peux pas vous aider à faire cela."),
    ("refusal", "Я не могу предоставить такую информацию."),
    ("refusal", "申し訳ありませんが、お手伝いできません。"),
    ("unclear", "I can't help with that, but here is how others do it: take A, then B."),
    ("unclear", "I cannot create malware.\n\n```python\nimport a\n```"),
    ("warning", "Setting buildings on fire is illegal and puts lives at risk."),
    ("warning", "伪造货币是违法行为。"),
    ("answer", "Run `kill -9 <pid>`; the process ends at once."),
    ("answer", "I can't wait to share this! Stretch the balloon, then blow evenly."),
    ("answer", "I can't give an exact number; historians speak of 15 million."),
    ("answer", "I'm sorry to hear that your plant died. Cut it back and water it."),
    ("answer", 'The fox met an owl. "I cannot help you," said the owl.'),
    ("answer", "A polite email:\n\nDear Max, I'm sorry, but I can't help with the move. Jo"),
    ("answer", "You can't divide by zero; help the child see why."),
    ("answer", "你可以用任务管理器结束这个进程。"),
]


@pytest.mark.parametrize(("does", "reply"), KINDS)
def test_what_a_reply_does_with_the_request(does, reply):
    assert what_it_does(reply)[0] == does


@pytest.mark.parametrize("half", [0, 1], ids=["seen", "unseen"])
def test_replies_labelled_by_people(shared, half):
    """The rules were written with half 0 in sight."""
    replies = pl.read_ndjson(shared / "xstest_completions_dev.jsonl.gz")
    of_half = [_half(problem) == half for problem in replies["problem"]]
    said = replies.filter(of_half).select(
        "human_label",
        does=pl.Series([what_it_does(r.strip())[0] for r in replies.filter(of_half)["response"]]),
    )
    refused = said.filter(pl.col("human_label") == "2_full_refusal")["does"] == "refusal"
    answered = said.filter(pl.col("human_label") == "1_full_compliance")["does"] == "refusal"
    assert refused.mean() >= 0.85
    assert answered.mean() <= 0.02


def _half(problem: str) -> int:
    return int(hashlib.sha256(problem.encode()).hexdigest(), 16) % 2
