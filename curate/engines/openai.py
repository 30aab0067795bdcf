"""Any server that speaks OpenAI's protocol: vLLM, SGLang, a hosted model; chat or completions.

    engine: openai
    model: deepseek-r1
    options: {base_url: ["http://node1:8000/v1", "http://node2:8000/v1"], concurrency: 512}

Which server is asked, how fast and how often again is in `servers.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator

from curate.config import AskedModel, Section, parse_section
from curate.engines.budget import Budget
from curate.engines.checkpoint import content_hash
from curate.engines.engine import (
    COST_LIMIT,
    ERROR,
    LENGTH,
    REFUSED,
    STOP,
    Completion,
    Engine,
    Message,
    PromptError,
    Request,
    Requests,
    Sampling,
    failed,
)
from curate.engines.loop_thread import LoopThread
from curate.engines.servers import BrokenAnswer, Limit, Refused, Servers, openai, servers_of
from curate.engines.templates import named_template, rendered
from filters.errors import UserError
from filters.schema import content_id

OPENAI_URL = "https://api.openai.com/v1"
BYTES_PER_TOKEN = 3.5
"""of prose and code, about; for counting prompts beforehand"""


class Options(Section):
    """`generate.options` of this engine."""

    model_config = ConfigDict(hide_input_in_errors=True)  # it may be a key, or an address with one
    base_url: list[str] = Field(default=[OPENAI_URL], min_length=1)
    """one or several that serve the same model"""
    api: Literal["chat", "completions"] = "chat"
    api_key_env: str | None = None
    """the environment variable that holds the key; OPENAI_API_KEY for OpenAI itself, else none"""
    concurrency: int = Field(default=64, ge=1)
    """requests that are open at once, all servers together"""
    timeout: float = Field(default=3600.0, gt=0)
    """seconds after which an answer that is not there is lost"""
    retries: int = Field(default=8, ge=0)
    """times a request is asked again that a server failed to answer"""
    patience: float = Field(default=600.0, gt=0)
    """seconds without any answer after which the run stops"""
    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0)
    price_in: float = Field(default=0.0, ge=0)
    """for a million tokens of prompt, in any currency"""
    price_out: float = Field(default=0.0, ge=0)
    cost_limit: float | None = Field(default=None, gt=0)
    """what the run may cost in all, retries included"""
    max_tokens_name: str = "max_tokens"
    """how the server calls it; some want max_completion_tokens"""
    body: dict[str, Any] = Field(default_factory=dict)
    """more fields of every request; null leaves one of ours out, e.g. {seed: null}"""

    @field_validator("base_url", mode="before")
    @classmethod
    def _several(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("base_url")
    @classmethod
    def _without_secrets(cls, urls: list[str]) -> list[str]:
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("an address is wanted, like http://localhost:8000/v1")
            if parts.username or parts.password or parts.query:
                raise ValueError("no key in an address: name a variable in api_key_env")
        return urls


class OpenAIEngine(Engine):
    name = "openai"

    def __init__(self, settings: AskedModel) -> None:
        if not settings.model:
            raise UserError("generate.model is empty: give the name of the model on the server")
        self._options = parse_section(Options, settings.options, "generate.options")
        self._key_name, self._key = _key(self._options)
        self._template = _template(settings, self._options)
        self.template_hash = content_id(self._template) if self._template else None
        self.version = f"openai {openai.__version__}"
        self.model = settings.model
        self.revision = _revision(settings)
        self.priced = bool(self._options.price_in or self._options.price_out)

    def render(self, messages: Sequence[Message]) -> str:
        """Of a chat the messages themselves, as JSON: the server has the template."""
        if self._options.api == "chat":
            return json.dumps(list(messages), ensure_ascii=False)
        if self._template is None:
            return "\n\n".join(m["content"] for m in messages)
        import jinja2

        try:
            return rendered(self._template, messages)
        except jinja2.TemplateError as error:
            raise PromptError(f"the template refuses it: {error}") from error

    def count_tokens(self, prompts: Sequence[str]) -> list[int]:
        """About: the tokenizer is the server's."""
        return [round(_bytes(prompt) / BYTES_PER_TOKEN) for prompt in prompts]

    def cost(self, prompt_tokens: int, tokens: int) -> float:
        price_in, price_out = self._options.price_in, self._options.price_out
        return (prompt_tokens * price_in + tokens * price_out) / 1e6

    def generate(self, requests: Requests, sampling: Sampling) -> Iterator[list[Completion]]:
        asking = _Asking(self, sampling)
        with LoopThread(last=asking.close) as thread:
            unpaid: Request | None = None
            open_ = 0
            while True:
                while open_ < self._options.concurrency:
                    unpaid = unpaid or next(requests, None)
                    if unpaid is None or not asking.affords(unpaid):
                        break
                    thread.start(asking.complete(unpaid))
                    unpaid = None
                    open_ += 1
                if not open_:
                    break
                done = thread.ended()
                open_ -= len(done)
                self.spent = asking.budget.spent
                yield [one for one in done if isinstance(one, Completion)]
                for error in done:
                    if isinstance(error, BaseException):
                        raise error
        if unpaid is not None:
            self.stopped = (
                f"{self.spent:,.2f} of options.cost_limit {self._options.cost_limit:,.2f} are "
                "spent, and one more answer could go beyond it; raise it and run the same command "
                "again"
            )

    def clean(self, said: str) -> str:
        """Without the key, which a server may repeat."""
        return said.replace(self._key, "***") if self._key else said


class _Asking:
    """The requests of one `generate` call, on their way to servers."""

    def __init__(self, engine: OpenAIEngine, sampling: Sampling) -> None:
        self._engine, self._options, self._sampling = engine, engine._options, sampling
        options = self._options
        self.budget = Budget(options.cost_limit, engine.spent)
        self._servers = Servers(
            servers_of(options.base_url, engine._key, options.timeout),
            retries=options.retries,
            patience=options.patience,
            key=engine._key_name,
            clean=engine.clean,
        )
        self._requests = Limit(options.requests_per_minute)
        self._tokens = Limit(options.tokens_per_minute)
        self._mean = float(sampling.max_tokens)
        self._answers = 0

    async def close(self) -> None:
        await self._servers.close()

    def affords(self, request: Request) -> bool:
        return self.budget.hold(self._worst(request))

    def _worst(self, request: Request) -> float:
        """No token is shorter than a byte."""
        return self._engine.cost(_bytes(request.prompt), self._sampling.max_tokens)

    async def complete(self, request: Request) -> Completion:
        """Asks until there is an answer or no hope of one. What was lost on the way is taken to
        have cost as much as it can."""
        worst = held = self._worst(request)
        paid = 0.0

        def lost() -> None:
            nonlocal held, paid
            self.budget.settle(held, worst)
            paid, held = paid + worst, 0.0
            if not self.budget.hold(worst):
                raise Refused(f"{COST_LIMIT}: an answer was lost, and another could go beyond it")
            held = worst

        try:
            got = await self._servers.ask(lambda client: self._send(client, request), lost)
        except Refused as error:
            self.budget.settle(held, 0.0)
            return failed(request, str(error), facts=_facts(paid, None))
        prompt_tokens = got.facts.get("prompt_tokens")
        cost = self._engine.cost(prompt_tokens or 0, got.num_tokens or 0)
        self.budget.settle(held, cost)
        return replace(got, facts=_facts(paid + cost, prompt_tokens))

    async def _send(self, client: openai.AsyncOpenAI, request: Request) -> Completion:
        prompt_tokens = _bytes(request.prompt) / BYTES_PER_TOKEN
        expected = prompt_tokens + self._mean
        await self._requests.wait()
        await self._tokens.wait(expected)
        try:
            answer = _answer(request, await self._create(client, request))
        except (json.JSONDecodeError, openai.APIResponseValidationError) as error:
            raise BrokenAnswer(f"the server's answer breaks off or is none: {error}") from error
        tokens = answer.num_tokens or 0
        prompt_tokens = answer.facts.get("prompt_tokens") or prompt_tokens
        self._tokens.correct(prompt_tokens + tokens - expected)
        self._answers += 1
        self._mean += (tokens - self._mean) / self._answers
        return answer

    async def _create(self, client: openai.AsyncOpenAI, request: Request) -> Any:
        sampling, options = self._sampling, self._options
        fields = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            options.max_tokens_name: sampling.max_tokens,
            "seed": request.seed,
            **sampling.more,
            **options.body,
        }
        body = {name: value for name, value in fields.items() if value is not None}
        model = self._engine.model
        if options.api == "chat":
            return await client.chat.completions.create(
                model=model, messages=json.loads(request.prompt), extra_body=body
            )
        return await client.completions.create(model=model, prompt=request.prompt, extra_body=body)


def _answer(request: Request, got: Any) -> Completion:
    """The first choice of a chat or a completion; `prompt_tokens` among its facts."""
    choices = getattr(got, "choices", None)
    if not choices:
        raise BrokenAnswer("the server's answer holds no choice")
    choice = choices[0]
    message = getattr(choice, "message", None)
    text = choice.text if message is None else _joined(message)
    usage = getattr(got, "usage", None)
    tokens, prompt_tokens = (
        getattr(usage, name, None) for name in ("completion_tokens", "prompt_tokens")
    )
    facts = _facts(0.0, prompt_tokens)
    ids = getattr(choice, "token_ids", None)
    reason = {"tool_calls": STOP}.get(choice.finish_reason, choice.finish_reason)
    if reason not in (STOP, LENGTH):
        error = f"{REFUSED}: it ended with finish_reason {choice.finish_reason}"
        return Completion(request.id, text, ERROR, ids, tokens, error, facts=facts)
    count = len(ids) if ids else tokens
    return Completion(request.id, text, reason, ids or None, count, facts=facts)


def _joined(message: Any) -> str:
    """Thinking that the server took out of the text, by either name, goes back in front of it."""
    thinking = getattr(message, "reasoning", None) or getattr(message, "reasoning_content", None)
    content = message.content
    if not thinking:
        return content or ""
    opened = f"<think>\n{thinking.strip()}\n"
    return opened if content is None else f"{opened}</think>\n\n{content.lstrip()}"


def _facts(cost: float, prompt_tokens: int | None) -> dict[str, Any]:
    facts = {"cost": round(cost, 8) or None, "prompt_tokens": prompt_tokens}
    return {name: value for name, value in facts.items() if value is not None}


def _key(options: Options) -> tuple[str, str | None]:
    """The variable and its value. OpenAI's key goes to OpenAI alone, unless it is named."""
    hosted = any(urlsplit(url).hostname == "api.openai.com" for url in options.base_url)
    name = options.api_key_env or ("OPENAI_API_KEY" if hosted else None)
    if name is None:
        return "generate.options.api_key_env", None
    if not (key := os.environ.get(name)):
        raise UserError(f"the environment has no {name}, which is to hold the server's key")
    return name, key


def _template(settings: AskedModel, options: Options) -> str | None:
    named = settings.chat_template
    if options.api == "chat":
        if named is not True:
            raise UserError(
                "generate.chat_template: in a chat the server has the template; for another, "
                "options: {api: completions}"
            )
        return None
    if named is True:
        raise UserError(
            "generate.chat_template: completions are asked for with the text itself: name a "
            "template (r1-zero or a file), or false for none"
        )
    return named_template(named) if isinstance(named, str) else None


def _revision(settings: AskedModel) -> str:
    """As named; of a checkpoint that is here too its content, as where it is loaded here."""
    if settings.revision:
        return settings.revision
    folder = Path(settings.model).expanduser()
    if folder.is_dir():
        return content_hash(folder)
    return content_id("served", settings.model)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
