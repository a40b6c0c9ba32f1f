"""Modals: windows with a form, which Slack shows to one person (https://docs.slack.dev/surfaces/modals)."""

from bot.slack.connection import Connection
from bot.slack.errors import SlackOutcomeUnknown
from bot.slack.threads import Json


class Modals(Connection):
    """The modals that people see."""

    async def open_view(self, trigger_id: str, view: Json) -> str:
        """Show `view` to the person whose request brought `trigger_id`, and return its id.

        A trigger is good for one view, and for three seconds.
        """
        shown = (await self._write("views.open", trigger_id=trigger_id, view=view)).get("view")
        view_id = shown.get("id") if isinstance(shown, dict) else None
        if not isinstance(view_id, str):
            raise SlackOutcomeUnknown("views.open", "no id in the answer")
        return view_id

    async def update_view(self, view_id: str, view: Json) -> None:
        """Show `view` in place of the one with this id. Raises SlackRefused if that is not open any more."""
        await self._write("views.update", view_id=view_id, view=view)
