"""What is a good trace? Polars frames in, verdicts out.

Adding a filter is one file and one line in this table, or `my.module:MyFilter` in the config.
The order is the order in which the funnel shows them and the first reason is named.
"""

FILTERS = {
    "finish": "filters.finish.finish:Finish",
    "format": "filters.format.format:Format",
    "length": "filters.length:Length",
    "language": "filters.language.language:Language",
    "repetition": "filters.repetition.repetition:Repetition",
    "readability": "filters.readability.readability:Readability",
    "safety": "filters.safety.safety:Safety",
    "decontamination": "filters.overlap.decontamination:Decontamination",
    "correctness": "filters.correctness:Correctness",
    "faithful": "filters.faithful:Faithful",
    "rewritten": "filters.rewritten:Rewritten",
    "duplicate": "filters.overlap.duplicate:Duplicate",
    "difficulty": "filters.difficulty:Difficulty",
    "select": "filters.select:Select",
}
