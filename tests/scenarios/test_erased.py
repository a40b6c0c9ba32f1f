"""A person who was erased: the bot goes on for everybody else, and learns nothing about that person again."""

import pytest
from sqlalchemy import select

from bot.domain.session import DisplayState
from bot.features import TABLES, metadata
from bot.kernel.upkeep.erase import Erasure
from bot.views.answers import replies as reply_sentences
from bot.views.sentences import STATE_SENTENCES
from tests.scenarios.harness import ANN, BEN, GENERAL, Harness
from tests.scenarios.observations import card, card_of, polled, private_answers, sent_to_devin, settled
from tests.scenarios.short_waits import WITHIN

pytestmark = pytest.mark.edge


async def cells_with(on: Harness, text: str) -> set[str]:
    """The columns of the store in which `text` stands somewhere."""
    async with on.store.scan() as tx:
        return {
            f"{table.name}.{column}"
            for table in metadata.sorted_tables
            for row in (await tx.execute(select(table))).mappings()
            for column, value in row.items()
            if text in str(value)
        }


async def erase(on: Harness, user: str) -> tuple[str, ...]:
    """Erase `user` while the bot is stopped."""
    await on.stop()
    erased = await Erasure(on.store, TABLES, lease=30.0).person(user)
    await on.start()
    return erased.unfollowed


async def test_after_a_person_was_erased_their_session_is_over_and_that_of_others_goes_on(on: Harness) -> None:
    hers, session = await on.started("fix the login test")
    his, other = await on.started("fix the logout test", user=BEN)
    await settled(on)
    assert len(await erase(on, ANN)) == 1
    shown = await card_of(on, hers, STATE_SENTENCES[DisplayState.ENDED])
    assert "someone" in shown
    assert "ann" not in shown
    assert "login" not in shown
    await on.devin.say(session, "Nobody is to read this.", status="exit")
    await on.devin.say(other, "I go on.")
    await on.wait_for_post(GENERAL, his, "I go on.", within=WITHIN)
    await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=hers)
    await on.slack.wait_for_ephemeral(BEN, reply_sentences.SESSION_ENDED.text, within=WITHIN)
    await polled(on)
    await settled(on)
    assert await on.thread(GENERAL, hers) == []
    assert await sent_to_devin(on, session) == []
    assert await private_answers(on, BEN) == [f"{reply_sentences.SESSION_ENDED.text}\nStart a follow-up"]
    assert STATE_SENTENCES[DisplayState.ENDED] in (await card(on, hers))["rendered"]
    assert await cells_with(on, ANN) == set()
    assert await cells_with(on, "login") == set()
    assert await cells_with(on, "Nobody is to read this.") == set()
