"""Whole thinkings in other languages of Latin script."""

import pytest
from traces import frame, reasons, scores

from filters.language.language import Language, language_consistency
from filters.language.question_language import target_language

QUESTION = "Tom has three apples and buys two more. How many apples does he have in all?"
THINKING = {
    "vi": (
        "Tom có ba quả táo và mua thêm hai quả nữa. Vậy chúng ta phải cộng hai số này với nhau. "
        "Tổng số táo của Tom là năm quả."
    ),
    "pl": (
        "Tom ma trzy jabłka i kupuje jeszcze dwa. Więc musimy dodać te dwie liczby do siebie. To "
        "znaczy, że razem jest pięć jabłek."
    ),
    "tr": (
        "Tom'un üç elması var ve iki tane daha alıyor. Bu yüzden bu iki sayıyı toplamak gerekir. "
        "Sonuç olarak toplam beş elma eder."
    ),
    "nl": (
        "Tom heeft drie appels en koopt er nog twee bij. Dus we moeten deze twee getallen bij "
        "elkaar optellen. Het antwoord is dat hij vijf appels heeft."
    ),
    "id": (
        "Tom memiliki tiga apel dan membeli dua lagi. Jadi kita harus menjumlahkan kedua angka "
        "itu. Maka jumlah apel yang ada adalah lima."
    ),
    "sv": (
        "Tom har tre äpplen och köper två till. Så vi måste lägga ihop de här två talen. Det "
        "betyder att han har fem äpplen."
    ),
    "cs": (
        "Tom má tři jablka a koupí si ještě dvě. Takže musíme tato dvě čísla sečíst. To znamená, "
        "že má celkem pět jablek."
    ),
    "ro": (
        "Tom are trei mere și mai cumpără două. Deci trebuie să adunăm aceste două numere. Asta "
        "înseamnă că are cinci mere în total."
    ),
    "da": (
        "Tom har tre æbler og køber to mere. Så vi skal lægge de to tal sammen. Det betyder, at "
        "han har fem æbler i alt."
    ),
    "no": (
        "Tom har tre epler og kjøper to til. Så vi må legge sammen de to tallene. Det betyr at "
        "han har fem epler til sammen."
    ),
    "fi": (
        "Tomilla on kolme omenaa ja hän ostaa kaksi lisää. Meidän täytyy siis laskea nämä luvut "
        "yhteen. Se tarkoittaa, että hänellä on yhteensä viisi omenaa."
    ),
    "hu": (
        "Tominak három almája van, és vesz még kettőt. Tehát össze kell adnunk ezt a két számot. "
        "Ez azt jelenti, hogy összesen öt almája van."
    ),
    "sk": (
        "Tom má tri jablká a kúpi si ešte dve. Takže musíme tieto dve čísla sčítať. To znamená, "
        "že má spolu päť jabĺk."
    ),
    "hr": (
        "Tom ima tri jabuke i kupuje još dvije. Dakle, moramo zbrojiti ta dva broja. To znači da "
        "on ima ukupno pet jabuka."
    ),
    "lt": (
        "Tomas turi tris obuolius ir perka dar du. Taigi mes turime sudėti šiuos du skaičius. Tai "
        "reiškia, kad jis turi penkis obuolius."
    ),
    "sw": (
        "Tom ana matofaa matatu na ananunua mengine mawili. Kwa hivyo ni lazima tujumlishe namba "
        "hizi mbili. Hii ina maana kwamba ana jumla ya matofaa matano."
    ),
    "ca": (
        "En Tom té tres pomes i en compra dues més. Per tant, hem de sumar aquests dos nombres. "
        "Això vol dir que té cinc pomes en total."
    ),
    "tl": (
        "Si Tom ay may tatlong mansanas at bumili pa siya ng dalawa. Kaya kailangan nating "
        "pagsamahin ang mga numerong ito. Ang kabuuan ay limang mansanas."
    ),
}
"""in each language: Tom has three apples and buys two; so we add; he has five"""

SUMMARY = "**Answer:** Tom has 5 apples, as 3 + 2 is 5."


@pytest.mark.parametrize("language", THINKING)
def test_a_thinking_in_another_language_is_in_the_wrong_one(language: str):
    text = f"<think>\n{THINKING[language]}\n</think>\n\n{SUMMARY}"
    assert reasons(Language(), text, problem=QUESTION)[0][0] == "wrong_language"
    assert language_consistency(THINKING[language], "en") == 0


@pytest.mark.parametrize("language", THINKING)
def test_a_thinking_in_the_language_of_its_question_is_kept(language: str):
    text = f"<think>\n{THINKING[language]}\n</think>\n\n5"
    assert reasons(Language(), text, problem=THINKING[language]) == [[]]
    assert language_consistency(THINKING[language], language) == 1


@pytest.mark.parametrize("language", sorted(THINKING.keys() - {"sk", "hr"}))
def test_the_language_of_a_question_of_three_sentences(language: str):
    assert target_language(THINKING[language]) == language


def test_a_language_that_no_table_has_is_known_by_its_lack_of_english():
    zulu = "Bonke abantu bazalwa bekhululekile belingana ngesithunzi nangamalungelo. " * 5
    assert scores(Language(), f"<think>{zulu}</think>5", problem=QUESTION)["consistency"] == 0


@pytest.mark.parametrize(
    "thinking",
    [
        "na*nb + da*db = 12\n" * 20,
        "def add(a, b):\n    result = a + b\n    return result\n\nprint(add(3, 2))\n" * 5,
        r"\frac{\alpha}{\beta} = \sqrt{\gamma}, \quad \sin x \cos y \le \max(u, v)" * 10,
        "3 + 2 = 5 apples\n" * 30,
    ],
)
def test_formulas_and_code_are_in_no_other_language(thinking: str):
    assert reasons(Language(), f"<think>{thinking}</think>5", problem=QUESTION) == [[]]


def test_a_passage_is_found_among_english_ones():
    text = f"So we count the apples that he has.\n\n{THINKING['pl']}\n\nThat is what we need."
    (found,) = Language().judge(frame(text, problem=QUESTION)).get_column("detail")[0]
    assert (found["what"], found["start"], found["end"]) == (
        "switch:pl",
        text.index("Tom ma"),
        text.index("\n\nThat"),
    )
