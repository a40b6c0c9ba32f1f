"""A form that somebody fills in in Slack: of which command it is, and what Slack keeps with it until it comes back."""

import json
from dataclasses import dataclass
from typing import Final, Self

VERSION: Final = 1
LONGEST_KEPT: Final = 3_000  # characters that Slack keeps with a form


@dataclass(frozen=True, slots=True)
class Form:
    """The form of the command with this name.

    `target` is the id of what the form changes, empty for something new, and `digest` stands for what that was when
    the form was drawn. `channel` is where the person asked for the form.
    """

    command: str
    target: str = ""
    channel: str = ""
    digest: str = ""

    @property
    def opened_in(self) -> str:
        """The channel in which the person asked for the form, empty for a direct message."""
        return self.channel if self.channel[:1] in {"C", "G"} else ""

    def kept(self) -> str:
        """Write what Slack is to keep with the form. Raises ValueError if that is too long for Slack."""
        text = json.dumps({"v": VERSION, "target": self.target, "channel": self.channel, "digest": self.digest})
        if len(text) > LONGEST_KEPT:
            raise ValueError(f"Slack keeps no more than {LONGEST_KEPT} characters with a form.")
        return text

    @classmethod
    def read(cls, command: str, kept: str) -> Self | None:
        """Read the form of `command` with what Slack `kept` with it; None if another version of the bot drew it."""
        try:
            found = json.loads(kept)
            if found["v"] != VERSION:
                return None
            return cls(command, str(found["target"]), str(found["channel"]), str(found["digest"]))
        except (ValueError, KeyError, TypeError):
            return None
