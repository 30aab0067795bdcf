"""Rows in the shape of public sets that ask about a text: row n has n apples and asks for one
more; of the options the second is right."""

from collections.abc import Callable

from choice_sets import choice
from public_sets import Row, gold


def passage(n: int) -> str:
    return f"Tom has {n} apples and gets one more."


QUESTION = "How many has he?"

READING: dict[str, tuple[Callable[[int], Row], str, str]] = {
    "reclor": (
        lambda n: {"context": passage(n), "question": QUESTION, "answers": choice(n), "label": 1},
        "ReClor",
        "choice",
    ),
    "logiqa": (
        lambda n: (
            {"context": passage(n), "query": QUESTION, "options": choice(n)} | {"correct_option": 1}
        ),
        "LogiQA",
        "choice",
    ),
    "agieval": (
        lambda n: {
            "passage": passage(n),
            "question": QUESTION,
            "options": [f"({letter}){o}" for letter, o in zip("ABCD", choice(n), strict=True)],
            "label": "B",
            "answer": None,
        },
        "AGIEval",
        "choice",
    ),
    "drop": (
        lambda n: (
            {"passage": passage(n), "question": QUESTION}
            | {"answers_spans": {"spans": [gold(n)], "types": ["number"]}}
        ),
        "DROP",
        "math",
    ),
    "squad": (
        lambda n: (
            {"context": passage(n), "question": QUESTION}
            | {"answers": {"text": [gold(n)], "answer_start": [8]}}
        ),
        "SQuAD",
        "math",
    ),
    "boolq": (
        lambda n: {"passage": passage(n), "question": QUESTION, "answer": gold(n)},
        "a passage and its question",
        "math",
    ),
    "olympiadbench": (
        lambda n: (
            {"context": passage(n), "question": QUESTION, "solution": ["One more."]}
            | {"final_answer": [gold(n)]}
        ),
        "a context and its question",
        "math",
    ),
    "svamp": (
        lambda n: {"Body": passage(n), "Question": QUESTION, "Answer": gold(n), "Equation": "x"},
        "SVAMP",
        "math",
    ),
}
