from tiny_checkpoint import checkpoint  # noqa: F401
from trained_run import make_run  # noqa: F401
