"""The playground as a person starts it: what it prints, and that nothing of it stays behind."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from bot.playground.child import _environment
from bot.playground.plain import Reader, boxed, spoken
from bot.playground.show import next_minute

PROJECT = Path(__file__).parents[2]
STOPPED = "Everything is stopped."


class Run:
    """One playground, whose temporary files all lie in a folder of their own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder / "tmp"
        self.folder.mkdir(parents=True)
        self.output = folder / "output"
        self.errors = folder / "errors"
        with self.output.open("wb") as out, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "playground", *arguments],
                cwd=PROJECT,
                env={**os.environ, "TMPDIR": str(self.folder)},
                stdout=out,
                stderr=errors,
            )

    @property
    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def wait_for(self, text: str, seconds: float = 115) -> None:
        """Until a text is printed."""
        deadline = time.monotonic() + seconds
        while text not in self.text:
            assert self.process.poll() is None, self.text + self.errors.read_text()
            assert time.monotonic() < deadline, f"no {text!r} in:\n{self.text}"
            time.sleep(0.05)

    def bots(self) -> list[int]:
        """The processes of the bot that belong to this playground."""
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if self._is_ours(path)]

    def _is_ours(self, path: Path) -> bool:
        try:
            return f"DATABASE_URL=sqlite:///{self.folder}".encode() in path.read_bytes()
        except OSError:
            return False  # it ended while we looked, or is not ours to look at

    def ended(self, number: signal.Signals | None = None) -> int:
        """The exit code, after a signal when one is given; by then nothing may be left."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        assert self.bots() == []
        assert list(self.folder.iterdir()) == []
        return code


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Start playgrounds; whatever a failed test leaves is ended."""
    runs: list[Run] = []

    def begin(*arguments: str) -> Run:
        runs.append(Run(tmp_path / str(len(runs)), *arguments))
        return runs[-1]

    yield begin
    for run in runs:
        for pid in [*run.bots(), run.process.pid]:
            if run.process.poll() is None or pid != run.process.pid:
                os.kill(pid, signal.SIGKILL)
        run.process.wait()


SHOWN = [
    "Devin Bridge between a simulated Slack and a simulated Devin, on this machine: no account needed.",
    # a slash command
    "#web",
    "  Ann types: /devin fix the flaky login test repo=acme/web",
    "  Devin Bridge (only visible to Ann): Got it: “fix the flaky login test”. The session's thread",
    "      appears here in a moment.",
    "  Devin Bridge:",
    "    │ fix the flaky login test",
    "    │ Asked by @Ann · repo acme/web",
    "    │ [ Open in Devin ]  [ Stop ]",
    "  Devin Bridge (edited):",
    "    ↳ Devin Bridge: There are two ways to fix it:",
    "    ↳ Devin Bridge: 💬 @Ann, Devin waits for your answer: reply in this thread and it goes on.",
    "    ↳ Ann: The second one, please. Slow tests cost us more than four files.",
    "    ↳ Devin Bridge adds 👀 to Ann's “The second one, please. Slow tests cost us more t…”",
    "    ↳ Devin Bridge: 🔀 New pull request: acme/web#128 (open)",
    "    ↳ Devin Bridge: The pull request is ready for review.",
    # a mention in a thread
    "#general",
    "  Ada: Since Monday the nightly export takes an hour instead of four minutes.",
    "    ↳ Ben: @Devin Bridge can you find out why, and what we should do? acu=5",
    "    ↳ Devin Bridge adds 👀 to Ben's “@Devin Bridge can you find out why, and what we s…”",
    "  ┆ What Devin is told:",
    "  ┆   Earlier messages in the Slack thread, oldest first:",
    "  ┆   ada: Since Monday the nightly export takes an hour instead of four minutes.",
    "  ┆   ben: Nothing changed in the export itself. Monday was the migration of the orders.",
    "    ↳ Devin Bridge: Monday's migration renamed `orders.created`, and its index went with the old",
    # a guest
    "  Gus: @Devin Bridge delete the staging database",
    "  Devin Bridge (only visible to Gus): Guests cannot work with Devin here, so nothing was started or",
    "      sent. Ask a full member of this workspace to do it.",
    # the list, and a stop
    "  Ben types: /devin list",
    "  Devin Bridge (only visible to Ben): You have 1 session:",
    "      1. ⚙ Find out why the export got slow: working · thread",
    "  Ben presses [ Stop ] on the card.",
    "    ↳ Devin Bridge: ⏹ Stopped by @Ben. Devin sleeps and nothing is lost; a reply in this thread",
    # the digest and the figures
    "#ops",
    "    │ Billing day 08:00 UTC to 08:00 UTC.",
    "    │ 41.5 ACUs, 15 % more than the mean of the seven days before (36 ACUs).",
    "  Ada types: /devin usage today",
    "  Devin Bridge (only visible to Ada):",
    "    │ Devin today, so far",
    "    │ 1. Fix the flaky login test: 1.3 ACUs · ann · Devin",
]


@pytest.mark.timeout(180)  # the digest comes at a full minute
def test_the_whole_show(start: Callable[..., Run]) -> None:
    """Once and out; and, beside it, one that stays up for whoever wants to go on."""
    began = time.monotonic()
    once, staying = start("--once"), start()
    once.wait_for(STOPPED)
    assert once.ended() == 0
    assert time.monotonic() - began < 120
    assert [line for line in SHOWN if line not in once.lines] == []
    assert re.search(r"\n {4}↳ Devin Bridge: ✅ Done · 1 pull request · 1\.3 ACUs · \d+ seconds\n", once.text)
    assert once.text.count("│ ✅ Done. If something is missing, reply in this thread and Devin goes on.") == 1
    assert (
        once.text.count("│ ⏹ Stopped by @Ben. It sleeps and nothing is lost: reply in this thread and Devin goes on.")
        == 1
    )
    assert re.search(r"U0[A-Z]+|C0[A-Z]+(?!-)(?!GENERAL-)|<[@!#h]|:[a-z]+_[a-z]+:", _without_prompt(once.text)) is None
    assert max(map(len, once.lines)) <= 100
    assert once.errors.read_text() == ""
    staying.wait_for("Ctrl-C stops everything.")
    _try_the_examples(staying)
    assert staying.ended(signal.SIGINT) == 0
    assert staying.lines[-1] == STOPPED
    assert staying.errors.read_text() == ""


def _without_prompt(text: str) -> str:
    """The reference that Devin is given is made of ids on purpose."""
    return "\n".join(line for line in text.splitlines() if "Reference:" not in line)


def _try_the_examples(run: Run) -> None:
    health = next(line.split()[-1] for line in run.lines if line.startswith("  The bot "))
    assert httpx.get(health, trust_env=False).json() == {"ok": True}
    examples = [line.strip() for line in run.lines if line.startswith("  curl ")]
    assert len(examples) == 4
    for example in examples:
        _curl(example)
    slack, devin = re.findall(
        r"http://\S+/control/?(?=\s)", next(line for line in run.lines if "all that can be done" in line) + " "
    )
    assert httpx.get(slack, trust_env=False).json()["people"]["U0ANN"] == "Ann Lee"
    assert "POST /control/sessions/{id}/{verb}" in httpx.get(devin, trust_env=False).json()
    run.wait_for("\n  Ann: @Devin Bridge write a changelog for the release\n", 20)
    run.wait_for("\n    ↳ Devin Bridge: The pull request has two approvals.\n", 20)
    run.wait_for("\n    ↳ Ann: Thank you. Merge it.\n", 20)
    run.wait_for("  Devin Bridge (only visible to Ann): You have ", 20)
    run.wait_for("│ write a changelog for the release\n", 20)


def _curl(example: str) -> None:
    """What curl would do: it need not be installed here."""
    _, _, _, url, *rest = shlex.split(example)
    body = "&".join(rest[1::2])
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    httpx.post(url, content=body, headers=headers, trust_env=False).raise_for_status()


def test_a_sigterm_in_the_middle_stops_everything(start: Callable[..., Run]) -> None:
    run = start("--once")
    run.wait_for("Ann types: /devin")
    assert run.ended(signal.SIGTERM) == 0
    assert run.lines[-1] == STOPPED
    assert run.errors.read_text() == ""


def test_a_bot_that_dies_ends_the_show_with_its_log(start: Callable[..., Run]) -> None:
    run = start()
    run.wait_for("Ann types: /devin")
    (bot,) = run.bots()
    os.kill(bot, signal.SIGKILL)
    assert run.ended() == 1
    first, second, *log = run.errors.read_text().strip().splitlines()
    assert first == "The bot ended by itself (exit code -9), so the show is over."
    assert second == "The last lines of its log:"
    assert any('"running"' in line for line in log)
    assert STOPPED not in run.text


def test_a_port_in_use_is_told(start: Callable[..., Run]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = start("--port", str(port))
        assert run.ended() == 1
    assert run.errors.read_text().strip() == (
        f"Port {port} cannot be used: something else listens there, or it is not allowed. Nothing was started. "
        "Choose another with --port (three in a row are used), or leave --port out for any free ones."
    )
    assert run.text == ""


def test_a_port_that_is_none_is_told(start: Callable[..., Run]) -> None:
    run = start("--port", "65534")
    assert run.ended() == 1
    assert run.errors.read_text().strip() == (
        "--port must be a number from 1 to 65533, because three in a row are used."
    )


def test_settings_of_a_real_bot_stay_out_of_the_show(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_SIGNING_SECRET", "DEVIN_API_KEY", "BOT_TIMEZONE", "https_proxy"):
        monkeypatch.setenv(name, "from outside")
    environment = _environment({"DEVIN_API_KEY": "cog_play"})
    assert "from outside" not in environment.values()
    assert environment["DEVIN_API_KEY"] == "cog_play"
    assert environment["PATH"] == os.environ["PATH"]


def test_the_digest_comes_at_a_full_minute() -> None:
    assert next_minute(1_700_000_001.5) == 1_700_000_040
    assert next_minute(1_700_000_040.0) == 1_700_000_040


@pytest.mark.parametrize(
    ("mrkdwn", "plain"),
    [
        ("<@U0ANN>, see <#C0WEB|web-old>", "@Ann, see #web"),
        ("<@U0NEW|newcomer>", "@newcomer"),
        ("<https://example.com/a?b=1&amp;c|the *page*> · <https://example.com>", "the page · https://example.com"),
        (":gear: *Working* on 2 * 3 * 4 and `a_b`", "⚙ Working on 2 * 3 * 4 and `a_b`"),
        (":unheard_of: &lt;b&gt; &amp;amp;", ":unheard_of: <b> &amp;"),
        ("seen <!date^1700000000^{ago}|2023-11-14 22:13 UTC>", "seen just now"),
        ("seen <!date^1600000000^{ago}|2020-09-13 12:26 UTC>", "seen 2020-09-13 12:26 UTC"),
    ],
)
def test_texts_are_read_as_people_read_them(mrkdwn: str, plain: str) -> None:
    reader = Reader({"U0ANN": "Ann", "C0WEB": "web"})
    assert reader.lines({"ts": "1700000030.000000", "text": mrkdwn}) == [plain]


def test_blocks_win_over_the_fallback_text() -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Fix <it>"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "one\n*two*"}},
        {"type": "markdown", "text": "**Freeze** the clock\n- <here>"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "Asked by <@U0ANN>"}]},
        {"type": "actions", "elements": [{"text": {"text": "Open in Devin"}}, {"text": {"text": "Stop"}}]},
    ]
    assert Reader({"U0ANN": "Ann"}).lines({"ts": "1.0", "text": "fallback", "blocks": blocks}) == [
        "Fix <it>",
        "one",
        "two",
        "Freeze the clock",
        "- <here>",
        "Asked by @Ann",
        "[ Open in Devin ]  [ Stop ]",
    ]


def test_long_lines_are_wrapped_and_hang_under_their_speaker() -> None:
    lines = spoken("Ann:", ["word " * 30, "", "• " + "point " * 30], "    ↳ ")
    assert max(map(len, lines)) <= 100
    assert lines == [
        "    ↳ Ann: word word word word word word word word word word word word word word word word word word",
        "          word word word word word word word word word word word word",
        "          ",
        "          • point point point point point point point point point point point point point point",
        "            point point point point point point point point point point point point point point",
        "            point point",
    ]
    assert boxed(["a"], "  ", whole=False) == ["  │ a"]
    assert [line[:5] for line in boxed(["a"], "  ")] == ["  ┌──", "  │ a", "  └──"]
