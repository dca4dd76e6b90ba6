"""The adapter between the outbox and WeChat's client: parcels to calls, errors to verdicts."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from bot.wechat import errors
from bot.wechat.client import WeChat
from bot.wechat.mass import MassKind
from notices.verdicts import MassParcel, Outcome, Parcel, Verdict

_OUTCOMES: tuple[tuple[type[errors.WeChatError], Outcome], ...] = (
    (errors.NotSent, Outcome.NOT_SENT),
    (errors.OutcomeUnknown, Outcome.UNKNOWN),
    (errors.RetryLater, Outcome.RETRY),
    (errors.UserGone, Outcome.USER),
    (errors.MessageRefused, Outcome.MESSAGE),
    (errors.QuotaUsedUp, Outcome.QUOTA),
    (errors.Misconfigured, Outcome.CONFIGURATION),
    (errors.AlreadyDone, Outcome.DONE),
    (errors.Ignorable, Outcome.ACCEPTED),
    (errors.AuthoriseAgain, Outcome.MESSAGE),
)
_TOKEN_WAIT = 30.0
_PATHS = {
    "template": "/cgi-bin/message/template/send",
    "subscription": "/cgi-bin/message/subscribe/bizsend",
    "custom": "/cgi-bin/message/custom/send",
    "mass": "/cgi-bin/message/mass/send",
}
_MASS_KINDS: Mapping[str, MassKind] = {"text": "text", "image": "image", "article": "mpnews"}


class WeChatPlatform:
    """Satisfies :class:`notices.verdicts.Platform`."""

    def __init__(self, client: WeChat) -> None:
        self._client = client

    async def deliver(self, parcel: Parcel) -> Verdict:
        messages = self._client.messages
        try:
            if parcel.channel == "template":
                number = await messages.template(
                    parcel.openid,
                    parcel.template_id,
                    parcel.values,
                    url=parcel.url,
                    client_msg_id=parcel.key,
                )
                return Verdict(Outcome.ACCEPTED, message_id=number)
            if parcel.channel == "subscription":
                number = await messages.subscription(
                    parcel.openid, parcel.template_id, parcel.values, page=parcel.url
                )
                return Verdict(Outcome.ACCEPTED, message_id=number)
            await messages.custom_text(parcel.openid, parcel.text)
        except errors.WeChatError as error:
            return verdict_of(error)
        return Verdict(Outcome.ACCEPTED)

    async def ready(self) -> Verdict | None:
        token = self._client.transport.token
        try:
            _ = token.held() or await token.value()
        except errors.WeChatError as error:
            return verdict_of(error)
        return None

    async def deliver_mass(self, parcel: MassParcel) -> Verdict:
        kind, content = _message(parcel)
        try:
            if parcel.tag_id is not None or parcel.to_all:
                job = await self._client.mass.to_tag(
                    parcel.tag_id, kind, content, clientmsgid=parcel.key
                )
            else:
                job = await self._client.mass.to_openids(
                    parcel.openids, kind, content, clientmsgid=parcel.key
                )
        except errors.WeChatError as error:
            return verdict_of(error)
        outcome = Outcome.DONE if job.repeated else Outcome.ACCEPTED
        return Verdict(outcome, message_id=job.msg_id)

    async def preview(self, openid: str, parcel: MassParcel) -> Verdict:
        if parcel.kind == "template":
            return await self._preview_as_text(openid, parcel)
        kind, content = _message(parcel)
        return await _verdict(self._client.mass.preview(openid, kind, content))

    async def prepare(self, kind: str, content: Mapping[str, Any]) -> tuple[Verdict, str]:
        media = self._client.media
        try:
            if kind == "image":
                number = await media.upload_image(content["photo"], content["photo_type"])
            elif kind == "article":
                thumb = await media.upload_permanent(content["photo"], content["photo_type"])
                number = await self._client.mass.add_draft([_article(content, thumb)])
            else:
                number = ""
        except errors.WeChatError as error:
            return verdict_of(error), ""
        return Verdict(Outcome.ACCEPTED), number

    async def calls_left(self, channel: str) -> int | None:
        try:
            quota = await self._client.accounts.quota(_PATHS[channel])
            return int(quota["remain"])
        except (errors.WeChatError, KeyError, TypeError, ValueError):
            return None

    async def mass_status(self, message_id: str) -> tuple[Verdict, str]:
        try:
            status = await self._client.mass.status(message_id)
        except errors.WeChatError as error:
            return verdict_of(error), ""
        return Verdict(Outcome.ACCEPTED), status

    async def _preview_as_text(self, openid: str, parcel: MassParcel) -> Verdict:
        """WeChat has no preview of template messages; the words are shown as a text."""
        lines = (str(parcel.content.get(name, "")) for name in ("title", "when", "summary"))
        text = {"content": "\n".join(line for line in lines if line)}
        return await _verdict(self._client.mass.preview(openid, "text", text))


def verdict_of(error: errors.WeChatError) -> Verdict:
    """What an error of the client means for a notice."""
    if isinstance(error, errors.TokenInvalid):
        # Renewed once already: every other call would fail too, so all of them wait a little.
        return Verdict(Outcome.RETRY, "stop_all", error.code, error.rid, _TOKEN_WAIT, staff=True)
    outcome = next(outcome for kind, outcome in _OUTCOMES if isinstance(error, kind))
    return Verdict(
        outcome,
        action=error.action,
        code=error.code,
        rid=error.rid,
        wait=error.wait,
        message_id=_number(error),
        staff=error.rule.staff,
        hint=error.hint,
    )


async def _verdict(call: Awaitable[None]) -> Verdict:
    try:
        await call
    except errors.WeChatError as error:
        return verdict_of(error)
    return Verdict(Outcome.ACCEPTED)


def _number(error: errors.WeChatError) -> str | None:
    body = error.body or {}
    found = body.get("msg_id") or body.get("msgid")
    return str(found) if found else None


def _message(parcel: MassParcel) -> tuple[MassKind, Mapping[str, Any]]:
    if parcel.kind == "text":
        return "text", {"content": parcel.content["text"]}
    return _MASS_KINDS[parcel.kind], {"media_id": parcel.content["media_id"]}


def _article(content: Mapping[str, Any], thumb: str) -> dict[str, Any]:
    return {
        "title": content["title"],
        "author": content.get("author", ""),
        "digest": content.get("digest", ""),
        "content": content["body"],
        "content_source_url": content.get("link", ""),
        "thumb_media_id": thumb,
        "need_open_comment": 0,
    }
