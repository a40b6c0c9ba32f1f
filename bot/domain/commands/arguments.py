"""The kinds of arguments that commands take: a text, a session, a period."""

import re
from typing import Final

from bot.domain.billing import Period
from bot.domain.commands.spec import Argument
from bot.domain.session import bare_id

_SESSION_URL: Final = re.compile(r"https?://\S+/sessions/(?P<id>[\w-]+)/?(?:[?#]\S*)?", re.IGNORECASE)
_HEX_ID: Final = r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# After `devin-` only a digit marks an id; a name such as devin-bridge has none.
_SESSION_ID: Final = re.compile(rf"devin-(?=\S*\d)[\w-]+|{_HEX_ID}", re.IGNORECASE)
_NUMBER: Final = re.compile(r"#?(?P<number>[0-9]{1,3})")


def parse_which(word: str) -> str | None:
    """Read which session `word` names: a number of the list such as `2` or `#2`, a session's id, or its address.

    Returns the number without `#`, or the bare session id; None when `word` is none of these.
    """
    if number := _NUMBER.fullmatch(word):
        return str(int(number["number"]))
    if address := _SESSION_URL.fullmatch(word):
        word = address["id"]
    elif not _SESSION_ID.fullmatch(word):
        return None
    return bare_id(word)


def _session(typed: str) -> str | None:
    return parse_which(typed) if typed else ""


def _period(typed: str) -> str | None:
    period = typed.lower() or Period.TODAY.value
    return period if period in set(Period) else None


TEXT: Final = Argument("…", str, verbatim=True)
SESSION: Final = Argument("[number]", _session)  # read as "" where nothing was typed: the person's only session
PERIOD: Final = Argument(f"[{'|'.join(Period)}]", _period)
