"""The figures that Prometheus reads."""

from bot.metrics import Metrics


def figures(metrics):
    lines = metrics.exposition().decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if line.startswith("devin_bridge_") and "_created" not in line)


def test_each_verb_moves_its_figure():
    metrics = Metrics()
    metrics.stored("message")
    metrics.refused("command")
    metrics.dropped()
    metrics.died("post")
    metrics.sent("card")
    metrics.slack_called("chat.postMessage", "ok", 0.2)
    metrics.devin_called("POST sessions", "201", 0.5)
    metrics.waiting("inbox", 3)
    read = figures(metrics)
    assert read['devin_bridge_inbox_rows_total{kind="message"}'] == "1.0"
    assert read['devin_bridge_inbox_refused_total{kind="command"}'] == "1.0"
    assert read["devin_bridge_requests_from_elsewhere_total"] == "1.0"
    assert read['devin_bridge_dead_letters_total{kind="post"}'] == "1.0"
    assert read['devin_bridge_posts_sent_total{kind="card"}'] == "1.0"
    assert read['devin_bridge_slack_calls_total{method="chat.postMessage",outcome="ok"}'] == "1.0"
    assert read['devin_bridge_slack_call_seconds_sum{method="chat.postMessage"}'] == "0.2"
    assert read['devin_bridge_devin_calls_total{outcome="201",route="POST sessions"}'] == "1.0"
    assert read['devin_bridge_open_rows{box="inbox"}'] == "3.0"


def test_an_ack_is_measured_in_milliseconds():
    metrics = Metrics()
    metrics.acked("command", 0.0014)
    read = figures(metrics)
    assert read['devin_bridge_ack_seconds_bucket{kind="command",le="0.001"}'] == "0.0"
    assert read['devin_bridge_ack_seconds_bucket{kind="command",le="0.002"}'] == "1.0"


def test_the_age_of_the_poll_is_read_when_somebody_asks():
    metrics, ages = Metrics(), iter([1.5, 2.5])
    metrics.poll_age_from(lambda: next(ages))
    assert [figures(metrics)["devin_bridge_poll_age_seconds"] for _ in range(2)] == ["1.5", "2.5"]


def test_two_objects_count_for_themselves():
    one, other = Metrics(), Metrics()
    one.stored("message")
    assert 'devin_bridge_inbox_rows_total{kind="message"}' not in figures(other)
