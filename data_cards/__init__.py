"""The card of a dataset: a template and the facts that fill it."""

from __future__ import annotations

from importlib import resources
from string import Template

import yaml

WANTED = {
    "license": "a licence that is the same for every record",
    "language": "the language of the problems",
    "pretty_name": "a name for people",
    "size_categories": "its size, as the Hub groups it",
}
"""metadata that the Hub sorts by -> what to say where the records do not tell it"""


def render(template: str, **facts: str) -> str:
    """The card as Markdown: of a dataset (card.md) or a model (model.md). A fact that the template
    names and the caller lacks is an error."""
    text = resources.files("data_cards").joinpath(template).read_text(encoding="utf-8")
    return Template(text).substitute(facts)


def lacks(card: str) -> list[str]:
    """What a reader of the Hub would look for in the card's head in vain."""
    head = yaml.safe_load(card.split("---\n")[1])
    return [says for name, says in WANTED.items() if head.get(name) in (None, "other")]
