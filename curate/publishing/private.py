"""What of a configuration everybody may see: no place on the author's machine, no name of a person,
no token. A file is told by its name and a hash of its content, a model folder by what its own card
calls it."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

HIDDEN = "…"
_SECRET_KEY = re.compile(r"key|token|secret|passw|auth|credential", re.I)
_SECRET = re.compile(r"\b(?:hf|sk|ghp|gho|github_pat|xox[bap]|AKIA)[-_]?[A-Za-z0-9_-]{16,}")
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://(?!huggingface\.co/)[^\s\"')]+", re.I)
_PLACE = re.compile(r"(?<![\w<./:])(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w.@+-]+){2,}[/\\]?")
"""two folders or more, in the midst of text"""
_FILE = re.compile(r".*\.(?:jsonl?|ndjson|csv|parquet|ya?ml|txt|md|jinja2?)(?:\.gz|\.zst)?", re.I)
_COMMON_NAMES = {"root", "user", "admin", "ubuntu", "home", "guest", "test"}
"""of accounts; they tell nobody's name and are words of a text besides"""


def public(value: Any, places: Collection[str] = (), key: str = "") -> Any:
    """A setting, with all that it holds, as it may stand in a card; `places`: see `public_name`."""
    if isinstance(value, dict):
        return {scrubbed(str(n)): public(inner, places, str(n)) for n, inner in value.items()}
    if isinstance(value, list | tuple):
        return [public(inner, places, key) for inner in value]
    if not isinstance(value, str):
        return value
    return HIDDEN if _SECRET_KEY.search(key) else public_name(value, places)


def public_name(text: str, places: Collection[str] = ()) -> str:
    """A place on this machine by its name and hash; any other text without what is private.
    `places`: texts that are known to be such, though they look like names on the Hub."""
    if not (text in places or _is_place(text)):
        return scrubbed(text)
    path = Path(text).expanduser()
    name = scrubbed(re.split(r"[/\\]", text.rstrip("/\\"))[-1])
    if path.is_dir():
        return _own_name(path) or name
    return f"{name} (sha256 {_sha256(path)[:12]})" if path.is_file() else name


def scrubbed(text: str) -> str:
    """The text without tokens, addresses of servers, places and the name of who runs this."""
    text = _SECRET.sub(HIDDEN, _ADDRESS.sub(HIDDEN, text))
    for private in _private_words():
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(private)}(?![A-Za-z0-9])", HIDDEN, text)
    return _PLACE.sub(lambda place: re.split(r"[/\\]", place[0].rstrip("/\\"))[-1], text)


def _is_place(text: str) -> bool:
    """Not a name on the Hub: these have one slash, and no ending of a file."""
    if "\n" in text or not text:
        return False
    if text.startswith(("/", "./", "../", "~")) or _FILE.fullmatch(text) or text[1:3] == ":\\":
        return True
    try:
        deep = text.count("/") > 1 and " " not in text and "://" not in text
        return deep or Path(text).exists()
    except OSError:
        return False


def _private_words() -> list[str]:
    """Longest first: a token of the environment, the home folder, the account."""
    tokens = [value for name, value in os.environ.items() if _SECRET_KEY.search(name)]
    accounts = [os.environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME")]
    with contextlib.suppress(KeyError, OSError):  # an account without a name
        accounts.append(getpass.getuser())
    accounts.append(Path.home().name)
    names = {name for name in accounts if len(name) > 3 and name.lower() not in _COMMON_NAMES}
    words = {str(Path.home()), *(t for t in tokens if len(t) > 11), *names} - {"/", ""}
    return sorted(words, key=len, reverse=True)


def _own_name(folder: Path) -> str | None:
    """What the model's card calls it."""
    try:
        head = (folder / "README.md").read_text(encoding="utf-8").split("---\n")[1]
        name = yaml.safe_load(head)["model_name"]
    except (OSError, IndexError, KeyError, TypeError, ValueError, yaml.YAMLError):
        return None
    return scrubbed(str(name))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
