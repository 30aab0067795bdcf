"""Where the pieces of a stage are worked on: in processes of this machine, or on a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from curate.config import Executor

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def in_order(
    task: Callable[[Piece], Result],
    pieces: Iterator[Piece],
    workers: int,
    executor: Executor = "local",
) -> Iterator[tuple[Piece, Result]]:
    """Each piece with its result, in the order of the pieces, so that neither where they were
    worked on nor by how many changes anything. A few are in flight at most: memory is bounded."""
    if executor == "ray":
        from curate.workers import cluster

        return cluster.in_order(task, pieces)
    from curate.workers import local

    return local.in_order(task, pieces, workers)
