"""The figures for Prometheus, in one object that the composition root makes and hands on."""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

# Slack waits three seconds for an ack; a stored one takes a few milliseconds.
_ACK_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
_CALL_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Metrics:
    """Counters, gauges and histograms, each fed by a verb."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._stored = self._counter("inbox_rows", "Rows stored before their ack.", "kind")
        self._refused = self._counter("inbox_refused", "Requests that could not be stored: no ack.", "kind")
        self._acks = self._histogram("ack_seconds", "From request to ack.", _ACK_BUCKETS, "kind")
        self._dead = self._counter("dead_letters", "Work that ended undone, each told in its thread.", "kind")
        self._sent = self._counter("posts_sent", "What Slack accepted from the outbox.", "kind")
        self._slack = self._counter("slack_calls", "Calls of Slack's Web API.", "method", "outcome")
        self._slack_time = self._histogram("slack_call_seconds", "How long one took.", _CALL_BUCKETS, "method")
        self._devin = self._counter("devin_calls", "Calls of Devin's API.", "route", "outcome")
        self._devin_time = self._histogram("devin_call_seconds", "How long one took.", _CALL_BUCKETS, "route")
        self._open = self._gauge("open_rows", "Rows waiting for work.", "box")
        self._poll_age = self._gauge("poll_age_seconds", "Since the last complete look at Devin.")

    def stored(self, kind: str) -> None:
        """An inbox row was committed."""
        self._stored.labels(kind).inc()

    def refused(self, kind: str) -> None:
        """The store was down: Slack got no ack, or a clear error."""
        self._refused.labels(kind).inc()

    def acked(self, kind: str, seconds: float) -> None:
        """A request was answered."""
        self._acks.labels(kind).observe(seconds)

    def died(self, kind: str) -> None:
        """A row ended dead."""
        self._dead.labels(kind).inc()

    def sent(self, kind: str) -> None:
        """An outbox row, or an edit of a card, reached Slack."""
        self._sent.labels(kind).inc()

    def slack_called(self, method: str, outcome: str, seconds: float) -> None:
        """A Web API call ended: `ok`, Slack's error word, or `unknown`."""
        self._slack.labels(method, outcome).inc()
        self._slack_time.labels(method).observe(seconds)

    def devin_called(self, route: str, outcome: str, seconds: float) -> None:
        """A Devin call ended: its status, or `unknown`. The route is a template, never a path with ids."""
        self._devin.labels(route, outcome).inc()
        self._devin_time.labels(route).observe(seconds)

    def waiting(self, box: str, rows: int) -> None:
        """How many rows of the inbox or outbox are open, or how many cards wait for an edit."""
        self._open.labels(box).set(rows)

    def poll_age_from(self, age: Callable[[], float]) -> None:
        """Where the age of the last poll is read when somebody asks."""
        self._poll_age.set_function(age)

    def exposition(self) -> bytes:
        """All figures in Prometheus' text form."""
        return generate_latest(self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"devin_bridge_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"devin_bridge_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"devin_bridge_{name}", meaning, labels, registry=self.registry, buckets=buckets)
