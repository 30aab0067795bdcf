"""What a text is read as: one line a notation."""

from fractions import Fraction

import pytest

from filters.verifiers.grammar.answer_forms import tree
from filters.verifiers.grammar.tokens import TooLarge, UnknownCommand, Unparseable


def shown(part):
    """A tree as it would stand in Lisp; letters and numbers bare."""
    if isinstance(part, tuple) and part[:1] in (("n",), ("v",), ("c",)):
        return str(part[1])
    return f"({' '.join(map(shown, part))})" if isinstance(part, tuple) else str(part)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234.5", "2469/2"),
        (r"1,\!000", "1000"),
        (r"0.1\overline{6}", "1/6"),
        ("2.5E2", "250"),
        ("2 million", "2000000"),
        ("三百二十一", "321"),
        (r"3\frac12", "(mixed 3 (/ 1 2))"),
        ("-2 1/4", "(neg (mixed 2 (/ 1 4)))"),
        ("2x^{10}", "(* 2 (^ x 10))"),
        (r"x_{12}^2", "(^ x_12 2)"),
        (r"\sin2x\cos x", "(* (f sin ((* 2 x))) (f cos (x)))"),
        (r"\sqrt[3]2", "(root 2 3)"),
        (r"1\pm\sqrt2", "(pm 1 (root 2 2) pm)"),
        (r"|x-1|<3", "(rel (<) ((f abs ((+ x (neg 1)))) 3))"),
        (r"[1,2)\cup\{3\}", "(cup (tuple (1 2) [ )) (set (3)))"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", "(matrix ((1) (2)))"),
        (r"\begin{cases}x=1\\y=2\end{cases}", "(list ((rel (=) (x 1)) (rel (=) (y 2))))"),
        (r"5\text{ km/h}", "(u 5 ((km 1) (h -1)))"),
        ("4 meters per square second", "(u 4 ((meters 1) (second -2)))"),
        ("$5/hour", "(u 5 (($ 1) (hour -1)))"),
        ("18 hours 48 minutes", "(compound (u 18 ((hours 1))) (u 48 ((minutes 1))))"),
        ("5 red apples", "(label 5 red apples)"),
        ("204_5", "(base 204 5)"),
        ("3:30 pm", "(time 55800 True (3 30))"),
        ("no real roots", "(text no solution)"),
    ],
)
def test_a_text_is_read_as_its_tree(text, expected):
    assert shown(tree(text)) == expected


def test_a_letter_behind_a_number_is_a_unit_or_a_variable():
    assert shown(tree("5 m")) == "(u 5 ((m 1)))"
    assert shown(tree("5 m", letters_are_units=False)) == "(* 5 m)"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("2 +", Unparseable),
        (r"0.\overline{x}", Unparseable),
        (r"\foo{2}", UnknownCommand),
        ("(" * 50 + "1" + ")" * 50, TooLarge),
        ("+".join("1" * 200), TooLarge),
        ("1" * 5_000, TooLarge),
    ],
)
def test_what_is_no_formula_says_why(text, error):
    with pytest.raises(error):
        tree(text)


def test_numbers_are_exact():
    assert tree("0.1") == ("n", Fraction(1, 10))
