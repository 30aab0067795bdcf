"""What may be spent: a request is sent only where its longest answer could still be paid."""

from __future__ import annotations

import threading


class Budget:
    """Held and settled from two threads. Without a limit it only adds up."""

    def __init__(self, limit: float | None, spent: float) -> None:
        self.limit, self.spent = limit, spent
        self._held = 0.0
        self._lock = threading.Lock()

    def hold(self, amount: float) -> bool:
        """Put the amount aside; False where the limit does not allow it."""
        with self._lock:
            if self.limit is not None and self.spent + self._held + amount > self.limit:
                return False
            self._held += amount
            return True

    def settle(self, held: float, cost: float) -> None:
        """What was put aside came to this."""
        with self._lock:
            self._held -= held
            self.spent += cost
