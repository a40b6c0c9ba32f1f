"""The triggers that keep `spend_days` and `session_totals` equal to what the rows of `spend` with ACUs add up to.

They belong to the database, so that no writer of `spend` can forget them, one of another version neither. Two writers
wait for each other where they add to one sum, and hardly ever in a circle: a poll adds to sums of the running day, and
most others to one sum of it. An erasure changes several; of two in a circle PostgreSQL ends one, done again later.
On PostgreSQL the functions name the tables with their schema, as a restore has none to look in. One of the data alone
brings the sums too: these rows are left out, because the triggers have added up the same.
A migration that makes `spend` anew, as Alembic changes a column on SQLite, has to make them anew too.
"""

import re
from typing import Final

from sqlalchemy import Connection

# Only the ACUs of a row have changed.
_GROW: Final = """
UPDATE spend_days SET acus = acus + (NEW.acus - OLD.acus)
WHERE team = NEW.team AND day = NEW.day AND org_id = NEW.org_id
    AND requester = coalesce(NEW.requester, '?') AND channel = coalesce(NEW.channel, '?');
UPDATE session_totals SET acus = acus + (NEW.acus - OLD.acus) WHERE session_id = NEW.session_id;
"""
# Where no row is left the sum goes too, so that nothing stays of what adding floats leaves over.
_TAKE: Final = """
UPDATE spend_days SET acus = acus - OLD.acus, sessions = sessions - 1
WHERE OLD.acus > 0 AND team = OLD.team AND day = OLD.day AND org_id = OLD.org_id
    AND requester = coalesce(OLD.requester, '?') AND channel = coalesce(OLD.channel, '?');
DELETE FROM spend_days
WHERE sessions = 0 AND team = OLD.team AND day = OLD.day AND org_id = OLD.org_id
    AND requester = coalesce(OLD.requester, '?') AND channel = coalesce(OLD.channel, '?');
UPDATE session_totals SET acus = acus - OLD.acus, days = days - 1 WHERE OLD.acus > 0 AND session_id = OLD.session_id;
DELETE FROM session_totals WHERE days = 0 AND session_id = OLD.session_id;
"""
_ADD: Final = """
INSERT INTO spend_days (team, day, org_id, requester, channel, acus, sessions)
SELECT NEW.team, NEW.day, NEW.org_id, coalesce(NEW.requester, '?'), coalesce(NEW.channel, '?'), NEW.acus, 1
WHERE NEW.acus > 0
ON CONFLICT (team, day, org_id, requester, channel)
DO UPDATE SET acus = spend_days.acus + excluded.acus, sessions = spend_days.sessions + 1;
INSERT INTO session_totals (session_id, team, last_day, acus, days)
SELECT NEW.session_id, NEW.team, NEW.day, NEW.acus, 1 WHERE NEW.acus > 0
ON CONFLICT (session_id) DO UPDATE SET
    team = excluded.team,
    last_day = CASE WHEN session_totals.last_day < excluded.last_day
        THEN excluded.last_day ELSE session_totals.last_day END,
    acus = session_totals.acus + excluded.acus,
    days = session_totals.days + 1;
"""
_ABOUT_SUMS: Final = re.compile(r"(UPDATE|INTO|FROM) (spend_days|session_totals)\b")
_WRITTEN: Final = ("session_id", "day", "org_id", "team", "requester", "channel", "acus")


def create(connection: Connection) -> None:
    """Create the triggers, after their tables."""
    if connection.dialect.name == "sqlite":
        statements = on_sqlite()
    else:
        statements = on_postgresql(connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one())
    for statement in statements:
        connection.exec_driver_sql(statement)


def on_sqlite() -> list[str]:
    """What makes the triggers on SQLite."""
    update, grown = f"UPDATE OF {', '.join(_WRITTEN)}", _grown("IS")
    kinds = (
        ("spend_added", "INSERT", "NEW.acus > 0", _ADD),
        ("spend_taken", "DELETE", "OLD.acus > 0", _TAKE),
        ("spend_grown", update, f"{grown} AND NEW.acus <> OLD.acus", _GROW),
        ("spend_moved", update, f"NOT ({grown}) AND (OLD.acus > 0 OR NEW.acus > 0)", _TAKE + _ADD),
    )
    return [
        f"CREATE TRIGGER {name} AFTER {event} ON spend WHEN {condition} BEGIN {statements} END"
        for name, event, condition, statements in kinds
    ]


def on_postgresql(schema: str) -> list[str]:
    """What makes the triggers on PostgreSQL, with their functions, for tables in `schema`."""
    add, take, grow = (_ABOUT_SUMS.sub(rf"\1 {schema}.\2", statements) for statements in (_ADD, _TAKE, _GROW))
    function = f"""
    CREATE FUNCTION add_up_spend() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN {add}
        ELSIF TG_OP = 'DELETE' THEN {take}
        ELSIF {_grown("IS NOT DISTINCT FROM")} THEN
            IF NEW.acus <> OLD.acus THEN {grow} END IF;
        ELSIF OLD.acus > 0 OR NEW.acus > 0 THEN {take} {add}
        END IF;
        RETURN NULL;
    END $$
    """
    trigger = f"""
    CREATE TRIGGER spend_added_up AFTER INSERT OR DELETE OR UPDATE OF {", ".join(_WRITTEN)} ON spend
    FOR EACH ROW EXECUTE FUNCTION add_up_spend()
    """
    skip = "CREATE FUNCTION skip_sum() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
    skipped = [
        f"CREATE TRIGGER {table}_skipped BEFORE INSERT ON {table} FOR EACH ROW WHEN (pg_trigger_depth() = 0) "
        "EXECUTE FUNCTION skip_sum()"
        for table in ("spend_days", "session_totals")
    ]
    return [function, trigger, skip, *skipped]


def _grown(same: str) -> str:
    """The condition that only the ACUs of a row have changed; `same` is the operator for which NULL equals NULL."""
    others = [f"OLD.{name} {same} NEW.{name}" for name in _WRITTEN if name != "acus"]
    return " AND ".join(["OLD.acus > 0", "NEW.acus > 0", *others])
