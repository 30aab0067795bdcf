"""A run folder may be a URL (`s3://bucket/runs/x`, `gs://…`): it is worked on by way of a copy on
this machine. The copy of <protocol>://<rest> lies at <protocol>/<rest> below `copies()`, so that a
path says by itself what it is a copy of."""

from __future__ import annotations

import os
import re
from pathlib import Path

from filters.errors import UserError

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://(.*)", re.IGNORECASE | re.DOTALL)


def copies() -> Path:
    """The folder of all copies; whoever wants them elsewhere sets XDG_CACHE_HOME."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache).resolve() / "coldstart-curate" / "runs"


def folder_of(name: str) -> Path:
    """The folder on this machine that a user names: a path, or the copy of what lies at a URL.
    Raises UserError for a URL that is none of a folder, or that holds a secret."""
    found = _URL.fullmatch(name)
    if found is None:
        return Path(name)
    protocol, rest = found[1].lower(), found[2]
    if protocol in ("file", "local"):
        return Path(rest)
    parts = rest.strip("/").split("/")
    if "@" in parts[0]:
        raise UserError(
            "a URL with a key or password in it: credentials are taken from the "
            "environment (AWS_ACCESS_KEY_ID and the like), and never written down"
        )
    if "::" in name or "?" in rest or any(part in ("", ".", "..") for part in parts):
        raise UserError(f"{name} is no URL of a folder, as s3://bucket/runs/x is")
    return copies().joinpath(protocol, *parts)


def url_of(path: Path) -> str | None:
    """What a path is a copy of; null for what is no copy."""
    own = path if path.is_absolute() else path.resolve()
    if not own.is_relative_to(copies()):
        return None
    protocol, *rest = own.relative_to(copies()).parts or ("",)
    return f"{protocol}://{'/'.join(rest)}" if rest else None


def with_urls(text: str) -> str:
    """A message in which copies are called what the user calls them."""
    return re.sub(rf"{re.escape(str(copies()))}/([a-z0-9+.-]+)/", r"\1://", text)
