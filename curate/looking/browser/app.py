"""The pages of the browser: each address is one function over the run as it was read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from curate.judging.review import SAYS
from curate.looking.browser import listing, moving
from curate.looking.browser.choice import FATES, ORDERS, WORDS, Choice
from curate.looking.browser.guard import Guard
from curate.looking.browser.look import Look
from curate.looking.browser.one_trace import of_trace
from curate.looking.templates import static, templates
from curate.publishing.private import scrubbed
from curate.store.run_folder import Run
from filters.errors import UserError

_STATIC = {"look.css": "text/css", "browser.css": "text/css", "look.js": "text/javascript"}
_MOST = 100_000
"""bytes that a browser may send us"""
_NOTE = 4_000
"""characters of a note"""


class NotThere(Exception):
    """An address of nothing."""


class Pages:
    def __init__(self, run: Run, root: str) -> None:
        self.run, self.root = run, root
        self.look = Look(run)
        self.templates = templates()
        self.turn = threading.Lock()  # one question at a time: columns are read when first needed

    def answered(self, page: Callable[..., Response], *asked: Any) -> Response:
        """The page, or what is wrong with the question."""
        with self.turn:
            try:
                return page(*asked)
            except NotThere as error:
                return self.render("message.html", 404, message=str(error))
            except UserError as error:
                return self.render("message.html", 400, message=str(error))

    def render(self, name: str, status: int = 200, **facts: Any) -> Response:
        text = self.templates.get_template(name).render(
            root=self.root,
            run_name=scrubbed(self.run.config.name),
            fates=self.look.fates,
            total=self.look.frame.height,
            stale=self.look.has_changed(),
            **facts,
        )
        return HTMLResponse(text, status)

    def to(self, path: str, query: str = "") -> Response:
        return RedirectResponse(f"{self.root}{path}{'?' if query else ''}{query}", 303)

    def row(self, request: Request) -> int:
        row = self.look.row(request.path_params["trace_id"])
        if row is None:
            raise NotThere("The run has no such trace.")
        return row

    def traces(self, request: Request) -> Response:
        choice = Choice.of(request.query_params)
        page = listing.page(self.look, choice, request.query_params.get("after", ""))
        return self.render(
            "list.html",
            choice=choice,
            page=page,
            rows=self._rows(page.rows, choice),
            looked=listing.looked_at(self.look, choice),
            reasons=self.look.reasons,
            models=self.look.models,
            filters=self.look.standing.filters,
            all_fates=FATES,
            words=WORDS,
            orders=ORDERS,
        )

    def trace(self, request: Request) -> Response:
        choice = Choice.of(request.query_params)
        row = self.row(request)
        place = listing.place_of(self.look, choice, row)
        return self.render(
            "trace.html",
            choice=choice,
            place=place,
            before=None if place.before is None else self.look.ids[place.before],
            behind=None if place.behind is None else self.look.ids[place.behind],
            looked=listing.looked_at(self.look, choice) if choice.sample else None,
            refused=request.query_params.get("refused", ""),
            **of_trace(self.look, row),
        )

    def say(self, request: Request, form: dict[str, str]) -> Response:
        """A person's word, written at once; where somebody else writes to the run, not written,
        and said so."""
        row = self.row(request)
        choice = Choice.of(form)
        before = self.look.word(self.look.ids[row])
        says = form.get("says", "")
        if says == "note":
            says = before.says if before and before.says else "withdrawn"
        if says not in SAYS:
            raise NotThere("There is no such word.")
        note = form.get("note", "").strip()[:_NOTE] or None
        refused = {}
        try:
            self.look.say(row, says, note)
        except UserError as error:
            refused = {"refused": str(error)}
        return self.to(f"/trace/{self.look.ids[row]}", choice.query(**refused))

    def borderline(self, request: Request) -> Response:
        choice = Choice.of(request.query_params).but(order="borderline")
        row = self.look.row(request.query_params.get("after", ""))
        found = listing.next_borderline(self.look, choice, row)
        if found is None:
            return self.to("/", choice.query())
        return self.to(f"/trace/{self.look.ids[found]}", choice.query())

    def thresholds(self, request: Request) -> Response:
        movable = moving.movable(self.look)
        known = [t.name for theirs in movable.values() for t in theirs]
        if not known:
            raise NotThere("No filter of this run has a threshold that could be moved.")
        name = request.query_params.get("move", "")
        name = name if name in known else known[0]
        changes = moving.changes(self.look, name, request.query_params.get("to", ""))
        drawn = moving.picture(self.look, changes["at"])
        steps = [drawn["scale"].value(n / moving.STEPS) for n in range(moving.STEPS + 1)]
        if changes["at"].whole:
            steps = [float(round(step)) for step in steps]
        return self.render(
            "thresholds.html",
            movable=movable,
            steps=steps,
            place=drawn["scale"].place(changes["value"]),
            drawn=drawn,
            **self._with_rows(changes),
        )

    def changes(self, request: Request) -> Response:
        """The part of that page that a moved threshold changes."""
        query = request.query_params
        changes = moving.changes(self.look, query.get("move", ""), query.get("to", ""))
        return self.render("changes.html", **self._with_rows(changes))

    def read_again(self, request: Request, form: dict[str, str]) -> Response:
        self.run = Run.open(self.run.path)
        self.look = Look(self.run)
        return self.to("/", Choice.of(form).query())

    def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            raise NotThere("There is no such file.")
        return Response(static(name), media_type=_STATIC[name])

    def _with_rows(self, changes: dict[str, Any]) -> dict[str, Any]:
        everything = Choice()
        for way in ("lost", "gained"):
            changes[way]["rows"] = self._rows(changes[way]["rows"], everything)
        return changes

    def _rows(self, numbers: list[int], choice: Choice) -> list[dict[str, Any]]:
        """What a list shows of traces."""
        facts = [self.look.facts(number) for number in numbers]
        ids = list({fact["problem_id"] for fact in facts})
        sql = "select problem_id, left(problem, 400) as text from problems where problem_id in ?"
        problems = {row["problem_id"]: row["text"] for row in self.look.ask(sql, ids)}
        score = listing.scores(self.look, choice)
        length = self.look.standing.filters.get("length")
        tokens = self.look.standing.scores("length")[length.scores[0]] if length else None
        for number, fact in zip(numbers, facts, strict=True):
            fact["problem"] = problems.get(fact["problem_id"])
            fact["score"] = None if score is None else score[number]
            fact["tokens"] = None if tokens is None else tokens[number]
        return facts


def app(run: Run, token: str, hosts: list[str]) -> ASGIApp:
    pages = Pages(run, f"/{token}")

    def get(page: Callable[[Request], Response]) -> Callable[[Request], Response]:
        return lambda request: pages.answered(page, request)

    def post(page: Callable[[Request, dict[str, str]], Response]) -> Callable[..., Any]:
        async def answer(request: Request) -> Response:
            body = b""
            async for piece in request.stream():
                body += piece
                if len(body) > _MOST:
                    return Response("That is too much.", 413)
            form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
            return await run_in_threadpool(pages.answered, page, request, form)

        return answer

    routes = [
        Route("/", get(pages.traces)),
        Route("/trace/{trace_id}", get(pages.trace)),
        Route("/trace/{trace_id}", post(pages.say), methods=["POST"]),
        Route("/borderline", get(pages.borderline)),
        Route("/thresholds", get(pages.thresholds)),
        Route("/changes", get(pages.changes)),
        Route("/again", post(pages.read_again), methods=["POST"]),
        Route("/static/{name}", get(pages.static)),
    ]
    return Guard(Starlette(routes=[Mount(f"/{token}", routes=routes)]), token, hosts)
