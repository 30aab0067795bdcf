"""Languages mixed: words, clauses, sentences, paragraphs, whole parts in another than asked."""

from __future__ import annotations

import re
from random import Random

from ..places import between, carry_on, paragraphs, put, sentences
from ..rows import Parts, Row, parts, rebuilt
from ..sound import FAMILIES, LANGUAGES, draft, rendered, tell
from ..texts import one
from ..word_problems import TOLD_IN_ALL

OTHER_SCRIPT = ("zh", "zh", "ru", "ja", "ko", "ar")
SAME_SCRIPT = ("fr", "de", "es", "it", "pt")
UNSPACED = ("zh", "ja")

WORDS = {
    "total": ("总数", "сумма", "合計", "합계", "المجموع"),
    "answer": ("答案", "ответ", "答え", "답"),
    "number": ("数字", "число", "数", "숫자"),
    "check": ("检查", "проверить", "確認", "확인"),
    "first": ("首先", "сначала", "最初", "먼저"),
    "each": ("每个", "каждый", "それぞれ", "각각"),
    "same": ("相同", "одинаковый", "同じ", "같은"),
    "question": ("问题", "вопрос", "質問", "질문"),
    "because": ("因为", "потому что", "なぜなら", "왜냐하면", "لأن"),
    "but": ("但是", "но", "しかし", "하지만", "لكن"),
    "now": ("现在", "теперь", "今", "지금"),
    "then": ("然后", "затем", "それから", "그러면"),
    "method": ("方法", "метод", "やり方", "방법"),
    "step": ("步骤", "шаг", "段階", "단계"),
    "right": ("正确", "верно", "正しい", "맞다"),
    "time": ("时间", "время", "時間", "시간"),
    "people": ("人", "людей", "人々", "사람"),
    "think": ("认为", "думаю", "思う", "생각"),
    "together": ("一起", "вместе", "一緒に", "함께"),
    "carefully": ("仔细地", "внимательно", "慎重に", "주의깊게"),
}


def _numbers(rng: Random) -> dict[str, int]:
    a, b = rng.randint(2, 90), rng.randint(2, 90)
    return {"a": a, "b": b, "c": a + b}


def _sentence(rng: Random, language: str) -> str:
    """From the bank, or one of a whole derivation told in that language."""
    if language in LANGUAGES and rng.random() < 0.4:
        told = sentences(" ".join(draft(rng, language).body), 1)
        wordy = [s.strip() for s in told if _letters(s) >= (12 if language in UNSPACED else 40)]
        if wordy:
            return rng.choice(wordy)
    return one(rng, language, "sentences", _numbers(rng))


def _letters(sentence: str) -> int:
    """How many letters it has; none where figures make up a good part of it."""
    letters = sum(map(str.isalpha, sentence))
    return 0 if sum(map(str.isdigit, sentence)) * 4 > letters else letters


def _spots(text: str) -> list[re.Match[str]]:
    """Words of running prose that have a translation; not in quotes, code or formulas."""
    words = "|".join(WORDS)
    found = re.finditer(rf"(?<=[a-z,] )({words})(?= [a-z]|[.,])", text)
    return [m for m in found if _plain(text[text.rfind("\n", 0, m.start()) + 1 : m.start()])]


def _plain(line: str) -> bool:
    return all(line.count(mark) % 2 == 0 for mark in ('"', "`", "$", "*", "“")) and "\\" not in line


def foreign_word(row: Row, rng: Random) -> Row | None:
    """One word (seldom a few) of the prose in another script, as if nothing had happened."""
    thinking = parts(row).thinking
    spots = _spots(thinking)
    if row["language"] != "en" or not spots:
        return None
    chosen = rng.sample(spots, min(len(spots), rng.choice((1, 1, 1, 2, 4))))
    for spot in sorted(chosen, key=lambda m: -m.start()):
        word = rng.choice(WORDS[spot[0]])
        thinking = thinking[: spot.start()] + word + thinking[spot.end() :]
    return rebuilt(row, thinking=thinking)


def _sentences_into(row: Row, rng: Random, own: str, others: tuple[str, ...]) -> Row | None:
    if row["language"] != own:
        return None
    old, language = parts(row), rng.choice(others)
    if rng.random() < 0.15 and len(old.summary) > 80:
        return rebuilt(row, summary=put(rng, old.summary, _sentence(rng, language)))
    thinking = old.thinking
    new = [_sentence(rng, language) for _ in range(rng.choice((1, 1, 2, 3)))]
    for sentence in dict.fromkeys(new):
        thinking = put(rng, thinking, sentence)
    return rebuilt(row, thinking=thinking)


def foreign_sentence(row: Row, rng: Random) -> Row | None:
    return _sentences_into(row, rng, "en", OTHER_SCRIPT)


def same_script_sentence(row: Row, rng: Random) -> Row | None:
    return _sentences_into(row, rng, "en", SAME_SCRIPT)


def english_in_other_script(row: Row, rng: Random) -> Row | None:
    """English inside Chinese (or Russian, or Japanese): a clause at least, often sentences."""
    if row["language"] not in ("zh", "ru", "ja"):
        return None
    if rng.random() < 0.3:
        return _clause_into(row, rng, ("en",))
    return _sentences_into(row, rng, row["language"], ("en",))


def english_in_same_script(row: Row, rng: Random) -> Row | None:
    if row["language"] not in ("fr", "de", "es"):
        return None
    return _sentences_into(row, rng, row["language"], ("en",))


def _clause_into(row: Row, rng: Random, others: tuple[str, ...]) -> Row | None:
    clause = one(rng, rng.choice(others), "switches", _numbers(rng))
    thinking = carry_on(rng, parts(row).thinking, clause)
    return None if thinking is None else rebuilt(row, thinking=thinking)


def switch_mid_sentence(row: Row, rng: Random) -> Row | None:
    return _clause_into(row, rng, OTHER_SCRIPT) if row["language"] == "en" else None


def same_script_switch(row: Row, rng: Random) -> Row | None:
    return _clause_into(row, rng, SAME_SCRIPT) if row["language"] == "en" else None


def _paragraph_into(row: Row, rng: Random, others: tuple[str, ...]) -> Row | None:
    if row["language"] != "en":
        return None
    told = draft(rng, rng.choice(others), rng.choice(list(TOLD_IN_ALL)))
    blank = "" if told.language in UNSPACED else " "
    new = blank.join(told.body[: rng.randint(2, len(told.body))])
    return rebuilt(row, thinking=between(rng, parts(row).thinking, new))


def foreign_paragraph(row: Row, rng: Random) -> Row | None:
    return _paragraph_into(row, rng, ("zh", "ru", "ja"))


def same_script_paragraph(row: Row, rng: Random) -> Row | None:
    return _paragraph_into(row, rng, ("fr", "de", "es"))


def stays_switched(row: Row, rng: Random) -> Row | None:
    """From some point on the thinking is in another language, as real models drift."""
    if row["language"] != "en":
        return None
    own = paragraphs(parts(row).thinking)
    other = rng.choice(("zh", "ru", "ja", "fr", "de", "es"))
    told = draft(rng, other, rng.choice(list(TOLD_IN_ALL)))
    cut = rng.randint(1, len(own))
    return rebuilt(row, thinking="\n\n".join([*own[:cut], *told.body]))


def wrong_language(row: Row, rng: Random) -> Row:
    """A problem in the row's language, the same numbers thought through in another one."""
    return _told_apart(row, rng, summary_too=rng.random() < 0.4)


def _told_apart(row: Row, rng: Random, summary_too: bool) -> Row:
    own = row["language"]
    other = rng.choice([x for x in ("en", "zh", "fr", "de", "es", "ru", "ja") if x != own])
    family = rng.choice(list(TOLD_IN_ALL))
    values = FAMILIES[family][1](rng, own)
    told = tell(rng, own, family, "math", values)
    thinking, summary = rendered(rng, other, family, values)
    text = Parts(parts(row).form, thinking, summary if summary_too else told.summary).text()
    return {
        **row,
        **{"problem": told.problem, "response": text, "kind": "math"},
        **{"gold": str(values["gold"]), "origin": "generated"},
    }


def foreign_summary(row: Row, rng: Random) -> Row | None:
    """Thinking in the question's language, the summary for the reader in another."""
    own = row["language"]
    other = rng.choice([x for x in ("en", "zh", "fr", "de", "ru", "ja") if x != own])
    family = rng.choice(["shop", "trip"])
    values = FAMILIES[family][1](rng, own)
    told = tell(rng, own, family, "math", values)
    summary = rendered(rng, other, family, values)[1]
    closing = " ".join(_sentence(rng, other) for _ in range(2))
    text = Parts("both", "\n\n".join(told.body), f"{closing}\n\n{summary}").text()
    return {
        **row,
        **{"problem": told.problem, "response": text, "kind": "math"},
        **{"gold": str(values["gold"]), "origin": "generated"},
    }


DEFECTS = {
    "foreign_word": foreign_word,
    "foreign_sentence": foreign_sentence,
    "foreign_paragraph": foreign_paragraph,
    "switch_mid_sentence": switch_mid_sentence,
    "stays_switched": stays_switched,
    "same_script_sentence": same_script_sentence,
    "same_script_switch": same_script_switch,
    "same_script_paragraph": same_script_paragraph,
    "english_in_other_script": english_in_other_script,
    "english_in_same_script": english_in_same_script,
    "wrong_language": wrong_language,
    "foreign_summary": foreign_summary,
}
