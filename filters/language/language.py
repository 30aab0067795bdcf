"""Is the trace in the language of its question, all of it?

One pattern over all texts (letters of another script, telltale function words) picks the few that
are read closely (`foreign_pieces.py`). Formulas are not cut out first: `$...$` around money would
swallow the sentences between two prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from filters.base import Filter, scoring
from filters.language.detectors import check_detector
from filters.language.foreign_pieces import Piece, foreign_pieces, may_have_pieces
from filters.language.question_language import is_asked, target_languages
from filters.language.scripts import count_words
from filters.settings import Share, Text
from filters.verdict_rows import MOST, Found, detail, found, scattered


@dataclass(frozen=True)
class Language(Filter):
    """`mixing` = words that the author wrote in another language than the question's ÷ all words;
    quoted words (`mentions`) are not among them, nor those the question asked for."""

    name: ClassVar[str] = "language"
    version: ClassVar[int] = 8
    scores: ClassVar[tuple[str, ...]] = ("mixing", "switches", "mentions", "consistency", "asked")
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "high": ("mixing", ">"),
        "consistent": ("consistency", "<"),
    }

    high: Share = 0.0
    """mixing above this is dropped; at 0 a single word is enough, as one word is what R1-like
    models leave"""
    consistent: Share = 0.5
    """below this share of target-language words in the thinking, it is not in that language"""
    detector: Text = scoring("langdetect")
    """or `lingua`, better and slower, an extra"""

    def __post_init__(self) -> None:
        check_detector(self.detector)

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        looked = frame.select("response", "thinking", "problem", target=target_languages(frame))
        rows = _suspects(looked)
        seen = [self._read(*row) for row in looked[rows].iter_rows()]
        empty = frame.get_column("response").str.len_bytes().eq(0).to_numpy()
        scores = {
            name: scattered(frame.height, rows, [s[name] for s, _ in seen], rest, empty)
            for name, rest in zip(self.scores, (0.0, 0.0, 0.0, 1.0, 0.0), strict=True)
        }
        return pl.DataFrame({**scores, "detail": detail(frame.height, rows, [f for _, f in seen])})

    def _read(
        self, text: str, thinking: str | None, problem: str | None, target: str
    ) -> tuple[dict[str, float], list[Found]]:
        pieces = foreign_pieces(text, target, self.detector)
        switches = [p for p in pieces if not p.mention]
        scores = {
            "mixing": 0.0,
            "switches": len(switches),
            "mentions": len(pieces) - len(switches),
            "consistency": 1.0,
            "asked": 0.0,
        }
        if switches:
            thought = thinking or text
            begin = text.find(thought)
            inside = [_within(p, text, begin, begin + len(thought)) for p in switches]
            scores["mixing"] = _share(switches, text)
            scores["consistency"] = 1.0 - _share(inside, thought)
            scores["asked"] = float(is_asked(problem or "", switches, target))
        kinds = (("mention" if p.mention else f"switch:{p.tongue}", p) for p in pieces[:MOST])
        return scores, [found(what, text, p.start, p.end) for what, p in kinds]

    def rules(self) -> dict[str, pl.Expr]:
        unasked = pl.col("asked") == 0
        return {
            "wrong_language": unasked & (pl.col("consistency") < self.consistent),
            "mixed_language": unasked & (pl.col("mixing") > self.high),
        }

    def input_hash(self) -> pl.Expr:
        return pl.concat_str(
            pl.col("response_hash").fill_null(""),
            pl.col("problem_id").fill_null(""),
            pl.col("language").fill_null(""),
            separator="/",
        )


def _suspects(looked: pl.DataFrame) -> pl.Series:
    """The rows whose `response` may have pieces in another language than their `target`."""
    rows = [pl.Series(dtype=pl.UInt32)]
    for (target,), some in looked.with_row_index("row").group_by("target"):
        hit = may_have_pieces(pl.col("response"), str(target))
        rows.append(some.filter(hit).get_column("row"))
    return pl.concat(rows).sort()


def language_consistency(thinking: str, target: str) -> float:
    """R1's language reward (arXiv 2501.12948): words in the target language ÷ all words of the
    thinking, quoted ones too. 0 for no text; 1 for text without words."""
    if not thinking.strip():
        return 0.0
    return 1.0 - _share(foreign_pieces(thinking, target), thinking)


def _within(piece: Piece, text: str, begin: int, end: int) -> Piece:
    """The part of it that lies there: a passage may begin with the line of a tag."""
    if begin <= piece.start and piece.end <= end:
        return piece
    start, stop = max(begin, piece.start), min(end, piece.end)
    return piece._replace(start=start, end=stop, words=count_words(text[start:stop]))


def _share(pieces: list[Piece], text: str) -> float:
    """Their words ÷ all words of the text; 1 at most, as a piece counts the halves of a word that
    it cuts."""
    return min(1.0, sum(piece.words for piece in pieces) / max(1, count_words(text)))
