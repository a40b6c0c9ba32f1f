"""Rows do not stay for ever: each table is declared once, with how long its rows stay and what is erased of them."""

import math
from pathlib import Path

import pytest

from bot.features import TABLES, metadata
from bot.store.money_tables import DERIVED
from bot.store.table_spec import TableSpec, by_team, never
from bot.timing import DAY, HOUR, PRODUCTION
from tests.docs.test_security import rows
from tests.store.ages import bound_of

BOT = Path(__file__).parents[2] / "bot"
FEW_FOR_EVER = {"due"}  # a few rows, written again and again
NOW = 1_779_278_400.0
IN_WORDS = {
    HOUR: "an hour",
    DAY: "a day",
    7 * DAY: "a week",
    14 * DAY: "14 days",
    30 * DAY: "for the retention",
    32 * DAY: "32 days",
    400 * DAY: "400 days",
}


def test_each_table_is_declared_once() -> None:
    by_themselves = [table.name for table in DERIVED]  # the database keeps their rows as those of another table
    assert sorted([*by_themselves, *(spec.table.name for spec in TABLES)]) == sorted(metadata.tables)
    assert len({spec.nouns for spec in TABLES}) == len(TABLES)


@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.table.name)
def test_each_table_has_what_its_declaration_names(spec: TableSpec) -> None:
    assert spec.old(NOW, PRODUCTION) is not None
    assert all(rows.nouns for rows in [*spec.person(spec, "U0ADA"), *by_team(spec, "T0ACME")])


def test_rows_that_do_not_go_by_their_age_are_deleted_by_somebody() -> None:
    code = "".join(
        path.read_text(encoding="utf-8") for place in ("store/*.py", "features/*/*rows.py") for path in BOT.glob(place)
    )
    stay = {spec.table.name for spec in TABLES if spec.old is never}
    assert {name for name in stay if f"delete({name})" not in code} == FEW_FOR_EVER


def test_how_long_rows_stay_is_what_the_page_about_security_says() -> None:
    said = {row[0].strip("`"): row[2] for row in rows("What is kept")}
    for spec in TABLES:
        if (bound := bound_of(spec, NOW)) is not None:
            assert IN_WORDS[_whole_days(NOW - bound)] in said[spec.table.name], spec.table.name


def _whole_days(seconds: float) -> float:
    return math.floor(seconds / DAY) * DAY if seconds >= DAY else seconds
