"""What Devin answers, as frozen models, in which only that is required which the bot cannot do without.

Unknown fields are ignored and every status, detail, mode or action is a plain string: Devin's lists grow.
Times are Unix seconds, 0 where they are not known; ACUs have fractions. https://docs.devin.ai/api-reference/v3/overview
"""

import hashlib
import json
import re
from collections.abc import Mapping
from math import inf
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, model_validator

from bot.devin.answers import Acus, Address, Answer, BilledAcus, Count, Id, PageAddress, Time, Words
from bot.domain.file import DevinFile, without_files
from bot.domain.redaction import LEFT_OUT, redact
from bot.domain.session import PullRequest, Snapshot, bare_id

SESSION_PAGES: Final = "https://app.devin.ai/sessions/"  # where people read a session, by its bare id
_NAMELESS: Final = DevinFile(LEFT_OUT)
_PRODUCT: Final = re.compile(r"\w[\w .-]{0,59}")


class Principal(Answer):
    """Whom the API key belongs to: `service_user`, `pat_user`, `devin_brain`, `windsurf_session`, or newer."""

    principal_type: str = ""
    org_id: str | None = None
    service_user_id: str | None = None
    service_user_name: str | None = None
    user_id: str | None = None
    user_name: str | None = None
    api_key_id: str | None = None
    api_key_name: str | None = None
    devin_id: str | None = None
    creator_service_user_id: str | None = None

    @property
    def is_service_user(self) -> bool:
        """Whether a bot's own account acts, not a person."""
        return self.principal_type == "service_user"

    @property
    def id(self) -> str | None:
        """The id under which Devin counts what this key does."""
        return self.service_user_id or self.user_id

    @property
    def name(self) -> str | None:
        """The account's name as Devin's pages show it."""
        return self.service_user_name or self.user_name


class DevinPullRequest(Answer):
    """A pull request of a session; the state may be any word (open, closed, merged, draft)."""

    pr_url: PageAddress
    pr_state: str | None = None


class DevinSession(Answer):
    """A session as Devin answers it. `session_id` is kept as given: compare ids with `bare_id`."""

    session_id: Id
    url: Address = Field(default_factory=lambda read: SESSION_PAGES + bare_id(read["session_id"]))
    status: str = ""  # empty where it is not known
    status_detail: str | None = None
    title: Words | None = None
    tags: tuple[str, ...] = ()
    org_id: str | None = None
    created_at: Time = 0
    updated_at: Time = 0
    acus_consumed: Acus = 0.0
    pull_requests: tuple[DevinPullRequest, ...] = ()
    structured_output: Any = None
    is_archived: bool = False
    origin: str | None = None
    category: str | None = None
    subcategory: str | None = None
    user_id: str | None = None
    service_user_id: str | None = None
    playbook_id: str | None = None
    automation_id: str | None = None
    parent_session_id: str | None = None
    child_session_ids: tuple[str, ...] = ()
    devin_mode: str | None = None

    def snapshot(self) -> Snapshot:
        """Return the part of the session that people see."""
        return Snapshot(
            status=self.status,
            detail=self.status_detail,
            title=self.title,
            pull_requests=tuple(PullRequest(pr.pr_url, pr.pr_state) for pr in self.pull_requests),
            acus=self.acus_consumed,
            has_result=bool(self.structured_output),
            archived=self.is_archived,
            updated_at=self.updated_at,
        )


class SessionInsights(DevinSession):
    """A session with the number of its messages, its size (xs to xl) and Devin's analysis of it."""

    num_user_messages: Count | None = None
    num_devin_messages: Count | None = None
    session_size: str | None = None
    analysis: Any = None


class InsightsBegun(Answer):
    """What Devin answers who asks for an analysis: `started`, `already_exists`, or newer."""

    status: str = ""


class DevinMessage(Answer):
    """A message of the visible conversation. `event_id` is stable; `source` is `devin` or `user`."""

    event_id: Annotated[str, Field(min_length=1, coerce_numbers_to_str=True)]
    source: str = ""  # empty where it is not known
    message: str = ""  # of Devin's without the addresses of `files`, which open only for who is signed in at Devin
    created_at: Time = 0
    files: tuple[DevinFile, ...] = ()
    origin: str | None = None
    user_id: str | None = None
    username: str | None = None
    masked: bool = False  # what looked like a secret was left out of Devin's words

    @property
    def by_devin(self) -> bool | None:
        """Whether Devin wrote it, or a person did; None where the source is neither word."""
        return {"devin": True, "user": False}.get(self.source)

    @classmethod
    def _completed(cls, answer: dict[str, Any]) -> dict[str, Any]:
        """Where a message has words but no id, make an id of what it says: it is the same at each reading."""
        if "event_id" in answer or not answer.get("message"):
            return answer
        said = json.dumps([answer.get(name) for name in ("created_at", "source", "message")])
        return {**answer, "event_id": f"made-{hashlib.blake2s(said.encode(), digest_size=12).hexdigest()}"}

    @model_validator(mode="before")
    @classmethod
    def _files_apart(cls, answer: Any) -> Any:
        if not isinstance(answer, dict):
            return answer
        if answer.get("source") == "user" or not isinstance(answer.get("message"), str):
            return {**answer, "files": (), "masked": False}
        words, files = without_files(answer["message"])
        # What Devin quotes of a key is shown nowhere: neither in a post nor in a card. A file that is named after one
        # is not fetched, as that takes its name.
        said, shown = redact(words), tuple(file if redact(file.name) == file.name else _NAMELESS for file in files)
        return {**answer, "message": said, "files": shown, "masked": (said, shown) != (words, files)}


class Tags(Answer):
    """The tags of a session."""

    tags: tuple[str, ...]


class Attachment(Answer):
    """An uploaded file; its `url` goes into `attachment_urls`."""

    url: Address
    attachment_id: str | None = None
    name: str = ""


class SessionAttachment(Attachment):
    """A file in a session's conversation; `source` is who put it there, `devin` or `user`."""

    source: str = ""
    content_type: str | None = None


class SessionAttachments(Answer):
    """The files of a session: documented as a bare array, shown elsewhere as `{"items": […]}`."""

    items: tuple[SessionAttachment, ...]

    @model_validator(mode="before")
    @classmethod
    def _wrapped(cls, answer: object) -> object:
        return {"items": answer} if isinstance(answer, list) else answer


class Role(Answer):
    """A role at Devin, by the name that Devin's pages show."""

    role_name: Id


class RoleAssignment(Answer):
    """A role that somebody has: in the organisation `org_id`, or without one in the enterprise."""

    role: Role
    org_id: str | None = None


class Member(Answer):
    """A person of the organisation. `user_id` is opaque and may contain `|`.

    What somebody has through groups of an identity provider stands in `idp_role_assignments`.
    """

    user_id: Id
    email: str | None = None
    name: str | None = None
    role_assignments: tuple[RoleAssignment, ...] = ()
    idp_role_assignments: tuple[RoleAssignment, ...] = ()

    @property
    def roles(self) -> tuple[RoleAssignment, ...]:
        """All roles, the person's own ones first."""
        return self.role_assignments + self.idp_role_assignments

    def with_roles_of(self, other: "Member") -> "Member":
        """Return the person with the roles that the entry in the `other` list has."""
        return self.model_copy(update={"idp_role_assignments": self.idp_role_assignments + other.idp_role_assignments})


class ServiceUser(Answer):
    """A service user of the enterprise; from `expires_at` on its key is refused, 0 if it does not expire."""

    service_user_id: Id
    name: str = ""
    expires_at: Time = 0


class Playbook(Answer):
    """A playbook; `access_type` is `enterprise` or `org`."""

    playbook_id: Id
    title: Words = ""
    body: str = ""
    macro: Words | None = None
    access_type: str | None = None
    org_id: str | None = None
    structured_output_schema: dict[str, Any] | None = None
    created_at: Time = 0
    updated_at: Time = 0


class Note(Answer):
    """A knowledge note; `trigger` says when Devin is to use it."""

    note_id: Id
    name: Words = ""
    body: str = ""
    trigger: str = ""
    is_enabled: bool = True
    access_type: str | None = None
    org_id: str | None = None
    folder_id: str | None = None
    folder_path: str | None = None
    pinned_repo: Words | None = None
    macro: str | None = None
    created_at: Time = 0
    updated_at: Time = 0


def _products(value: object) -> object:
    """Leave out what is no product with an amount: it costs the day only the name of what these ACUs went to."""
    if not isinstance(value, dict):
        return value
    return {name: acus for name, acus in value.items() if _PRODUCT.fullmatch(name) and _is_amount(acus)}


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -inf < value < inf


class ConsumptionDay(Answer):
    """One billing day, which begins at 08:00 UTC; `date` is an instant in it."""

    date: Time
    acus: BilledAcus
    # Whatever Devin names, because it may bill a product tomorrow that it does not have today.
    acus_by_product: Annotated[Mapping[str, float], BeforeValidator(_products)] = {}


class Consumption(Answer):
    """What was spent, in total and by billing day."""

    consumption_by_date: tuple[ConsumptionDay, ...]
    total_acus: BilledAcus = 0.0


class Cycle(Answer):
    """A billing cycle, from `after` to `before`."""

    after: Time
    before: Time


class AcuLimit(Answer):
    """How many ACUs may be used in a billing cycle: by a person, by an organisation, or without either by all."""

    org_id: str | None = None
    user_id: str | None = None
    scope: str = ""  # which of the three; a word of Devin's that is documented by examples only
    cycle_acu_limit: Acus


class AgentLimit(Answer):
    """How many ACUs one kind of agent may use in a billing cycle."""

    cycle_acu_limit: Acus


class AgentLimits(Answer):
    """The limits of an organisation by kind of agent: of Devin in sessions, and of the local agents together."""

    cloud_agent: AgentLimit | None = None
    local_agent: AgentLimit | None = None


class Organization(Answer):
    """An organisation of the enterprise, with its limits if it has any."""

    org_id: Id
    name: str = ""
    max_session_acu_limit: int | None = None
    max_cycle_acu_limit: int | None = None
    created_at: Time = 0
    updated_at: Time = 0


class Queue(Answer):
    """How many sessions wait for a machine; `status` is a word of Devin's, such as normal, elevated or high."""

    queue_size: Count = 0
    status: str = ""


def _text_of_number(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class GuardrailViolation(Answer):
    """Something that a person wrote and a guardrail of the enterprise took action on."""

    violation_id: Annotated[Id, BeforeValidator(_text_of_number)]
    created_at: Time = 0
    guardrail_name: Words = ""
    action_taken: Words = ""
    reasoning: Words = ""
    session_id: str | None = None


class AuditEntry(Answer):
    """One line of the audit log."""

    audit_log_id: Id
    action: str = ""
    created_at: Time = 0
    data: Mapping[str, Any] = {}
    org_id: str | None = None
    user_id: str | None = None
    user_email: str | None = None
    service_user_id: str | None = None
    service_user_name: str | None = None
