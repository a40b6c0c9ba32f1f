"""The answer to `/devin insights`: Devin is asked for its analysis of one of the person's own sessions.

An analysis that is not there yet is asked for. Devin takes that twice without harm: it says that there is one already.
"""

from bot.conversation.steer.session_list import SessionList
from bot.conversation.titles import permalink
from bot.devin.errors import DevinNotFound
from bot.devin.models import SessionInsights
from bot.domain.commands.spec import CommandSpec
from bot.domain.lane import own_lane
from bot.domain.session import Session
from bot.features.insights import sentences as views
from bot.features.insights.rules import read_analysis
from bot.features.insights.sentences import Counted
from bot.features.insights.specs import INSIGHTS
from bot.kernel.access import Access
from bot.kernel.commands.asking import AskDevin
from bot.kernel.commands.handler import Answer, Asked, Deferred, Handler, asked_by
from bot.kernel.job import CommandJob
from bot.kernel.services import Services
from bot.views.message import Message


class Insights:
    """Shows what Devin says of a session."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._session_list = SessionList(services, access)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {INSIGHTS: AskDevin(self._services).handler(self._read, self._answer)}

    async def _answer(self, asked: Asked) -> Answer:
        refusal = await self._access.refusal_in_ack(asked.workspace, asked.user)
        picked = refusal or await self._session_list.pick(asked)
        if isinstance(picked, Message):
            return picked
        return Deferred(own_lane(asked.key), picked.id)

    async def _read(self, job: CommandJob) -> Message:
        picked = await self._session_list.pick(asked_by(job, INSIGHTS))
        if isinstance(picked, Message):
            return picked
        if picked.devin_id is None:
            return views.NOT_THERE
        try:
            return await self._insights(job, picked, picked.devin_id)
        except DevinNotFound:
            return views.NOT_THERE

    async def _insights(self, job: CommandJob, session: Session, devin_id: str) -> Message:
        devin, thread = self._services.organisations[session.org_id].devin, permalink(job.workspace, session)
        found = await devin.get_insights(devin_id)
        analysis = read_analysis(found.analysis)
        if analysis is not None:
            return views.insights(session, thread, _counted(found), analysis)
        await self._services.check_claim(job)
        # A crash right here asks for it once more, and Devin says that it has one.
        await devin.generate_insights(devin_id)
        return views.analysing(session, thread, _counted(found))


def _counted(found: SessionInsights) -> Counted:
    return Counted(found.session_size or "", found.num_user_messages, found.num_devin_messages)
