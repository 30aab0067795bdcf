"""Properties over generated answers: a gold verifies itself, however it is printed, and an answer
of another value is never accepted."""

from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filters.verifiers import Case, verify

settings.register_profile(
    "verifiers", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("verifiers")

fractions = st.builds(Fraction, st.integers(-2000, 2000), st.integers(1, 60))
decimals = st.builds(
    lambda n, k: Fraction(n, 10**k), st.integers(-(10**7), 10**7), st.integers(0, 4)
)
small = st.integers(-9, 9)


def one(gold, answer):
    return verify([Case(answer, gold, bare=True)])[0].outcome


def printed(value):
    """Many ways to write one rational number."""
    top, below, sign = abs(value.numerator), value.denominator, "-" if value < 0 else ""
    yield f"{value.numerator}/{below}"
    yield f"{sign}\\frac{{{top}}}{{{below}}}"
    yield f"\\dfrac{{{3 * value.numerator}}}{{{3 * below}}}"
    yield f"$ {sign}\\left(\\frac{{{top}}}{{{below}}}\\right) $"
    yield f"\\boxed{{\\frac{{{value.numerator}}}{{{below}}}}}"
    yield f"x = {sign}{top}/{below}"
    yield f"The answer is ${sign}\\frac{{{top}}}{{{below}}}$."
    whole, rest = divmod(top, below)
    if whole and rest:
        yield f"{sign}{whole}\\frac{{{rest}}}{{{below}}}"
        yield f"{sign}{whole} {rest}/{below}"
    if below == 1:
        yield f"{value.numerator:,}"
        yield f"{value.numerator}.00"
        yield f"{value.numerator} apples"
    while below % 2 == 0:
        below //= 2
    while below % 5 == 0:
        below //= 5
    if below == 1:
        yield decimal(value)
        yield f"{decimal(value * 100)}\\%"


def decimal(value):
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    scaled = abs(int(value * 10**digits))
    text = str(scaled).rjust(digits + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


@given(fractions)
def test_a_rational_printed_another_way_is_equal(value):
    ways = list(printed(value))
    gold = ways[1]
    assert [(way, o) for way in ways if (o := one(gold, way)) != "correct"] == []


@given(fractions, fractions)
def test_a_rational_of_another_value_is_not(value, other):
    if value in (other, other * 100, other / 100):
        return
    gold = next(printed(value))
    assert [(way, o) for way in printed(other) if (o := one(gold, way)) != "incorrect"] == []


@given(decimals)
def test_a_digit_more_breaks_a_decimal(value):
    text = decimal(value)
    longer = text + ("1" if "." in text else ".1")
    assert one(text, longer) == "incorrect"
    assert one(longer, text) == "incorrect"


@st.composite
def polynomials(draw):
    """(coefficients, text) of a x^2 + b x + c, with one way to print it."""
    a, b, c = draw(small), draw(small), draw(small)
    return (a, b, c), f"{a}x^2+({b})x+({c})"


@given(polynomials(), small, small)
def test_a_polynomial_may_be_reordered_and_factored(polynomial, p, q):
    (a, b, c), text = polynomial
    assert one(text, f"{c} + {b}*x + {a}*x^{{2}}") == "correct"
    assert one(f"x^2+({p + q})x+({p * q})", f"(x+({p}))(x+({q}))") == "correct"
    assert one(text, f"{a}x^2+({b})x+({c + 1})") == "incorrect"
    assert one(text, f"{a + 1}x^2+({b})x+({c})") == "incorrect"


@given(st.lists(fractions, min_size=2, max_size=5, unique=True), st.randoms())
def test_sets_have_no_order_and_tuples_have(values, random):
    texts = [f"{v.numerator}/{v.denominator}" for v in values]
    shuffled = random.sample(texts, len(texts))
    braces = "\\{{{}\\}}"
    assert one(braces.format(", ".join(texts)), braces.format(", ".join(shuffled))) == "correct"
    expected = "correct" if shuffled == texts else "incorrect"
    assert one(f"({', '.join(texts)})", f"({', '.join(shuffled)})") == expected
    assert one(braces.format(", ".join(texts)), braces.format(", ".join(texts[:-1]))) == "incorrect"


@given(st.integers(2, 400), st.integers(1, 30), st.integers(1, 9))
def test_a_root_may_be_simplified_but_not_rounded(radicand, factor, below):
    gold = f"\\frac{{\\sqrt{{{radicand * factor * factor}}}}}{{{below}}}"
    assert one(gold, f"\\frac{{{factor}\\sqrt{{{radicand}}}}}{{{below}}}") == "correct"
    assert one(gold, f"\\frac{{{factor}\\sqrt{{{radicand + 1}}}}}{{{below}}}") == "incorrect"
    root = (radicand * factor * factor) ** 0.5 / below
    expected = "correct" if root == int(root) else "incorrect"
    assert one(gold, f"{root:.6f}") in (
        expected,
        "incorrect",
        "correct" if _exact(radicand) else "",
    )


def _exact(radicand):
    return int(radicand**0.5 + 0.5) ** 2 == radicand


@given(st.integers(-50, 50), st.integers(1, 50), st.booleans(), st.booleans())
def test_an_interval_is_its_inequality_and_its_ends_count(low, width, left, right):
    high = low + width
    interval = f"{'[' if left else '('}{low}, {high}{']' if right else ')'}"
    chain = f"{low} {'<=' if left else '<'} x {'<=' if right else '<'} {high}"
    assert one(interval, chain) == "correct"
    assert one(chain, interval) == "correct"
    other = f"{'(' if left else '['}{low}, {high}{']' if right else ')'}"
    assert one(interval, other) == "incorrect"


@given(
    st.integers(1, 10**6), st.sampled_from([("km", "m", 1000), ("h", "min", 60), ("kg", "g", 1000)])
)
def test_units_convert_and_must_agree(number, units):
    large, little, times = units
    assert one(f"{number} {large}", f"{number * times} {little}") == "correct"
    assert one(f"{number} {large}", f"{number} {little}") == "incorrect"


@given(st.text(max_size=60), st.sampled_from(["5", r"\frac{1}{2}", "x+1", "(1,2)", "no solution"]))
def test_any_text_gets_an_outcome(text, gold):
    assert one(gold, text) in {
        "correct", "incorrect", "no_answer", "unsupported", "resource_limit"
    }  # fmt: skip
