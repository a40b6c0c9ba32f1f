"""What a person does on the page: in Slack, behind Devin's back, or at the fault bench."""

import re
from typing import Any, Final, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.playground import orders
from bot.playground.devin.problems import ProblemError
from bot.playground.devin.server import DevinSimulator
from bot.playground.news import News
from bot.playground.orders import UNREADABLE
from bot.playground.page.answers import Answer, refused
from bot.playground.slack.errors import ImpossibleError, SlackError
from bot.playground.slack.server import SlackSimulator
from bot.playground.slack.world import World

Json = dict[str, Any]

ID: Final = re.compile(r"\b[UCDG][A-Z0-9]{2,}\b")
SLACK_SAYS: Final = "Slack rejected this: {reason}."
MAKES_NO_SENSE: Final = "The simulated {side} can't read this request ({reason})."
LACKS: Final = "The request is missing {name}."


class BenchError(Exception):
    """The bench cannot do this now; the text is the sentence for the person."""


class Bench(Protocol):
    """The bot's process, the clock, the faults and the counters, as the page sees them.

    The dicts are what `read` of Keeper (child.py), SimulatedClock (clock.py) and Counters (counters.py) tells.
    """

    async def do(self, act: str, order: Json) -> str:
        """Do one act; answers the sentence for a toast. Raises BenchError with a sentence."""

    def bot(self) -> Json:
        """The state of the bot's process."""

    def clock(self) -> Json:
        """The simulated time, and what is due when."""

    def counters(self) -> Json:
        """Calls made, failed and retried, and what was saved."""

    def speed(self) -> float:
        """How fast the simulated Devin works; 1 is as a story is written."""

    def example(self) -> Json:
        """The `state` of the example, and the `channel` and `thread_ts` where it left the visitor."""

    def opened(self) -> None:
        """A page is open, and follows what changes."""

    def changes(self) -> News:
        """Tells `Change` of "bot", "clock", "counters", "speed" and "example"."""


class Acts:
    """Passes orders of the page on, and turns what goes wrong into sentences."""

    def __init__(self, slack: SlackSimulator, devin: DevinSimulator, bench: Bench) -> None:
        self._slack = slack
        self._devin = devin
        self._bench = bench

    async def in_slack(self, request: Request) -> Response:
        """POST /api/slack/<act>."""
        order = await _order(request)
        try:
            return Answer(await self._slack.perform(request.path_params["act"], order))
        except ImpossibleError as error:
            return refused(spoken(str(error), self._slack.state.world))
        except SlackError as error:
            reason = " ".join([error.code, *error.messages])
            return refused(SLACK_SAYS.format(reason=reason), code=error.code)
        except UNREADABLE as error:
            return refused(MAKES_NO_SENSE.format(side="Slack", reason=type(error).__name__), 400)

    async def behind_devin(self, request: Request) -> Response:
        """POST /api/devin/<id>/<verb>."""
        order, names = await _order(request), request.path_params
        try:
            return Answer(await self._devin.perform(f"sessions/{names['id']}/{names['verb']}", order))
        except ProblemError as problem:
            return refused(sentence(problem.detail), 404 if problem.status == 404 else 409)
        except KeyError as error:
            return refused(LACKS.format(name=error.args[0]))
        except ValueError as error:
            return refused(sentence(str(error)))
        except UNREADABLE as error:
            return refused(MAKES_NO_SENSE.format(side="Devin", reason=type(error).__name__), 400)

    async def at_the_bench(self, request: Request) -> Response:
        """POST /api/bench/<act>."""
        order = await _order(request)
        try:
            return Answer({"said": await self._bench.do(request.path_params["act"], order)})
        except BenchError as error:
            return refused(str(error))


def spoken(text: str, world: World) -> str:
    """A refusal of the simulator with names instead of ids."""
    return sentence(ID.sub(lambda found: _name(found[0], world), text))


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def _name(key: str, world: World) -> str:
    if key in world.people:
        return world.people[key].real_name
    place = world.channels.get(key)
    if place is None:
        return key
    return "these direct messages" if place.is_direct else f"#{place.name}"


async def _order(request: Request) -> Json:
    try:
        return orders.read(await request.body())
    except orders.OrderError as error:
        raise HTTPException(400, str(error)) from error
