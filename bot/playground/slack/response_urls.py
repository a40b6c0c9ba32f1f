"""`response_url`: five answers within thirty minutes, as a private or public message.

That of a press may also replace or delete the message that was pressed. That of a command has no such message: Slack
adds what is to replace an earlier answer below it, and an answer that only deletes has no text
(https://github.com/slackapi/bolt-python/issues/1268, https://github.com/slackapi/bolt-js/issues/2287).
"""

from typing import Any

from aiohttp import web

from bot.playground import orders
from bot.playground.slack.arguments import Args, Content, read_content
from bot.playground.slack.errors import SlackError
from bot.playground.slack.faults import strike
from bot.playground.slack.state import RESPONSE_URL_LIFE, RESPONSE_URL_USES, ResponseUrl
from bot.playground.slack.workspace import Workspace

Json = dict[str, Any]


class ResponseUrls:
    """Answers `/response/<id>`. Faults reach it under the method name `response_url`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One use, logged."""
        slack, text = self._workspace.slack, await request.text()
        entry: Json = {"n": slack.number(), "id": request.match_info["id"], "at": slack.clock.wall(), "payload": text}
        entry |= {"status": 0, "error": None, "user": None, "channel": None}
        slack.responses.append(entry)
        fault = slack.faults.take("response_url", {"body": text})
        if fault is None:
            response: web.Response | None = self._answer(entry, text)
        else:
            response = await strike(fault, request, lambda: self._answer(entry, text))
            entry["status"] = response.status if response else 0
        slack.news.tell()
        return response or web.Response()

    def _answer(self, entry: Json, text: str) -> web.Response:
        try:
            self._use(entry, text)
        except SlackError as error:
            entry |= {"status": error.status, "error": error.code}
            return web.json_response(error.answer(), status=error.status)
        entry["status"] = 200
        return web.json_response({"ok": True})

    def _use(self, entry: Json, text: str) -> None:
        slack = self._workspace.slack
        given = slack.response_urls.get(entry["id"])
        if given is None or slack.clock.now() - given.born > RESPONSE_URL_LIFE:
            raise SlackError("expired_url", status=404)
        if given.uses >= RESPONSE_URL_USES:
            raise SlackError("used_url", status=404)
        entry |= {"user": given.user, "channel": given.channel, "url": given.url}
        payload = _parsed(text)
        entry["payload"] = payload
        respond(self._workspace, given, payload, "response_url")
        given.uses += 1


def respond(workspace: Workspace, given: ResponseUrl, payload: Json, source: str) -> Json:
    """Do what an answer says, and tell what the person sees now."""
    if payload.get("delete_original") and given.original:
        return _remove(workspace, given)
    try:
        content = read_content(Args(payload))
    except SlackError as error:
        error.status = 400
        raise
    if payload.get("replace_original") and given.original:
        return _replace(workspace, given, content)
    thread_ts = payload.get("thread_ts")
    if payload.get("response_type") == "in_channel":
        parent = workspace.slack.timeline(given.channel).root(thread_ts) if thread_ts else None
        return workspace.post(given.channel, content, parent=parent).read()
    shown = {"text": content.text, "blocks": workspace.stored(content.blocks)}
    return workspace.slack.whisper(given.channel, given.user, shown, source, thread_ts=thread_ts).read()


def _parsed(text: str) -> Json:
    try:
        payload = orders.parsed(text)
    except orders.OrderError:
        payload = None
    if not isinstance(payload, dict):
        raise SlackError("invalid_payload", status=400)
    return payload


def _remove(workspace: Workspace, given: ResponseUrl) -> Json:
    item = workspace.slack.ephemeral(given.original)
    if item is not None:
        item.deleted = True
        workspace.slack.news.tell(item.change)
        return item.read()
    message = workspace.slack.timeline(given.channel).get(given.original or "")
    if message is None or not message.by_bot:
        raise SlackError("message_not_found", status=404)
    workspace.delete(message)
    return message.read()


def _replace(workspace: Workspace, given: ResponseUrl, content: Content) -> Json:
    item = workspace.slack.ephemeral(given.original)
    if item is not None:
        item.text, item.blocks = content.text, workspace.stored(content.blocks)
        workspace.slack.news.tell(item.change)
        return item.read()
    message = workspace.slack.timeline(given.channel).get(given.original or "")
    if message is None or not message.by_bot:
        raise SlackError("message_not_found", status=404)
    workspace.update(message, Content(content.text, content.blocks or []))
    return message.read()
