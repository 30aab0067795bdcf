"""A first look at all texts: which may hold a word that is not in the text's language?

One compiled walk marks the letters of other scripts and the telltale words of other languages;
what they mean is for `foreign.py` to find out.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from filters.language.foreign_pieces import GREEK_ACCENTS, SCRIPTS, SCRIPTS_OF, UNSPACED
from filters.language.function_words import ENGLISH_IN_OTHER_SCRIPT, telltale_words
from filters.texts import (
    BLOCK,
    Texts,
    bits_between,
    bits_of,
    compiled,
    count_bits,
    eight_bytes,
    fill_end,
    find_byte,
    literal,
    lowest_bit,
    stands,
    text_at,
    whole_blocks,
)

_SLOTS_LOG = 10
_NOBODY = np.uint64(0xFFFFFFFFFFFFFFFF)
"""no word has such bytes"""
_SHORTEST, _LONGEST = 2, 5
"""bytes of a telltale word"""
_OFTEN = 6
"""such words that most blocks have no more of"""
_LOOKAHEAD = 2 * BLOCK
"""bytes that stand behind a block that is looked at"""
_ACCENTED_GREEK = len(SCRIPTS)
_LEADS_OF = {"han": (0xE4, 0xE9), "cyrillic": (0xD0, 0xD3)}
"""bytes, from and to, with which begin the letters of one script and nothing else"""
_NO_LEADS = (0xFF, 0xFF)
_COMMON_INITIALS = b"tbhfrgjkyx"
"""of English words, the commonest first; with four of these no telltale word begins"""
_LETTERS = np.array([bool(re.match(rb"\w", bytes([byte]))) for byte in range(256)])
_DE = literal("的")
_PLANE = 1 << 16


def looks(texts: Texts, targets: Sequence[str]) -> np.ndarray:
    """For every text, as bytes from and to: where letters stand of a script that the target is not
    written in, and where words that betray prose in another language. Four numbers; both ends of a
    window are zero where there is nothing."""
    names = {target: number for number, target in enumerate(dict.fromkeys(targets))}
    of = np.array([names[target] for target in targets], dtype=np.int64)
    if not names:
        return np.zeros((0, 4), dtype=np.int64)
    tables = (np.array(column) for column in zip(*map(_tables, names), strict=True))
    found = np.empty(int(texts.sizes().max(initial=0)) + 4 * BLOCK, dtype=np.int32)
    return texts.walk(_look, 4, of, *tables, _scripts_of_letters(), found)


def words_in(texts: Texts) -> np.ndarray:
    """How many each text has, as `foreign.count_words` counts."""
    return texts.walk(_count_words, 1, _kinds())[:, 0]


@lru_cache(maxsize=64)
def _tables(target: str) -> tuple[np.ndarray, np.uint64, np.ndarray, int, np.ndarray, bool, bool]:
    """For one language: the words that betray another, by a hash under which no two meet; the
    factor of that hash; four letters with which none of them begins; a bit for each script that is
    not its own; bytes that begin only letters of its own; whether it has a script of its own; and
    whether it is Japanese, where 的, which is everywhere in Chinese, betrays that."""
    own = SCRIPTS_OF.get(target, set())
    foreign = sum(1 << i for i, name in enumerate(SCRIPTS) if name not in own)
    foreign |= 0 if target == "el" else 1 << _ACCENTED_GREEK
    words = [word.encode() for word in telltale_words(target)]
    if own:
        words = [word[:8] for word in [*words, *map(str.encode, ENGLISH_IN_OTHER_SCRIPT)]]
    else:
        words = [word for word in words if _SHORTEST <= len(word) <= _LONGEST]
    padded = b"".join(word.ljust(8, b"\0") for word in words)
    keys = np.unique(np.frombuffer(padded, dtype="<u8"))
    for number in itertools.count():
        factor = np.uint64(
            int.from_bytes(hashlib.blake2b(b"%d" % number, digest_size=8).digest()) | 1
        )
        slots = _slot(keys, factor)
        if len(np.unique(slots)) == len(keys):
            break
    table = np.full(1 << _SLOTS_LOG, _NOBODY)
    table[slots] = keys
    begins = {word[0] for word in words}
    never = np.array([byte for byte in _COMMON_INITIALS if byte not in begins][:4], dtype=np.uint8)
    leads = next((_LEADS_OF[script] for script in sorted(own) if script in _LEADS_OF), _NO_LEADS)
    own_leads = np.array(leads, dtype=np.uint8)
    return table, factor, np.resize(never, 4), foreign, own_leads, bool(own), target == "ja"


@lru_cache(maxsize=1)
def _scripts_of_letters() -> np.ndarray:
    """A bit for the script of each character of Unicode's first four planes."""
    bits = np.zeros(4 * _PLANE, dtype=np.uint16)
    surrogates = range(0xD800, 0xE000)
    every = "".join(chr(code) for code in range(_PLANE) if code not in surrogates)
    for i, letters in enumerate([*SCRIPTS.values(), GREEK_ACCENTS]):
        of_script = [ord(letter) for letter in re.findall(f"[{letters}]", every)]
        bits[of_script] |= np.uint16(1 << i)
    bits[2 * _PLANE :] = 1 << list(SCRIPTS).index("han")
    return bits


@lru_cache(maxsize=1)
def _kinds() -> np.ndarray:
    """What each character is: nothing, a letter, or a word by itself."""
    kinds = np.array([chr(code).isalpha() for code in range(4 * _PLANE)], dtype=np.uint8)
    scripts = _scripts_of_letters()
    for i, name in enumerate(SCRIPTS):
        if name in UNSPACED:
            kinds[(scripts >> i & 1) > 0] = 2
    return kinds


@compiled
def _count_words(places, out, kinds):
    for row in places.rows:
        text, count, before = text_at(places, row), 0, 0
        i, n = 0, len(text)
        while i < n:
            if i + BLOCK <= n and not bits_between(text, np.uint64(i), 0x80, 0xFF):
                letters = bits_between(text, np.uint64(i), 65, 90)
                letters |= bits_between(text, np.uint64(i), 97, 122)
                goes_on = (letters << np.uint64(1)) | np.uint64(before == 1)
                count += np.int64(count_bits(letters & ~goes_on))
                before = np.int64(letters >> np.uint64(BLOCK - 1))
                i += BLOCK
                continue
            code, size = _character(text, i)
            kind = kinds[code] if code < len(kinds) else 0
            count += kind == 2 or (kind == 1 and before != 1)
            before = kind
            i += size
        out[row, 0] = count


@compiled
def _character(text, i):
    """The code of the character that begins there, and its bytes."""
    byte = np.int64(text[i])
    if byte < 0xC0:
        return byte, 1
    second = np.int64(text[i + 1]) & 0x3F
    if byte < 0xE0:
        return ((byte & 0x1F) << 6) | second, 2
    third = np.int64(text[i + 2]) & 0x3F
    if byte < 0xF0:
        return ((byte & 0x0F) << 12) | (second << 6) | third, 3
    fourth = np.int64(text[i + 3]) & 0x3F
    return ((byte & 0x07) << 18) | (second << 12) | (third << 6) | fourth, 4


@compiled
def _slot(key, factor):
    return (key * factor) >> np.uint64(64 - _SLOTS_LOG)


@compiled
def _look(places, out, of, tables, factors, nevers, foreign, leads, own, japanese, scripts, found):
    end = np.empty(5 * BLOCK, dtype=np.uint8)
    in_end = len(end) - _LOOKAHEAD
    for row in places.rows:
        text = text_at(places, row)
        target = of[row]
        out[row, 0], out[row, 1] = _letters_of(text, foreign[target], scripts, leads[target])
        table, factor, never = tables[target], factors[target], nevers[target]
        if own[target]:
            if _has_english(text, table, factor) or (japanese[target] and _has_chinese(text)):
                out[row, 3] = len(text)
            continue
        whole = whole_blocks(text, _LOOKAHEAD)
        first, last = _telltales(text, whole, table, factor, never, found)
        fill_end(text, whole, 0, end)
        first_in_end, last_in_end = _telltales(end, in_end, table, factor, never, found)
        if last_in_end:
            first, last = first if last else whole + first_in_end, whole + last_in_end
        out[row, 2], out[row, 3] = first, last


@compiled
def _has_english(text, table, factor):
    """Whether a word of the table stands among letters of another script, of which each ends it."""
    at, one, before = 0, np.uint64(1), np.uint64(0)
    while at + BLOCK + 8 < len(text):
        begin = np.uint64(at)
        letters = _ascii_letters(text, begin)
        of_words = letters | bits_between(text, begin, 48, 57) | bits_of(text, begin, 95)
        # of two letters at least: x and y are none
        starts = letters & ~((of_words << one) | before) & _ascii_letters(text, begin + one)
        while starts:
            if _is_word(text, at + np.int64(lowest_bit(starts)), table, factor):
                return True
            starts &= starts - one
        before = of_words >> np.uint64(BLOCK - 1)
        at += BLOCK
    for i in range(at, len(text)):
        if (i == 0 or not _LETTERS[text[i - 1]]) and _is_word(text, i, table, factor):
            return True
    return False


@compiled
def _ascii_letters(text, at):
    return bits_between(text, at, 65, 90) | bits_between(text, at, 97, 122)


@compiled
def _is_word(text, at, table, factor):
    """Whether the first eight bytes of a word that begins there are in the table."""
    word, size = np.uint64(0), 0
    while size < 8 and at + size < len(text) and _LETTERS[text[at + size]]:
        word |= np.uint64(text[at + size]) << np.uint64(8 * size)
        size += 1
    return size > 0 and word == table[_slot(word, factor)]


@compiled
def _has_chinese(text):
    at = find_byte(text, _DE[0], 0)
    while at < len(text):
        if stands(text, at, _DE):
            return True
        at = find_byte(text, _DE[0], at + 1)
    return False


@compiled
def _letters_of(text, some, scripts, own_leads):
    """From the first to the last letter of one of these scripts; the target's own leads begin
    none of them."""
    first, last, at = 0, 0, 0
    while at + BLOCK <= len(text):
        leads = _leads(text, np.uint64(at))
        leads &= ~bits_between(text, np.uint64(at), own_leads[0], own_leads[1])
        while leads:
            i = at + np.int64(lowest_bit(leads))
            leads &= leads - np.uint64(1)
            first, last = _seen(text, i, some, scripts, first, last)
        at += BLOCK
    for i in range(at, len(text)):
        if text[i] >= 0xCD and text[i] != 0xE2:
            first, last = _seen(text, i, some, scripts, first, last)
    return first, last


@compiled
def _seen(text, i, some, scripts, first, last):
    code, size = _character(text, i)
    if code < len(scripts) and scripts[code] & some:
        return first if last else i, i + size
    return first, last


@compiled
def _leads(text, at):
    """A block as bits: 1 where a character begins that may be a letter of Greek or later: neither
    Latin nor punctuation."""
    return bits_between(text, at, 0xCD, 0xFF) & ~bits_of(text, at, 0xE2)


@compiled
def _telltales(text, upto, table, factor, never, found):
    """From the first to the last word of the table between two blanks, blanks included, of those
    whose first blank stands before `upto`; `found` is room to work in."""
    first, last, one = np.uint64(0), np.uint64(0), np.uint64(1)
    for k in range(_short_words(text, upto, never, found)):
        at = np.uint64(found[k])
        word = _word(text, at + one)
        if word == table[_slot(word, factor)]:
            first = first if last else at
            last = at + np.uint64(_LONGEST + 2)
    return np.int64(first), np.int64(last)


@compiled
def _short_words(text, upto, never, found):
    """Writes where a blank stands that has another one a short word later, and behind it a letter
    that a word of the table may begin with; and how many there are. Some of each block are written
    whether there are any or not: the processor would guess wrong how many there are."""
    count, one = np.uint64(0), np.uint64(1)
    if upto == 0:
        return count
    here = bits_of(text, np.uint64(0), 32)
    a, b, c, d = never[0], never[1], never[2], never[3]  # once, not for every block
    for begin in range(np.uint64(0), np.uint64(upto), np.uint64(BLOCK)):
        behind = bits_of(text, begin + np.uint64(BLOCK), 32)
        later = np.uint64(0)
        for size in range(np.uint64(_SHORTEST + 1), np.uint64(_LONGEST + 2)):
            later |= (here >> size) | (behind << (np.uint64(BLOCK) - size))
        initials = begin + one
        others = bits_of(text, initials, a) | bits_of(text, initials, b)
        others |= bits_of(text, initials, c) | bits_of(text, initials, d)
        left = here & later & bits_between(text, initials, 97, 0xFF) & ~others
        number, here = count_bits(left), behind
        for i in range(np.uint64(_OFTEN)):
            found[count + i] = begin + lowest_bit(left)
            left &= left - one
        for i in range(np.uint64(_OFTEN), number):
            found[count + i] = begin + lowest_bit(left)
            left &= left - one
        count += number
    return count


@compiled
def _word(text, at):
    """The eight bytes there, those from the first blank on as zeros."""
    word = eight_bytes(text, at)
    other = word ^ np.uint64(0x2020202020202020)  # zero where a blank is
    zeros = (other - np.uint64(0x0101010101010101)) & ~other & np.uint64(0x8080808080808080)
    return word & (((zeros & -zeros) >> np.uint64(7)) - np.uint64(1))
