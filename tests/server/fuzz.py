"""Odd requests of each kind that Slack sends, as hypothesis thinks them up, the same ones in each run."""

import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import hypothesis
from hypothesis import strategies as st

from tests.odd_fields import MISSING, ODD
from tests.server.samples import COMMANDS, EVENTS, INTERACTIONS

Json = dict[str, Any]

BATCH: Final = 50  # requests in one example, because an example costs much and a request little
JSON, FORM = b"application/json", b"application/x-www-form-urlencoded"
SIGNED = "signed"
BODIES: Final = (
    b"",
    b"null",
    b"[1]",
    b"5",
    b"{",
    b'{"type":',
    b"[" * 5_000,
    b'{"a":' * 5_000,
    b'{"type": ' + b"9" * 5_000 + b"}",
    b'{"type": "event_callback", "event_id": "Ev1", "event": ' + b'{"event": ' * 90 + b"1" + b"}" * 90 + b"}",
    b"\xff\xfe\x00",
    b"payload=",
    b"payload=null",
    b"payload=%5B%5D&payload=%7B%7D",
    b"command=%2Fdevin",
    b"command=%2Fdevin&user_id=%00&channel_id=C1&trigger_id=1",
    b"ssl_check=1",
    b"&" * 500,
    b"a=1&" * 500,
)


@dataclass(frozen=True)
class Request:
    """A request to be signed right when it is sent, because a signature is good for five minutes."""

    body: bytes
    content_type: bytes
    how: str  # how it is signed

    @property
    def signed(self) -> bool:
        """Whether it is signed as Slack would."""
        return self.how == SIGNED

    def wire(self, path: str, secret: str) -> bytes:
        """Its bytes, signed now."""
        signature = headers(self.body, secret, self.how)
        fields = [
            (b"Host", b"bot"),
            (b"Content-Length", b"%d" % len(self.body)),
            (b"Content-Type", self.content_type),
            *signature,
        ]
        lines = b"".join(b"%b: %b\r\n" % field for field in fields)
        return f"POST {path} HTTP/1.1\r\n".encode() + lines + b"\r\n" + self.body


def encode_event(payload: Any) -> tuple[bytes, bytes]:
    return json.dumps(payload).encode(), JSON


def encode_command(payload: Any) -> tuple[bytes, bytes]:
    fields = payload if isinstance(payload, dict) else {"text": payload}
    form = {name: "" if value is None else value for name, value in fields.items()}
    return urlencode(form, errors="replace").encode(), FORM


def encode_interaction(payload: Any) -> tuple[bytes, bytes]:
    return urlencode({"payload": json.dumps(payload)}).encode(), FORM


KINDS: Final[dict[str, tuple[dict[str, Json], Callable[[Any], tuple[bytes, bytes]]]]] = {
    "events": (EVENTS, encode_event),
    "commands": (COMMANDS, encode_command),
    "interactions": (INTERACTIONS, encode_interaction),
}

# ------------------------------------------------------------ bodies

_text = st.text(max_size=12)
_leaf = st.one_of(st.sampled_from(list(ODD.values())), st.integers(), st.floats(), _text)
_json = st.recursive(
    _leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3), max_leaves=5
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a payload something stands."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for name, part in parts for place in [(*path, name), *places(part, (*path, name))]]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The payload with something else in this place, or nothing."""
    name, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[name] = put(value[name], tuple(rest), new)
    elif new == MISSING:
        del copy[name]
    else:
        copy[name] = new
    return copy


def payloads(samples: dict[str, Json]) -> st.SearchStrategy[Any]:
    """A sample with one thing changed, more often than anything else."""
    everywhere = [(sample, place) for sample in samples.values() for place in places(sample)]
    others = [*EVENTS.values(), *COMMANDS.values(), *INTERACTIONS.values()]
    changed = st.builds(
        lambda where, new: put(where[0], where[1], new), st.sampled_from(everywhere), st.one_of(st.just(MISSING), _json)
    )
    merged = st.builds(lambda one, other: one | other, st.sampled_from(list(samples.values())), st.sampled_from(others))
    return st.one_of(changed, changed, changed, merged, _json)


def damaged(body: bytes, at: int, by: bytes) -> bytes:
    """A body with some bytes in place of others, or cut off."""
    where = at % (len(body) + 1)
    return body[:where] + (by + body[where + len(by) :] if by else b"")


# ------------------------------------------------------------ signatures


def headers(body: bytes, secret: str, how: str) -> list[tuple[bytes, bytes]]:
    """A timestamp and a signature, right or wrong in one way."""
    now = int(time.time())
    stamp = {"stale": b"%d" % (now - 4_000), "ahead": b"%d" % (now + 4_000), "odd": b"\xb2", "long": b"9" * 5_000}.get(
        how, b"%d" % now
    )
    key = b"guessed" if how == "guessed" else secret.encode()
    signature = b"v0=" + hmac.digest(key, b"v0:" + stamp + b":" + body, "sha256").hex().encode()
    signature = {"no letters": b"v0=\xe9\xff", "short": b"v0=00", "empty": b""}.get(how, signature)
    both = [(b"X-Slack-Request-Timestamp", stamp), (b"X-Slack-Signature", signature)]
    return {"none": [], "no timestamp": both[1:], "no signature": both[:1]}.get(how, both)


WRONG: Final = (
    "none", "no timestamp", "no signature", "stale", "ahead", "odd", "long", "guessed", "no letters", "short", "empty"
)  # fmt: skip


# ------------------------------------------------------------ many


def requests(kind: str, count: int) -> list[Request]:
    """So many requests of a kind, the same ones in each run: each body to be signed, and in one way not."""
    samples, encode = KINDS[kind]
    encoded = payloads(samples).map(encode)
    bodies = st.one_of(
        encoded,
        encoded,
        encoded,
        st.builds(
            lambda one, at, by: (damaged(one[0], at, by), one[1]), encoded, st.integers(0, 5_000), st.binary(max_size=4)
        ),
        st.tuples(st.sampled_from(BODIES), st.sampled_from([JSON, FORM])),
        st.tuples(st.binary(max_size=40), st.sampled_from([JSON, FORM, b"", b"text/plain; charset=x"])),
    )
    made: list[Request] = []

    @hypothesis.settings(
        max_examples=count // BATCH,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(st.lists(st.tuples(bodies, st.sampled_from(WRONG)), min_size=BATCH // 2, max_size=BATCH // 2))
    def think_up(batch: list[tuple[tuple[bytes, bytes], str]]) -> None:
        made.extend(
            Request(body, content_type, how) for (body, content_type), wrong in batch for how in (wrong, SIGNED)
        )

    think_up()
    return made


def objects(kind: str, count: int) -> list[Json]:
    """So many payloads of a kind, as a socket brings them: objects, the same ones in each run."""
    made: list[Json] = []

    @hypothesis.settings(
        max_examples=count // BATCH,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(st.lists(payloads(KINDS[kind][0]), min_size=BATCH, max_size=BATCH))
    def think_up(batch: list[Any]) -> None:
        made.extend(one if isinstance(one, dict) else {"type": one} for one in batch)

    think_up()
    return made
