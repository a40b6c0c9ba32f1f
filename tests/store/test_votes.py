"""Votes: one of each person for each result, counted by when it was given; on both databases."""

from bot.store import votes
from bot.store.database.connection import Database
from bot.store.votes import Vote
from tests.store.rows import NOW, ORG, TEAM


async def test_the_last_vote_of_a_person_about_a_result_counts(db: Database) -> None:
    given = [("a", "U1", True), ("a", "U1", False), ("a", "U2", True), ("b", "U1", True)]
    async with db.write() as tx:
        for number, (key, user, good) in enumerate(given):
            await votes.put(tx, Vote(key, user, TEAM, ORG, good, NOW + number))
        await votes.put(tx, Vote("c", "U1", TEAM, "other", True, NOW))
        assert await votes.between(tx, TEAM, ORG, NOW, NOW + 9) == (2, 1)
        assert await votes.between(tx, TEAM, ORG, NOW + 2, NOW + 3) == (1, 0)
        assert await votes.between(tx, "T2", ORG, NOW, NOW + 9) == (0, 0)
