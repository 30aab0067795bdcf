import polars as pl
import pytest
from traces import frame, reasons, scores, whats

from filters.errors import UserError
from filters.language.language import Language, language_consistency
from filters.language.question_language import target_language

QUESTION = "How many apples does Tom have in all?"


PLAIN = "So we count the apples that Tom has and add those he buys. " * 5


def trace(thinking: str, summary: str = "He has 5.") -> str:
    return f"<think>\n{thinking}\n</think>\n\n{summary}"


@pytest.mark.parametrize(
    "thinking",
    [
        "So the分类 does not matter here.",
        "The user is催促尽快回答 (urging an answer), so I go on.",
        "He has 5, that is $2.00, and then 随后，他看到2只 frogs, which cost $3.00.",
        "We add the two. Donc il faut que nous ajoutons les pommes de Tom. That is 5.",
        "We add the two. Das ist nicht so schwer, wir zählen einfach die Äpfel. That is 5.",
        "We add the two, así que la respuesta es la suma de los dos números, which is 5.",
        "We add the two, pero eso no puede ser, and go on.",
        "We add the two, co daje razem trzydzieści. That is fine.",
        "We add the two. Takže odpověď je pět. That is fine.",
        "We add the two. Tekrar kontrol etmemiz gerekiyor.",
        "Потом мы складываем, and so we get 5.",
        "Then 그러므로 he has 5.",
    ],
)
def test_a_switch_is_mixed(thinking: str):
    assert reasons(Language(), trace(PLAIN + thinking), problem=QUESTION) == [["mixed_language"]]


@pytest.mark.parametrize(
    "thinking",
    [
        'In Chinese, "apple" is "苹果" (píngguǒ), which does not help.',
        "The word for crackers (饼干) and movies (电影) sound different.",
        "In Russian literature κ (каппа) is not common.",
        "The song “Das ist der Baum und nicht ich” is about an »Apfelbaum«.",
        "By de Moivre and van der Waals, the El Paso del Norte line costs $5 and $7.",
        "Let α, β, γ and Ω be angles; the Tate-Shafarevich group Ш is finite; x ∈ ℝ.",
        "Schrödinger met Gödel and Čech at the café; déjà vu, naïve, 30 °C, 5 €.",
        "`print('苹果')` prints an apple.",
        "The city İstanbul is in the Chinese word 中文 here.",
        "So `ps` has more, ps aux lists processes, and men are 2 parts.",
        "Maria de los Angeles Garcia eats the plat du jour at Chez la Mère Michel, à la carte.",
        "Solving for r² = 3, maybe ω is a variable, so dθ/dt = 5 degrees per hour.",
    ],
)
def test_mentions_names_and_mathematics_are_not_mixed(thinking: str):
    assert reasons(Language(), trace(PLAIN + thinking), problem=QUESTION) == [[]]


def test_money_does_not_hide_what_lies_between_two_prices():
    text = trace("He pays $5 and 然后 gets back $3 of it.")
    assert scores(Language(), text, problem=QUESTION)["switches"] == 1


@pytest.mark.parametrize(
    "problem",
    [
        "Translate 'apple' into Chinese.",
        "What is the French word for apple?",
        "Latin words for apple?",
        "Say it in GREEK",
        "苹果 is what fruit?",
    ],
)
def test_what_the_question_asks_for_is_not_mixed(problem: str):
    text = trace("The answer 苹果 is an apple, and 水果 is fruit.")
    assert reasons(Language(), text, problem=problem) == [[]]


@pytest.mark.parametrize(
    "problem",
    [
        "Of 54 students, 20 speak French. How many do not?",
        "Convert the words into Latin1 bytes.",
        "Write the word in latin_1, calculating words.",
    ],
)
def test_a_thought_about_french_students_is_no_translation(problem: str):
    assert reasons(Language(), trace(PLAIN + "So 剩下 34."), problem=problem) == [
        ["mixed_language"]
    ]


ZH = "汤姆有3个苹果，又买了2个，一共有多少个苹果？"
FRENCH = "Tom a trois pommes et il en achète deux, donc nous avons cinq pommes dans le sac. "
THOUGHT = "汤姆原来有3个苹果，又买了2个，所以一共是3＋2＝5个。"


@pytest.mark.parametrize(
    ("thinking", "expected"),
    [
        (THOUGHT, []),
        (f"{THOUGHT}设 x 为总数，用 AIME 的方法，\\text{{if }} x = 5，sin x，DNA。", []),
        (f"{THOUGHT}题目说“the total number of apples is”，就是总数。", []),
        (f"Wait，{THOUGHT}", ["mixed_language"]),
        (f"{THOUGHT} So the total number of apples is 5. {THOUGHT}", ["mixed_language"]),
        (f"{THOUGHT}，let me check again，{THOUGHT}", ["mixed_language"]),
        (f"{THOUGHT}，rate of change，{THOUGHT}", []),
        ("Tom has 3 apples and buys 2, so that is 5.", ["wrong_language", "mixed_language"]),
    ],
)
def test_english_in_chinese(thinking: str, expected: list[str]):
    assert reasons(Language(), trace(thinking, "一共有5个。"), problem=ZH) == [expected]


def test_a_clause_of_english_in_french():
    problem = "Combien de pommes est-ce que Tom a dans son sac, et que faut-il payer ?"
    text = trace("Nous avons cinq pommes, on the other hand, et il faut payer. " + FRENCH * 3)
    assert reasons(Language(), text, problem=problem) == [["mixed_language"]]
    assert reasons(Language(), trace(FRENCH * 3), problem=problem) == [[]]


def test_thinking_in_another_language_than_the_question():
    text = trace(THOUGHT * 3)
    assert reasons(Language(), text, problem=QUESTION)[0][0] == "wrong_language"
    assert reasons(Language(), trace(FRENCH * 5), problem=QUESTION)[0][0] == "wrong_language"


def test_the_threshold_lets_a_little_mixing_pass():
    text = trace("So the分类 does not matter here. " + "We add them up. " * 50)
    verdicts = Language().judge(frame(text, problem=QUESTION))
    assert verdicts.get_column("reason").to_list() == ["mixed_language"]
    assert Language(high=0.02).derive(verdicts).get_column("keep").to_list() == [True]


def test_a_finding_says_where_and_whether():
    text = trace('The 分类 of "苹果" is fruit.')
    found = whats(Language(), text, problem=QUESTION)
    assert found == [("switch:han", "分类"), ("mention", "苹果")]


@pytest.mark.parametrize(
    ("problem", "stated", "code"),
    [
        (QUESTION, None, "en"),
        (ZH, None, "zh"),
        ("太郎さんはりんごを3つ買いました。", None, "ja"),
        ("Сколько яблок у Тома?", None, "ru"),
        ("톰은 사과를 몇 개 가지고 있습니까?", None, "ko"),
        ("Combien de pommes est-ce que Tom a dans son sac, et que faut-il payer ?", None, "fr"),
        ("¿Qué significa eso?", None, "es"),
        ("¿Cuál es el área?", None, "es"),
        ("The Poincaré conjecture", None, "en"),
        ("x + 3 = 5", None, "en"),
        ("x + 3 = 5", "Chinese", "zh"),
        ("x + 3 = 5", "zh-CN", "zh"),
        (ZH, "python", "zh"),
        (None, None, "en"),
    ],
)
def test_the_language_of_a_question(problem: str | None, stated: str | None, code: str):
    assert target_language(problem, stated) == code


def test_consistency_is_target_words_of_all_words():
    assert language_consistency("one two three 苹果", "en") == pytest.approx(3 / 5)
    assert language_consistency("one two three", "en") == 1
    assert language_consistency("一二三 okay so then", "zh") == pytest.approx(3 / 6)
    assert language_consistency("", "en") == 0
    assert language_consistency("3 + 4 = 7", "en") == 1


def test_an_unknown_detector_names_the_nearest():
    with pytest.raises(UserError, match="did you mean 'langdetect'"):
        Language(detector="langdetekt")


def test_real_traces_agree_with_their_flags(shared):
    traces = pl.read_ndjson(shared / "traces.jsonl.gz", infer_schema_length=None)
    flags = pl.read_ndjson(shared / "trace_flags.jsonl", infer_schema_length=None)
    flags = traces.select("trace_id").join(flags, on="trace_id", maintain_order="left")
    rows = frame(*traces["response"], problem=traces["problem"].to_list())
    dropped = ~Language().judge(rows).get_column("keep")
    mixed, mention = flags["mixed_language"], flags["mention_only"]
    assert (dropped & mixed).sum() >= 0.95 * mixed.sum()
    assert (dropped & mention).sum() <= 0.1 * mention.sum()
    assert (dropped & ~mixed & ~mention).sum() <= 0.005 * len(mixed)
