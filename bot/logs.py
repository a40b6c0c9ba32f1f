"""Structured logs: one line per fact, one reference from the Slack message to the Devin call to the post.

Message texts and secrets do not belong here; two last nets catch them when a line is written carelessly.
"""

import logging
import re
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Final, Literal, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

Logger = FilteringBoundLogger

REDACTED: Final = "[redacted]"
WITHHELD: Final = "[not logged]"

_PRIVATE: Final = frozenset({"text", "prompt", "body", "payload", "blocks", "message", "answer"})
_SECRET: Final = frozenset(
    {"token", "secret", "password", "authorization", "api_key", "response_url", "database_url", "url_private"}
)
_NAME: Final = "logger_name"  # `logger` itself is taken by structlog until the line is written
# Nothing here may swallow a quote or a backslash: the text is already JSON when this net is drawn.
_SECRETS: Final = re.compile(
    r"xox[a-z](?:\.xox[a-z])?-[\w-]+"
    r"|xapp-[\w-]+"
    r"|\b(?:cog|apk)_[\w-]+"
    r"|(?<=Bearer )[^\s\"'\\]+"
    r"|https?://hooks\.slack\.com/[^\s\"'\\<>]+"
    r"|https?://[^\s\"'\\<>/]+/(?:commands|actions|services|workflows)/T\w+/[^\s\"'\\<>]+"
    r"|(?<=://)[^\s\"'\\/@]+:[^\s\"'\\/@]+(?=@)"
    r"|(?<=[?&]ticket=)[^\s\"'\\&]+"
)
# What database and validation errors quote of a row: people's words.
_QUOTED: Final = re.compile(
    r"(?<=\[parameters: ).*?(?=\](?:\\n|\n|\"|$))|(?<=input_value=).*?(?=, input_type=)", re.DOTALL
)
# One of these stands in whatever the two nets catch; most lines have none and are spared the search.
_SIGNS: Final = ("xox", "xapp-", "cog_", "apk_", "Bearer ", "://", "ticket=", "[parameters: ", "input_value=")


def get_logger(name: str) -> Logger:
    """The logger of a module, made when first used."""
    return cast("Logger", structlog.get_logger(**{_NAME: name}))


def about(ref: str, **facts: str) -> AbstractContextManager[Any]:
    """Put the reference, and other facts, on every line written inside, in tasks started there too."""
    return structlog.contextvars.bound_contextvars(ref=ref, **facts)


def configure(
    level: str = "INFO",
    log_format: Literal["json", "console"] = "json",
    *,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send our lines and the libraries' warnings to `stream` (stderr) in one form."""
    out = stream or sys.stderr
    facts = _facts()
    last: list[Processor] = [*_rendering(log_format, colors=out.isatty()), _Redaction(secrets)]
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*facts, *last],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,  # configured again by each test
    )
    _adopt_libraries(out, facts, last, max(threshold, logging.WARNING))


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without anything that looks like a secret, or is one of those given."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    if any(sign in text for sign in _SIGNS):
        text = _QUOTED.sub(WITHHELD, _SECRETS.sub(REDACTED, text))
    return text


def _facts() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named,
        _withhold,
    ]


def _rendering(log_format: str, *, colors: bool) -> list[Processor]:
    if log_format == "console":
        # The default for exceptions shows local variables, which hold tokens and texts.
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]


def _adopt_libraries(out: TextIO, facts: list[Processor], last: list[Processor], level: int) -> None:
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *facts],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def _named(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if _NAME in event:
        event["logger"] = event.pop(_NAME)
    return event


def _withhold(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: _kept(key, value) for key, value in event.items()}


def _kept(key: str, value: object) -> object:
    if key in _PRIVATE:
        return WITHHELD
    if key in _SECRET or key.endswith(("_token", "_secret")):
        return REDACTED
    return {inner: _kept(str(inner), part) for inner, part in value.items()} if isinstance(value, dict) else value


class _Redaction:
    """The last net, drawn over the finished line: keys, values and tracebacks alike."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # A short "secret" would tear holes into ordinary words.
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 8)

    def __call__(self, _: WrappedLogger, __: str, line: Any) -> str:
        return redact(str(line), self._secrets)
