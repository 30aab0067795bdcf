import pytest

from filters.overlap.shingles import (
    LONGEST,
    batches,
    jaccard,
    ngrams,
    shingle_sets,
    shingles,
    words,
)


def spans(text: str) -> list[str]:
    found = words(["before " * 3, text, "after"])
    here = slice(found.bounds[1], found.bounds[2])
    return [text[a:b] for a, b in zip(found.starts[here], found.ends[here], strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, wörld! 3x² = x+1", ["Hello", "wörld", "3x²", "x", "1"]),
        ("小明有3个苹果 apples", ["小", "明", "有", "3", "个", "苹", "果", "apples"]),
        ("ひらカタ漢", ["ひ", "ら", "カ", "タ", "漢"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        (r"\frac{m}{n}", ["frac", "m", "n"]),
        ("𝑥𠮷y\ud800z", ["𝑥", "𠮷", "y", "z"]),
        ("", []),
        (" \n\t— …!", []),
        ("a", ["a"]),
    ],
)
def test_words_and_their_places(text, expected):
    assert spans(text) == expected


def test_case_and_width_are_folded_and_neighbours_do_not_matter():
    hashes = words(["ABC Ünder １２", "x abc ünder 12"]).hashes
    assert hashes[:3].tolist() == hashes[4:].tolist()


def test_ngrams_stay_within_their_text():
    found = words(["a b c", "d", "", "e f"])
    hashes, bounds, at = ngrams(found.hashes, found.bounds, 2)
    assert (bounds.tolist(), at.tolist()) == ([0, 2, 2, 2, 3], [0, 1, 4])
    alone = words(["e f"])
    assert hashes[2] == ngrams(alone.hashes, alone.bounds, 2)[0][0]


def test_a_text_of_too_few_words_has_one_shingle_that_tells_order_and_length():
    [(counts, hashes, bounds)] = shingles(["a b c", "c b a", "a b", "b a", "", "a"], 3)
    assert counts.tolist() == [3, 3, 2, 2, 0, 1]
    assert bounds.tolist() == [0, 1, 2, 3, 4, 4, 5]
    assert len(set(hashes.tolist())) == 5


def test_jaccard_by_hand():
    a, b, none = shingle_sets(["a b c d", "b c d e", ""], 2)
    assert jaccard(a, b) == 2 / 4
    assert jaccard(none, none) == 0
    assert jaccard(a, a) == 1


def test_batches_keep_order_and_cut_what_is_too_long():
    texts = ["x" * 60_000, "y" * 60_000, "z", "w" * (LONGEST + 5)]
    cut = list(batches(texts))
    assert [len(batch) for batch in cut] == [1, 2, 1]
    assert len(cut[-1][0]) == LONGEST
    assert list(batches([])) == []
