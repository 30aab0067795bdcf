r"""Whether an answer still holds an operation to be carried out, where the gold is a plain number:
`3+4` for 7, `\gcd(12,18)` for 6. A policy that boxes the question must earn nothing.

Notations in which numbers are left are no operations: fractions, mixed numbers, decimals, per cent,
powers of ten; and powers, factorials and binomials for numbers of over six digits.
"""

from __future__ import annotations

from filters.verifiers.equality.rational import NotRational, rational
from filters.verifiers.grammar.answer_forms import tree
from filters.verifiers.grammar.glyphs import plain_signs
from filters.verifiers.grammar.nodes import Node, bare_value
from filters.verifiers.grammar.tokens import TooLarge, Unparseable

LARGE = 10**6
"""from here on a power is how people write a number, and not a sum left to the reader"""
_COLLECTIONS = ("list", "tuple", "set")
_NUMBERS = ("n", "neg", "/", "mixed", "u", "label", "compound", "ratio", "*", "^")
_RESULTS = ("n", "text", "time", "base", "compound", "cup", "cap", "minus", "builder")


def not_worked_out(gold: str, answer: str) -> bool:
    """Of an answer that equals its gold: whether it is an exercise and not its result."""
    try:
        wanted, said = tree(gold), tree(answer)
    except (Unparseable, RecursionError):
        return False
    if not _is_number(wanted):
        return False
    divided = r"\div" in plain_signs(answer) and said[0] != "rel"
    divided = divided or (_is_integral(wanted) and _holds_division(said))
    return divided or not _is_result(said, _is_large(wanted))


def _is_integral(node: Node) -> bool:
    items = node[1] if node[0] in _COLLECTIONS else (node,)
    values = [bare_value(item) for item in items]
    percent = any(item[0] == "u" and item[2] == (("%", 1),) for item in items)
    return not percent and all(v[0] == "n" and v[1].denominator == 1 for v in values)


def _holds_division(node: Node) -> bool:
    """`24/2` for 12, where no fraction is left."""
    if node[0] == "rel":
        return _holds_division(node[2][-1])
    items = node[1] if node[0] in _COLLECTIONS else (node,)
    return any(bare_value(item)[0] in ("/", "ratio") for item in items)


def _is_number(node: Node) -> bool:
    """A plain number, with or without a unit, or several."""
    if node[0] in _COLLECTIONS:
        interval = node[0] == "tuple" and node[2:] != ("(", ")")
        return not interval and bool(node[1]) and all(map(_is_number, node[1]))
    degrees = node[0] == "u" and node[2] == (("°", 1),)  # or radians, with π
    return node[0] in _NUMBERS and not degrees and _is_result(node, large=False)


def _is_large(node: Node) -> bool:
    items = node[1] if node[0] in _COLLECTIONS else (node,)
    try:
        return any(abs(rational(bare_value(item))) >= LARGE for item in items)
    except (NotRational, TooLarge):
        return False


def _is_result(node: Node, large: bool) -> bool:
    kind = node[0]
    if kind in _RESULTS:
        return True
    if kind == "neg" and node[1][0] == "neg":
        return False
    if kind == "rel":  # x = 7, 3 + 4 = 7
        return node[2][-1][0] == "v" or _is_result(node[2][-1], large)
    if kind == "approx":
        return _is_result(node[2], large) or _is_result(node[1], large)
    if kind in ("/", "mixed") and not all(_is_whole(p) or p[0] == "/" for p in node[1:]):
        return False
    parts = _parts(node)
    if parts is not None:
        return all(_is_result(part, large) for part in parts)
    return _is_scientific(node) or (large and _is_written_large(node))


def _parts(node: Node) -> list[Node] | None:
    """What has to be a result for the whole to be one."""
    if node[0] in ("u", "label", "neg"):
        return [node[1]]
    if node[0] in ("ratio", *_COLLECTIONS):
        return list(node[1])
    if node[0] == "matrix":  # for a tuple
        return [item for row in node[1] for item in row]
    if node[0] in ("/", "mixed"):
        return list(node[1:])
    return [node[2]] if node[0] == "pm" and node[1] is None else None


def _is_whole(node: Node) -> bool:
    return node[0] == "n" or (node[0] == "neg" and node[1][0] == "n")


def _is_scientific(node: Node) -> bool:
    """`1.5 * 10^3`, `10^3`."""
    power = node[2] if node[0] == "*" and _is_whole(node[1]) else node
    return power[0] == "^" and power[1] == ("n", 10) and _is_whole(power[2])


def _is_written_large(node: Node) -> bool:
    """`2^{100}`, `20!`, `\\binom{40}{20}`, and what is little more than one of them."""
    if node[0] == "^":
        return _is_whole(node[1]) and _is_whole(node[2])
    if node[0] == "f" and node[1] in ("factorial", "binom"):
        return all(map(_is_whole, node[2]))
    parts = node[1:3] if node[0] in ("+", "*") else node[1:] if node[0] == "neg" else ()
    return bool(parts) and all(_is_whole(p) or _is_written_large(p) for p in parts)
