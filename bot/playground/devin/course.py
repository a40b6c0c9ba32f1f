"""The course of a session: which story its prompt brings, what a message brings afterwards, all of it filled in."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from bot.playground.devin import stories
from bot.playground.devin.scene import scene_of
from bot.playground.devin.session import Session, Step
from bot.playground.devin.stories import STORIES, WORK, Story
from bot.playground.devin.task import own_reply, own_words, title_of

READ_LENGTH: Final = 2_000  # the beginning of a prompt says what it is
DEFAULT_BUDGET: Final = 10  # ACUs a session may use when nobody said how many
_THANKS_ONLY: Final = (
    r"\A(?!.*\?)(?=.*\b(?:thanks?|thx|ty|cheers|great|perfect|awesome|nice|cool|lovely|good|well done|lgtm|ok|okay)\b)"
    r"\W*(?:(?:thanks?|thx|ty|cheers|great|perfect|awesome|nice|cool|lovely|good|well|done|job|work|lgtm|ok|okay"
    r"|you|so|very|much|a|lot|many|for|that|this|it|the|help|devin|all|is|looks)\b\W*)+\Z"
)
_EMOJI: Final = re.compile(r":[a-z0-9_+'-]+:")
_ASKS: Final = re.compile(
    r"\?\s*\Z|\A\W*(?:why|how|what|which|where|who|when|is|are|does|did|do (?:you|we|they|these|those))\b",
    re.IGNORECASE,
)
_OPEN: Final = frozenset({"open", "draft", None})


# ---------------------------------------------------------------- which story


def choose(prompt: str) -> Story:
    """The story of a prompt: what is asked for first decides, in the person's own words."""
    words = own_words(prompt)[:READ_LENGTH]
    found = [(match.start(), story) for story in (*STORIES, WORK) if (match := story.signs.search(words))]
    return min(found, key=lambda pair: pair[0])[1] if found else WORK


def course_of(session: Session, seed: str) -> list[Step]:
    """The steps of a new session, with its own names and figures."""
    words = own_words(session.prompt)
    story = choose(session.prompt)
    budget = session.request.get("max_acu_limit") or DEFAULT_BUDGET
    facts = scene_of(session, words, seed) | {
        "title": session.title or title_of(words),
        "budget": acus(budget),
    }
    scale = budget if story.budget else facts["effort"]
    return [_filled(step, facts, scale) for step in story.steps]


def acus(count: int) -> str:
    """So many ACUs, in words."""
    return "1 ACU" if count == 1 else f"{count} ACUs"


# ---------------------------------------------------------------- what a message brings afterwards


def follow_up(session: Session, seed: str) -> list[Step]:
    """What a message brings once the story is over: work, an answer, a merge, or just a friendly line."""
    words = own_words(session.prompt)
    facts = scene_of(session, words, seed, turn=session.count("user")) | _pull_request(session, seed)
    steps = _turn(own_reply(session.messages[-1].message), facts["pull_state"])
    return [_filled(step, facts, facts["effort"]) for step in steps]


def _turn(reply: str, pull_state: str) -> Sequence[Step]:
    bare = _EMOJI.sub("", reply)
    if re.search(_THANKS_ONLY, bare, re.IGNORECASE) or not re.search(r"[\w?]", bare):
        return stories.WELCOME
    if pull_state == "open" and re.search(r"\b(?:merge|ship)\b(?! conflict)(?!.*\?)", reply, re.IGNORECASE):
        return stories.MERGE
    if pull_state == "open" and re.search(r"\b(?:close|abandon|discard)\b(?!.*\?)", reply, re.IGNORECASE):
        return stories.CLOSE
    return stories.ANSWER if _ASKS.search(reply) else stories.CHANGE


def _pull_request(session: Session, seed: str) -> dict[str, Any]:
    """Which pull request a change goes into: the open one, else a new one."""
    pulls = session.pull_requests
    if pulls and pulls[-1]["pr_state"] in _OPEN:
        return {"pull_state": "open", "current": pulls[-1]["pr_url"], "where": stories.SAME_PULL_REQUEST}
    where = stories.ANOTHER_PULL_REQUEST if pulls else stories.FIRST_PULL_REQUEST
    number = 100 + session.number + 1_000 * len(pulls)
    repo = scene_of(session, "", seed)["repo"]
    return {"pull_state": "none", "current": f"https://github.com/{repo}/pull/{number}", "where": where}


# ---------------------------------------------------------------- from a text with braces to Devin's own words


def _filled(step: Step, facts: dict[str, Any], scale: float) -> Step:
    say = step.say and step.say.format_map(facts)
    before = stories.INCLUDED if step.status_detail == "finished" else stories.NOTED
    default = ((_THANKS_ONLY, say), ("", before + say)) if say else ()
    return replace(
        step,
        say=say,
        acus=round(step.acus * scale, 2),
        title=step.title and facts["title"],
        pull_request=_each(step.pull_request, facts),
        structured_output=_each(step.structured_output, facts),
        answers=tuple((sign, text.format_map(facts)) for sign, text in step.answers) or default,
        choices=tuple(text.format_map(facts) for text in step.choices),
    )


def _each(value: Any, facts: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _each(held, facts) for name, held in value.items()}
    if isinstance(value, list):
        return [_each(held, facts) for held in value]
    return value.format_map(facts) if isinstance(value, str) else value
