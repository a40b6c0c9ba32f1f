"""Reads what a person has filled in from the form that Slack sends back.

https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

from typing import Final

from bot.slack.threads import Json

_OWN_NAME: Final = (
    "value",
    "selected_conversation",
    "selected_user",
    "selected_date",
)  # of what each kind of element holds


def entered(view: Json) -> dict[str, str]:
    """Return the values of the fields in `view` by their names, which are the ids of their blocks.

    A field that is empty is "". Of a menu it is the value of what was picked, or of all that was, with commas between.
    """
    values = (view.get("state") or {}).get("values") or {}
    return {name: _value(element) for name, block in values.items() for element in block.values()}


def _value(element: Json) -> str:
    several = element.get("selected_options")
    if isinstance(several, list):
        return ",".join(filter(None, (_value({"selected_option": option}) for option in several)))
    picked = element.get("selected_option")
    held = next((element[name] for name in _OWN_NAME if name in element), None)
    found = picked.get("value") if isinstance(picked, dict) else held
    return found if isinstance(found, str) else ""
