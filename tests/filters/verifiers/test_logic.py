"""Knights and knaves: every name, in any order and wording; one wrong role is a wrong answer."""

import json

import pytest

from filters.verifiers import Case, verify

GOLD = "(1) Ava is a knight\n(2) Emily is a knave\n(3) Liam is a knight"


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (GOLD, "correct"),
        ("<answer>Liam is a knight, Emily is a knave, Ava is a knight</answer>", "correct"),
        ("Emily is not a knight. Ava: knight. Liam = knight", "correct"),
        (
            "**Ava** is a **knight**, **Emily** is a **knave**, and **Liam** is a **knight**.",
            "correct",
        ),
        ("(1) Ava is a knight\n(2) Emily is a knight\n(3) Liam is a knight", "incorrect"),
        ("Ava is a knight and Emily is a knave.", "incorrect"),
        (GOLD + "\n(4) Noah is a knight", "incorrect"),
        ("Suppose Ava is a knave.\n\nConclusion:\n" + GOLD, "correct"),
        ("Ava is a knight. Ava is a knave. Emily is a knave. Liam is a knight.", "no_answer"),
        ("I cannot tell.", "no_answer"),
    ],
)
def test_roles(reply, outcome):
    assert verify([Case("</think>" + reply, GOLD, kind="logic")])[0].outcome == outcome


def test_real_golds_verify_themselves_and_a_flipped_role_breaks_them(shared):
    rows = [json.loads(line) for line in (shared / "logic_kk_150.jsonl").open()]
    cases, flipped = [], []
    for row in rows:
        gold, truth = row["answer"], row["truth"]
        lines = [
            f"{name} is a {'knight' if true else 'knave'}"
            for name, true in zip(row["names"], truth, strict=True)
        ]
        cases.append(Case("</think>" + "; ".join(reversed(lines)), gold, kind="logic"))
        other = lines[0].replace("knight", "x").replace("knave", "knight").replace("x", "knave")
        flipped.append(Case("</think>" + "; ".join([other, *lines[1:]]), gold, kind="logic"))
    assert {o.outcome for o in verify(cases)} == {"correct"}
    assert {o.outcome for o in verify(flipped)} == {"incorrect"}
