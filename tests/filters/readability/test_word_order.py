import random

import pytest

from filters.readability.word_order import is_salad

PROSE = (
    "then the revealed box might give a clue as to which box is defective among the remaining ones"
    " so the host has to open one that he knows to be good before you can choose to swap it",
    "perhaps the farmer should always take the goat with him to prevent it from being eaten or"
    " eating something else while he carries the wolf and the cabbage across the river",
    "Ryan bikes one day a week takes the bus three times a week and gets a ride from a friend once"
    " a week",
    "weil wir in so einer Aufgabe erst die Zahl der Hefte suchen und dann den Preis von allen"
    " Heften mit dem Preis der Stifte vergleichen was am Ende gar nicht so schwer ist",
)


@pytest.mark.parametrize("prose", PROSE)
def test_long_sentences_without_a_sign_are_no_salad(prose: str):
    assert not is_salad(prose)


def test_shuffled_sentences_are_salad():
    words = " ".join(PROSE[:2]).split()
    shuffled = [" ".join(random.Random(seed).sample(words, 45)) for seed in range(100)]
    assert sum(map(is_salad, shuffled)) >= 95


def test_words_in_a_row_without_small_ones_are_salad():
    assert is_salad("river candle orbit velvet saddle copper window garden thunder pencil " * 3)
