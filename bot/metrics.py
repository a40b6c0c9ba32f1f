"""The metrics for Prometheus, in one object that the composition root makes."""

import platform
from collections.abc import Callable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from bot.version import VERSION

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

# Slack waits three seconds for an ack; a stored one takes a few milliseconds.
_ACK_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
_CALL_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Metrics:
    """All counters, gauges and histograms, with a method for each event that they count."""

    def __init__(self, process: str = "run") -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._stored = self._counter("inbox_rows", "Inbox rows stored before their ack.", "kind")
        self._refused = self._counter("inbox_refused", "Requests that couldn't be stored and got no ack.", "kind")
        self._dropped = self._counter("requests_from_elsewhere", "Requests for other apps or workspaces, ignored.")
        self._not_taken = self._counter(
            "requests_refused", "Requests and connections that got no answer from a listener.", "reason"
        )
        self._acks = self._histogram("ack_seconds", "Time from a Slack request to its ack.", _ACK_BUCKETS, "kind")
        self._dead = self._counter("dead_letters", "Rows that were dropped, each reported to people.", "kind")
        self._sent = self._counter("posts_sent", "Posts and edits that Slack accepted.", "kind")
        self._slack = self._counter("slack_calls", "Calls to Slack's Web API.", "method", "outcome")
        self._slack_time = self._histogram(
            "slack_call_seconds", "Duration of a call to Slack.", _CALL_BUCKETS, "method"
        )
        self._devin = self._counter("devin_calls", "Calls to Devin's API.", "route", "outcome")
        self._devin_time = self._histogram("devin_call_seconds", "Duration of a call to Devin.", _CALL_BUCKETS, "route")
        self._open = self._gauge("open_rows", "Open rows in the inbox and the outbox, and posts to edit.", "box")
        self._oldest = self._gauge(
            "oldest_row_seconds", "Age of the oldest row that is ready, by why it's still waiting.", "box", "reason"
        )
        self._sessions = self._gauge("open_sessions", "Open sessions, by state.", "state")
        self._acus = self._gauge("acus_today", "ACUs used on this billing day, by source.", "source")
        self._clock_ahead = self._gauge(
            "clock_ahead_seconds", "How far the bot's clock is ahead of a service's; below 0 if it's behind.", "service"
        )
        what = "Release, Python version, and kind of process; always 1."
        build = self._gauge("build_info", what, "version", "python", "process")
        build.labels(VERSION, platform.python_version(), process).set(1)
        self._poll_age = self._gauge("poll_age_seconds", "Time since the last complete poll of Devin.")
        self._tasks = self._gauge("tasks", "Running tasks of the event loop.")

    def stored(self, kind: str) -> None:
        """Count an inbox row of this `kind` that was committed."""
        self._stored.labels(kind).inc()

    def refused(self, kind: str) -> None:
        """Count a request of this `kind` that could not be stored, so that Slack got no ack or an error."""
        self._refused.labels(kind).inc()

    def dropped(self) -> None:
        """Count a request of another workspace, or for another app, that was answered and left alone."""
        self._dropped.inc()

    def request_refused(self, reason: str) -> None:
        """Count a request or a connection that reached no listener for this `reason`."""
        self._not_taken.labels(reason).inc()

    def acked(self, kind: str, seconds: float) -> None:
        """Record that a request of this `kind` was answered after so many `seconds`."""
        self._acks.labels(kind).observe(seconds)

    def died(self, kind: str) -> None:
        """Count a row of this `kind` that was marked as dead."""
        self._dead.labels(kind).inc()

    def sent(self, kind: str) -> None:
        """Count an outbox row, or an edit, of this `kind` that Slack accepted."""
        self._sent.labels(kind).inc()

    def slack_called(self, method: str, outcome: str, seconds: float) -> None:
        """Record a call of the Web API `method` that took `seconds`; `outcome` is `ok`, Slack's error, or `unknown`."""
        self._slack.labels(method, outcome).inc()
        self._slack_time.labels(method).observe(seconds)

    def devin_called(self, route: str, outcome: str, seconds: float) -> None:
        """Record a call to Devin that took `seconds`; `outcome` is its status or `unknown`.

        `route` is the method and a path without ids.
        """
        self._devin.labels(route, outcome).inc()
        self._devin_time.labels(route).observe(seconds)

    def waiting(self, box: str, rows: int) -> None:
        """Record how many `rows` of `box`, which is the inbox, the outbox or the posts, are open."""
        self._open.labels(box).set(rows)

    def oldest(self, box: str, ages: Mapping[str, float]) -> None:
        """Record how old the oldest row of `box` is that could be worked on, by the reason why it was not."""
        for reason, seconds in ages.items():
            self._oldest.labels(box, reason).set(seconds)

    def sessions_open(self, states: Mapping[str, int]) -> None:
        """Record how many sessions are open, by state; one that is missing has none."""
        self._sessions.clear()
        for state, count in states.items():
            self._sessions.labels(state).set(count)

    def acus_used(self, acus: Mapping[str, float]) -> None:
        """Record how many ACUs were used on this billing day, by source."""
        for source, amount in acus.items():
            self._acus.labels(source).set(amount)

    def clock_ahead(self, service: str, seconds: float) -> None:
        """Record by how many seconds our clock is ahead of that of `service`."""
        self._clock_ahead.labels(service).set(seconds)

    def poll_age_from(self, age: Callable[[], float]) -> None:
        """Have `age` called for the seconds since the last poll whenever the metrics are read."""
        self._poll_age.set_function(age)

    def tasks_from(self, count: Callable[[], int]) -> None:
        """Have `count` called for the number of tasks that are not over whenever the metrics are read."""
        self._tasks.set_function(count)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"devin_bridge_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"devin_bridge_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"devin_bridge_{name}", meaning, labels, registry=self.registry, buckets=buckets)
