"""Rows in the order of their lengths, every one once, and each epoch in another order."""

from sft.by_length import ByLength

LENGTHS = [7 * n % 101 for n in range(101)]


def order(epoch: int, step: int = 4) -> list[int]:
    return list(ByLength(LENGTHS, step, 0, lambda: epoch))


def test_every_row_comes_once_an_epoch() -> None:
    assert sorted(order(0)) == sorted(order(1)) == list(range(101))


def test_order_is_of_the_seed_and_the_epoch_alone() -> None:
    assert order(1) == order(1) != order(0)


def test_rows_of_a_step_are_of_like_length() -> None:
    lengths = [LENGTHS[row] for row in order(0)]
    steps = [lengths[at : at + 4] for at in range(0, len(lengths), 4)]
    assert max(max(step) - min(step) for step in steps) == 3


def test_only_the_last_step_is_not_full() -> None:
    longest = LENGTHS.index(100)
    assert order(0)[-1] == order(5)[-1] == longest
