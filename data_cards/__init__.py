"""The card of a dataset: a template and the facts that fill it."""

from __future__ import annotations

from importlib import resources
from string import Template


def render_card(**facts: str) -> str:
    """The card as Markdown. A fact that the template names and the caller lacks is an error."""
    template = resources.files("data_cards").joinpath("card.md").read_text(encoding="utf-8")
    return Template(template).substitute(facts)
