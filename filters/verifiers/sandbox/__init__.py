"""Running other people's programs behind walls: see docs/sandbox.md for what they hold.

`run` is the whole interface; `layers` says which walls this host allows.
"""

from filters.verifiers.sandbox.client import Ended, Job, SandboxError, close, layers, run, way
from filters.verifiers.sandbox.limits import Limits, limits_of

__all__ = ["Ended", "Job", "Limits", "SandboxError", "close", "layers", "limits_of", "run", "way"]
