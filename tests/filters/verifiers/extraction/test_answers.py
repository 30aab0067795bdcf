"""Which answer is found in a reply, and by which rule."""

import pytest

from filters.verifiers.extraction.answers import extract, stated_answer

T = "<think>\\boxed{1} The answer is 1.</think>\n"
CASES = [
    # boxes
    (T + r"So it is \boxed{42}.", "42", "boxed"),
    (T + r"\boxed{3} no, rather \boxed{4}", "4", "boxed"),
    (T + r"\[\boxed{\frac{1}{\sqrt{2}}}\]", r"\frac{1}{\sqrt{2}}", "boxed"),
    (T + r"\boxed{5} and then \boxed{", "5", "boxed"),
    (T + r"$\boxed{1}$ and $\boxed{2}$", "1, 2", "boxed"),
    (T + r"$\boxed{1}$, $\boxed{2}$ or $\boxed{3}$", "1, 2, 3", "boxed"),
    (T + r"\fbox{7}", "7", "boxed"),
    (T + r"\boxed 9", "9", "boxed"),
    (T + r"\boxed{\{1,2\}}", r"\{1,2\}", "boxed"),
    (T + r"\boxed{} or \boxed{6}", "6", "boxed"),
    (T + r"\boxed{x = \text{5 } \text{cm}}", r"x = \text{5 } \text{cm}", "boxed"),
    # tags and marks
    (T + "<answer>12</answer>", "12", "answer_tag"),
    (T + "Adding up gives 7.\n#### 7", "7", "hashes"),
    (T + "#### 1,234", "1,234", "hashes"),
    # announced
    (T + "**Final Answer:** 18", "18", "answer_line"),
    (T + "The answer is 5.", "5", "answer_line"),
    (T + "İlk adım. " * 200 + "The answer is 5. Her bir kutu 3 ve 4 elma.", "5", "answer_line"),
    (
        T + "Hence all is done. The final answer is $\\frac{3}{4}$. I hope it is correct.",
        r"\frac{3}{4}",
        "answer_line",
    ),
    (T + "**Answer:** It takes John 30 minutes to solve the cube.", "30 minutes", "answer_line"),
    (T + "**Answer:** Harry slept 3 hours more than James.", "3 hours", "answer_line"),
    (T + "**Answer:** She has $45 left after 3 weeks.", r"\$45", "answer_line"),
    (T + "**Answer:** 3 or 4", "3 or 4", "answer_line"),
    (T + "Answer: B", "B", "answer_line"),
    (T + "The correct answer is (C) because it is.", "C", "answer_line"),
    (T + "答案：12", "12", "answer_line"),
    (T + "综上所述，故选B。", "B", "answer_line"),
    (T + "答案是 $\\frac{2}{5}$。", r"\frac{2}{5}", "answer_line"),
    (T + "Final answer:\n\\[\n x = 12 \n\\]\nDone.", "12", "answer_line"),
    (T + "The answer is 20 apples, which cost $35.", "20 apples", "answer_line"),
    (T + "The answer is 20 apples (which cost $35).", "20 apples", "answer_line"),
    (T + "The answer is 20 apples and they cost $35.", "20 apples", "answer_line"),
    (T + "The answer is 3 + 4, which is 7.", "7", "answer_line"),
    (T + "The final answer seems to be 10.", "10", "answer_line"),
    (T + "答案是三十五元，比二十元多。", "三十五元", "answer_line"),
    # bold
    (T + "Mary has **12 apples** now.", "12 apples", "bold"),
    (T + "**Step 1**: add.\n\nIn the end she pays **$230**", "$230", "bold"),
    # conclusions
    (T + "First 2, then 3. Therefore, the total is 5 apples.", "5", "conclusion"),
    (T + "One has 8. Two have 16. Thus $x + y = 24$.", "24", "conclusion"),
    (T + "先算3乘4。因此，一共有12个苹果。", "12", "conclusion"),
    (T + "Il en prend 353 g. Ensuite il rend. Donc, il a 79 g de cire.", "79 g", "conclusion"),
    (T + "We add 1 and 2 and get 3, and so on.\n\n\\[\n3 + 4 = 7\n\\]", "7", "conclusion"),
    (
        T + "The answer seems correct, but the ages seem a bit young. So Chris is 10.",
        "10",
        "conclusion",
    ),
    (
        T + "They want the answer in radicals, and it is simple, as 5 is prime. "
        "So the radius is sqrt(5) meters. I'm confident this is the answer.",
        "sqrt(5)",
        "conclusion",
    ),
    (T + "The sum of both is 20. Therefore Anna has twelve apples.", "12", "conclusion"),
    (T + "一共有十二个苹果。", "12 个苹果", "conclusion"),
    # a last or only sentence
    (
        T
        + "We took 5 and 6 from the bag. Adding them is easy. The others were left. "
        + "The nephew is \\(10\\) years old, which took a while to find"
        + " and to write down" * 20
        + ".",
        "10 years",
        "last_sentence",
    ),
    (T + "x = 5", "5", "short"),
    (T + "3/4", "3/4", "short"),
]


@pytest.mark.parametrize(("reply", "answer", "rule"), CASES)
def test_answer_and_rule(reply, answer, rule):
    found = extract(reply)
    assert found is not None
    assert (found.rule, found.answer.replace("\\$", "$")) == (rule, answer.replace("\\$", "$"))


@pytest.mark.parametrize(
    "reply",
    [
        r"<think>It is \boxed{42}",
        r"<think>It is \boxed{42}</think>",
        r"<think>\boxed{42}</think>"
        + "Let me think about it all once more in the next message. " * 9,
        "think\nIt is \\boxed{42}",
        "",
    ],
)
def test_a_box_inside_the_thinking_is_no_answer(reply):
    assert extract(reply) is None


def test_the_last_number_is_an_option():
    text = "She saw 3 birds, then 4, on several days, which was all there is. " * 8
    assert extract(text + "Birds are nice animals and they sing.") is None
    found = extract(text + "Birds are nice animals and they sing.", last_number=True)
    assert found == ("4", "last_number")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("So 3 + 4 = 7. Hmm, wait.\n\nThe answer is 7.", ("7", "answer_line")),
        (r"I get \boxed{12}. Let me check it again. Yes.", ("12", "boxed")),
        ("Let me check that. 2 times 8 is 16, and so on.", ("16", "short")),
        ("", None),
    ],
)
def test_any_piece_of_text_may_be_asked_what_answer_it_states(text, found):
    assert stated_answer(text) == found
