"""Access tokens and tickets: `token`, `stable_token`, `ticket/getticket`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.models import Token

if TYPE_CHECKING:
    from bot.sandbox.world import World

LIFE = 7200
OVERLAP = 300
FORCED_A_DAY = 20
FORCED_GAP = 30.0
_KEEP_EXPIRED = 86400


def check_token(world: World, value: str | None) -> None:
    """Refuse a call without a token (41001), with a strange one (40001) or an old one (42001)."""
    if not value:
        raise ApiError(41001, "access_token missing")
    token = world.tokens.get(value)
    if token is None or token.dropped:
        raise ApiError(40001, "invalid credential, access_token is invalid or not latest")
    if token.expires <= world.clock():
        raise ApiError(42001, "access_token expired")


def _check_account(world: World, appid: str, secret: str) -> None:
    if not appid:
        raise ApiError(41002, "appid missing")
    if appid != world.config.appid:
        raise ApiError(40013, "invalid appid")
    if not secret:
        raise ApiError(41004, "appsecret missing")
    if secret != world.config.secret:
        raise ApiError(40125, "invalid appsecret")


def _issue(world: World, source: Literal["plain", "stable"], life: float = LIFE) -> Token:
    now = world.clock()
    for held in world.tokens.values():
        if held.expires < now - _KEEP_EXPIRED:
            world.tokens.drop(held.value)
    value = f"{len(world.tokens) % 90 + 10}_{world.new_name(133)}"
    return world.tokens.put(
        value, Token(value=value, source=source, issued=now, expires=now + life)
    )


def _valid(world: World, source: str) -> list[Token]:
    """Tokens of one source that still work, the newest first."""
    now = world.clock()
    found = [
        token
        for token in world.tokens.values()
        if token.source == source and not token.dropped and token.expires > now
    ]
    return sorted(found, key=lambda token: token.issued, reverse=True)


def _shown(world: World, token: Token) -> Answer:
    return {"access_token": token.value, "expires_in": int(token.expires - world.clock())}


def plain_token(call: Call) -> Answer:
    """GET token: a new one each time, the one before lives five minutes more."""
    world = call.world
    if call.query.get("grant_type") != "client_credential":
        raise ApiError(40002, "invalid grant_type")
    _check_account(world, call.query.get("appid", ""), call.query.get("secret", ""))
    for older in _valid(world, "plain"):
        older.expires = min(older.expires, call.now + OVERLAP)
        world.tokens.put(older.value, older)
    return _shown(world, _issue(world, "plain"))


def stable_token(call: Call) -> Answer:
    """POST stable_token: the same until five minutes before its end, unless forced."""
    world, body = call.world, call.body
    if body.text("grant_type") != "client_credential":
        raise ApiError(40002, "invalid grant_type")
    _check_account(world, body.text("appid"), body.text("secret"))
    held = _valid(world, "stable")
    if body.flag("force_refresh"):
        return _shown(world, _forced(world, held))
    if held and held[0].expires - call.now > OVERLAP:
        return _shown(world, held[0])
    return _shown(world, _issue(world, "stable"))


def _forced(world: World, held: list[Token]) -> Token:
    """A forced refresh takes the token before back at once; 20 a day, 30 s apart."""
    path = "/cgi-bin/stable_token#force"
    world.quotas.limits.setdefault(path, FORCED_A_DAY)
    if held and world.clock() - held[0].issued < FORCED_GAP:
        return held[0]
    world.quotas.spend(path)
    for token in held:
        token.dropped = True
        world.tokens.put(token.value, token)
    return _issue(world, "stable")


def ticket(call: Call) -> Answer:
    """GET ticket/getticket: the JS-SDK ticket, kept for two hours."""
    world = call.world
    kind = call.query.get("type", "")
    if kind not in {"jsapi", "wx_card"}:
        raise ApiError(40097, "invalid args")
    name = f"ticket:{kind}"
    held = world.tokens.get(name)
    if held is None or held.expires - call.now < OVERLAP:
        held = Token(
            value=world.new_name(86), source="plain", issued=call.now, expires=call.now + LIFE
        )
        # Kept under a name that no access token can have, so it is no credential.
        world.tokens.put(name, held.model_copy(update={"dropped": True}))
    return ok(ticket=held.value, expires_in=int(held.expires - call.now))


ENDPOINTS = (
    Endpoint("/cgi-bin/token", plain_token, "ANY", "none", token=False),
    Endpoint("/cgi-bin/stable_token", stable_token, token=False),
    Endpoint("/cgi-bin/ticket/getticket", ticket, "GET", "none"),
)
