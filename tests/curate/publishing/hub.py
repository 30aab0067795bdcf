"""A hub on loopback that unmodified huggingface_hub and datasets clients talk to.

It keeps repositories, branches, pull requests and large files in memory, and misbehaves as asked.
"""

import base64
import hashlib
import json
import os
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_CanaryCanaryCanaryCanaryCanary"
Tree = dict[str, bytes]


@dataclass
class Repo:
    private: bool
    refs: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Tree] = field(default_factory=dict)
    requests: int = 0

    def commit(self, ref: str, tree: Tree) -> str:
        told = [ref, str(len(self.commits)), *sorted(tree)]
        sha = hashlib.sha1("\n".join(told).encode()).hexdigest()
        self.refs[ref], self.commits[sha] = sha, tree
        return sha


@dataclass
class Hub:
    """What lies there, and what it shall do wrong."""

    faults: list[tuple[str, int]] = field(default_factory=list)
    """(part of "METHOD path", status): the next such request is refused with it"""
    between: list[str] = field(default_factory=list)
    """datasets into which somebody else commits just before the next commit"""
    repos: dict[str, Repo] = field(default_factory=dict)
    large: Tree = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    """requests by the last word of what they are about: preupload, batch, upload, commit …"""
    unknown: list[str] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def make(self, name: str, private: bool = False) -> Repo:
        repo = self.repos[name] = Repo(private)
        repo.commit("main", {".gitattributes": b"*.parquet filter=lfs\n"})
        return repo

    def files(self, name: str, ref: str = "main") -> Tree:
        repo = self.repos[name]
        return repo.commits[repo.refs[ref]]

    @property
    def environment(self) -> dict[str, str]:
        """For a process that shall talk to this hub."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
        return own | {"HF_ENDPOINT": self.url, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": TOKEN}


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _entry(path: str, data: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "path": path, "size": len(data), "oid": _blob(data)}
    if path.endswith((".parquet", ".safetensors")):
        oid = hashlib.sha256(data).hexdigest()
        entry["lfs"] = {"oid": oid, "size": len(data), "pointerSize": 134}
    return entry


class _Refusal(Exception):
    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        self.status, self.code, self.message = status, code, message


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None: ...

    def _serve(self) -> None:
        self.address = urlsplit(self.path)
        self.body = self.rfile.read(int(self.headers.get("content-length") or 0))
        line = f"{self.command} {unquote(self.address.path)}"
        with self.hub.lock:
            try:
                self._refuse_as_asked(line)
                for pattern, answer in ROUTES:
                    if match := re.fullmatch(pattern, line):
                        self._send(200, answer(self, **match.groupdict()))
                        return
                self.hub.unknown.append(line)
                raise _Refusal(404, "EntryNotFound")
            except _Refusal as refusal:
                told = [("X-Error-Code", refusal.code), ("X-Error-Message", refusal.message)]
                if refusal.status == 429:
                    told.append(("Retry-After", "0"))
                data = json.dumps({"error": refusal.message or refusal.code}).encode()
                self._send(refusal.status, data, told)

    do_GET = do_HEAD = do_POST = do_PUT = _serve

    def _refuse_as_asked(self, line: str) -> None:
        for fault in self.hub.faults:
            if fault[0] in line:
                self.hub.faults.remove(fault)
                raise _Refusal(fault[1], message="as asked")
        if self.command != "PUT" and self.headers["authorization"] != f"Bearer {TOKEN}":
            raise _Refusal(401, message="Invalid credentials in Authorization header")

    def _send(self, status: int, answer: Any, more: list[tuple[str, str]] | None = None) -> None:
        data, head = answer if isinstance(answer, tuple) else (answer, more or [])
        if not isinstance(data, bytes):
            data, head = json.dumps(data).encode(), [*head, ("content-type", "application/json")]
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range") or "")
        if wanted and status == 200:
            first, last = int(wanted[1]), int(wanted[2] or len(data) - 1)
            head = [*head, ("content-range", f"bytes {first}-{last}/{len(data)}")]
            status, data = 206, data[first : last + 1]
        self.send_response(status)
        for name, value in [*head, ("content-length", str(len(data)))]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _tree(self, name: str, rev: str) -> tuple[str, Tree]:
        if name not in self.hub.repos:
            raise _Refusal(404, "RepoNotFound")
        repo = self.hub.repos[name]
        sha = repo.refs.get(rev, rev)
        if sha not in repo.commits:
            raise _Refusal(404, "RevisionNotFound")
        return sha, repo.commits[sha]

    def whoami(self) -> Any:
        return {"name": "user", "type": "user"}

    def validate(self) -> Any:
        return {"errors": [], "warnings": []}

    def create(self) -> Any:
        asked = json.loads(self.body)
        name = f"{asked['organization']}/{asked['name']}"
        if name in self.hub.repos:
            raise _Refusal(409, message="there already")
        self.hub.make(name, asked.get("visibility") == "private")
        return {"url": f"{self.hub.url}/datasets/{name}"}

    def info(self, name: str, rev: str = "main") -> Any:
        sha, tree = self._tree(name, rev)
        files = [{"rfilename": path} for path in tree]
        private = self.hub.repos[name].private
        return {"id": name, "sha": sha, "private": private, "siblings": files, "tags": []}

    def branch(self, name: str, rev: str) -> Any:
        refs = self.hub.repos[name].refs
        if rev in refs:
            raise _Refusal(409)
        refs[rev] = refs["main"]
        return {}

    def preupload(self, name: str, rev: str) -> Any:
        _, tree = self._tree(name, rev)
        self.hub.asked["preupload"] += 1
        return {"files": [self._mode(f["path"], tree) for f in json.loads(self.body)["files"]]}

    def _mode(self, path: str, tree: Tree) -> dict[str, Any]:
        mode = "lfs" if path.endswith((".parquet", ".safetensors")) else "regular"
        known = {"oid": _blob(tree[path])} if path in tree else {}
        return {"path": path, "uploadMode": mode, "shouldIgnore": False, **known}

    def batch(self, name: str) -> Any:
        return {"objects": [self._object(o) for o in json.loads(self.body)["objects"]]}

    def _object(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["oid"] in self.hub.large:
            return asked
        to = {
            what: {"href": f"{self.hub.url}/{what}/{asked['oid']}"} for what in ("store", "verify")
        }
        return asked | {"actions": {"upload": to["store"], "verify": to["verify"]}}

    def store(self, oid: str) -> Any:
        self.hub.asked["stored"] += 1
        self.hub.large[oid] = self.body
        return {}

    def verify(self, oid: str) -> Any:
        if hashlib.sha256(self.hub.large[oid]).hexdigest() != oid:
            raise _Refusal(422, message="another content")
        return {}

    def commit(self, name: str, rev: str) -> Any:
        repo = self.hub.repos[name]
        if name in self.hub.between:
            self.hub.between.remove(name)
            repo.commit(rev, {**self._tree(name, rev)[1], "notes.txt": b"somebody's"})
        sha, before = self._tree(name, rev)
        header, *lines = [json.loads(line) for line in self.body.splitlines()]
        if header["value"].get("parentCommit", sha) != sha:
            raise _Refusal(412, message="the parent is another")
        tree = dict(before)
        for line in lines:
            value = line["value"]
            if line["key"] == "deletedFile":
                del tree[value["path"]]
            elif line["key"] == "lfsFile":
                tree[value["path"]] = self.hub.large[value["oid"]]
            else:
                tree[value["path"]] = base64.b64decode(value["content"])
        if proposed := parse_qs(self.address.query).get("create_pr") == ["1"]:
            repo.requests += 1
            rev = f"refs/pr/{repo.requests}"
        made = repo.commit(rev, tree)
        self.hub.asked["commits"] += 1
        page = f"{self.hub.url}/datasets/{name}"
        request = f"{page}/discussions/{repo.requests}" if proposed else None
        return {"commitUrl": f"{page}/commit/{made}", "commitOid": made, "pullRequestUrl": request}

    def tree(self, name: str, rev: str, path: str = "") -> Any:
        found = self._tree(name, rev)[1]
        below = {p: data for p, data in found.items() if not path or p.startswith(f"{path}/")}
        if path and not below:
            raise _Refusal(404, "EntryNotFound")
        depth = path.count("/") + 1 if path else 0
        parts = {p: p.split("/") for p in below}
        flat = "true" in parse_qs(self.address.query).get("recursive", [""])[0].lower()
        folders = {
            "/".join(of[: n + 1]) for of in parts.values() for n in range(depth, len(of) - 1)
        }
        entries = [{"type": "directory", "path": f, "oid": _blob(f.encode())} for f in folders]
        entries += [_entry(p, data) for p, data in below.items()]
        return [e for e in entries if flat or e["path"].count("/") == depth]

    def paths(self, name: str, rev: str) -> Any:
        found = self._tree(name, rev)[1]
        asked = parse_qs(self.body.decode()).get("paths") or json.loads(self.body)["paths"]
        folders = [p for p in asked if any(f.startswith(f"{p}/") for f in found)]
        entries = [{"type": "directory", "path": f, "oid": _blob(f.encode())} for f in folders]
        return entries + [_entry(p, found[p]) for p in asked if p in found]

    def resolve(self, name: str, rev: str, path: str) -> Any:
        sha, tree = self._tree(name, rev)
        if path not in tree:
            raise _Refusal(404, "EntryNotFound")
        return tree[path], [("ETag", f'"{_blob(tree[path])}"'), ("X-Repo-Commit", sha)]


_ID = r"/api/(?:datasets|models)/(?P<name>[^/]+/[^/]+)"
_REV = r"(?P<rev>refs/pr/\d+|[^/]+)"
ROUTES = (
    (r"GET /api/whoami-v2", _Handler.whoami),
    (r"POST /api/validate-yaml", _Handler.validate),
    (r"POST /api/repos/create", _Handler.create),
    (rf"(?:GET|HEAD) {_ID}", _Handler.info),
    (rf"(?:GET|HEAD) {_ID}/revision/{_REV}", _Handler.info),
    (rf"POST {_ID}/branch/{_REV}", _Handler.branch),
    (rf"POST {_ID}/preupload/{_REV}", _Handler.preupload),
    (r"POST /(?:datasets/)?(?P<name>[^/]+/[^/]+)\.git/info/lfs/objects/batch", _Handler.batch),
    (r"PUT /store/(?P<oid>\w+)", _Handler.store),
    (r"POST /verify/(?P<oid>\w+)", _Handler.verify),
    (rf"POST {_ID}/commit/{_REV}", _Handler.commit),
    (rf"GET {_ID}/tree/{_REV}", _Handler.tree),
    (rf"GET {_ID}/tree/{_REV}/(?P<path>.+)", _Handler.tree),
    (rf"POST {_ID}/paths-info/{_REV}", _Handler.paths),
    (
        rf"(?:GET|HEAD) /(?:datasets/)?(?P<name>[^/]+/[^/]+)/resolve/{_REV}/(?P<path>.+)",
        _Handler.resolve,
    ),
)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def served() -> Iterator[Hub]:
    hub = Hub()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
