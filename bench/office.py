"""Two days of an office, for the pictures of what admins see: tasks, merges, and a session that runs away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.playground.devin import DevinControl
from bot.playground.slack import SlackControl
from tests.page.playground import CHANNELS, PEOPLE

PATIENCE: Final = 40.0
ALARM: Final = "since its last message or pull request"
ALARM_WITHIN: Final = 120.0  # the bot watches once a minute
WORKING: Final = {"status": "running", "status_detail": "working"}
QUESTION: Final = (
    "Production still runs 2.2.4 with a migration open. Shall I deploy 2.3 now, or after the backup at 18:00?"
)


@dataclass(frozen=True, slots=True)
class Task:
    """Something that somebody gives Devin in a channel, and what it comes to."""

    who: str
    channel: str
    title: str
    acus: float
    pull_request: str = ""  # such as `web/131`
    says: str = "The pull request is ready for review."
    ends: str = "finished"  # Devin's status, or the detail of it

    @property
    def url(self) -> str:
        """The address of its pull request."""
        repository, number = self.pull_request.split("/")
        return f"https://github.com/acme/{repository}/pull/{number}"

    @property
    def steps(self) -> list[dict[str, Any]]:
        """How Devin goes about it."""
        opened = [{"after": 0.4, "pull_request": {"url": self.url, "state": "open"}}] if self.pull_request else []
        end = {"status": "error"} if self.ends == "error" else {"status": "running", "status_detail": self.ends}
        return [
            {"after": 0.1, "status": "claimed"},
            {"after": 0.2, **WORKING, "title": self.title, "acus": self.acus},
            *opened,
            {"after": 0.4, **end, "say": self.says, "pause": True},
        ]


MONDAY: Final = (
    Task("Ann", "web", "Translate the settings page", 2.4, "web/131"),
    Task("Ben", "web", "Show invoices in the customer's time zone", 3.1, "web/132"),
    Task("Ada", "general", "Retry webhooks that fail", 1.9, "api/88"),
    Task("Ann", "general", "Drop the old export", 1.2, "api/89"),
    Task("Ben", "web", "Test the price rules", 2.2, "web/133"),
    Task("Ada", "web", "Load the dashboard in one request", 4.3, "web/134"),
)
TUESDAY: Final = (
    Task("Ben", "general", "Upgrade the HTTP client", 1.8, "api/90"),
    Task("Ann", "web", "Keep filters in the address", 2.6, "web/135"),
    Task("Ada", "general", "Find out why the nightly export is slow", 3.4, says="The index on `orders` is gone."),
    Task("Ben", "general", "Deploy 2.3 to production", 0.9, says=QUESTION, ends="waiting_for_user"),
    Task("Ann", "web", "Record the product tour in CI", 0.7, says="The video encoder is missing here.", ends="error"),
)
MERGED: Final = MONDAY[:5]
CLOSED: Final = MONDAY[5]
RUNAWAY: Final = Task("Ben", "web", "Profile the slow import", 6.4, ends="working")


async def fans_out(devin: DevinControl) -> None:
    """Let what Devin does in each organisation come to something else."""
    for organisation, acus, end in (
        ("Play", 3.1, {"status_detail": "finished"}),
        ("Data Team", 1.4, {"status_detail": "working"}),
        ("Web Shop", 2.2, {"status_detail": "waiting_for_user"}),
    ):
        steps = [
            {"after": 0.1, "status": "claimed"},
            {"after": 0.2, **WORKING, "acus": acus},
            {"after": 0.4, "status": "running", **end, "pause": True},
        ]
        await devin.script_for(f"dependencies of {organisation}", steps, play=1.0)


class Office:
    """The people and Devin, without a page."""

    def __init__(self, slack: SlackControl, devin: DevinControl) -> None:
        self._slack = slack
        self._devin = devin

    async def works(self, tasks: Sequence[Task]) -> None:
        """Let people give Devin these tasks, and wait until all have come to what they come to."""
        for task in tasks:
            await self._devin.script_for(task.title, task.steps, play=1.0)
            await self._slack.slash(PEOPLE[task.who], CHANNELS[task.channel], task.title)
        for task in tasks:
            card = await self._slack.wait_for_message(CHANNELS[task.channel], task.title, within=PATIENCE)
            await self._slack.wait_for_message(
                CHANNELS[task.channel], task.says[:20], thread_ts=card.get("thread_ts", card["ts"]), within=PATIENCE
            )

    async def merges(self, tasks: Sequence[Task], state: str = "merged") -> None:
        """Let people merge, or close, the pull requests of these tasks."""
        for task in tasks:
            (session,) = await self._devin.sessions(text=task.title)
            await self._devin.pr(session["session_id"], task.url, state)

    async def runs_away(self) -> None:
        """Let a session spend a lot without a word, until the bot says so in #ops."""
        said_nothing = [step | {"say": None, "pause": False} for step in RUNAWAY.steps[:2]]
        await self._devin.script_for(RUNAWAY.title, said_nothing, play=1.0)
        await self._slack.slash(PEOPLE[RUNAWAY.who], CHANNELS[RUNAWAY.channel], RUNAWAY.title)
        await self._slack.wait_for_message(CHANNELS["ops"], ALARM, within=ALARM_WITHIN)

    async def stops_it(self) -> None:
        """Let an admin stop that session."""
        post = await self._slack.wait_for_message(CHANNELS["ops"], ALARM)
        await self._slack.click(PEOPLE["Ada"], CHANNELS["ops"], post["ts"], "alarm_stop")
        await self._slack.wait_for_message(CHANNELS["web"], "Stopped by Ada Weiss. Reply in", within=PATIENCE)
