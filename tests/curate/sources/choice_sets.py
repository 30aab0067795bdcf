"""Rows in the shape of public sets of multiple choice; of the options the second is right."""

from collections.abc import Callable

from public_sets import WRONG, Row, Shape, asked, trace


def choice(n: int) -> list[str]:
    return ["a", f"{n + 1}", "x", "z"]


def picked(n: int) -> str:
    return f"That is \\boxed{{{'C' if n == WRONG else 'B'}}}."


def chosen(n: int) -> Row:
    return {"question": asked(n), "response": trace(n, picked(n))}


def labelled(n: int, labels: str = "ABCD") -> Row:
    return {"text": choice(n), "label": list(labels)}


def of_choice(row: Callable[[int], Row], called: str, said: str = "B") -> Shape:
    return Shape(lambda n: chosen(n) | row(n), called, "choice", lambda _: said, picked)


CHOICES: dict[str, Shape] = {
    "mmlu": of_choice(
        lambda n: {"subject": "math", "choices": choice(n), "answer": 1},
        "multiple choice, as MMLU",
    ),
    "mmlu-pro": of_choice(
        lambda n: {"options": choice(n), "answer": "B", "answer_index": 1, "category": "math"},
        "plain",
    ),
    "medqa": of_choice(
        lambda n: {"options": dict(zip("ABCD", choice(n), strict=True)), "answer": "B"}, "plain"
    ),
    "arc": of_choice(lambda n: {"choices": labelled(n), "answerKey": "B", "id": f"M{n}"}, "ARC"),
    "arc, labels in numbers": of_choice(
        lambda n: {"choices": labelled(n, "1234"), "answerKey": "2"}, "ARC"
    ),
    "openbookqa": of_choice(
        lambda n: (
            {"question": None, "question_stem": asked(n)}
            | {"choices": labelled(n), "answerKey": "B"}
        ),
        "ARC",
    ),
    "medmcqa": of_choice(
        lambda n: dict(zip(("opa", "opb", "opc", "opd"), choice(n), strict=True)) | {"cop": 1},
        "MedMCQA",
    ),
    "gpqa": of_choice(
        lambda n: {
            "Correct Answer": "m",
            **{f"Incorrect Answer {k}": wrong for k, wrong in enumerate("azx", 1)},
            "Subdomain": "Algebra",
        },
        "GPQA",
    ),
    "aqua-rat": of_choice(
        lambda n: {
            "options": [f"{letter}){text}" for letter, text in zip("ABCD", choice(n), strict=True)],
            "rationale": "One more.",
            "correct": "B",
        },
        "AQuA-RAT",
    ),
    "mathqa": of_choice(
        lambda n: {
            "options": ", ".join(
                f"{letter} ) {o} " for letter, o in zip("abcd", choice(n), strict=True)
            ),
            "correct": "b",
            "annotated_formula": "add(1,2)",
        },
        "MathQA",
        "b",
    ),
    "c-eval": of_choice(
        lambda n: dict(zip("ABCD", choice(n), strict=True)) | {"answer": "B", "explanation": ""},
        "options in columns A to D",
    ),
    "c-eval, fewer options": of_choice(
        lambda n: {"A": "a", "B": f"{n + 1}", "C": "x" if n else None, "D": "z", "answer": "B"},
        "options in columns A to D",
    ),
    "mmmlu": of_choice(
        lambda n: dict(zip("ABCD", choice(n), strict=True)) | {"Answer": "B", "Subject": "math"},
        "options in columns A to D",
    ),
}
