"""Spans that are sent to a collector, by OTLP over HTTP.

The root of a trace is what came of a request, from when it was stored until it has been worked on for the first time.
The ids of trace and root are derived from the reference, so that what is done by the same reference finds its place
beneath the root in whichever process, also before the root has ended. What Slack sends twice, as a mention, has two
spans there.
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Thread
from time import time_ns
from typing import Final

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)

from bot.logs import NO_REF, get_logger
from bot.tracing.port import Tracing
from bot.version import VERSION

log = get_logger(__name__)

_CERTIFICATES: Final = ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE")
_RECORDED: Final = Decision.RECORD_AND_SAMPLE
_LIBRARY: Final = logging.getLogger("opentelemetry")

_Attributes = dict[str, str | float]


@dataclass(frozen=True, slots=True)
class _Call:
    """A call to Slack or Devin, with the instants of its span."""

    service: str
    name: str
    outcome: str
    ok: bool
    began: int
    ended: int


@dataclass(slots=True)
class _Request:
    """A request of Slack's. It has its span once it is answered: before it is stored nobody knows its trace."""

    transport: str
    began: int = field(default_factory=time_ns)
    flow: str = ""
    ref: str = NO_REF
    failure: str = ""
    calls: list[_Call] = field(default_factory=list)

    @property
    def is_worth_a_span(self) -> bool:
        """Whether anything came of it: most messages in a channel are not for the bot."""
        return bool(self.flow or self.failure or self.calls)


# The request that is being answered. What is called meanwhile, also in tasks that are started for it, belongs to it.
_REQUEST: ContextVar[_Request | None] = ContextVar("request", default=None)


class _Ids(RandomIdGenerator):
    """Makes up ids, but for a span whose ids are `given`."""

    given: SpanContext | None = None

    def generate_trace_id(self) -> int:
        return self.given.trace_id if self.given else super().generate_trace_id()

    def generate_span_id(self) -> int:
        return self.given.span_id if self.given else super().generate_span_id()

    def is_trace_id_random(self) -> bool:
        return False


class _Exporter(SpanExporter):
    """Writes to the log when spans begin to be refused, with the library's own lines about why, and when that ends."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._works = True
        _LIBRARY.setLevel(logging.NOTSET)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send `spans`; the library calls this in a thread of its own. A crash right here loses spans only."""
        result = self._exporter.export(spans)
        if (result is SpanExportResult.SUCCESS) is not self._works:
            self._works = not self._works
            # The library repeats its lines with each batch, so every few seconds.
            _LIBRARY.setLevel(logging.NOTSET if self._works else logging.CRITICAL)
            if self._works:
                log.info("spans are sent again")
            else:
                log.warning("spans not sent, and dropped")
        return result

    def shutdown(self) -> None:
        """Close the connections."""
        self._exporter.shutdown()


class OtlpTracing(Tracing):
    """Makes spans, and sends them where the variables of OpenTelemetry in the environment say."""

    def __init__(self, process: str, *, direct: bool) -> None:
        """Start the thread that sends them. With `direct` it uses no proxy."""
        self._ids = _Ids()
        self._provider = TracerProvider(resource=_resource(process), id_generator=self._ids, shutdown_on_exit=False)
        self._exporter = _Exporter(_exporter(direct=direct))
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("devin_bridge", VERSION)

    @contextmanager
    def request(self, transport: str) -> Iterator[None]:
        """Record what the block does for a request of Slack's, from its arrival by `transport` to its answer."""
        request = _Request(transport)
        token = _REQUEST.set(request)
        try:
            yield
        except Exception as error:
            request.failure = type(error).__name__
            raise
        finally:
            _REQUEST.reset(token)
            if request.is_worth_a_span:
                self._record(request)

    def stored(self, flow: str, ref: str) -> None:
        """Note that the request was stored as a row for `flow`, with the reference `ref` of all that comes of it."""
        request = _REQUEST.get()
        if request is not None:
            request.flow, request.ref = flow, ref

    @contextmanager
    def work(self, on: str, kind: str, ref: str, *, waited: float, attempts: int, first: bool) -> Iterator[None]:
        """Record what the block does for a row with the reference `ref`; `on` and `kind` say what is done.

        The row has `waited` seconds since it was stored. The `first` of all that is worked on by this reference begins
        the trace.
        """
        token = _REQUEST.set(None)  # the task may have been started by a request
        about = _about(kind, ref) | {"devin_bridge.waited": waited, "devin_bridge.attempts": attempts}
        root = self._root(kind, ref, waited) if first else None
        try:
            with self._tracer.start_as_current_span(
                f"{on} {kind}",
                self._beneath(ref),
                SpanKind.CONSUMER,
                about,
                record_exception=False,  # its text may quote what people wrote
                set_status_on_exception=False,
            ):
                yield
        finally:
            _REQUEST.reset(token)
            if root is not None:
                root.end()

    def failed(self, reason: str) -> None:
        """Note that the request or the work in whose block this is called failed; `reason` has no words of people."""
        request = _REQUEST.get()
        if request is None:
            _fail(get_current_span(), reason)
        else:
            request.failure = reason

    def called(self, service: str, call: str, outcome: str, seconds: float, *, ok: bool) -> None:
        """Record a `call` to `service` that has just ended, `seconds` after it began; its name has no ids.

        A call that is made for no request and no row has no span: the clock makes thousands a day.
        """
        request, parent = _REQUEST.get(), get_current_span()
        if request is None and not parent.is_recording():
            return
        now = time_ns()
        made = _Call(service, call, outcome, ok, now - round(seconds * 1e9), now)
        if request is None:
            self._record_call(made, set_span_in_context(parent, Context()))
        else:
            request.calls.append(made)

    async def close(self, within: float) -> None:
        """Send the spans that are left, for at most `within` seconds; what a collector has not taken then is lost."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # the loop is closed by now
                loop.call_soon_threadsafe(done.set)

        # The library waits for half a minute. No thread of the loop's own, for which the process would wait.
        Thread(target=shut_down, name="spans", daemon=True).start()
        try:
            async with asyncio.timeout(within):
                await done.wait()
        except TimeoutError:
            log.warning("spans cut short at shutdown")
            _LIBRARY.setLevel(logging.CRITICAL)
            self._exporter.shutdown()  # so that the thread tries no more

    def _record(self, request: _Request) -> None:
        about = _about(request.flow, request.ref) | {"devin_bridge.transport": request.transport}
        name = f"receive {request.flow}".rstrip()
        span = self._tracer.start_span(
            name, self._beneath(request.ref), SpanKind.SERVER, about, start_time=request.began
        )
        beneath = set_span_in_context(span, Context())
        for call in request.calls:
            self._record_call(call, beneath)
        if request.failure:
            _fail(span, request.failure)
        span.end()

    def _record_call(self, call: _Call, beneath: Context) -> None:
        about: _Attributes = {"peer.service": call.service, "devin_bridge.outcome": call.outcome}
        span = self._tracer.start_span(call.name, beneath, SpanKind.CLIENT, about, start_time=call.began)
        if not call.ok:
            _fail(span, call.outcome)
        span.end(call.ended)

    def _root(self, kind: str, ref: str, waited: float) -> Span:
        """Begin the span of all that comes of a request, when its row was stored."""
        self._ids.given = self._root_context(ref)
        try:
            stored = time_ns() - round(waited * 1e9)
            return self._tracer.start_span(kind, Context(), SpanKind.INTERNAL, _about(kind, ref), start_time=stored)
        finally:
            self._ids.given = None

    def _beneath(self, ref: str) -> Context:
        """The context of what is done by this `ref`: beneath the root of the trace, which may not be there yet."""
        if ref == NO_REF:
            return Context()
        return set_span_in_context(NonRecordingSpan(self._root_context(ref)), Context())

    def _root_context(self, ref: str) -> SpanContext:
        """The ids of the root of the trace, and whether the trace is recorded: alike in each process."""
        trace = _derived(ref, b"trace", 16)
        sampled = self._provider.sampler.should_sample(Context(), trace, "request").decision is _RECORDED
        flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
        return SpanContext(trace, _derived(ref, b"span", 8), is_remote=True, trace_flags=flags)


def _derived(ref: str, what: bytes, size: int) -> int:
    return int.from_bytes(hashlib.blake2b(ref.encode(), digest_size=size, person=what).digest())


def _fail(span: Span, reason: str) -> None:
    span.set_status(Status(StatusCode.ERROR, reason))


def _about(kind: str, ref: str) -> _Attributes:
    """The attributes of all spans but those of calls. No reference and no kind are no attributes."""
    known = {"devin_bridge.kind": kind, "devin_bridge.ref": "" if ref == NO_REF else ref}
    return {name: value for name, value in known.items() if value}


def _resource(process: str) -> Resource:
    """What the spans say about this process; a name of the service in the environment goes before ours."""
    ours = {"service.name": "devin-bridge", "service.version": VERSION, "devin_bridge.process": process}
    return Resource.create(ours | dict(OTELResourceDetector().detect().attributes))


def _exporter(*, direct: bool) -> OTLPSpanExporter:
    """What sends spans; it trusts the CAs that the bot trusts, unless OpenTelemetry's own variables name others."""
    session = requests.Session()
    session.trust_env = not direct
    own = any(os.environ.get(name) for name in _CERTIFICATES)
    return OTLPSpanExporter(certificate_file=None if own else os.environ.get("SSL_CERT_FILE"), session=session)
