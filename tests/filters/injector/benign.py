"""Look-alikes: what a careless rule takes for a defect and a careful reader does not.

`benign(row, kind, rng)` puts the look-alike into a sound English row, or makes a row of its own
where problem and trace must fit each other. No filter may drop the outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from random import Random

from . import stories
from .benchmark import BOILERPLATE, SHORT
from .places import between, put
from .rows import Parts, Row, parts, rebuilt
from .sound import FAMILIES, draft, rendered, tell, thinking
from .texts import one, spin
from .word_problems import TOLD_IN_ALL

Apply = Callable[[Row, Random], Row | None]


def _said(options: tuple[str, ...]) -> Apply:
    """One of these sentences stands between two sentences of the thinking."""

    def apply(row: Row, rng: Random) -> Row | None:
        if row["language"] != "en":
            return None
        return rebuilt(row, thinking=put(rng, parts(row).thinking, spin(rng, rng.choice(options))))

    return apply


def _added(make: Callable[[Random], str]) -> Apply:
    """A paragraph of its own in the thinking of an English row."""

    def apply(row: Row, rng: Random) -> Row | None:
        if row["language"] != "en":
            return None
        return rebuilt(row, thinking=between(rng, parts(row).thinking, make(rng)))

    return apply


def _own(kind: str, language: str, make: Callable[[Random], tuple[str, str, str]]) -> Apply:
    """A row of its own, together with a sound second part, so that no two rows are near twins."""

    def apply(row: Row, rng: Random) -> Row | None:
        problem, thought, summary = make(rng)
        told = draft(rng, language, rng.choice(("shop", "trip", "pages", "sets", "mean")))
        second = one(rng, language, "part", {"letter": "b"})
        thought = "\n\n".join([thought, second, *thinking(rng, told, 1)])
        text = Parts(parts(row).form, thought, f"{summary}\n\n**(b)** {told.summary}").text()
        asked = f"(a) {problem}\n(b) {told.problem}"
        new = {"problem": asked, "response": text, "kind": kind, "language": language}
        return {**row, **new, "gold": None, "origin": "generated"}

    return apply


QUOTED_WORD = (
    'The Chinese word "金鱼" means goldfish, ⟨which plays no role|beside the point⟩.',
    'In Russian one would say "сдача" for change; ⟨funny that I remember that|anyway⟩.',
    'This reminds me of the Japanese term "カイゼン" for ⟨steady|continuous⟩ improvement.',
    "The statement may be a translation: 「合計」 would be the word for the total.",
    "Perhaps the original said “总数”, which is usually translated as total.",
)
QUOTED_LATIN = (
    'The German word "Eigenwert" ⟨is where the name comes from|has the same root⟩, by the way.',
    'The French phrase "la plus petite valeur" would be ⟨the smallest value|the least value⟩.',
    'A Spanish speaker might read it as "por lo menos", which means ⟨at least|no fewer than⟩.',
    'As the saying goes, "errare humanum est", ⟨so I check again|hence the second look⟩.',
    "It is, so to speak, a *reductio ad absurdum*, and the rest is quod erat demonstrandum.",
)
DISCUSSED_WORD = (
    "The Greek letter π (pi, spelled πι in Greek) is not needed here.",
    "The Cyrillic letter П looks like the product sign, ⟨but it isn't meant here|a coincidence⟩.",
    "In Chinese characters, the number three is written 三, ⟨with three strokes|three lines⟩.",
    "The Hebrew letter א (aleph) names infinite cardinals; ⟨nothing infinite here|not here⟩.",
)
NAMES = (
    "The method goes back to Liu Hui (刘徽), ⟨who wrote about it|as far as I know⟩.",
    "Sun Zi (孙子) asks a similar question in his classic.",
    "Chebyshev (Чебышёв) ⟨proved something related|has an inequality for that⟩.",
    "A friend of mine, Søren Kjærgård from Århus, likes this kind of question.",
    "Łukasz Żółty and José Ramírez from São Paulo would ⟨each agree|do it the same way⟩.",
    "It is a bit like Gödel, Erdős, Poincaré and Lindelöf all looking over my shoulder.",
    "The Müller-Lüdenscheidt variant, named after the Straße in Köln, is different.",
)
LOANWORDS = (
    "A naïve approach would be a cliché; ⟨vis-à-vis the statement|per se⟩ it isn't even wrong.",
    "The café example from my résumé of tricks works ad hoc, et cetera.",
    "That would be a faux pas, ⟨and a fait accompli at that|a déjà vu of sorts⟩.",
)
TITLES = (
    'I once read "Cien años de soledad", ⟨and its list of names was harder than this|a long book⟩.',
    "In *Le Petit Prince* the lamplighter has a similar problem of counting.",
    "Euler's *Introductio in analysin infinitorum* treats such sums.",
    'The song "Für immer und dich" has nothing to do with it, ⟨of course|I know⟩.',
)
MONEY = (
    "If each cost $3 more, that would be $15 for five and $21 for seven, not $12 and $18.",
    "Between $40 and $60 the estimate is safe, and $55 plus $4 is still below $60.",
    "A $5 note, two $1 coins and $0.75 in small change make $7.75, just to compare.",
)
ANGLES = (
    "Since a < b and b < c we have a < c, and also c > a; equality a <= c is excluded.",
    "The bounds are 0 < x < 10 and y > 3, so x*y > 0 and x<y is possible.",
    "If n<5 then 2n<10, while n>=5 gives 2n>=10; write << for much smaller.",
    "The vector <3, 4> has length 5 and <u, v> denotes the inner product.",
)
GREEK = (
    "Let α = 2, β = 5 and γ = α + β; then Σ aᵢ ≤ n·max aᵢ for all i ∈ {1, …, n}, and Δ > 0.",
    "With ω = 2πf and λ = c/f, a wave of 3 μm has f ≈ 10¹⁴ Hz; the resistance is 4 Ω.",
    "We need ∀ε > 0 ∃δ > 0: |x − a| < δ ⇒ |f(x) − f(a)| < ε.",
    "The angle θ satisfies sin²θ + cos²θ = 1, so tan θ = ¾ gives θ ≈ 36.87°.",
)
WAITING = (
    "Wait, let me check again. ⟨The first product is fine.|I look at the first line.⟩\n\nWait, let "
    "me check the second one again too. That one is also fine.\n\nWait, did I use the right total? "
    "Yes, I copied it correctly.\n\nWait, let me check again whether the units fit. They do.",
    "Hmm, wait. Let me double-check. The numbers were copied correctly.\n\nHmm, wait. What about "
    "the order? It doesn't matter for a sum.\n\nHmm, wait. Is zero allowed? The statement excludes "
    "it.\n\nOkay, now I'm sure.",
)
ENUMERATION = (
    "Trying small values: for 1 it gives 2, for 2 it gives 5, for 3 it gives 10, for 4 it gives "
    "17, for 5 it gives 26, for 6 it gives 37, for 7 it gives 50 and for 8 it gives 65.",
)


def _table(rng: Random) -> str:
    rows = [f"| {n} | {n * n} | {n**3} |" for n in range(rng.randint(1, 5), rng.randint(9, 16))]
    return "\n".join(["| n | square | cube |", "|---|---|---|", *rows])


def _long_sum(rng: Random) -> str:
    terms = [rng.randint(11, 99) for _ in range(rng.randint(20, 45))]
    partial = list(accumulate(terms))
    every = ", ".join(map(str, partial[4::5]))
    return f"{' + '.join(map(str, terms))} = {partial[-1]}, with partial sums {every} on the way."


def _cases(rng: Random) -> str:
    m = rng.randint(4, 9)
    told = [
        f"Case {r}: n = {m}k + {r}. Then n² = {m * m}k² + {2 * m * r}k + {r * r}, "
        f"and the remainder modulo {m} is {r * r % m}."
        for r in range(m)
    ]
    return "As an aside, the squares modulo a small number.\n\n" + "\n\n".join(told)


def _primes(rng: Random) -> str:
    top = rng.randint(120, 400)
    found = [n for n in range(2, top) if all(n % d for d in range(2, int(n**0.5) + 1))]
    return f"The primes below {top} are {', '.join(map(str, found))}. That makes {len(found)}."


def _column(rng: Random) -> str:
    start, factor = rng.randint(90, 900), rng.choice((1.02, 1.05, 1.1))
    lines = [f"{year:>2}  {start * factor**year:10.2f}" for year in range(rng.randint(15, 40))]
    return "Year by year:\n\n" + "\n".join(lines)


def _refrain(rng: Random) -> str:
    tried = rng.sample(range(2, 60), rng.randint(5, 8))
    base = rng.randint(61, 97)
    told = [
        f"Does {d} divide {base}? {base} = {base // d} × {d} + {base % d}, "
        + ("so yes." if base % d == 0 else f"so no, {base % d} is left over.")
        for d in sorted(tried)
    ]
    return "\n\n".join(told)


def _decimal(rng: Random) -> str:
    n = rng.choice((7, 13, 17, 19, 27, 37))
    digits, rest = "", 1
    for _ in range(rng.randint(24, 42)):
        digits, rest = digits + str(rest * 10 // n), rest * 10 % n
    return (
        f"As a decimal, 1/{n} = 0.{digits}…, a repeating block; in binary the mask would be "
        f"{'10' * rng.randint(6, 12)}, and a row of the board is X O X O X O X."
    )


def _verified(rng: Random) -> str:
    """A product checked in three ways, each time with the same result and like words."""
    a, b = rng.randint(12, 49), rng.randint(12, 49)
    tens, ones = b // 10 * 10, b % 10
    return (
        f"Let me verify a product: {a} × {b} = {a} × {tens} + {a} × {ones} = {a * tens} + "
        f"{a * ones} = {a * b}. So the product is {a * b}.\n\nLet me verify it the other way "
        f"round: {b} × {a} = {b * a}. So the product is {a * b}.\n\nLet me verify the last digit: "
        f"{a % 10} × {ones} = {a % 10 * ones}, ending in {a * b % 10}. So the product is {a * b}."
    )


def _long_structured(rng: Random) -> str:
    """A paragraph of a page, whose sentences are numbered remarks; long, but easy to follow."""
    told = [draft(rng, "en") for _ in range(3)]
    body = [p for each in told for p in thinking(rng, each, 1) if "\n" not in p and len(p) < 400]
    marks = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh")
    return " ".join(f"{m}, a remark. {p}" for m, p in zip(marks, body, strict=False))[:2200]


def _boilerplate(row: Row, rng: Random) -> Row:
    """The instruction that half of all benchmarks end with is no contamination."""
    return {**row, "problem": f"{row['problem']} {BOILERPLATE}"}


def _near_short(row: Row, rng: Random) -> Row | None:
    """A short question that differs from a benchmark's in the one word that matters."""
    swaps = (("6859", "4913"), ("9000", "700"), ("1044", "207"), ("47", "31"), ("nine", "eleven"))
    question = rng.choice(SHORT)
    for old, new in swaps:
        if old in question:
            return {**row, "problem": question.replace(old, new), "gold": None}
    return None


def _requoted(row: Row, rng: Random) -> Row | None:
    """The problem's wording is quoted again in the middle of the thinking."""
    if row["language"] != "en" or len(row["problem"]) > 400:
        return None
    again = f'Let me reread the question: "{row["problem"]}" Right, so nothing was missed.'
    return rebuilt(row, thinking=between(rng, parts(row).thinking, again))


def _answer_in(row: Row, rng: Random) -> Row:
    """The user asks in English for an answer in another language."""
    language, name = rng.choice((("fr", "French"), ("de", "German"), ("zh", "Chinese")))
    family = rng.choice(list(TOLD_IN_ALL))
    values = FAMILIES[family][1](rng, "en")
    told = tell(rng, "en", family, "math", values)
    summary = rendered(rng, language, family, values)[1]
    wish = f"The answer should be written in {name}, as the user asks."
    thought = "\n\n".join([*thinking(rng, told, 1), wish])
    text = Parts(parts(row).form, thought, summary).text()
    asked = f"{told.problem} Please write the answer in {name}."
    new = {"problem": asked, "response": text, "kind": "math", "language": "en"}
    return {**row, **new, "gold": str(values["gold"]), "origin": "generated"}


def _ending(row: Row, rng: Random) -> Row | None:
    """A finished summary that doesn't end with a full stop."""
    if row["language"] != "en" or not row["gold"]:
        return None
    gold = row["gold"]
    last = rng.choice(
        (
            f"**Answer: {gold}**",
            f"Final answer: {gold}",
            f"- Result: `{gold}`",
            f"\\(\\to {gold}\\)",
        )
    )
    return rebuilt(row, summary=f"{parts(row).summary}\n\n{last}")


def _tag_named(row: Row, rng: Random) -> Row | None:
    if row["language"] != "en":
        return None
    named = rng.choice(("`<think>`", '"</think>"', "`<think>…</think>`", "“</think>”"))
    where, old = f"A model writes {named} around its thoughts.", parts(row)
    if rng.random() < 0.5:
        return rebuilt(row, thinking=between(rng, old.thinking, where))
    return rebuilt(row, summary=f"{where}\n\n{old.summary}")


def _open_display(row: Row, rng: Random) -> Row | None:
    """The box is complete, and nothing closes the display around it."""
    if not row["gold"]:
        return None
    opening = rng.choice(("\\[", "\\("))
    return rebuilt(row, summary=f"{parts(row).summary}\n\n{opening} \\boxed{{{row['gold']}}}")


BENIGN: dict[str, Apply] = {
    "tag_named": _tag_named,
    "open_display": _open_display,
    "quoted_foreign_word": _said(QUOTED_WORD),
    "quoted_same_script": _said(QUOTED_LATIN),
    "discussed_word": _said(DISCUSSED_WORD),
    "foreign_names": _said(NAMES),
    "loanwords": _said(LOANWORDS),
    "foreign_titles": _said(TITLES),
    "translation_asked_for": _own("open", "en", stories.translation),
    "answer_language_asked_for": _answer_in,
    "chinese_with_terms": _own("math", "zh", stories.chinese_terms),
    "chinese_quotes_english": _own("open", "zh", stories.chinese_quoted),
    "money": _said(MONEY),
    "angle_brackets": _said(ANGLES),
    "greek_maths": _said(GREEK),
    "html_tags": _own("code", "en", stories.html),
    "error_message_quoted": _own("code", "en", stories.error_quoted),
    "waiting": _added(lambda rng: spin(rng, rng.choice(WAITING))),
    "enumeration": _added(lambda rng: rng.choice(ENUMERATION)),
    "table": _added(_table),
    "long_sum": _added(_long_sum),
    "proof_by_cases": _added(_cases),
    "prime_list": _added(_primes),
    "number_column": _added(_column),
    "refrain": _added(_refrain),
    "repeating_decimal": _added(_decimal),
    "verified_again": _added(_verified),
    "long_structured_paragraph": _added(_long_structured),
    "poem": _own("open", "en", stories.poem),
    "problem_quoted_again": _requoted,
    "ending_without_stop": _ending,
    "boilerplate": _boilerplate,
    "almost_a_short_question": _near_short,
}


def benign(row: Row, kind: str, rng: Random) -> Row | None:
    """The row with the named look-alike, or None where the row cannot carry it."""
    changed = BENIGN[kind](row, rng)
    return None if changed is None else {**changed, "benign": kind}
