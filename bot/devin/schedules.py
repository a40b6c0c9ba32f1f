"""Schedules: prompts that Devin runs again and again, or once; and automations, which other events set off.

https://docs.devin.ai/api-reference/v3/schedules/post-organizations-schedules
"""

from collections.abc import AsyncIterator
from typing import Any, Final

from pydantic import AliasChoices, Field

from bot.devin import paging
from bot.devin.answers import Answer, Count, Id, Page, Time, Words
from bot.devin.api import Api
from bot.devin.errors import DevinUnexpectedAnswer

SCHEDULES_PAGE: Final = "https://app.devin.ai/settings/schedules"


class Schedule(Answer):
    """A schedule; its id is called `scheduled_session_id`. `frequency` is a cron expression in UTC."""

    scheduled_session_id: Id
    name: Words = ""
    prompt: Words = ""
    enabled: bool = True
    frequency: str | None = None
    schedule_type: str = "recurring"
    scheduled_at: Time = 0
    interval_count: int = 1
    consecutive_failures: Count = 0
    last_executed_at: Time = 0
    last_error_at: Time = 0
    last_error_message: Words | None = None
    created_at: Time = 0

    @property
    def cron(self) -> str | None:
        """The cron expression by which it runs; None for one that runs once."""
        return None if self.schedule_type == "one_time" else self.frequency


class Automation(Answer):
    """An automation. Only its creation is documented, so all but an id may be missing."""

    automation_id: Id = Field(validation_alias=AliasChoices("automation_id", "id"))
    name: Words = ""
    enabled: bool | None = None


class SchedulesApi(Api):
    """The schedules of one organisation."""

    async def schedules(self) -> AsyncIterator[Schedule]:
        """List all schedules, each once."""
        seen: set[str] = set()
        async for page in self.schedule_pages():
            for schedule in page.items:
                if schedule.scheduled_session_id not in seen:
                    seen.add(schedule.scheduled_session_id)
                    yield schedule

    async def schedule_pages(self) -> AsyncIterator[Page[Schedule]]:
        """List all schedules in pages; each page has the rows that could not be read."""
        path, ids = self._org("schedules"), frozenset[str]()
        for number in range(paging.LISTED_PAGES):
            page = await self._request(
                "GET", path, Page[Schedule], params={"limit": paging.SMALL_PAGE, "offset": number * paging.SMALL_PAGE}
            )
            self._log_unreadable(path, page.unreadable)
            before, ids = ids, frozenset(schedule.scheduled_session_id for schedule in page.items)
            if ids and ids == before:
                return  # a host that does not know `offset` would give the first page for ever
            yield page
            if not page.has_next_page and len(page.items) + len(page.unreadable) < paging.SMALL_PAGE:
                return
        raise DevinUnexpectedAnswer("There are too many schedules.", method="GET", path=path)

    async def schedule(self, schedule_id: str) -> Schedule:
        """Read one schedule."""
        return await self._request("GET", self._org("schedules", schedule_id), Schedule)

    async def create_schedule(self, values: dict[str, Any]) -> Schedule:
        """Create a schedule with the fields `values`, of which `name` and `prompt` are needed.

        After any 2xx it exists. Raises DevinCreatedUnreadable if its id cannot be read.
        """
        return await self._create(self._org("schedules"), Schedule, values, "scheduled_session_id")

    async def enable_schedule(self, schedule_id: str, *, enabled: bool) -> None:
        """Have a schedule run again, or no more for now. To ask twice changes nothing more."""
        response = await self._answer("PATCH", self._org("schedules", schedule_id), json={"enabled": enabled})
        self._read_if_possible(response, Schedule)

    async def delete_schedule(self, schedule_id: str) -> None:
        """Delete a schedule."""
        self._read_if_possible(await self._answer("DELETE", self._org("schedules", schedule_id)), Schedule)

    def automations(self) -> AsyncIterator[Automation]:
        """List all automations. A key or a host that does not have them answers with 403 or 404."""
        return self._listed(self._org("automations"), Page[Automation], {"first": paging.SMALL_PAGE})
