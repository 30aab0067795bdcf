"""The pages' templates. Whatever is put into them is escaped."""

from __future__ import annotations

from importlib import resources
from typing import Any

import jinja2

from curate.looking.marked import pieces
from curate.looking.thresholds import number
from curate.terminal.counts import number_of
from curate.terminal.tables import short

FATE_SIGNS = {"kept": "●", "dropped": "✕", "undecided": "?", "failed": "∅"}
"""so that nobody needs colours to tell them apart"""


def templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("curate.looking", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": lambda value: f"{value:,}",
        "counted": number_of,
        "number": number,
        "plain": lambda value: f"{value:.10g}",
        "pieces": lambda text: pieces(text or ""),
        "short": short,
        "words": lambda name: str(name).replace("_", " "),
    }
    environment.globals |= {"fate_signs": FATE_SIGNS, "percent": percent}
    return environment


def percent(part: float, whole: float) -> str:
    if not whole:
        return "–"
    share = 100 * part / whole
    return f"{share:.1f} %" if 0 < share < 10 else f"{share:.0f} %"


def static(name: str) -> str:
    """A file of the pages' own: style or script."""
    return resources.files("curate.looking").joinpath("pages", name).read_text(encoding="utf-8")


def page(name: str, **shown: Any) -> str:
    return templates().get_template(name).render(**shown)
