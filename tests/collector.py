"""A collector of spans: it takes what OTLP sends over HTTP, and keeps it to be looked into."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SCHEDULE = "50"  # milliseconds, in which spans are sent; seconds in production


@dataclass(frozen=True)
class Collected:
    """A span as it came in."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    began: int
    ended: int
    failure: str | None
    facts: dict[str, Any]
    resource: dict[str, Any]


@dataclass
class Collector:
    """What was sent to `url`; while `status` is not 200 it is refused."""

    url: str = ""
    status: int = 200
    spans: list[Collected] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.status == 200:
            self.headers.append({name.lower(): value for name, value in request.headers.items()})
            self.bodies.append(body)
            self.spans += _read(body)
        return web.Response(status=self.status, content_type="application/x-protobuf")

    def named(self, name: str, trace: str | None = None) -> list[Collected]:
        """The spans with this name, of one trace or of all."""
        return [span for span in self.spans if span.name == name and trace in {None, span.trace}]

    async def until(self, there: Callable[[], Any], within: float = 20.0) -> None:
        """Wait until what is looked for has come in."""
        async with asyncio.timeout(within):
            while not there():
                await asyncio.sleep(0.02)  # spans come when the library sends them

    async def one(self, name: str, trace: str | None = None) -> Collected:
        """The only span with this name, once it is there."""
        await self.until(lambda: self.named(name, trace))
        (span,) = self.named(name, trace)
        return span


def _read(body: bytes) -> list[Collected]:
    sent = ExportTraceServiceRequest.FromString(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return [
        Collected(
            name=span.name,
            trace=span.trace_id.hex(),
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            kind=span.kind,
            began=span.start_time_unix_nano,
            ended=span.end_time_unix_nano,
            failure=span.status.message if span.status.code == 2 else None,
            facts=_facts(span.attributes),
            resource=_facts(of.resource.attributes),
        )
        for of in sent.resource_spans
        for scope in of.scope_spans
        for span in scope.spans
    ]


def _facts(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@asynccontextmanager
async def collecting(environment: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    """A collector on a free port of this machine, which the `environment` names."""
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        collector.url = f"http://{host}:{port}"
        for name, value in variables(collector.url).items():
            environment.setenv(name, value)
        yield collector
    finally:
        await runner.cleanup()


def variables(url: str) -> dict[str, str]:
    """What a process has in its environment whose spans go to `url`."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": SCHEDULE}
