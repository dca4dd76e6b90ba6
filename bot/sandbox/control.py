"""The control API: actions of persons, faults, the log, settings."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import JsonValue, TypeAdapter, ValidationError

from bot.sandbox.actions import NotPossibleError
from bot.sandbox.config import TemplateSpec
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import FaultRule
from bot.sandbox.fields import Fields
from bot.sandbox.models import Person, Settings, Template
from bot.sandbox.performance import perform
from bot.sandbox.platform_menu import menu_for
from bot.sandbox.platform_subscribe import credit_of

if TYPE_CHECKING:
    from bot.sandbox.world import World

_RULES = TypeAdapter(list[FaultRule])
_TEMPLATES = TypeAdapter(list[TemplateSpec])
_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)
_MOST_BYTES = 16 * 1024 * 1024

Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def read_body(request: web.Request) -> Fields:
    """The JSON body; read piecewise, so that a picture fits whatever the limit around us."""
    data = bytearray()
    async for block in request.content.iter_any():
        data += block
        if len(data) > _MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(_MOST_BYTES, len(data))
    parsed = _JSON.validate_json(bytes(data)) if data else {}
    if not isinstance(parsed, dict):
        raise NotPossibleError("the body must be a JSON object")
    return Fields(parsed)


def explained(route: Route) -> Route:
    """A mistake of the caller becomes a 400 with one sentence."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await route(request)
        except (NotPossibleError, ApiError, ValidationError, binascii.Error) as error:
            return web.json_response({"error": str(error)}, status=400)

    return guarded


class Control:
    """Routes under `/control/`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._work: set[asyncio.Task[JsonValue]] = set()

    def routes(self) -> list[web.RouteDef]:
        """All routes, relative to the sandbox."""
        return [
            web.get("/control/state", explained(self.state)),
            web.post("/control/persons", explained(self.add_person)),
            web.get("/control/messages", explained(self.messages)),
            web.post("/control/act", explained(self.act)),
            web.get("/control/faults", explained(self.faults)),
            web.post("/control/faults", explained(self.set_faults)),
            web.delete("/control/faults", explained(self.clear_faults)),
            web.get("/control/log", explained(self.log)),
            web.delete("/control/log", explained(self.clear_log)),
            web.get("/control/traffic", explained(self.traffic)),
            web.post("/control/settings", explained(self.set_settings)),
            web.post("/control/templates", explained(self.add_templates)),
            web.post("/control/quota", explained(self.set_quota)),
            web.post("/control/tokens", explained(self.spoil_tokens)),
            web.post("/control/idle", explained(self.idle)),
        ]

    async def state(self, request: web.Request) -> web.Response:
        """Account, persons, and for `?person=` the menu and the subscriptions."""
        world = self._world
        persons: list[JsonValue] = [
            {**person.model_dump(), "following": world.is_following(person.openid)}
            for person in world.people()
        ]
        state: dict[str, JsonValue] = {
            "account": {
                "name": world.config.account_name,
                "intro": world.config.account_intro,
                "appid": world.config.appid,
                "callback_url": world.callback_url,
                "mode": world.mode,
            },
            "settings": world.settings.model_dump(),
            "persons": persons,
        }
        person = world.persons.get(request.query.get("person", ""))
        if person is not None:
            state["menu"] = [*menu_for(world, person.openid)]
            state["templates"] = self._templates_of(person.openid)
        return web.json_response(state)

    def _templates_of(self, openid: str) -> list[JsonValue]:
        contact = self._world.contact(openid)
        rows: list[JsonValue] = []
        for template in self._world.templates.values():
            credit = credit_of(self._world, openid, template.template_id)
            rows.append(
                {
                    "template_id": template.template_id,
                    "title": template.title,
                    "kind": template.kind,
                    "blocked": template.template_id in contact.blocked_templates,
                    "credit": -1 if credit.always else credit.left,
                }
            )
        return rows

    async def add_person(self, request: web.Request) -> web.Response:
        """One more person: `{name, key?, openid?, description?}`."""
        body = await read_body(request)
        world = self._world
        if not body.text("name").strip():
            raise NotPossibleError("a person needs a name")
        openid = body.text("openid") or f"o{world.new_name(27)}"
        person = Person(
            key=body.text("key") or openid,
            name=body.text("name").strip()[:20],
            openid=openid,
            description=body.text("description")[:60],
        )
        held = world.person_of(openid)
        if held is not None and held.key != person.key:
            raise NotPossibleError("another person has this openid")
        world.add_person(person)
        return web.json_response(person.model_dump())

    async def messages(self, request: web.Request) -> web.Response:
        """A person's chat: `?person=KEY&after=ID`, or by `openid`."""
        person = self._world.persons.get(request.query.get("person", ""))
        if person is None:
            person = self._world.person_of(request.query.get("openid", ""))
        if person is None:
            raise NotPossibleError("no such person")
        after = request.query.get("after", "0")
        found = self._world.store.messages(
            person.openid, after=int(after) if after.isdigit() else 0
        )
        return web.json_response([*found])

    async def act(self, request: web.Request) -> web.Response:
        """One action: `{person | openid, do, …}`, see `performance.perform`.

        With `patience: seconds` the answer is `{"status": "pending"}` when the account takes
        longer, and the action goes on: a browser has few connections to spare.
        """
        body = await read_body(request)
        world = self._world
        person = world.persons.get(body.text("person"))
        openid = body.text("openid") or (person.openid if person else "")
        if not openid:
            raise NotPossibleError("name a person or an openid")
        data = base64.b64decode(body.text("data"), validate=True)
        work = asyncio.get_running_loop().create_task(perform(world, openid, body, data))
        self._work.add(work)
        work.add_done_callback(self._work.discard)
        patience = body.number("patience") or None
        done, _pending = await asyncio.wait({work}, timeout=patience)
        return web.json_response(work.result() if done else {"status": "pending"})

    async def faults(self, _request: web.Request) -> web.Response:
        """The rules in force, with their hits."""
        return web.json_response([rule.model_dump() for rule in self._world.faults.rules])

    async def set_faults(self, request: web.Request) -> web.Response:
        """Replace the rules: `{rules: […], seed?}`, see `FaultRule`."""
        body = await read_body(request)
        rules = _RULES.validate_python(body.values("rules"))
        self._world.faults.replace(rules, body.number("seed"))
        self._world.changed("faults")
        return await self.faults(request)

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Everything works again."""
        self._world.faults.replace([])
        self._world.changed("faults")
        return await self.faults(request)

    async def log(self, request: web.Request) -> web.StreamResponse:
        """The log of effects as JSON lines."""
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await answer.prepare(request)
        for block in self._world.journal.raw():
            await answer.write(block)
        await answer.write_eof()
        return answer

    async def clear_log(self, _request: web.Request) -> web.Response:
        """Empty the log, between two measurements."""
        self._world.journal.clear()
        return web.json_response({"cleared": True})

    async def traffic(self, _request: web.Request) -> web.Response:
        """The last exchanges in clear."""
        return web.json_response(self._world.traffic.entries())

    async def set_settings(self, request: web.Request) -> web.Response:
        """Change `mode`, `callback_url`, `receipts`, `answer_seconds`."""
        body = await read_body(request)
        merged = {**self._world.settings.model_dump(), **body.raw}
        settings = Settings.model_validate(merged)
        if settings.mode not in {"", "plain", "compatible", "safe"}:
            raise NotPossibleError("mode is plain, compatible or safe")
        self._world.change_settings(settings)
        return web.json_response(settings.model_dump())

    async def add_templates(self, request: web.Request) -> web.Response:
        """Give the account templates: `{templates: [TemplateSpec, …]}`."""
        body = await read_body(request)
        specs = _TEMPLATES.validate_python(body.values("templates"))
        for spec in specs:
            self._world.templates.put(spec.template_id, Template(**spec.model_dump()))
        return web.json_response({"templates": len(self._world.templates)})

    async def set_quota(self, request: web.Request) -> web.Response:
        """`{path, limit}` sets the calls a day of an interface; an empty body resets all."""
        body = await read_body(request)
        if body.has("path"):
            self._world.quotas.limits[body.text("path")] = body.number("limit")
        else:
            self._world.quotas.reset()
        return web.json_response({"limits": {**self._world.quotas.limits}})

    async def spoil_tokens(self, request: web.Request) -> web.Response:
        """`{how}`: `revoke` makes every token 40001, `expire` makes it 42001."""
        how = (await read_body(request)).text("how", "revoke")
        world = self._world
        for name, token in world.tokens.items():
            if name.startswith("ticket:"):
                continue
            if how == "expire":
                token.expires = world.clock() - 1
            else:
                token.dropped = True
            world.tokens.put(name, token)
        return web.json_response({"spoilt": len(world.tokens)})

    async def idle(self, _request: web.Request) -> web.Response:
        """Wait until every receipt is delivered."""
        await self._world.deliverer.idle()
        return web.json_response({"idle": True})
