"""The endpoints of the account: who am I, files, people, organisations, audit logs."""

from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from bot.playground.devin.filters import boolean
from bot.playground.devin.paging import Listing, integer
from bot.playground.devin.problems import forbidden, invalid, not_found
from bot.playground.devin.route import Answer, Call, as_json, page
from bot.playground.devin.session import Attachment
from bot.playground.devin.state import DAY, Member, World

LINK_SECONDS: Final = 60
AUDIT_SPAN: Final = 100 * DAY
_ADMIN: Final = {"role_id": "org_admin", "role_name": "Admin", "role_type": "org"}


def get_self(call: Call) -> Answer:
    """GET /v3/self."""
    world = call.world
    return as_json(
        {
            "principal_type": "service_user",
            "service_user_id": world.service_user_id,
            "service_user_name": world.service_user_name,
            "org_id": None if world.switches.self_without_org else world.org_id,
        }
    )


# ---------------------------------------------------------------- files


def upload_attachment(call: Call) -> Answer:
    """POST …/attachments: multipart, one field `file`."""
    upload = call.sent.upload
    if upload is None:
        raise invalid("body", "file", "Field required", "missing")
    file = keep_file(call.world, call.org_id, upload.name, upload.content, upload.content_type)
    return as_json({"attachment_id": file.attachment_id, "name": file.name, "url": file.url})


def keep_file(world: World, org_id: str, name: str, content: bytes, content_type: str | None) -> Attachment:
    """Store a file under a link of the organisation."""
    uuid = world.new_id("attachment")
    url = f"{world.base_url}/v3/organizations/{org_id}/attachments/{uuid}/{quote(name, safe='')}"
    world.held.attachments[uuid] = file = Attachment(uuid, name, url, content, content_type)
    return file


def download_attachment(call: Call) -> Answer:
    """GET …/attachments/{uuid}/{name}: a redirect to a short-lived link at another origin."""
    world, file = call.world, call.world.held.attachments.get(call.path["uuid"])
    if file is None or file.name != call.path["name"]:
        raise not_found("Attachment")
    token = world.new_id("link")
    world.held.links[token] = (file, world.now() + LINK_SECONDS)
    location = f"{world.files_url}/{token}/{quote(file.name, safe='')}"
    return web.Response(status=307, headers={"Location": location})


def list_repositories(call: Call) -> Answer:
    """GET /v3beta1/…/repositories: in beta, so it may not be there; `filter_name` is part of the path.

    https://docs.devin.ai/api-reference/v3/repositories/list-organizations-repositories
    """
    if call.world.held.repositories is None:
        raise not_found("Repository")
    wanted = call.query.get("filter_name", "").lower()
    boolean(call.query, "load_indexing_status")
    paths = [path for path in call.world.held.repositories if wanted in path.lower()]
    rows = [{"repo_path": path, "repo_name": path.rpartition("/")[2], "repo_language": None} for path in paths]
    return page(call, "repositories", rows, most=100)


# ---------------------------------------------------------------- people


def list_users(call: Call) -> Answer:
    """GET /v3beta1/…/members/users: people with a role of their own."""
    return _people(call, idp=False)


def list_idp_users(call: Call) -> Answer:
    """GET /v3beta1/…/members/idp-users: people who come from a group of the IdP."""
    return _people(call, idp=True)


def get_user(call: Call) -> Answer:
    """GET /v3beta1/…/members/users/{user_id}."""
    return as_json(_person(call.world.member(call.path["user_id"]), call.org_id))


def _people(call: Call, *, idp: bool) -> Answer:
    email = call.query.get("email")
    rows = [
        _person(member, call.org_id)
        for member in call.world.held.members
        if member.idp is idp and email in {None, member.email}
    ]
    return page(call, "members", rows)


def _person(member: Member, org_id: str) -> dict[str, Any]:
    facts = {"user_id": member.user_id, "email": member.email, "name": member.name}
    role = {"role_id": f"org_{member.role.lower()}", "role_name": member.role, "role_type": "org"}
    if member.idp:
        return facts | {"idp_role_assignments": [{"idp_group_name": "Everybody", "role": role, "org_id": org_id}]}
    return facts | {"role_assignments": [{"role": role, "org_id": org_id}]}


def list_service_users(call: Call) -> Answer:
    """GET /v3/enterprise/members/service-users: there is one, whose key this is."""
    world = call.world
    facts = {
        "service_user_id": world.service_user_id,
        "name": world.service_user_name,
        "expires_at": world.switches.key_expires_at or None,
        "role_assignments": [{"role": _ADMIN, "org_id": world.org_id}],
    }
    return page(call, "service-users", [facts])


# ---------------------------------------------------------------- enterprise


def list_organizations(call: Call) -> Answer:
    """GET /v3/enterprise/organizations."""
    return page(call, "organizations", call.world.held.organizations)


def get_organization(call: Call) -> Answer:
    """GET /v3/enterprise/organizations/{org_id}."""
    return as_json(call.world.organization(call.org_id))


def list_audit_logs(call: Call) -> Answer:
    """GET /v3/enterprise/audit-logs, or those of one organisation."""
    after, before = _span(call)
    newest_first = _newest_first(call)
    wanted = {"org_id": call.path.get("org_id"), "action": call.query.get("action")}
    rows = [
        (number, entry)
        for number, entry in enumerate(call.world.held.audits, start=1)
        if after <= entry["created_at"] < before and all(value in {None, entry[name]} for name, value in wanted.items())
    ]
    return _audit_listing(rows, newest_first=newest_first).page(call.query)


def list_guardrail_violations(call: Call) -> Answer:
    """GET /v3beta1/enterprise/guardrail-violations, or those of one organisation. In beta, so it may not be there."""
    status = call.world.switches.guardrails_status
    if status == 403:
        raise forbidden("ManageEnterpriseSettings")
    if status == 404:
        raise not_found("Page")
    after, before = _span(call)
    newest_first = _newest_first(call)
    wanted = {"org_id": call.path.get("org_id")}
    wanted |= {name: call.query.get(name) for name in ("session_id", "guardrail_id")}
    rows = [
        (number, violation)
        for number, violation in enumerate(call.world.held.violations, start=1)
        if after <= violation["created_at"] < before
        and all(value in {None, violation[name]} for name, value in wanted.items())
    ]
    return _audit_listing(rows, newest_first=newest_first).page(call.query)


def _audit_listing(
    rows: list[tuple[int, dict[str, Any]]], *, newest_first: bool
) -> Listing[tuple[int, dict[str, Any]]]:
    sign = -1 if newest_first else 1

    def key(row: tuple[int, dict[str, Any]]) -> tuple[int, int]:
        return (sign * row[1]["created_at"], sign * row[0])

    return Listing(
        kind="audit-desc" if newest_first else "audit-asc",
        rows=sorted(rows, key=key),
        key=key,
        write=lambda row: as_json(row[1]),
        last_cursor=True,  # a release note says that a page with rows always has one
    )


def _newest_first(call: Call) -> bool:
    order = call.query.get("order", "desc")
    if order not in {"asc", "desc"}:
        raise invalid("query", "order", "Input should be 'asc' or 'desc'", "enum")
    return order == "desc"


def _span(call: Call) -> tuple[float, float]:
    after, before = integer(call.query, "time_after"), integer(call.query, "time_before")
    if after is None and before is not None:
        raise invalid("query", "time_before", "time_before requires time_after")
    # Without an end the span reaches to now; whether the real one counts it so is unknown, this is stricter.
    end = call.world.now() if before is None else before
    if after is not None and end - after > AUDIT_SPAN:
        raise invalid("query", "time_after", "The time range may be at most 100 days")
    return after or 0, float("inf") if before is None else before
