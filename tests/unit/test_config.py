"""Settings: what is accepted, the whole sentence for what is not, and never a secret in it."""

import re
import traceback
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.config import (
    MISSING,
    WRONG,
    Settings,
    SettingsError,
    load_settings,
    of_opentelemetry,
    open_to_others,
    unknown_names,
)
from tests.doctor.sentences import NO_BOT_TOKEN, NO_ORGANISATION, NOT_A_BOT_TOKEN, NOT_A_DATABASE_URL, NOT_A_TIME_ZONE

BOT_TOKEN = "xoxb-1-verysecretbot"
APP_TOKEN = "xapp-1-verysecretapp"
SIGNING = "0123456789abcdefverysecretsigning"
DEVIN_KEY = "cog_verysecretdevin"

HTTP = {
    "SLACK_BOT_TOKEN": BOT_TOKEN,
    "SLACK_SIGNING_SECRET": SIGNING,
    "DEVIN_API_KEY": DEVIN_KEY,
    "DEVIN_ORG_ID": "org-acme",
}
SOCKET = {name: value for name, value in HTTP.items() if name != "SLACK_SIGNING_SECRET"} | {
    "SLACK_APP_TOKEN": APP_TOKEN
}


CODE_HOSTS = (
    "BOT_CODE_HOSTS must be your code hosts separated by commas, without https:// and paths,"
    " for example git.acme.example,code.acme.example:8443."
)


PRICE_NUMBER = (
    "BOT_ACU_PRICE has an invalid number: write digits with a decimal point, then the currency, for example 2.25 USD."
)
PRICE_COMMA = "BOT_ACU_PRICE has a comma in a number: use a decimal point, for example 2.25 USD."
PRICE_CURRENCY = (
    "BOT_ACU_PRICE has a number without a known currency: add its three letters or its symbol, for example 2.25 USD."
)
PRICE_ZERO = (
    "BOT_ACU_PRICE has a price of 0: leave it empty to show no prices, or write the price of an ACU, for example"
    " 2.25 USD."
)
TWO_PRICES = "for example 2.00 USD, 2.25 USD from 2026-12-01."
PRICE_EMPTY = f"BOT_ACU_PRICE has a comma without a price: add a price or remove the comma, {TWO_PRICES}"
PRICE_DAY = f"BOT_ACU_PRICE has an invalid date: write year, month, and day after from, {TWO_PRICES}"
PRICE_FIRST = f"BOT_ACU_PRICE must start with a price that has no date, {TWO_PRICES}"
PRICE_WITHOUT_DAY = f"BOT_ACU_PRICE has several prices without a date: add a start date to the later ones, {TWO_PRICES}"
PRICE_SAME_DAY = f"BOT_ACU_PRICE has several prices from the same date: keep one of them, {TWO_PRICES}"
PRICE_CURRENCIES = f"BOT_ACU_PRICE has prices in different currencies: use one for all of them, {TWO_PRICES}"
CYCLE_ACUS = (
    "BOT_CYCLE_ACUS must be how many ACUs Devin itself can use in a billing cycle: a number above 0 and up to a"
    " billion, without separators, for example 1200."
)

SESSION_ACUS = (
    "BOT_SESSION_ACUS must be a number of ACUs above 0 and up to a billion, without separators, for example 10."
)
RUNAWAY = "BOT_RUNAWAY_ACUS must be a number of ACUs from 0, which turns it off, up to a billion, for example 5."
STALLED = "BOT_STALLED_MINUTES must be a number of minutes above 0 and up to 1440, for example 30."
WAKE_GUARD = "BOT_WAKE_GUARD_HOURS must be a number of hours from 0, which turns it off, to 87600, for example 72."


def problems(environ):
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    return list(caught.value.problems)


def test_four_names_are_enough_and_the_rest_has_defaults():
    settings = load_settings(HTTP)
    assert settings.slack_bot_token.get_secret_value() == BOT_TOKEN
    assert settings.devin_org_id == "org-acme"
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.devin_api_url == "https://api.devin.ai"
    assert settings.database_url.get_secret_value() == "sqlite:///devin-bridge.db"
    assert settings.port == 3000
    assert (settings.bot_poll_seconds, settings.bot_slow_poll_seconds) == (10.0, 60.0)
    assert (settings.bot_session_acus, settings.bot_wake_guard_hours, settings.bot_runaway_acus) == (None, 72.0, 5.0)
    assert (settings.bot_digest_time, settings.bot_timezone) == (time(9, 0), ZoneInfo("UTC"))
    assert (settings.bot_admin_channel, settings.bot_admin_users, settings.bot_admin_group) == (None, (), None)
    assert (settings.bot_retention_days, settings.bot_keep_dead_texts, settings.bot_code_hosts) == (30, False, ())
    assert (settings.bot_log_level, settings.bot_log_format) == ("INFO", "json")


def test_a_secret_may_stand_in_a_file(tmp_path):
    (tmp_path / "token").write_text(BOT_TOKEN + "\n")
    environ = HTTP | {"SLACK_BOT_TOKEN_FILE": str(tmp_path / "token")}
    assert problems(environ) == ["SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set: remove one of them."]
    del environ["SLACK_BOT_TOKEN"]
    assert load_settings(environ).slack_bot_token.get_secret_value() == BOT_TOKEN
    missing = environ | {"SLACK_BOT_TOKEN_FILE": str(tmp_path / "none")}
    assert problems(missing) == ["SLACK_BOT_TOKEN_FILE names a file that can't be read."]


def test_a_name_that_looks_like_a_setting_and_is_none_is_named_with_the_nearest_one(tmp_path):
    (tmp_path / "env").write_text("BOT_POLL_SECOND=5\nBOT_NAMES=on\nOTHER=1\n")
    environ = HTTP | {"BOT_TIMZONE": "UTC", "SLACK_CHANNEL": "x", "DEVIN_API_KEY_FILE": "f", "PATH": "/bin"}
    assert unknown_names(environ, tmp_path / "env") == [
        "BOT_POLL_SECOND isn't a setting. Did you mean BOT_POLL_SECONDS?",
        "BOT_TIMZONE isn't a setting. Did you mean BOT_TIMEZONE?",
        "SLACK_CHANNEL isn't a setting.",
    ]


def test_variables_of_opentelemetry_are_taken_from_the_file_too_and_are_no_unknown_settings(tmp_path):
    (tmp_path / "env").write_text(
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318\nOTEL_SERVICE_NAME=\nBOT_NAMES=on\n"
    )
    assert of_opentelemetry(tmp_path / "env") == {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
    assert of_opentelemetry(None) == {}
    assert unknown_names(HTTP | {"OTEL_SERVICE_NAMES": "x"}, tmp_path / "env") == []


def test_a_file_of_settings_that_is_not_read_is_named_beside_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("")
    assert problems({})[-1] == "The file .env here isn't read. To read it, add --env-file .env."
    assert "The file .env here isn't read" not in problems({})[0]


def test_hours_of_sleep_may_be_less_than_one():
    assert load_settings(HTTP | {"BOT_WAKE_GUARD_HOURS": "0.5"}).bot_wake_guard_hours == 0.5


def test_without_an_app_token_slack_calls_over_http():
    assert load_settings(HTTP).transport == "http"


def test_an_app_token_means_socket_mode_and_no_signing_secret_is_needed():
    assert load_settings(SOCKET).transport == "socket"


def test_an_app_token_wins_over_a_signing_secret():
    assert load_settings(HTTP | {"SLACK_APP_TOKEN": APP_TOKEN}).transport == "socket"


def test_everything_missing_is_named_at_once():
    assert problems({}) == [
        NO_BOT_TOKEN,
        (
            "SLACK_SIGNING_SECRET is missing: copy it from the app's page “Basic Information” to receive events over"
            " HTTP, or set SLACK_APP_TOKEN to use Socket Mode."
        ),
        (
            "DEVIN_API_KEY is missing: create a service user in Devin's settings and copy its key (cog_…), which is"
            " shown only once."
        ),
        NO_ORGANISATION,
    ]


def test_the_error_reads_as_one_sentence_a_line():
    with pytest.raises(SettingsError) as caught:
        load_settings({})
    assert str(caught.value) == "\n".join(caught.value.problems)


def test_an_empty_value_counts_as_not_set():
    assert load_settings(HTTP | {"SLACK_APP_TOKEN": " ", "PORT": ""}).port == 3000
    assert [sentence.split(" is ")[0] for sentence in problems(HTTP | {"DEVIN_API_KEY": ""})] == ["DEVIN_API_KEY"]


def test_spaces_around_a_value_are_forgiven():
    assert load_settings(HTTP | {"SLACK_BOT_TOKEN": f" {BOT_TOKEN}\n"}).slack_bot_token.get_secret_value() == BOT_TOKEN


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-a-persons-token", NOT_A_BOT_TOKEN),
        (
            "SLACK_APP_TOKEN",
            "xoxb-not-an-app-token",
            (
                "SLACK_APP_TOKEN must start with xapp-: create an app-level token with the scope connections:write"
                " on the app's page “Basic Information”. Leave it empty to use HTTP."
            ),
        ),
        (
            "DEVIN_API_KEY",
            "apk_user_old",
            (
                "DEVIN_API_KEY must start with cog_: create a service user in Devin's settings and copy its key."
                " Keys that start with apk_ are for old versions of the API and don't work here."
            ),
        ),
        (
            "DEVIN_ORG_ID",
            "Acme Inc.",
            "DEVIN_ORG_ID must be the organization ID (org-…) from Devin's settings, not its name.",
        ),
        (
            "SLACK_API_URL",
            "https://slack.com",
            "SLACK_API_URL must be a web address that ends in /api/, for example https://slack.com/api/.",
        ),
        (
            "DEVIN_API_URL",
            "https://api.devin.ai/v3",
            (
                "DEVIN_API_URL must be the host's address only, for example https://api.devin.ai: leave out /v3"
                " and any other path."
            ),
        ),
        ("DATABASE_URL", "mysql://root:hunter2@db/bridge", NOT_A_DATABASE_URL),
        ("PORT", "http", "PORT must be a port number from 1 to 65535, or 0 for any free one."),
        ("PORT", "65536", "PORT must be a port number from 1 to 65535, or 0 for any free one."),
        (
            "BOT_POLL_SECONDS",
            "0",
            "BOT_POLL_SECONDS must be a number of seconds above 0 and up to 3600, for example 10.",
        ),
        (
            "BOT_POLL_SECONDS",
            "nan",
            "BOT_POLL_SECONDS must be a number of seconds above 0 and up to 3600, for example 10.",
        ),
        (
            "BOT_SLOW_POLL_SECONDS",
            "soon",
            "BOT_SLOW_POLL_SECONDS must be a number of seconds above 0 and up to 3600, for example 60.",
        ),
        (
            "BOT_ADMIN_CHANNEL",
            "#devin-admins",
            (
                "BOT_ADMIN_CHANNEL must be a channel ID such as C0123456789, not its name: find it at the end of the"
                " channel's details in Slack."
            ),
        ),
        (
            "BOT_ADMIN_USERS",
            "U1,@ana,@bo",
            (
                "BOT_ADMIN_USERS must be user IDs separated by commas, for example U0123456789,U9876543210: use"
                " “Copy member ID” in a person's profile."
            ),
        ),
        *(
            (
                "BOT_ADMIN_GROUP",
                wrong,
                (
                    "BOT_ADMIN_GROUP must be a user group ID such as S0123456789, not its name: use “Copy group ID”"
                    " in the group's menu."
                ),
            )
            for wrong in ("@devin-admins", "U0123456789", "S1,S2", "s0123456789")
        ),
        ("BOT_DIGEST_TIME", "9am", "BOT_DIGEST_TIME must be a time of day as HH:MM, for example 09:00."),
        ("BOT_DIGEST_TIME", "24:00", "BOT_DIGEST_TIME must be a time of day as HH:MM, for example 09:00."),
        ("BOT_TIMEZONE", "Berlin", NOT_A_TIME_ZONE),
        ("BOT_TIMEZONE", "Europe", NOT_A_TIME_ZONE),
        ("BOT_TIMEZONE", "../passwd", NOT_A_TIME_ZONE),
        (
            "BOT_RETENTION_DAYS",
            "0",
            "BOT_RETENTION_DAYS must be a whole number of days from 1 to 3650, for example 30.",
        ),
        *(
            ("BOT_ACU_PRICE", wrong, PRICE_NUMBER)
            for wrong in ("USD", "$2.25", "-1 USD", "USD 2.25", "1234567 USD", "2.25.1 USD", "2 USD, many USD")
        ),
        *(("BOT_ACU_PRICE", wrong, PRICE_COMMA) for wrong in ("2,25 USD", "1,000 USD", "2 USD, 2,25 USD from")),
        *(
            ("BOT_ACU_PRICE", wrong, PRICE_CURRENCY)
            for wrong in ("2.25", "2.255", "1 US", "2.25 dollars", "2.25 !", "2.25 from 2026-12-01", "2 ÜSD")
        ),
        ("BOT_ACU_PRICE", "0 USD", PRICE_ZERO),
        *(("BOT_ACU_PRICE", wrong, PRICE_EMPTY) for wrong in (",", "2 USD,", "2 USD, ,2.25 USD from 2026-12-01")),
        *(
            ("BOT_ACU_PRICE", f"2 USD, 2.25 USD {wrong}", PRICE_DAY)
            for wrong in (
                "from 2026-02-30",
                "from December",
                "from",
                "2026-12-01",
                "from 01.12.2026",
                "from \u0662026-12-01",  # a digit of another script
            )
        ),
        ("BOT_ACU_PRICE", "2.25 USD from 2026-12-01", PRICE_FIRST),
        ("BOT_ACU_PRICE", "2 USD, 2.25 USD", PRICE_WITHOUT_DAY),
        ("BOT_ACU_PRICE", "2 USD, 2.25 USD from 2026-12-01, 3 USD from 2026-12-01", PRICE_SAME_DAY),
        ("BOT_ACU_PRICE", "2 USD, 2.25 EUR from 2026-12-01", PRICE_CURRENCIES),
        *(("BOT_SESSION_ACUS", wrong, SESSION_ACUS) for wrong in ("0", "-1", "ten")),
        *(("BOT_WAKE_GUARD_HOURS", wrong, WAKE_GUARD) for wrong in ("-1", "inf", "never", "87601")),
        *(("BOT_STALLED_MINUTES", wrong, STALLED) for wrong in ("0", "1441", "never")),
        *(("BOT_RUNAWAY_ACUS", wrong, RUNAWAY) for wrong in ("-1", "inf", "many")),
        *(("BOT_CYCLE_ACUS", wrong, CYCLE_ACUS) for wrong in ("0", "-5", "1,200", "many", "inf", "1e300")),
        ("BOT_KEEP_DEAD_TEXTS", "perhaps", "BOT_KEEP_DEAD_TEXTS must be yes or no."),
        ("BOT_NAMES", "some", "BOT_NAMES must be on or off."),
        ("BOT_UNFURL", "some", "BOT_UNFURL must be on or off."),
        *(
            ("BOT_CODE_HOSTS", wrong, CODE_HOSTS)
            for wrong in ("https://git.acme.example", "git.acme.example/web", "a b")
        ),
        (
            "BOT_LINK_HOSTS",
            "https://a.example",
            "BOT_LINK_HOSTS must be hosts separated by commas, without https:// and paths,"
            " for example github.com,*.acme.example.",
        ),
        ("BOT_LOG_LEVEL", "LOUD", "BOT_LOG_LEVEL must be DEBUG, INFO, WARNING, or ERROR."),
        (
            "BOT_METRICS_TOKEN",
            "short",
            "BOT_METRICS_TOKEN must have at least 16 characters, for example what `openssl rand -hex 16` prints."
            " Leave it empty to let only this machine read /metrics.",
        ),
        ("BOT_LOG_FORMAT", "xml", "BOT_LOG_FORMAT must be json or console."),
    ],
)
def test_a_wrong_value_has_its_sentence(name, value, sentence):
    assert problems(HTTP | {name: value}) == [sentence]


def test_a_wrong_app_token_is_not_also_reported_as_a_missing_signing_secret():
    assert problems(SOCKET | {"SLACK_APP_TOKEN": "wrong"}) == [f"SLACK_APP_TOKEN {WRONG['slack_app_token']}"]


def test_every_setting_has_a_sentence_and_every_needed_one_says_where_to_get_it():
    needed = {name for name, field in Settings.model_fields.items() if field.is_required()}
    assert set(MISSING) == needed | {"slack_signing_secret"}
    # Any text is a signing secret, so that one cannot be wrong.
    assert set(WRONG) == set(Settings.model_fields) - {"slack_signing_secret"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("postgres://u:p@db/bridge", "postgresql://u:p@db/bridge"),
        ("postgresql://u:p@db/bridge?sslmode=require", "postgresql://u:p@db/bridge?sslmode=require"),
        ("sqlite:////var/lib/bridge.db", "sqlite:////var/lib/bridge.db"),
    ],
)
def test_database_addresses(given, kept):
    assert load_settings(HTTP | {"DATABASE_URL": given}).database_url.get_secret_value() == kept


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "postgresql://"])
def test_a_store_that_would_not_last_is_refused(url):
    assert problems(HTTP | {"DATABASE_URL": url}) == [f"DATABASE_URL {WRONG['database_url']}"]


def test_a_last_slash_of_the_devin_address_is_forgiven():
    assert load_settings(HTTP | {"DEVIN_API_URL": "http://127.0.0.1:8080/"}).devin_api_url == "http://127.0.0.1:8080"


def test_a_simulated_slack_may_be_used():
    url = "http://127.0.0.1:9000/api/"
    assert load_settings(HTTP | {"SLACK_API_URL": url}).slack_api_url == url


def test_hosts_of_code_and_texts_that_are_kept():
    hosts = "git.acme.example, Code.acme.example:8443"
    settings = load_settings(HTTP | {"BOT_CODE_HOSTS": hosts, "BOT_KEEP_DEAD_TEXTS": "yes"})
    assert settings.bot_code_hosts == ("git.acme.example", "code.acme.example:8443")
    assert settings.bot_keep_dead_texts is True


@pytest.mark.parametrize(
    ("given", "price"),
    [
        ("2.25 USD", [(Decimal("2.25"), "USD", date.min)]),
        ("2.25 €", [(Decimal("2.25"), "€", date.min)]),
        ("2.25usd", [(Decimal("2.25"), "USD", date.min)]),
        ("3 EUR", [(Decimal(3), "EUR", date.min)]),
        (
            "2.40 usd from 2027-06-01,2.00 USD, 2.25 USD from 2026-12-01",
            [
                (Decimal("2.00"), "USD", date.min),
                (Decimal("2.25"), "USD", date(2026, 12, 1)),
                (Decimal("2.40"), "USD", date(2027, 6, 1)),
            ],
        ),
    ],
)
def test_a_price_is_an_amount_and_a_currency_and_may_change_on_a_day(given, price):
    assert [*load_settings(HTTP | {"BOT_ACU_PRICE": given}).bot_acu_price] == price


@given(st.text("02.,5 USD€fromx-", max_size=40).map(lambda given: f"2{given}"))
def test_whatever_a_price_is_it_is_read_or_has_one_sentence(given):
    try:
        assert load_settings(HTTP | {"BOT_ACU_PRICE": given}).bot_acu_price
    except SettingsError as error:
        (problem,) = error.problems
        assert re.fullmatch(r"BOT_ACU_PRICE has [^:]+: .+ 2\.25 USD( from 2026-12-01)?\.", problem), problem


def test_a_price_and_a_limit_from_a_file(tmp_path):
    file = tmp_path / ".env"
    file.write_text("BOT_ACU_PRICE=2.25 USD\nBOT_CYCLE_ACUS=1200.5\n")
    assert (load_settings(HTTP).bot_acu_price, load_settings(HTTP).bot_cycle_acus) == ((), None)
    assert [load_settings(HTTP | {"BOT_NAMES": given}).bot_names for given in ("", "on", "off")] == [True, True, False]
    settings = load_settings(HTTP, file)
    assert (settings.bot_acu_price, settings.bot_cycle_acus) == (((Decimal("2.25"), "USD", date.min),), 1200.5)


def test_a_zone_a_time_admins_and_a_log_level():
    settings = load_settings(
        HTTP
        | {
            "BOT_TIMEZONE": "Europe/Berlin",
            "BOT_DIGEST_TIME": "08:30",
            "BOT_ADMIN_CHANNEL": "C0ADMIN",
            "BOT_ADMIN_USERS": "U1, W2,",
            "BOT_ADMIN_GROUP": "S0ADMINS",
            "BOT_LOG_LEVEL": "debug",
        }
    )
    assert settings.bot_timezone == ZoneInfo("Europe/Berlin")
    assert settings.bot_digest_time == time(8, 30)
    assert settings.bot_admin_channel == "C0ADMIN"
    assert settings.bot_admin_users == ("U1", "W2")
    assert settings.bot_admin_group == "S0ADMINS"
    assert settings.bot_log_level == "DEBUG"


def test_the_slow_interval_is_never_shorter_than_the_fast_one():
    assert load_settings(HTTP | {"BOT_POLL_SECONDS": "120"}).bot_slow_poll_seconds == 120


def test_a_file_fills_in_what_the_environment_lacks(tmp_path):
    file = tmp_path / ".env"
    file.write_text(
        "\n".join(
            [*(f"{name}={value}" for name, value in HTTP.items()), "PORT=4000", "BOT_ADMIN_USERS=U1,U2", "OTHER=x"]
        )
        + "\nSLACK_APP_TOKEN=\n"
    )
    settings = load_settings({"PORT": "5000"}, file)
    assert (settings.port, settings.bot_admin_users, settings.transport) == (5000, ("U1", "U2"), "http")


def test_no_file_is_read_unless_it_is_named(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("PORT=4000\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings(HTTP).port == 3000


def test_the_process_environment_is_not_read_behind_our_back(monkeypatch):
    monkeypatch.setenv("PORT", "4000")
    assert load_settings(HTTP).port == 3000


def test_a_missing_file_says_how_to_make_it(tmp_path):
    with pytest.raises(SettingsError) as caught:
        load_settings(HTTP, tmp_path / ".env")
    assert str(caught.value) == ".env doesn't exist: copy .env.example to it and fill it in."


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        load_settings(HTTP).port = 1


def test_no_secret_is_printed_with_the_settings():
    settings = load_settings(HTTP | {"SLACK_APP_TOKEN": APP_TOKEN, "DATABASE_URL": "postgresql://u:hunter2@db/x"})
    shown = f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    assert not [secret for secret in (BOT_TOKEN, APP_TOKEN, SIGNING, DEVIN_KEY, "hunter2") if secret in shown]


SPOILED = {
    "SLACK_BOT_TOKEN": "bad-verysecretbot",
    "SLACK_APP_TOKEN": "bad-verysecretapp",
    "SLACK_SIGNING_SECRET": "verysecretsigning",
    "DEVIN_API_KEY": "apk_verysecretdevin",
    "DEVIN_ORG_ID": "verysecret misplaced key",
    "DATABASE_URL": "mysql://u:verysecret@db",
    "PORT": "verysecret",
}


def test_no_secret_is_in_the_error_its_traceback_or_what_led_to_it():
    with pytest.raises(SettingsError) as caught:
        load_settings(SPOILED)
    error = caught.value
    shown = f"{error} {error!r} {error.args} " + "".join(traceback.format_exception(error))
    assert len(error.problems) == 6
    assert "verysecret" not in shown
    assert (error.__cause__, error.__context__) == (None, None)


def test_no_secret_is_in_the_error_below_either():
    with pytest.raises(ValidationError) as caught:
        Settings.read(SPOILED)
    shown = f"{caught.value} {caught.value!r} " + "".join(traceback.format_exception(caught.value))
    assert "verysecret" not in shown
    assert "input_value" not in shown


def test_the_secrets_for_the_logs_last_net():
    settings = load_settings(HTTP | {"SLACK_APP_TOKEN": APP_TOKEN})
    assert settings.secrets == (BOT_TOKEN, APP_TOKEN, SIGNING, DEVIN_KEY)
    token = "a-token-for-prometheus"
    assert load_settings(HTTP | {"BOT_METRICS_TOKEN": token}).secrets == (BOT_TOKEN, SIGNING, DEVIN_KEY, token)


def test_a_port_that_slack_need_not_reach_is_open_to_this_machine_alone():
    assert load_settings(HTTP).host == "0.0.0.0"
    assert load_settings(HTTP | {"SLACK_APP_TOKEN": APP_TOKEN}).host == "127.0.0.1"
    assert load_settings(HTTP | {"SLACK_APP_TOKEN": APP_TOKEN, "BOT_HOST": "0.0.0.0"}).host == "0.0.0.0"
    assert load_settings(HTTP | {"BOT_HOST": "::1"}).host == "::1"


def test_what_starts_sessions_by_itself():
    chosen = {"BOT_START_EMOJI": ":robot_face:", "BOT_START_EMOJI_CHANNELS": "C1, *"}
    settings = load_settings(HTTP | chosen | {"BOT_ALERT_BOTS": "C1:B1:U1, G2:B2:W2"})
    assert (settings.bot_start_emoji, settings.bot_start_emoji_channels) == ("robot_face", ("C1", "*"))
    assert settings.bot_alert_bots == ("C1:B1:U1", "G2:B2:W2")
    for wrong in ({"BOT_START_EMOJI": "x"}, {"BOT_START_EMOJI_CHANNELS": "#web"}, {"BOT_ALERT_BOTS": "C1:B1"}):
        with pytest.raises(SettingsError, match=next(iter(wrong))):
            load_settings(HTTP | wrong)


def test_a_settings_file_that_others_may_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("BOT_NAMES=on")
    for mode in (0o640, 0o604):
        file.chmod(mode)
        assert open_to_others(file) == [f"Other users can read {file}, which has secrets. Run chmod 600 {file}."]
    file.chmod(0o600)
    assert open_to_others(file) == open_to_others(None) == []
