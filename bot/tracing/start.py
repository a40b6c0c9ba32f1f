"""Decides by the environment whether the process makes spans."""

from collections.abc import Mapping
from typing import Final

from bot.config import on_this_machine
from bot.logs import get_logger
from bot.tracing.port import Tracing

log = get_logger(__name__)

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL: Final = "http/protobuf"
NOT_INSTALLED: Final = (
    "OpenTelemetry variables are set, but the extra `tracing` isn't installed."
    " Run `pip install -r requirements-tracing.txt`, then start again."
)
OTHER_PROTOCOL: Final = "Spans are sent only by http/protobuf, usually to port 4318."


def start_tracing(environ: Mapping[str, str], process: str) -> Tracing:
    """Begin to make spans, if `environ` names a collector for them; `process` is the command that runs.

    Spans are never a reason not to start: platforms set these variables for whatever runs on them.
    """
    if not _is_asked_for(environ):
        return Tracing()
    try:
        from bot.tracing.otlp import OtlpTracing  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        log.warning("spans turned off", hint=NOT_INSTALLED)
        return Tracing()
    if _first(environ, PROTOCOLS) not in {"", PROTOCOL}:
        log.warning("unsupported protocol for spans", hint=OTHER_PROTOCOL)
    try:
        return OtlpTracing(process, direct=on_this_machine(_first(environ, ENDPOINTS) or "http://localhost"))
    except (ValueError, RuntimeError) as error:  # as for a batch that is larger than the queue
        log.warning("spans turned off", why=str(error))
        return Tracing()


def _is_asked_for(environ: Mapping[str, str]) -> bool:
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return exporter == "otlp" or (not exporter and bool(_first(environ, ENDPOINTS)))


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The value of the first of these `names` that has one."""
    return next((value for name in names if (value := environ.get(name, "").strip())), "")
