"""Log lines: one form for all, the reference on each, and nothing in them that must not be there."""

import asyncio
import io
import json
import logging

import pytest
import structlog

from bot.logs import about, configure, get_logger, redact


@pytest.fixture
def stream():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield io.StringIO()
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_time_level_logger_and_facts(stream):
    configure(stream=stream)
    get_logger("bot.flows.start").info("session started", session="devin-1")
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "session started",
        "level": "info",
        "logger": "bot.flows.start",
        "session": "devin-1",
    }


def test_stderr_is_where_lines_go(stream, capsys):
    configure()
    get_logger("bot").warning("here")
    out, err = capsys.readouterr()
    assert (out, json.loads(err)["event"]) == ("", "here")


def test_the_level_holds_back_what_is_below_it(stream):
    configure("warning", stream=stream)
    get_logger("bot").info("quiet")
    get_logger("bot").warning("heard")
    assert [line["event"] for line in lines(stream)] == ["heard"]


def test_the_console_form_is_for_eyes(stream):
    configure(log_format="console", stream=stream)
    get_logger("bot").info("session started", session="devin-1")
    assert "session started" in stream.getvalue()
    assert "session=devin-1" in stream.getvalue()


async def test_the_reference_is_on_every_line_inside_and_in_tasks_started_there(stream):
    configure(stream=stream)

    async def devin_call():
        get_logger("bot.devin").info("called")

    with about("1700.1", lane="T1:C1:1700.1"):
        get_logger("bot.flows").info("taken")
        await asyncio.create_task(devin_call())
    get_logger("bot").info("outside")
    inside, task, outside = lines(stream)
    assert (inside["ref"], inside["lane"], task["ref"]) == ("1700.1", "T1:C1:1700.1", "1700.1")
    assert "ref" not in outside


async def test_two_works_at_once_keep_their_references_apart(stream):
    configure(stream=stream)

    async def work(ref):
        with about(ref):
            await asyncio.sleep(0)
            get_logger("bot").info("done", own=ref)

    await asyncio.gather(*(work(ref) for ref in ("a", "b", "c")))
    assert all(line["ref"] == line["own"] for line in lines(stream))


def test_libraries_speak_in_the_same_form_and_only_to_warn(stream):
    configure("DEBUG", stream=stream)
    with about("1700.1"):
        logging.getLogger("slack_bolt.App").info("chatter")
        logging.getLogger("uvicorn.error").warning("slow %s", "client")
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == ("slow client", "warning", "uvicorn.error")
    assert line["ref"] == "1700.1"


def test_configured_twice_each_line_comes_once(stream):
    configure(stream=stream)
    configure(stream=stream)
    get_logger("bot").info("ours")
    logging.getLogger("httpx").warning("theirs")
    assert [line["event"] for line in lines(stream)] == ["ours", "theirs"]


SECRETS = [
    "xoxb-1111-2222-abcDEF",
    "xoxp-1111-abc",
    "xoxe-1-abc",
    "xoxe.xoxb-1-abc",
    "xapp-1-A1-2-abc",
    "cog_abcDEF123",
    "apk_user_abc",
    "https://hooks.slack.com/commands/T1/2/abc",
    "https://hooks.slack.com/services/T1/B2/abc",
    "http://127.0.0.1:9000/commands/T1/2/abc",
    "http://127.0.0.1:9000/actions/T1/2/abc",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_resembles_a_secret_is_taken_out(secret):
    assert redact(f'said "{secret}", then') == 'said "[redacted]", then'


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("postgresql://bridge:hunter2@db/x", "postgresql://[redacted]@db/x"),
        ("redis://:hunter2@db/0", "redis://[redacted]@db/0"),
        ("postgresql://bridge:hunter2:x@db/x", "postgresql://[redacted]@db/x"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        (
            "wss://wss-primary.slack.com/link?ticket=abc&app_id=1",
            "wss://wss-primary.slack.com/link?ticket=[redacted]&app_id=1",
        ),
        (
            "[SQL: INSERT …]\n[parameters: ('fix the login',)]\n(Background",
            "[SQL: INSERT …]\n[parameters: [not logged]]\n(Background",
        ),
        ("[type=x, input_value='fix it', input_type=str]", "[type=x, input_value=[not logged], input_type=str]"),
        (
            "input_value=1, input_type=a [parameters: (input_value=2, input_type=b)] [parameters: (3)]\ninput_value=4",
            "input_value=[not logged], input_type=a [parameters: [not logged]]\ninput_value=4",
        ),
    ],
)
def test_only_the_secret_part_is_taken_out(text, kept):
    assert redact(text) == kept


@pytest.mark.parametrize("text", ["recognition cog wheel", "at 12:30 @ noon", "https://app.devin.ai/sessions/abc"])
def test_ordinary_words_stay(text):
    assert redact(text) == text


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_leaves_in_an_event_a_fact_or_a_key(stream, log_format, secret):
    configure(log_format=log_format, stream=stream)
    get_logger("bot").error(f"event {secret}", fact={"deep": [secret]}, **{secret: 1})
    logging.getLogger("slack_sdk").error("%s", secret)
    assert secret not in stream.getvalue()
    assert "[redacted]" in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_neither_secrets_nor_variables(stream, log_format):
    configure(log_format=log_format, stream=stream)
    prompt = "fix the flaky login test"

    def fails(words):
        raise RuntimeError("refused xoxb-1111-abc")

    try:
        fails(prompt)
    except RuntimeError:
        get_logger("bot").exception("failed")
        logging.getLogger("slack_bolt").exception("failed too")
    written = stream.getvalue()
    assert written.count("RuntimeError: refused [redacted]") == 2
    assert prompt not in written
    assert "xoxb-" not in written


def test_a_secret_without_a_form_of_its_own_is_known_by_its_value(stream):
    configure(secrets=["0123456789abcdef", "in"], stream=stream)
    get_logger("bot").info("signing 0123456789abcdef failed")
    assert lines(stream)[0]["event"] == "signing [redacted] failed"


def test_message_texts_and_secret_facts_are_withheld(stream):
    configure(stream=stream)
    get_logger("bot").info(
        "stored", text="fix the login", response_url="x", bot_token="y", row={"prompt": "fix it", "n": 1}
    )
    (line,) = lines(stream)
    assert (line["text"], line["response_url"], line["bot_token"]) == ("[not logged]", "[redacted]", "[redacted]")
    assert line["row"] == {"prompt": "[not logged]", "n": 1}


def test_what_is_no_json_is_written_as_text(stream):
    configure(stream=stream)
    get_logger("bot").info("stored", kinds={"a"})
    assert lines(stream)[0]["kinds"] == "{'a'}"
