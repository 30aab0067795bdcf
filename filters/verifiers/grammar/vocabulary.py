"""The vocabulary of the parser: functions, constants, relations, brackets and their spellings."""

from __future__ import annotations

FUNCTIONS = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech"
    " csch arsinh arcosh artanh log ln lg exp sqrt cbrt abs max min gcd lcm floor ceil sgn sign"
    " det re im arg".split()
)
ALIASES = {
    "arcsinh": "arsinh", "arccosh": "arcosh", "arctanh": "artanh", "asin": "arcsin",
    "acos": "arccos", "atan": "arctan", "asinh": "arsinh", "acosh": "arcosh", "atanh": "artanh",
    "tg": "tan", "ctg": "cot", "cosec": "csc", "ceiling": "ceil", "Re": "re", "Im": "im",
    "sgn": "sign", "root": "sqrt", "Log": "log", "Ln": "ln", "arctg": "arctan",
}  # fmt: skip
ARGUMENTS = {
    "log": (1, 2),
    "lg": (1, 2),
    "max": (1, 99),
    "min": (1, 99),
    "gcd": (1, 99),
    "lcm": (1, 99),
}
"""the fewest and most arguments of a function; every other one takes one"""
FAMILIES = ("arctan", "gamma")
"""functions that exist with more arguments, but not here"""
INVERSE = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot", "sec": "arcsec",
    "csc": "arccsc", "sinh": "arsinh", "cosh": "arcosh", "tanh": "artanh",
}  # fmt: skip
GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi"
    " omicron rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta"
    " Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar partial nabla".split()
)
CONSTANTS = {"pi": "pi", "infty": "oo", "infinity": "oo", "inf": "oo", "oo": "oo"}
CONSTANT_COMMANDS = CONSTANTS | {"exponentialE": "e", "imaginaryI": "i", "e": "e"}
RELATIONS = {
    "=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=", "<>": "!=",
    "le": "<=", "leq": "<=", "leqslant": "<=", "leqq": "<=", "ge": ">=", "geq": ">=",
    "geqslant": ">=", "geqq": ">=", "lt": "<", "gt": ">", "ne": "!=", "neq": "!=",
    "in": "in", "approx": "~", "simeq": "~", "cong": "~", "sim": "~", "thickapprox": "~",
    "equiv": "==", "to": "->", "rightarrow": "->", "->": "->", "mapsto": "->", "notin": "notin",
    "doteq": "~", "coloneqq": "=",
}  # fmt: skip
SETS = {"cup": "cup", "cap": "cap", "setminus": "minus", "backslash": "minus", "bigcup": "cup"}
OPENERS = {"(": ")", "[": "]", "\\{": "\\}", "{": "}"}
COMMAND_BRACKETS = {
    "lbrace": "\\{", "rbrace": "\\}", "lbrack": "[", "rbrack": "]", "langle": "(", "rangle": ")",
    "lparen": "(", "rparen": ")", "lvert": "|", "rvert": "|", "vert": "|", "mid": "|",
    "lVert": "|", "rVert": "|", "Vert": "|",
    "lt": "<", "gt": ">", "lang": "(", "rang": ")",
}  # fmt: skip
FENCES = {
    "lfloor": ("rfloor", "floor"), "lceil": ("rceil", "ceil"),
    "llcorner": ("lrcorner", "floor"), "ulcorner": ("urcorner", "ceil"),
}  # fmt: skip
SYSTEMS = frozenset("cases aligned align alignedat gathered gather split equation".split())
MATRICES = frozenset("matrix pmatrix bmatrix vmatrix Bmatrix Vmatrix smallmatrix array".split())
POWER_WORDS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cu": 3}
GLUED = ("sqrt", "sin", "cos", "tan", "log", "ln", "pi")
"""functions people write against their argument: sinx, sqrt2"""
PROSE = frozenset(
    "the is of our are was to for so that this with by has have he she it we they as be on not if"
    " left more than each its his her per there only about from total".split()
)
NOT_A_FACTOR = (
    frozenset(RELATIONS)
    | frozenset(SETS)
    | frozenset("\\ cdot times div pm mp mod bmod pmod end rfloor rceil lrcorner urcorner rbrace"
                " rbrack rangle rparen rvert rVert mid lor land vee wedge choose over ldots dots"
                " cdots not circ degree prime ast neg Rightarrow implies therefore rang".split())
)  # fmt: skip
