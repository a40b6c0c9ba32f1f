"""Views that Slack shows to one person: modals, which are windows with a form, and the Home tab.

https://docs.slack.dev/surfaces/modals, https://docs.slack.dev/surfaces/app-home
"""

import json
from collections.abc import Sequence

from bot.slack.connection import Connection
from bot.slack.errors import SlackOutcomeUnknown
from bot.slack.threads import Json
from bot.views.message import Block


class Modals(Connection):
    """The modals and Home tabs that people see."""

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

    async def validate(self, **payload: Json) -> None:
        """Have Slack check a `view` or a `message` without showing it. Raises SlackRefused with what is wrong.

        https://docs.slack.dev/reference/methods/blocks.validate
        """
        await self._write("blocks.validate", **{name: json.dumps(value) for name, value in payload.items()})

    async def publish_home(self, user: str, blocks: Sequence[Block]) -> None:
        """Show `blocks` in the Home tab of `user`, in place of what is there. The call may be repeated."""
        await self._write("views.publish", user_id=user, view={"type": "home", "blocks": list(blocks)})
