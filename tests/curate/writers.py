"""Writers for `refine`, good and bad, as functions of the scripted engine: what each is asked is
told by the first words of the shipped prompts."""

THINKING = (
    "I start with the {a} apples that I am given. I add the other {b}, which gives me "
    "${a} + {b} = {sum}$. Let me check that once more: ${b} + {a} = {sum}$, so I am right."
)
SUMMARY = "Adding the two gives ${a} + {b} = {sum}$, so the answer is $\\boxed{{{sum}}}$."
MIXED = (
    "We have {a} apples in the first basket 然后我们再加 {b} of them from the second. So we get "
    "that {a} + {b} = {sum}. Let me 检查一下 this once more, since it is easy to slip: "
    "{b} + {a} = {sum}. Yes, this is right, so the answer must be {sum}."
)


def problem(a: int, b: int) -> str:
    return f"What is {a} apples and {b} apples?"


def filled(text: str, a: int, b: int) -> str:
    return text.format(a=a, b=b, sum=a + b)


def _asked(prompt: str) -> tuple[bool, int, int]:
    """Whether the summary is asked for, and the numbers of the problem."""
    words = prompt.partition("Problem:\n")[2].split()
    return "Write the solution" in prompt, int(words[2]), int(words[5])


def _written(prompt: str, thinking: str = THINKING, summary: str = SUMMARY) -> list[str]:
    wants_summary, a, b = _asked(prompt)
    return [filled(summary if wants_summary else thinking, a, b)]


def good(prompt: str) -> list[str]:
    return _written(prompt)


def changes_the_answer(prompt: str) -> list[str]:
    return _written(prompt, summary=SUMMARY.replace("{{{sum}}}", "{{{a}}}"))


def invents_a_number(prompt: str) -> list[str]:
    return _written(prompt, thinking=THINKING + " I note that a year has 365 days.")


def wrong_language(prompt: str) -> list[str]:
    chinese = (
        "我先拿到{a}个苹果，再加上另外{b}个，得到{a} + {b} = {sum}。我再检查一遍："
        "{b} + {a} = {sum}，没有错。"
        "所以一共有{sum}个苹果，这就是我要找的结果，我很确定。"
    )
    return _written(prompt, thinking=chinese)


def drops_the_reasoning(prompt: str) -> list[str]:
    return _written(prompt, thinking="I add {a} + {b} = {sum}, and that is all there is to it now.")


def says_what_it_does(prompt: str) -> list[str]:
    return _written(prompt, thinking="Here is the rewritten text: " + THINKING)


def fails(prompt: str) -> list[dict[str, str]]:
    return [{"error": "server_error: 500"}]
