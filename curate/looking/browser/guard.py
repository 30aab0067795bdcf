"""Who may ask: whoever knows the token in the address, by this machine's own name. Nothing on a
page runs or is loaded that did not come from here, whatever a trace says."""

from __future__ import annotations

import hmac
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # the address holds the token
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """In front of the pages, which lie below `/TOKEN`. `hosts`: what a browser may call us; another
    name is another site's that was made to point here (DNS rebinding)."""

    def __init__(self, app: ASGIApp, token: str, hosts: Collection[str]) -> None:
        self.app, self.token, self.hosts = app, token, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # nothing else is served
            return
        refused = self._refused(scope)
        app = PlainTextResponse(refused, 403) if refused else self.app
        await app(scope, receive, _guarded(send))

    def _refused(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self.hosts:
            return "This address is not the one that `curate view` printed."
        token = scope["path"].split("/")[1]
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return "The token is missing or old: open the address that `curate view` printed."
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() not in self.hosts:
            return "Another site may not ask."
        return None


def _guarded(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return with_headers
