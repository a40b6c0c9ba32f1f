"""Which workspace a row or a request is of, and which requests come from elsewhere."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt import BoltResponse
from slack_bolt.request.async_request import AsyncBoltRequest
from structlog.testing import capture_logs

from bot.kernel.workspace import Policy, Workspace, Workspaces
from bot.metrics import Metrics
from handlers.workspaces import OfWorkspace

OURS = {"enterprise_id": None, "team_id": "T1", "user_id": "U0BOT", "is_bot": True, "is_enterprise_install": False}
THEIRS = OURS | {"team_id": "T0EXT"}
FORM_OF_OURS = {"id": "V1", "app_installed_team_id": "T1"}
ANOTHER_COMPANY = {"id": "U0EVE", "team_id": "T0EXT"}
ANN = {"id": "U0ANN", "team_id": "T1"}
WHOLE_ORGANISATION = {"enterprise_id": "E1", "team_id": "T7", "is_enterprise_install": True}
OF_E1 = {"id": "E1", "name": "Acme"}


def workspace(team: str, app: str | None = "A1", enterprise: str | None = None) -> Workspace:
    unused: Any = None
    return Workspace(
        team, "U0BOT", "B0BOT", slack=unused, policy=Policy(), organisation=unused, app=app, enterprise=enterprise
    )


ONE, TWO = workspace("T1"), workspace("T2")


def test_a_row_is_of_the_workspace_that_it_names_and_of_no_other():
    both = Workspaces(ONE, TWO)
    assert (both.get("T1"), both.get("T2"), both.get("T3"), both.get(None)) == (ONE, TWO, None, None)
    assert Workspaces(ONE).get("T2") is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"team_id": "T1", "api_app_id": "A1", "authorizations": [OURS]}, id="an event"),
        pytest.param({"team_id": "T0EXT", "context_team_id": "T1", "authorizations": [OURS]}, id="of another company"),
        pytest.param({"team_id": "T0EXT", "authorizations": [OURS]}, id="of another company, told by one field"),
        pytest.param({"team_id": "T0EXT", "context_team_id": "T1", "authorizations": [THEIRS]}, id="seen by both"),
        pytest.param({"team_id": "T1", "authorizations": []}, id="about the app itself"),
        pytest.param({"team_id": "T1", "type": "app_rate_limited", "api_app_id": "A1"}, id="about the rate"),
        pytest.param({"team_id": "T1", "enterprise_id": "E9", "command": "/devin"}, id="a command in a large company"),
        pytest.param({"team": {"id": "T1"}, "user": ANOTHER_COMPANY, "api_app_id": "A1"}, id="a press by a stranger"),
        pytest.param({"team": {"id": "T0EXT"}, "view": FORM_OF_OURS, "user": ANOTHER_COMPANY}, id="a strangers form"),
        pytest.param({"team": None, "enterprise": OF_E1, "user": ANOTHER_COMPANY}, id="a press without a team"),
        pytest.param({"command": "/devin"}, id="nothing is told"),
        pytest.param({"team": 5, "team_id": "", "authorizations": "T0EXT", "api_app_id": ["A9"]}, id="no ids"),
    ],
)
def test_a_request_that_names_us_or_nobody_is_ours(body: dict[str, Any]):
    assert Workspaces(ONE).of_request(body) is ONE


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"team_id": "T0EXT", "api_app_id": "A1", "authorizations": [THEIRS]}, id="another team"),
        pytest.param({"team_id": "T0EXT", "command": "/devin"}, id="a command elsewhere"),
        pytest.param({"team": {"id": "T0EXT"}, "user": ANN}, id="a press of ours elsewhere"),
        pytest.param({"team_id": "T7", "authorizations": [WHOLE_ORGANISATION]}, id="an organisation that is not ours"),
        pytest.param({"team_id": "T1", "api_app_id": "A2", "authorizations": [OURS]}, id="another app"),
        pytest.param({"api_app_id": "A2"}, id="another app alone"),
    ],
)
def test_a_request_that_names_others_alone_comes_from_elsewhere(body: dict[str, Any]):
    assert Workspaces(ONE).of_request(body) is None


def test_an_app_that_is_not_known_is_not_compared():
    unknown = workspace("T1", app=None)
    assert Workspaces(unknown).of_request({"team_id": "T1", "api_app_id": "A2"}) is unknown


def test_of_several_workspaces_a_request_is_of_the_one_that_it_names_surest():
    both = Workspaces(ONE, TWO)
    assert both.of_request({"team_id": "T2"}) is TWO
    assert both.of_request({"team_id": "T2", "authorizations": [OURS]}) is ONE
    assert both.of_request({"command": "/devin"}) is None, "it may be for either"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"team_id": "T7", "authorizations": [WHOLE_ORGANISATION]}, id="an event"),
        pytest.param({"team": None, "enterprise": OF_E1, "user": ANN}, id="a press"),
        pytest.param({"team_id": "T7", "enterprise_id": "E1", "command": "/devin"}, id="a command"),
    ],
)
def test_where_an_organisation_has_installed_the_app_all_its_workspaces_are_ours(body: dict[str, Any]):
    whole = workspace("T0ONE", enterprise="E1")
    assert Workspaces(whole, TWO).of_request(body) is whole


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("team", "team_id", "context_team_id", "authorizations", "view", "enterprise", "enterprise_id", "api_app_id")


@given(st.dictionaries(st.sampled_from(FIELDS), anything))
def test_no_odd_body_is_an_error(body: dict[str, Any]):
    assert Workspaces(ONE).of_request(body) in {ONE, None}


# ---------------------------------------------------------------- in front of everything else


async def taken(body: dict[str, Any]) -> tuple[Any, BoltResponse | None, str, list[Any]]:
    """Send a request by the middleware: the workspace behind it, the answer, the figure, and the log."""
    metrics, request = Metrics(), AsyncBoltRequest(body=body, mode="socket_mode")

    async def behind() -> BoltResponse:
        return BoltResponse(status=201)

    with capture_logs() as log:
        answer = await OfWorkspace(Workspaces(ONE, TWO), metrics).async_process(
            req=request, resp=BoltResponse(status=404), next=behind
        )
    figure = "devin_bridge_requests_from_elsewhere_total"
    (count,) = [line for line in metrics.exposition().decode().splitlines() if line.startswith(figure)]
    return request.context.get("workspace"), answer, count.removeprefix(figure).strip(), log


async def test_what_is_ours_goes_on_with_its_workspace():
    found, answer, count, log = await taken({"team_id": "T2", "command": "/devin"})
    assert (found, answer and answer.status, count, log) == (TWO, 201, "0.0", [])


async def test_what_comes_from_elsewhere_is_answered_counted_and_logged_once_as_a_warning():
    found, answer, count, log = await taken({"team_id": "T0EXT", "api_app_id": "A1", "command": "/devin"})
    assert (found, answer and answer.status, answer and answer.body, count) == (None, 200, "", "1.0")
    (line,) = log
    said = "request from elsewhere; if there are no others, the tokens are of another app"
    assert (line["event"], line["log_level"]) == (said, "warning")
    assert (line["team"], line["app"]) == ("T0EXT", "A1")


async def test_slacks_check_of_the_address_is_for_no_workspace():
    _, answer, count, _ = await taken({"type": "url_verification", "challenge": "c"})
    assert (answer and answer.status, count) == (201, "0.0")
