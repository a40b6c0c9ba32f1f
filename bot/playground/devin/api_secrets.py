"""The secrets of an organisation: their names. No answer has a value, and none is kept."""

from typing import Any, Final

from bot.playground.devin import body
from bot.playground.devin.problems import not_found
from bot.playground.devin.route import Answer, Call, as_json, page

_SECRET: Final[dict[str, body.Check]] = {
    "type": body.one_of("cookie", "key-value", "totp"),
    "key": body.STRING,
    "value": body.STRING,
    "is_sensitive": body.BOOLEAN,
    "note": body.nullable(body.STRING),
}


def list_secrets(call: Call) -> Answer:
    """GET …/secrets."""
    return page(call, "secrets", map(_row, _secrets(call)))


def create_secret(call: Call) -> Answer:
    """POST …/secrets: the value is taken and forgotten."""
    order, at = call.body(), call.world.seconds()
    body.check(order, _SECRET, "type", "key", "value")
    secret = {
        "secret_id": f"secret-{call.world.new_id('secret')}",
        "key": order["key"],
        "note": order.get("note"),
        "secret_type": order["type"],
        "access_type": "org",
        "is_sensitive": order.get("is_sensitive", True),
        "created_at": at,
        "created_by": call.world.service_user_id,
        "updated_at": None,
        "updated_by": None,
        "org_id": call.org_id,
    }
    call.world.held.secrets.append(secret)
    return as_json(_row(secret))


def delete_secret(call: Call) -> Answer:
    """DELETE …/secrets/{secret_id}: answers with what was deleted."""
    for secret in _secrets(call):
        if secret["secret_id"] == call.path["secret_id"]:
            call.world.held.secrets.remove(secret)
            return as_json(_row(secret))
    raise not_found("Secret")


def _secrets(call: Call) -> list[dict[str, Any]]:
    return [secret for secret in call.world.held.secrets if secret["org_id"] == call.org_id]


def _row(secret: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in secret.items() if name != "org_id"}
