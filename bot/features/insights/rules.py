"""Devin's analysis of a session. Its form may grow, so what is missing or odd in it is left out.

https://docs.devin.ai/api-reference/v3/sessions/organizations-sessions-insights
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.redaction import redact


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that got in Devin's way, and what that led to."""

    issue: str
    impact: str = ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What Devin says of a session: how it went, what got in the way, what to do, and a better prompt."""

    timeline: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    action_items: tuple[str, ...] = ()
    suggested_prompt: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing that could be shown."""
        return self == Analysis()


def read_analysis(answer: object) -> Analysis | None:
    """Read Devin's `answer`; None where there is no analysis yet."""
    if not isinstance(answer, Mapping):
        return None
    prompt = answer.get("suggested_prompt")
    return Analysis(
        timeline=_texts(answer, "timeline", "title"),
        issues=tuple(
            Issue(issue, _text(entry, "impact"))
            for entry in _entries(answer, "issues")
            if (issue := _text(entry, "issue"))
        ),
        action_items=_texts(answer, "action_items", "action_item"),
        suggested_prompt=_text(prompt, "suggested_prompt") if isinstance(prompt, Mapping) else "",
    )


def _texts(answer: Mapping[str, Any], name: str, field: str) -> tuple[str, ...]:
    return tuple(text for entry in _entries(answer, name) if (text := _text(entry, field)))


def _entries(answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    listed = answer.get(name)
    return [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []


def _text(entry: Mapping[str, Any], field: str) -> str:
    found = entry.get(field)
    return redact(found.strip()) if isinstance(found, str) else ""
