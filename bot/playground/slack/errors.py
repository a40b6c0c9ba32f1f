"""What can go wrong: an error Slack would answer, and a step a person could not have taken."""

from collections.abc import Mapping, Sequence
from typing import Any


class SlackError(Exception):
    """An answer with `ok: false`, as the Web API gives it."""

    def __init__(
        self,
        code: str,
        *,
        messages: Sequence[str] = (),
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.headers = dict(headers or {})
        self.messages = list(messages)
        self.facts = facts

    def answer(self) -> dict[str, Any]:
        """The JSON body."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.facts}
        if self.messages:
            body["response_metadata"] = {"messages": self.messages}
        return body


class ImpossibleError(Exception):
    """A control call asked for something no person could do in Slack, such as pressing a missing button."""
