"""What filters say of their thresholds is what their rules do."""

import dataclasses

import pytest

from filters import FILTERS
from filters.base import Filter
from filters.plugins import load

NAMED = [
    (name, setting)
    for name in FILTERS
    for setting in load(name, "filters", "filter", FILTERS).thresholds
]


@pytest.mark.parametrize(("name", "setting"), NAMED)
def test_a_threshold_is_held_against_its_score(name: str, setting: str) -> None:
    cls: type[Filter] = load(name, "filters", "filter", FILTERS)
    score, sign = cls.thresholds[setting]
    assert score in cls.scores
    assert sign in (">", ">=", "<", "<=")
    low, high = (dataclasses.replace(cls(), **{setting: value}) for value in _values(cls, setting))
    moved = [rule for reason, rule in high.rules().items() if not rule.meta.eq(low.rules()[reason])]
    assert any(
        score in rule.meta.root_names() and f'col("{score}")) {sign} ' in str(rule)
        for rule in moved
    )


def _values(cls: type[Filter], setting: str) -> tuple[float, float]:
    """Two that are allowed, away from the filter's own bounds."""
    (field,) = (f for f in dataclasses.fields(cls) if f.name == setting)
    if "Share" in str(field.type) or isinstance(field.default, float):
        return 0.51, 0.52
    return 101, 102


def test_settings_that_change_scores_are_no_thresholds() -> None:
    for name in FILTERS:
        cls = load(name, "filters", "filter", FILTERS)
        fields = {f.name: f for f in dataclasses.fields(cls)}
        assert not [s for s in cls.thresholds if fields[s].metadata.get("scoring")]
