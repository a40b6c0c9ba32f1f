"""What the bot says of figures to whoever asks: its answers, the files that it sends, and a thread's cost."""

import re
from decimal import Decimal
from typing import Any

from tests.scenarios.ahead import until
from tests.scenarios.figures_shown import ACUS, MONEY, amount, file_rows
from tests.scenarios.harness import ADA, GENERAL, Harness
from tests.scenarios.quarter import DIRECT


class Asked:
    """What people in a workspace are answered."""

    def __init__(self, on: Harness) -> None:
        self.on = on

    async def answer(self, command: str, user: str = ADA) -> str:
        """What somebody reads at once who types a command; typed again where a busy machine was too slow for Slack."""
        for _ in range(5):
            if shown := (await self.on.slack.slash(user, GENERAL, command))["shown"]:
                return str(shown["rendered"])
        raise TimeoutError(command)

    async def file(self, command: str) -> list[dict[str, str]]:
        """The rows of the file that a command has sent."""

        async def sent() -> list[bytes]:
            # By its name: a command that was typed again sends its file again, perhaps after the next command.
            return [content for name, content in await self.files_in() if _is_of(name, command)]

        before = len(await sent())
        await self.answer(command)

        async def is_there() -> bool:
            return len(await sent()) > before

        await until(is_there, seconds=60)
        return file_rows((await sent())[-1])

    async def files_in(self, channel: str = DIRECT[ADA], thread: str | None = None) -> list[tuple[str, bytes]]:
        """The names and contents of files, in order."""
        posts = await self.on.slack.messages(channel, thread_ts=thread)
        held = [self.on.simulated_slack.state.files[file["id"]] for post in posts for file in post.get("files") or ()]
        return [(file.name, file.content or b"") for file in held]

    async def money_in_all(self) -> Decimal:
        """What the message says of which the newest file is."""

        async def said() -> re.Match[str] | None:
            posts = [post for post in await self.on.slack.messages(DIRECT[ADA], user="U0BOT") if not post.get("files")]
            return re.search(rf"{ACUS} ACUs? \(({MONEY}) USD\) in all\.", posts[-1]["rendered"])

        async def is_there() -> bool:
            return await said() is not None

        await until(is_there, seconds=60)
        found = await said()
        assert found
        return amount(found[1])

    async def cost_in_thread(self, channel: str, ts: str, user: str) -> tuple[str, str, str]:
        """What a session has used by its thread, from what that was corrected, and what it comes to in money."""
        where = {"user": user, "channel": channel}
        direct = channel.startswith("D")

        async def answers() -> list[dict[str, Any]]:
            found = await (
                self.on.slack.messages(channel, thread_ts=ts) if direct else self.on.slack.ephemerals(**where)
            )
            return [one for one in found if "This session has used" in one["rendered"]]

        before = len(await answers())
        await self.on.slack.say(user, channel, "!cost", thread_ts=ts)

        async def is_answered() -> bool:
            return len(await answers()) > before

        await until(is_answered)
        corrected = rf"(?: \(corrected from ({ACUS})\))?"
        found = re.search(
            rf"has used ({ACUS})(?: of {ACUS})?(?: ACUs?)?{corrected}(?: \(({MONEY}) USD\))?",
            (await answers())[-1]["rendered"],
        )
        return (found[1], found[2] or "0", found[3] or "0") if found else ("0", "0", "0")


def _is_of(name: str, command: str) -> bool:
    """Whether the file with this name is one that the command sends: of figures of its kind, divided as it says."""
    kind, _, *more = command.removesuffix(" csv").split()  # such as: usage month by day org=all
    division = f"-by-{more[1]}" if more else ""
    begin = f"devin-{kind}-{'all-' if 'org=all' in more else ''}"
    return re.fullmatch(rf"{begin}[\d-]+(?:to-[\d-]+)?{division}\.csv", name) is not None
