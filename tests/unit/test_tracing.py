"""Spans are made where the environment asks for them, alike in each process, and nowhere else."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import structlog

from bot.tracing.port import Tracing
from bot.tracing.start import NOT_INSTALLED, OTHER_PROTOCOL, start_tracing
from tests.collector import Collector, collecting, variables

AT = "http://127.0.0.1:9"  # where nobody answers
REFS = [f"{number:010x}" for number in range(40)]


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    """A collector that the environment names."""
    async with collecting(monkeypatch) as one:
        yield one


def work(tracing: Tracing, ref: str, *, first: bool = True) -> None:
    with tracing.work("flow", "message", ref, waited=2.0, attempts=0, first=first):
        tracing.called("devin", "POST /v3/organizations/{id}/sessions", "200", 0.5, ok=True)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": AT, "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": AT, "OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_SERVICE_NAME": "bot"},
    ],
)
async def test_where_no_spans_are_asked_for_none_are_made(environ: Mapping[str, str]) -> None:
    with structlog.testing.capture_logs() as lines:
        tracing = start_tracing(environ, "run")
        work(tracing, REFS[0])
        await tracing.close(1.0)
    assert (type(tracing), lines) == (Tracing, [])


def test_without_the_extra_the_bot_starts_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "opentelemetry"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "bot.tracing.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with structlog.testing.capture_logs() as lines:
        assert type(start_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": AT}, "run")) is Tracing
    assert [(line["event"], line["hint"]) for line in _ours(lines)] == [("spans turned off", NOT_INSTALLED)]
    assert NOT_INSTALLED == (
        "OpenTelemetry variables are set, but the extra `tracing` isn't installed."
        " Run `pip install -r requirements-tracing.txt`, then start again."
    )


async def test_a_protocol_that_is_not_spoken_and_a_value_that_cannot_be_are_named(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = variables(collector.url)
    with structlog.testing.capture_logs() as lines:
        tracing = start_tracing(environ | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "run")
        await tracing.close(5.0)
        monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "5000")
        assert type(start_tracing(environ, "run")) is Tracing
    assert [line.get("hint") or line["why"] for line in _ours(lines)] == [
        OTHER_PROTOCOL,
        "max_export_batch_size must be less than or equal to max_queue_size.",
    ]
    assert OTHER_PROTOCOL == "Spans are sent only by http/protobuf, usually to port 4318."


def _ours(lines: list[Any]) -> list[Any]:
    return [line for line in lines if line["log_level"] == "warning"]


async def test_the_root_begins_when_its_row_was_stored_and_a_call_when_it_was_made(collector: Collector) -> None:
    tracing = start_tracing(variables(collector.url), "run")
    work(tracing, REFS[0])
    work(tracing, REFS[0], first=False)
    await tracing.close(5.0)
    (root,) = collector.named("message")
    calls = collector.named("POST /v3/organizations/{id}/sessions")
    flows = collector.named("flow message")
    assert (len(calls), {flow.parent for flow in flows}) == (2, {root.id})
    assert [call.ended - call.began for call in calls] == [500_000_000] * 2
    assert flows[0].began - root.began == pytest.approx(2_000_000_000, abs=500_000_000)


async def test_what_has_no_reference_has_a_trace_of_its_own(collector: Collector) -> None:
    tracing = start_tracing(variables(collector.url), "run")
    work(tracing, "-", first=False)
    work(tracing, "-", first=False)
    tracing.called("devin", "GET /v3/self", "200", 0.5, ok=True)
    await tracing.close(5.0)
    flows = collector.named("flow message")
    assert [flow.parent for flow in flows] == ["", ""]
    assert len({flow.trace for flow in flows}) == 2
    assert collector.named("GET /v3/self") == []


async def test_of_a_sample_each_process_takes_the_same_traces_whole(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    one, other = (start_tracing(variables(collector.url), process) for process in ("worker", "web"))
    for ref in REFS:
        work(one, ref)
        with other.request("http"):
            other.stored("message", ref)
    await asyncio.gather(one.close(5.0), other.close(5.0))
    received = {span.trace for span in collector.named("receive message")}
    assert 0 < len(received) < len(REFS)
    assert received == {span.trace for span in collector.named("flow message")}
    assert len(collector.spans) == 4 * len(received)


async def test_a_request_that_was_not_stored_is_marked_and_one_of_which_nothing_came_is_left_out(
    collector: Collector,
) -> None:
    tracing = start_tracing(variables(collector.url), "run")
    with tracing.request("http"):
        pass
    with tracing.request("http"):
        tracing.called("slack", "views.open", "expired_trigger_id", 0.1, ok=False)
        tracing.failed("not acknowledged")
    with pytest.raises(ValueError, match="words of people"), tracing.request("socket"):
        raise ValueError("words of people")
    await tracing.close(5.0)
    refused, broken = collector.named("receive")
    (call,) = collector.named("views.open")
    assert (refused.failure, call.failure, call.parent) == ("not acknowledged", "expired_trigger_id", refused.id)
    assert broken.failure == "ValueError"


async def test_the_variables_of_opentelemetry_count_and_this_machine_is_reached_without_a_proxy(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "our-bot")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=staging")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=secret")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    monkeypatch.setenv("HTTP_PROXY", AT)
    tracing = start_tracing(variables(collector.url), "worker")
    work(tracing, REFS[0])
    await tracing.close(5.0)
    (root,) = collector.named("message")
    names = ("service.name", "deployment.environment.name", "devin_bridge.process", "service.version")
    assert [root.resource[name] for name in names] == ["our-bot", "staging", "worker", "0.1.0"]
    assert (collector.headers[0]["x-key"], collector.headers[0]["content-encoding"]) == ("secret", "gzip")
