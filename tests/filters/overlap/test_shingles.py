import numpy as np
import pytest

from filters.overlap.shingles import LONGEST, HashSet, batches, jaccard, ngrams, shingle_sets, words


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


def test_ngrams_stay_within_their_text_and_short_texts_have_one():
    found = words(["a b c", "d", "", "e f"])
    hashes, bounds, at = ngrams(found, 2, short=True)
    assert bounds.tolist() == [0, 2, 3, 3, 4]
    assert at.tolist() == [0, 1, 3, 4]
    assert hashes[3] == ngrams(words(["e f"]), 2, short=False)[0][0]
    assert ngrams(found, 2, short=False)[1].tolist() == [0, 2, 2, 2, 3]


def test_ngrams_tell_order_and_length_apart():
    grams = [
        ngrams(words([t]), 3, short=True)[0].tolist() for t in ("a b c", "c b a", "a b", "b a")
    ]
    assert len({tuple(g) for g in grams}) == 4


def test_jaccard_by_hand():
    a, b, none = shingle_sets(["a b c d", "b c d e", ""], 2)
    assert jaccard(a, b) == 2 / 4
    assert jaccard(none, none) == 0
    assert jaccard(a, a) == 1


def test_hash_set_finds_its_members_only():
    values = np.arange(1, 5000, 7, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    members = HashSet(values[::2])
    assert members.has(values).tolist() == [i % 2 == 0 for i in range(len(values))]
    assert not HashSet(values[:0]).has(values).any()


def test_batches_keep_order_and_cut_what_is_too_long():
    texts = ["x" * 60_000, "y" * 60_000, "z", "w" * (LONGEST + 5)]
    cut = list(batches(texts))
    assert [len(batch) for batch in cut] == [1, 2, 1]
    assert len(cut[-1][0]) == LONGEST
    assert list(batches([])) == []
