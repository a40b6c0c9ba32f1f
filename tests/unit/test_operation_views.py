"""The message of an operation at each point of its way, and the words about audit logs and organisations."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

import json
from dataclasses import replace
from datetime import date

import pytest
from inline_snapshot import snapshot

from bot.domain.cycle import Cycle
from bot.domain.operation import NewOperation, Operation, OperationState, seconds_left
from bot.features.audit import sentences as audit_logs
from bot.features.audit.rules import AuditMistake, AuditQuery, Days, WrongQuery
from bot.features.organisations import sentences as organisations
from bot.features.organisations.sentences import OrganisationSentences
from bot.features.usage.enterprise_sentences import EnterpriseSentences
from bot.views import operations
from bot.views.plain_text import without_blocks
from tests.markup import with_markup
from tests.unit.block_kit import assert_valid

NOW = 1_000.0
NEW = NewOperation("audit", "Devin's <log>", "log.csv", ("id", "by", "data"), (0, 1))
OPERATION = Operation("j1", "T1", "U1", NEW, OperationState.READING, "ref", NOW - 10)
SENTENCES = operations.OperationSentences()
ROWS = [["a", "x" * 70, "{}"], ["b", None, "{}"]]


def words(message):
    return message.blocks[0]["text"]["text"]


def done(operation, count, rows, *, has_file, sentences=SENTENCES):
    new = replace(operation.new, file_beyond=0 if has_file else count)
    return sentences.ended(replace(operation, state=OperationState.DONE, new=new), count, rows)


def table_of(message):
    return [[text_of(cell) for cell in row] for row in message.blocks[1]["rows"]]


def text_of(cell):
    if cell["type"] != "rich_text":
        return cell["text"]
    ids = {"channel": "<#{channel_id}>", "user": "<@{user_id}>", "usergroup": "<!subteam^{usergroup_id}>"}
    (elements,) = (part["elements"] for part in cell["elements"])
    return "".join(ids.get(element["type"], "{text}").format(**element) for element in elements)


@pytest.mark.parametrize(
    ("done", "total", "line"),
    [
        (0, None, "Reading…"),
        (0, 5_000, "0 of 5,000 rows read"),
        (1, None, "1 row read"),
        (1_000, 5_000, "1,000 of 5,000 rows read · about 40 s left"),
        (100, 5_000, "100 of 5,000 rows read · about 8 min left"),
        (5_200, 5_000, "5,000 of 5,000 rows read"),
    ],
)
def test_how_far_it_is(done, total, line):
    message = SENTENCES.going_on(replace(OPERATION, done=done, total=total), NOW)
    assert words(message) == f"*Devin's &lt;log&gt;*\n{line}"
    assert message.text == f"Devin's &lt;log&gt;: {line}"
    (button,) = message.blocks[1]["elements"]
    assert (button["text"]["text"], button["action_id"], button["value"]) == ("Cancel", "cancel_operation", "j1")
    assert_valid(message)


def test_a_bill_is_read_by_days():
    bill, sentences = replace(OPERATION, done=31, total=62), EnterpriseSentences()
    assert words(sentences.going_on(bill, NOW)).endswith("\n31 of 62 days read · about 10 s left")
    assert words(sentences.going_on(replace(bill, total=None), NOW)).endswith("\n31 days read")


def test_what_is_left_is_known_only_on_the_way():
    assert seconds_left(replace(OPERATION, done=5, total=5), NOW) is None
    assert seconds_left(replace(OPERATION, done=5, total=0), NOW) is None
    assert seconds_left(replace(OPERATION, done=5, total=15), NOW) == 20.0


def test_who_asked_is_notified_of_the_end():
    assert (
        SENTENCES.over(replace(OPERATION, state=OperationState.DONE)).text == "Devin's &lt;log&gt;: It's ready above."
    )
    failed = SENTENCES.over(replace(OPERATION, state=OperationState.FAILED)).text
    assert failed == "Devin's &lt;log&gt;: It couldn't be finished; the message above says why."


def test_acus_have_one_decimal_and_add_up_to_the_total():
    spent = replace(OPERATION, new=replace(NEW, header=("name", "acus", "x"), total_columns=(1,)))
    rows = [["a", "0.05", None], ["b", "0.05", None], ["d", "1234.56", None]]
    shown = table_of(done(spent, 3, rows, has_file=True))
    assert shown[1:] == [["a", "0.1"], ["b", "under 0.1"], ["d", "1,234.6"], ["total", "1,234.7"]]
    assert len(table_of(done(spent, 4, rows, has_file=True))) == 4  # not all are here, so no total is
    assert table_of(done(spent, 1, rows[:1], has_file=True))[1:] == [["a", "0.1"]]
    little = [["a", "0.01", None], ["b", "0.02", None]]
    assert table_of(done(spent, 2, little, has_file=True))[-1] == ["total", "under 0.1"]
    unknown = [*rows, ["c", None, None]]
    assert [row[0] for row in table_of(done(spent, 4, unknown, has_file=True))[1:]] == ["a", "b", "d", "c"]


def test_a_limit_that_is_not_set_and_what_is_not_shown_have_words():
    header = ("name", "max_session_acu_limit", "max_cycle_acu_limit", "acus")
    sentences = OrganisationSentences()
    listed = replace(OPERATION, new=replace(NEW, header=header, shown=(0, 1, 2, 3), total_columns=(3,)))
    rows = [["a", None, "500", "1.0"], ["b", "", "", ""], [None, "5", None, "2.0"], ["c", "", "", None]]
    assert table_of(done(listed, 4, rows, has_file=False, sentences=sentences))[1:] == [
        ["a", "none", "500", "1.0"],
        ["b", "not shown", "not shown", "not shown"],
        ["-", "5", "none", "2.0"],
        ["c", "not shown", "not shown", "not in yet"],
    ]
    assert table_of(done(listed, 2, [rows[0], rows[2]], has_file=False, sentences=sentences))[-1] == [
        "total",
        "-",
        "-",
        "3.0",
    ]


@pytest.mark.parametrize(
    ("count", "shown", "has_file", "line"),
    [
        (0, 0, True, "Nothing was found, so there's no file."),
        (2, 2, False, "2 rows."),
        (2, 2, True, "2 rows, also in `log.csv` below."),
        (3_000, 2, True, "3,000 rows: the first 2 here, all in `log.csv` below."),
    ],
)
def test_the_result(count, shown, has_file, line):
    message = done(OPERATION, count, ROWS[:shown], has_file=has_file)
    assert words(message) == f"*Devin's &lt;log&gt;*\n{line}"
    assert with_markup([message.text]) == []
    assert len(message.blocks) == (2 if shown else 1)


def test_the_table_of_the_result_has_the_chosen_columns_and_short_cells():
    table = done(OPERATION, 2, ROWS, has_file=True).blocks[1]
    cells = [[cell["text"] for cell in row] for row in table["rows"]]
    assert cells == [["Id", "Who"], ["a", "x" * 59 + "…"], ["b", "-"]]
    assert (table["type"], table["caption"]) == ("data_table", "Devin's &lt;log&gt;")


def test_notes_stand_behind_the_result():
    noted = replace(OPERATION, notes=("One.", "Two."))
    assert words(done(noted, 1, ROWS[:1], has_file=False)).endswith("\n1 row. One. Two.")


def test_other_ends():
    assert words(SENTENCES.delivering(OPERATION, 1)).endswith("\n1 row read. The file is on its way.")
    assert words(SENTENCES.ended(replace(OPERATION, state=OperationState.CANCELLED), 0, ())).endswith(
        "\nCanceled. No file was made."
    )
    refused = operations.devin_refused("ManageEnterpriseSettings")
    failed = SENTENCES.ended(replace(OPERATION, state=OperationState.FAILED, reason=refused), 0, ())
    assert words(failed).endswith(
        "\n:warning: Devin Bridge's key lacks the permission `ManageEnterpriseSettings`. An "
        "admin of the enterprise can grant it to the service user."
    )
    assert with_markup([failed.text]) == []
    assert words(SENTENCES.ended(replace(OPERATION, state=OperationState.FAILED), 0, ())).endswith(
        "\n:warning: This couldn't be finished after many tries. Try again later."
    )


def test_why_there_is_no_result():
    assert operations.devin_refused("ViewOrgConsumption") == snapshot(
        "Devin Bridge's key lacks the permission `ViewOrgConsumption`. An admin of your Devin organization can grant it to the service user."
    )
    assert operations.devin_refused(None) == "Devin rejected it. Tell your Devin Bridge operator."
    assert operations.no_file(None) == "Slack rejected the file. Try again later."
    assert operations.UNREADABLE == "Devin's answer can't be read. Try again later."
    assert operations.NO_OPERATION.text == "Only the person who asked can cancel it, and only while it runs."
    assert operations.TOO_LATE_TO_CANCEL.text == "It's nearly done, so it wasn't canceled."


# ---------------------------------------------------------------- audit logs


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((AuditMistake.NO_DATE, "yesterday"), "`yesterday` isn't a date. Write one such as `2026-11-26`."),
        ((AuditMistake.FUTURE, "2999-01-01"), "`2999-01-01` is in the future, so there's nothing to read yet."),
        ((AuditMistake.REVERSED, "2026-02-01"), "`until=` (`2026-02-01`) is before `since=`. Both days are included."),
        (
            (AuditMistake.UNKNOWN, "who"),
            "There's no option `who`. `/devin audit` takes `action=`, `person=`, `org=`, `since=`, `until=`.",
        ),
        ((AuditMistake.TWICE, "org"), "The option `org` appears twice. Write it once."),
        (
            (AuditMistake.UNREADABLE, "Web"),
            "Can't read `Web`. `/devin audit` takes `action=`, `person=`, `org=`, `since=`, `until=`, without "
            'spaces around `=`. Put a name with spaces in quotation marks: `org="Acme Web"`.',
        ),
        (
            (AuditMistake.MENTION, "@U0ADA"),
            "Devin doesn't know people by @mention. Write the email address, such as `person=ada@example.com`.",
        ),
    ],
)
def test_what_is_wrong_with_a_query(wrong, said):
    assert audit_logs.wrong_query(WrongQuery(*wrong)).text == f"{said} Nothing was read."


def test_the_title_of_an_audit_log_names_days_and_filters():
    day = Days(date(2026, 11, 26), date(2026, 11, 26), 0, 1)
    assert audit_logs.audit_title(AuditQuery(), day) == "Devin's audit log, Nov 26, 2026 (UTC)"
    days = replace(day, first=date(2026, 11, 20), zone="Europe/Berlin")
    query = AuditQuery(action="login", person="ann", org="Data")
    assert audit_logs.audit_title(query, days) == (
        "Devin's audit log, Nov 20 \N{EN DASH} Nov 26, 2026 (Europe/Berlin), action login, person ann, organization Data"
    )


def test_what_is_missing_in_an_audit_log():
    assert audit_logs.left_out(1) == ":warning: 1 more row couldn't be read and is missing."
    assert audit_logs.left_out(2) == ":warning: 2 more rows couldn't be read and are missing."
    assert audit_logs.no_such_action("logn") == (
        "Devin's audit log has no action `logn`. The column `action` of an unfiltered log shows some."
    )
    assert audit_logs.no_such_organisation("Data", 2) == (
        "2 organizations are called `Data`. Use the ID of one; `/devin orgs` shows them."
    )
    assert audit_logs.NO_AUDIT_LOG == (
        "Devin Bridge's key can't see an audit log. An enterprise admin can create a service user "
        "with the permission `ManageEnterpriseSettings`. `/devin audit bot` shows the changes through Devin Bridge."
    )


def test_the_list_of_changes():
    cells = ("2026-11-26T08:00:00Z", "U1", "ada", "exit", "devin-1", "C1", None, None, "done")
    message = audit_logs.bot_audit([cells])
    assert message.text == "The last change through Devin Bridge. /devin audit bot csv sends you all of them."
    assert table_of(message) == [
        ["When (UTC)", "Who", "What", "Which", "Where", "Before → after", "Outcome"],
        ["2026-11-26 08:00", "ada", "exit", "devin-1", "<#C1>", "-", "done"],
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, {"acus": "5", "warn": [50, 80]}, "- → acus: 5; warn: 50, 80"),
        ({"acus": "5", "period": "week"}, {"acus": "10", "period": "week"}, "acus: 5 → 10"),
        (
            {"name": "Nightly", "enabled": True},
            {"name": "Daily", "enabled": False, "max_acus": 5},
            "name: Nightly → Daily; enabled: true → false; max acus: - → 5",
        ),
        ({"name": "Deploys", "repo": None}, None, "name: Deploys; repo: - → -"),
        ({"name": "Deploys"}, {"name": "Deploys"}, "-"),
        (None, {}, "- → -"),
        ({"body": "x" * 200}, {"body": "y\n" * 100}, f"body: {'x' * 59}… → {'y ' * 29}y…"),
    ],
)
def test_the_list_of_changes_says_what_was_before_and_after(before, after, said):
    (_, row) = table_of(audit_logs.bot_audit([cells(before, after)]))
    assert row[5] == said


def test_the_list_of_changes_names_people_channels_and_groups():
    shown = [
        cells(None, {"holders": ["U0ANN1", "S0OPS1"]}, action="role_add", target="start C0WEB1"),
        cells(None, {"body": "See U0ANN1"}, target="C0WEB1"),
    ]
    message = audit_logs.bot_audit(shown)
    assert_valid(message)
    (_, of_role, of_note) = table_of(message)
    assert (of_role[3], of_role[5]) == ("start <#C0WEB1>", "- → holders: <@U0ANN1>, <!subteam^S0OPS1>")
    assert (of_note[3], of_note[5]) == ("C0WEB1", "- → body: See U0ANN1")
    assert "- → holders: <@U0ANN1>, <!subteam^S0OPS1>" in without_blocks(message.blocks, None)


def cells(before=None, after=None, **others):
    """The cells of a change in the bot's audit file."""
    written = [None if one is None else json.dumps(one) for one in (before, after)]
    facts = {"name": "ada", "action": "note_edit", "target": "devin-1", "channel": "C1"} | others
    return (
        *("2026-11-26T08:00:00Z", "U1", facts["name"], facts["action"], facts["target"], facts["channel"]),
        *(*written, "done"),
    )


def test_the_list_of_changes_names_who_and_where_as_far_as_that_is_known():
    shown = [cells(channel="D0ADA"), cells(name=None, channel=None), cells(target="t" * 80)]
    rows = table_of(audit_logs.bot_audit(shown))[1:]
    assert [row[1:5] for row in rows] == [
        ["ada", "note edit", "devin-1", "direct message"],
        ["U1", "note edit", "devin-1", "-"],
        ["ada", "note edit", f"{'t' * 59}…", "<#C1>"],
    ]


def test_slack_takes_a_long_list_of_changes():
    fields = dict.fromkeys(("name", "trigger", "body", "repo"), "x" * 200)
    other = dict.fromkeys(fields, "y" * 200)
    changes = ((fields, other), (None, other), (fields, None))
    rows = [cells(*change, name="n" * 90, target="t" * 90) for change in changes]
    assert_valid(audit_logs.bot_audit(rows * 7))


def test_the_file_of_changes_comes_with_the_same_table():
    new = NewOperation("bot_audit", audit_logs.BOT_AUDIT_TITLE, "audit.csv", (), ())
    message = done(
        replace(OPERATION, new=new),
        1,
        [cells(None, {"acus": "5"})],
        has_file=True,
        sentences=audit_logs.BotAuditSentences(),
    )
    assert message.blocks[1] == audit_logs.bot_audit([cells(None, {"acus": "5"})]).blocks[1]


# ---------------------------------------------------------------- organisations


def test_what_is_said_about_organisations():
    assert organisations.queue(1, "normal") == "Queue: normal, 1 session is waiting for a machine."
    assert organisations.queue(12, "") == "Queue: unknown, 12 sessions are waiting for a machine."
    assert organisations.cycle_shown(Cycle(date(2026, 11, 1), date(2026, 11, 30))) == (
        "ACUs since Nov 1, the first day of this cycle."
    )
    assert organisations.no_acus(operations.lacks("ViewAccountConsumption")) == (
        snapshot(
            "The ACUs aren't shown: the key lacks the permission `ViewAccountConsumption`. An admin "
            "of the enterprise can grant it to the service user."
        )
    )
    assert organisations.no_acus(operations.lacks("ViewOrgConsumption")) == (
        snapshot(
            "The ACUs aren't shown: the key lacks the permission `ViewOrgConsumption`. An admin of "
            "your Devin organization can grant it to the service user."
        )
    )
    assert organisations.no_queue(operations.NO_ENTERPRISE) == (
        snapshot(
            "The queue isn't shown: Devin Bridge's key has no access to an enterprise. An enterprise admin can create a service user there."
        )
    )
    assert organisations.no_queue(operations.denied("No <queue> here")) == (
        snapshot("The queue isn't shown: Devin says “No &lt;queue&gt; here”.")
    )
    assert organisations.own_alone(operations.lacks("ManageOrganizations")) == (
        snapshot(
            "Only Devin Bridge's own organization is shown, without its limits: the key lacks the permission `ManageOrganizations`. An admin of the enterprise can grant it to the service user."
        )
    )


def test_a_table_that_is_too_long_for_slack_has_fewer_rows_and_says_how_many():
    header = tuple(f"column {at}" for at in range(20))
    operation = replace(OPERATION, new=NewOperation("table", "Wide", "wide.csv", header, tuple(range(20))))
    rows = [["x" * 60] * 20] * 20
    for new, said in (
        (operation.new, "20 rows: the first 8 here, all in `wide.csv` below."),
        (replace(operation.new, file_beyond=50), "20 rows: the first 8 here."),
    ):
        message = SENTENCES.ended(replace(operation, new=new, state=OperationState.DONE), 20, rows)
        assert_valid(message)
        assert message.blocks[0]["text"]["text"] == f"*Wide*\n{said}"
        assert len(message.blocks[1]["rows"]) == 9
