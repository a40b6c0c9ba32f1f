"""What is unknown of the real service, as switches: each side of the question can be tested."""

from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True)
class Switches:
    """The behaviours in doubt. The defaults are what is documented or was reported live."""

    tags_refused: bool = False  # create with tags is a 422, a tags filter finds nothing
    archived_messages_refused: bool = False  # 409 for a message to an archived session
    ended_messages_refused: bool = False  # 409 for a message to a session at exit or error
    archived_hidden: bool = False  # lists leave archived sessions out unless asked for
    filters_ignored: bool = False  # lists say everything, as where no filter of a request is known
    messages_leave_updated_at: bool = False
    messages_newest_first: bool = False
    prefixed_ids: bool = False  # answers say "devin-…" instead of 32 hex digits
    slow_create: float = 0.0  # seconds between the effect of a create and its answer
    new_without_time: bool = False  # updated_at is null while a session is new
    acus_zero: bool = False
    listed_after: float = 0.0  # seconds from the end of a billing day until a bill lists it; 0: from its first ACU on
    legacy_errors: bool = False
    last_page_cursor: bool = False  # end_cursor on the last page too
    tags_match: Literal["any", "all"] = "any"
    insights_status: Literal[200, 403, 404] = 200
    guardrails_status: Literal[200, 403, 404] = 200
    old_note_trigger: bool = False  # a note may say trigger_description, the name of its trigger in v1
    attachments_in_items: bool = False  # the session's attachments in an envelope
    wake: Literal["on_read", "at_once", "by_hand"] = "on_read"  # when resuming becomes running
    sleeps_after: float = 1_800.0  # seconds at speed 1 until a finished session sleeps (suspended/inactivity); 0: never
    out_of_quota: bool = False  # create answers 403 out_of_quota
    modes_refused: tuple[str, ...] = ()  # devin_mode values the organisation lacks: 400
    self_without_org: bool = False  # /v3/self names no organisation
    key_expires_at: int = 0  # when the service user expires, in Unix seconds; 0: never
    key_revoked: bool = False  # 401 for everything

    def changed(self, changes: dict[str, Any]) -> "Switches":
        """The same switches with some turned; a misspelt or mistyped one is an error, not a no-op."""
        for name, value in changes.items():
            _check(name, value)
        if "modes_refused" in changes:
            changes = changes | {"modes_refused": tuple(changes["modes_refused"])}
        return replace(self, **changes)


_CHOICES: Final[dict[str, tuple[Any, ...]]] = {
    "tags_match": ("any", "all"),
    "insights_status": (200, 403, 404),
    "guardrails_status": (200, 403, 404),
    "wake": ("on_read", "at_once", "by_hand"),
}
_NAMES: Final = {field.name: type(field.default) for field in fields(Switches)}


def _check(name: str, value: Any) -> None:
    if name not in _NAMES:
        raise ValueError(f"There's no switch {name!r}. Known: {', '.join(sorted(_NAMES))}.")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ValueError(f"{name} must be one of {_CHOICES[name]}.")
    expected = {float: (int, float), tuple: (list, tuple)}.get(_NAMES[name], _NAMES[name])
    if not isinstance(value, expected):
        raise ValueError(f"{name} can't be {value!r}.")  # noqa: TRY004 - one kind of error for one form
