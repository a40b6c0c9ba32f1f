"""`/devin <prompt>`: the card is posted first, and its thread is where the session is created.

A channel that cannot be posted to never costs a session.
"""

from typing import Final

from bot.domain.commands.options import Request, parse_request
from bot.domain.commands.parser import parse_slash
from bot.domain.commands.registry import START
from bot.domain.lane import own_lane
from bot.domain.session import Session
from bot.flows.admission import Admission
from bot.flows.brief import Briefing
from bot.flows.create import post_card
from bot.flows.tools import Job, Listener, Step, Tools, finish, session_id
from bot.slack.errors import ChannelGone, ScopeMissing
from bot.store import inbox, lanes, sessions
from bot.views import answers
from bot.views.message import Message

TWICE_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 600.0  # how long the question "again?" waits


class Order:
    """A slash command becomes a card."""

    def __init__(self, tools: Tools, admission: Admission, briefing: Briefing) -> None:
        self._tools = tools
        self._admission = admission
        self._briefing = briefing

    async def run(self, job: Job) -> None:
        """Check, ask where it looks like a mistake, then post the card."""
        payload = job.row.payload
        command = parse_slash(await self._briefing.readable(payload["text"] or ""))
        request = parse_request(command.argument)
        if command.spec is not START or not request.prompt:
            await self._answer(job, answers.EMPTY_PROMPT)
            return
        refusal = await self._refusal(payload["user_id"], payload["channel_id"])
        if refusal is not None:
            await self._answer(job, refusal)
        elif not payload.get("confirmed") and await self._asks_first(job, request):
            return
        else:
            await self.start(job, request, payload["user_id"], payload["channel_id"])

    async def give_up(self, step: Step, job: Job, _reason: str, /) -> None:
        """Nothing was started; say so."""
        await step.whisper(_listener(job), answers.start_failed(job.row.ref))

    async def start(self, job: Job, request: Request, user: str, channel: str) -> None:
        """Record the session and post its card; the start row follows in the transaction that marks it sent."""
        if not request.prompt:
            await self._answer(job, answers.EMPTY_PROMPT)
            return
        now = self._tools.clock()
        session = Session(
            id=session_id(job.row.key),
            team=self._tools.place.team,
            channel=channel,
            thread_ts=None,
            requester=user,
            prompt=request.prompt,
            options=request.options,
            created_at=now,
            spoken_at=now,
        )
        # A crash before this commit repeats nothing: the row is looked at again. After it, the card is on its way.
        async with self._tools.step_of(job) as step:
            await sessions.add(step.tx, session)
            answer_to = {"user": user, "response_url": job.row.payload.get("response_url")}
            follow = {"cause": job.row.key, "files": job.row.payload.get("files") or []}
            await post_card(step, session, payload=answer_to, follow=follow)
            if request.mistyped:
                await step.whisper(_listener(job), answers.mistyped_options(request.mistyped), key=f"{job.row.key}:opt")
            await finish(step, job)

    async def _refusal(self, user: str, channel: str) -> Message | None:
        person = await self._admission.person(user)
        if channel.startswith("D"):  # a direct message is never shared; whose it is shows when the card is posted
            return self._admission.refusal(person, shared=False)
        try:
            place = await self._admission.channel(channel)
        except (ChannelGone, ScopeMissing):
            return self._admission.refusal(person, shared=False) or answers.not_in_channel()
        refusal = self._admission.refusal(person, shared=place.is_ext_shared)
        return refusal or (answers.CHANNEL_ARCHIVED if place.is_archived else None)

    async def _asks_first(self, job: Job, request: Request) -> bool:
        """Whether the same command came a moment ago; then the row waits for a yes or no."""
        payload, now = job.row.payload, self._tools.clock()
        if payload.get("asked"):
            async with self._tools.step_of(job) as step:
                await finish(step, job)  # nobody answered, and nothing was started
            return True
        async with self._tools.db.read() as tx:
            since, team = now - TWICE_SECONDS, self._tools.place.team
            recent = await sessions.with_prompt(tx, team, payload["user_id"], request.prompt, since)
        same = [one for one in recent if one.options == request.options]
        if not same:
            return False
        async with self._tools.step_of(job) as step:
            seconds = now - same[0].created_at
            message = answers.ask_again(job.row.key, request.prompt, seconds)
            await step.whisper(_listener(job), message, key=f"{job.row.key}:again")
            # Out of the person's lane: what they type next does not wait for the answer.
            await inbox.move(step.tx, job.row, own_lane(job.row.key), payload | {"asked": True})
            await inbox.later(step.tx, job.row.key, step.now + ANSWER_SECONDS, "asked whether it is meant")
            await lanes.release(step.tx, job.claim)
            step.wakes[own_lane(job.row.key)] = ANSWER_SECONDS
        return True

    async def _answer(self, job: Job, message: Message) -> None:
        async with self._tools.step_of(job) as step:
            await step.whisper(_listener(job), message)
            await finish(step, job)


def _listener(job: Job) -> Listener:
    payload = job.row.payload
    user = payload.get("user_id") or payload["user"]
    channel = payload.get("channel_id") or payload["channel"]
    return Listener(job.row.key, user, channel, payload.get("thread_ts"), payload.get("response_url"))
