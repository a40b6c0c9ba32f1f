"""Structured logs. One reference links the lines about a Slack message, the calls to Devin and the posts that follow.

Texts of messages and secrets do not belong into the log. Two filters remove them when a line is written carelessly:
one by the names of fields, one by patterns in the finished line.
"""

import logging
import re
import sys
from collections.abc import Callable, Iterable
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
_COUNTED: Final = "(counted; a line in the log names the cause)"
_NAME: Final = "logger_name"  # structlog uses `logger` itself until the line is written
# No pattern may match a quote or a backslash, because the line is already JSON when it is searched.
_SECRETS: Final = re.compile(
    r"xox[a-z](?:\.xox[a-z])?-[\w-]+"
    r"|xapp-[\w-]+"
    r"|\b(?:cog|apk)_[\w-]+"
    r"|(?<=Bearer )[^\s\"'\\]+"
    r"|https?://hooks\.slack\.com/[^\s\"'\\<>]+"
    r"|https?://[^\s\"'\\<>/]+/(?:commands|actions|services|workflows)/T\w+/[^\s\"'\\<>]+"
    r"|(?<=://)[^\s\"'\\/@:]*:[^\s\"'\\/@]+(?=@)"
    r"|(?<=[?&]ticket=)[^\s\"'\\&]+"
)
# The parts of database and validation errors that quote a row, which may hold what people wrote.
_QUOTED: Final = (
    ("[parameters: ", re.compile(r"\](?:\\n|\n|\"|$)")),
    ("input_value=", re.compile(", input_type=")),
)
# Everything that is replaced contains one of these. Most lines contain none, and so are not searched.
_SIGNS: Final = ("xox", "xapp-", "cog_", "apk_", "Bearer ", "://", "ticket=", "[parameters: ", "input_value=")


def get_logger(name: str) -> Logger:
    """The logger of the module `name`; it is made when it first writes."""
    return cast("Logger", structlog.get_logger(**{_NAME: name}))


def count_in(error: BaseException) -> None:
    """Mark `error` as one of many that a line is about already, so that it gets no further one."""
    if _COUNTED not in getattr(error, "__notes__", ()):
        error.add_note(_COUNTED)


def is_counted(error: BaseException | None) -> bool:
    """Whether a line is about `error` already, or about what has caused it."""
    while error is not None:
        if _COUNTED in getattr(error, "__notes__", ()):
            return True
        error = error.__cause__ or error.__context__
    return False


NO_REF: Final = "-"  # of what no request has led to


def about(ref: str, **facts: str) -> AbstractContextManager[Any]:
    """Add the reference `ref` and other `facts` to each line written in the block, and in tasks started there."""
    return structlog.contextvars.bound_contextvars(ref=ref, **facts)


def configure(
    level: str = "INFO",
    log_format: Literal["json", "console"] = "json",
    *,
    secrets: Iterable[str] = (),
    without_keys: Callable[[str, str], str] | None = None,
    stream: TextIO | None = None,
) -> None:
    """Write our lines from `level` on, and the libraries' warnings, in `log_format` to `stream`, or else to stderr.

    All `secrets` are replaced in the lines, and what `without_keys` replaces.
    """
    out = stream or sys.stderr
    facts = _facts()
    last: list[Processor] = [*_rendering(log_format, colors=out.isatty()), _Redaction(secrets, without_keys)]
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[_without_counted, *facts, *last],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,  # configured again by each test
    )
    _adopt_libraries(out, facts, last, max(threshold, logging.WARNING))


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with each of `secrets`, and everything that has the form of a secret, replaced."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    if any(sign in text for sign in _SIGNS):
        text = _SECRETS.sub(REDACTED, text)
        for beginning, end in _QUOTED:
            text = _without_quotation(text, beginning, end)
    return text


def _without_quotation(text: str, beginning: str, end: re.Pattern[str]) -> str:
    """Withhold each part of `text` from a `beginning` to the next `end`."""
    parts, at = [], 0
    # Where no end follows, none follows a later beginning: one search too many, and not one for each beginning.
    while (start := text.find(beginning, at)) >= 0 and (found := end.search(text, start + len(beginning))):
        parts += [text[at:start], beginning, WITHHELD]
        at = found.start()
    return "".join([*parts, text[at:]])


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
        # The default shows the local variables of an exception, which hold tokens and texts.
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


def _without_counted(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    error = event.get("exc_info")
    if is_counted(sys.exception() if error is True else error if isinstance(error, BaseException) else None):
        raise structlog.DropEvent
    return event


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
    """Replaces secrets in the finished line, with its keys, values and tracebacks."""

    def __init__(self, secrets: Iterable[str], without_keys: Callable[[str, str], str] | None) -> None:
        # A short "secret" might be part of ordinary words.
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 8)
        self._without_keys = without_keys

    def __call__(self, _: WrappedLogger, __: str, line: Any) -> str:
        text = redact(str(line), self._secrets)
        return self._without_keys(text, REDACTED) if self._without_keys else text
