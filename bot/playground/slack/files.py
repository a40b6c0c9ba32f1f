"""Files: what is said about them, their download behind the bot's token, and uploads in three steps."""

import asyncio
import base64
import mimetypes
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from aiohttp import web

from bot.playground.shapes import MEDIA_TYPE, Shape, matching, misfit, whole_number
from bot.playground.slack.arguments import Args, Content, missing
from bot.playground.slack.chat import writable
from bot.playground.slack.errors import ImpossibleError, SlackError
from bot.playground.slack.state import SharedFile, Slack
from bot.playground.slack.workspace import Workspace
from bot.playground.slack.world import BOT_USER, DOMAIN, FOUNDED

Json = dict[str, Any]

LOGIN_PAGE: Final = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in</body></html>"
PIECE: Final = 65_536
LARGEST: Final = 1_000_000_000  # bytes
LONGEST_ALT: Final = 1000  # characters
NAME: Final = re.compile(r"(?=.*\S).{1,255}", re.DOTALL)
FACTS: Final[Mapping[str, Shape]] = {
    "name": matching("a text of 1 to 255 characters", NAME),
    "mimetype": MEDIA_TYPE,
    "redirect": matching("a web address", re.compile(r"https?://[!-~]+")),
    "size": whole_number(0, LARGEST),
}


def info(workspace: Workspace, args: Args) -> Json:
    """files.info."""
    file = workspace.slack.files.get(args.need("file"))
    if file is None:
        raise SlackError("file_not_found")
    return {"file": described(workspace.slack, file) | _shares(workspace.slack, file)}


def delete(workspace: Workspace, args: Args) -> Json:
    """files.delete: of the bot's own files; the messages that share it stay, without it."""
    slack = workspace.slack
    file = slack.files.get(args.need("file"))
    if file is None:
        raise SlackError("file_not_found")
    if file.user != BOT_USER:
        raise SlackError("cant_delete_file")
    del slack.files[file.id]
    for timeline in slack.timelines.values():
        for message in timeline:
            message.files = [held for held in message.files if held.get("id") != file.id]
    return {}


def _shares(slack: Slack, file: SharedFile) -> Json:
    """Where a file is shared: lists of ids, and for each of these the messages; nowhere, before it was shared."""
    every = (message for timeline in slack.timelines.values() for message in timeline)
    found = [
        message for message in every if not message.gone and any(held.get("id") == file.id for held in message.files)
    ]
    kinds: dict[str, list[str]] = {"channels": [], "groups": [], "ims": []}
    shares: dict[str, dict[str, list[Json]]] = {}
    for message in found:
        kind = slack.world.channels[message.channel].kind
        name = {"im": "ims", "channel": "channels"}.get(kind, "groups")
        kinds[name] = [*dict.fromkeys([*kinds[name], message.channel])]
        visible = shares.setdefault("public" if kind == "channel" else "private", {})
        visible.setdefault(message.channel, []).append({"ts": message.ts})
    return {**kinds, "shares": shares}


def upload_url(workspace: Workspace, args: Args) -> Json:
    """files.getUploadURLExternal."""
    name = args.need("filename")
    if not args.text("length").isdigit():
        raise missing("length")
    if len(args.text("alt_txt")) > LONGEST_ALT:
        raise SlackError("alt_txt_too_large")
    slack = workspace.slack
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = SharedFile(slack.names.next("F"), name, mimetype, int(args.text("length")), BOT_USER)
    file.alt = args.text("alt_txt")
    slack.files[file.id] = file
    return {"upload_url": f"{slack.root}/upload/{file.id}", "file_id": file.id}


def complete_upload(workspace: Workspace, args: Args) -> Json:
    """files.completeUploadExternal: shares what was uploaded."""
    slack = workspace.slack
    named = {str(item.get("id")): item for item in args.data("files") or [] if isinstance(item, dict)}
    ids = list(named)
    if not ids or any(file_id not in slack.files or slack.files[file_id].content is None for file_id in ids):
        raise SlackError("file_not_found")
    for file_id, item in named.items():
        slack.files[file_id].title = str(item.get("title") or "")
    files = [described(slack, slack.files[file_id]) for file_id in ids]
    if args.text("channel_id"):
        channel = writable(workspace, args.text("channel_id"))
        parent = slack.timeline(channel.id).root(args.text("thread_ts"))
        content = Content(args.text("initial_comment"))
        share = partial(workspace.post, channel.id, content, parent=parent, subtype="file_share", files=files)
        # Slack answers first, and shares a moment later.
        asyncio.get_running_loop().call_later(slack.share_delay, share)
    return {"files": files}


async def receive(slack: Slack, request: web.Request) -> web.Response:
    """The body of an upload."""
    file = slack.files.get(request.match_info["id"])
    if file is None:
        return web.Response(status=404)
    if request.content_type == "multipart/form-data":
        parts = [part for part in (await request.post()).values() if isinstance(part, web.FileField)]
        file.content = b"".join(part.file.read() for part in parts)
    else:
        file.content = await request.read()
    return web.Response(text=f"OK - {len(file.content)}")


async def download(slack: Slack, request: web.Request, bot_token: str) -> web.StreamResponse:
    """The content, or what Slack gives without the right: a login page with status 200."""
    file = slack.files.get(request.match_info["id"])
    allowed = request.headers.get("Authorization") == f"Bearer {bot_token}" and "files:read" in slack.app.scopes
    if not allowed or file is None:
        return web.Response(text=LOGIN_PAGE, content_type="text/html")
    if file.redirect:
        return web.Response(status=302, headers={"Location": file.redirect})
    if file.content is not None:
        return web.Response(body=file.content, headers={"Content-Type": file.mimetype})
    response = web.StreamResponse(headers={"Content-Type": file.mimetype, "Content-Length": str(file.size)})
    await response.prepare(request)
    for start in range(0, file.size, PIECE):
        await response.write(bytes(min(PIECE, file.size - start)))
    return response


def shared(slack: Slack, specs: Any, user: str) -> list[SharedFile]:
    """The files a person attaches: all of them, or ImpossibleError and none.

    All may be left out of one: `name`, `mimetype`, `content` or `content_base64` or `size`, `redirect`, `stub`.
    """
    if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
        raise ImpossibleError("files are a list of objects, each with its name, mimetype and content")
    contents = [_content(spec) for spec in specs]
    for spec in specs:
        _check_spec(spec)
    return [_shared(slack, spec, content, user) for spec, content in zip(specs, contents, strict=True)]


def _check_spec(spec: Json) -> None:
    found = misfit(spec, FACTS, "the {name} of a file is {what}")
    if found is not None:
        raise ImpossibleError(found)


def _content(spec: Json) -> bytes | None:
    """What was sent of it; None: as many zeros as its size says."""
    encoded, text = spec.get("content_base64"), spec.get("content")
    if not all(value is None or isinstance(value, str) for value in (encoded, text)):
        raise ImpossibleError("the content of a file is a text")
    if encoded is None:
        return None if text is None else str(text).encode()
    try:
        return base64.b64decode(encoded)
    except ValueError as error:
        raise ImpossibleError("the content_base64 of a file is no base64") from error


def _shared(slack: Slack, spec: Json, content: bytes | None, user: str) -> SharedFile:
    size = spec.get("size", len(content or b""))
    mimetype = spec.get("mimetype", "text/plain")
    file = SharedFile(slack.names.next("F"), spec.get("name", "file.txt"), mimetype, size, user)
    file.content = content if content is not None or size else b""
    file.redirect, file.stub = spec.get("redirect"), bool(spec.get("stub"))
    slack.files[file.id] = file
    return file


def in_message(slack: Slack, file: SharedFile) -> Json:
    """As a message carries it; in shared channels sometimes only its id."""
    return {"id": file.id, "file_access": "check_file_info"} if file.stub else described(slack, file)


def described(slack: Slack, file: SharedFile) -> Json:
    """All that is said about a file."""
    base = f"{slack.root}/files/{file.id}"
    return {
        "id": file.id,
        "created": FOUNDED,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2],
        "user": file.user,
        "user_team": slack.team,
        "mode": "hosted",
        "is_external": False,
        "size": file.size,
        "url_private": f"{base}/{file.name}",
        "url_private_download": f"{base}/download/{file.name}",
        "permalink": f"https://{DOMAIN}.slack.com/files/{file.user}/{file.id}/{file.name}",
        **({"alt_txt": file.alt} if file.alt else {}),
    }
