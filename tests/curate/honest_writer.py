"""A writer that changes how a text is set and nothing that it says: for `refine` on real traces.

Foreign pieces give way to an English word; sentences get new paragraphs, "we" becomes "I", Markdown
goes, sums are set in TeX, 1,000 becomes 1000. The summary is its last sums and the answer.
"""

import re

from filters.language.foreign_pieces import foreign_pieces
from filters.verifiers.extraction.answers import stated_answer

_NUMBER = r"\$?\d+(?:,\d{3})*(?:\.\d+)?%?"
_SUM = re.compile(rf"{_NUMBER}(?: ?[-+*/x×÷] ?{_NUMBER})+ ?= ?{_NUMBER}")
_PERSON = {"we": "I", "We": "I", "let's": "let me", "Let's": "Let me", "our": "my", "Our": "My"}
_PERSON |= {"we're": "I'm", "We're": "I'm", "we'll": "I'll", "We'll": "I'll", "us": "me"}


def write(prompt: str) -> list[str]:
    """For the scripted engine: what each is asked is told by the first words of its prompt."""
    thinking = prompt.partition("\n\nReasoning:\n")[2].strip()
    if "Write the solution" in prompt:
        return [summary(thinking)]
    return [translated(thinking) if "mixes languages" in prompt else tidied(thinking)]


def translated(text: str) -> str:
    own, end = [], 0
    for piece in foreign_pieces(text, "en"):
        if not piece.mention:
            own.append(text[end : piece.start].strip())
            end = piece.end
    return " this ".join([*own, text[end:].strip()])


def tidied(text: str) -> str:
    said = re.sub(r"(?m)^#+ *|\*\*|`+[a-z]*|^[-*•] +", "", text)
    said = _SUM.sub(lambda found: f"${tex(found[0])}$", said)
    said = re.sub(r"(?<=\d),(?=\d{3}\b)", "", said)
    said = re.sub(r"\b[A-Za-z']+\b", lambda word: _PERSON.get(word[0], word[0]), said)
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z$])", " ".join(said.split()))
    return "\n\n".join(" ".join(sentences[i : i + 4]) for i in range(0, len(sentences), 4))


def tex(formula: str) -> str:
    """Set as a writer would: 3 * 1,000 as 3 \\times 1{,}000, 6/3 as a fraction."""
    formula = re.sub(r"([\d.,]+) ?/ ?([\d.,]+)", r"\\frac{\1}{\2}", formula)
    formula = re.sub(r" ?[*x×] ?", r" \\times ", formula).replace("÷", r"\div")
    return re.sub(r"([$%])", r"\\\1", formula).replace(",", "{,}")


def summary(thinking: str, said: str | None = None) -> str:
    """`said`: a text that states the answer, else what the thinking says last."""
    plain = thinking.replace("{,}", ",").replace("\\$", "$")
    steps = [f"${tex(found[0])}$" for found in _SUM.finditer(plain)][-4:]
    stated, numbers = stated_answer(said or plain[-300:]), re.findall(r"[\d,.]*\d", plain)
    answer = stated.answer if stated else numbers[-1] if numbers else "unknown"
    steps_said = f"The steps are these: {', then '.join(steps)}. " if steps else ""
    return f"{steps_said}So the final answer is $\\boxed{{{answer}}}$."
