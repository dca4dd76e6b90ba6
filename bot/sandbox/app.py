"""Putting the sandbox together: platform, control API and the phone's page."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.callback import Deliverer
from bot.sandbox.config import SandboxConfig
from bot.sandbox.control import Control
from bot.sandbox.page import Page
from bot.sandbox.phone import LocalLine, Phone
from bot.sandbox.platform import Platform
from bot.sandbox.world import World


@dataclass(frozen=True)
class Sandbox:
    """A sandbox ready to be mounted.

    `app` holds everything (`/`, `/control/…`, `/platform/…`): mount it with
    `root.add_subapp("/sandbox", sandbox.app)`.
    """

    config: SandboxConfig
    world: World
    app: web.Application

    def phone(self, openid: str) -> Phone:
        """A phone in this process, for tests."""
        return Phone(LocalLine(self.world), openid)

    def point_to(self, callback_url: str) -> None:
        """Set the callback URL, when the port is only known after the start."""
        settings = self.world.settings.model_copy(update={"callback_url": callback_url})
        self.world.change_settings(settings)


def make_sandbox(config: SandboxConfig, clock: Callable[[], float] = time.time) -> Sandbox:
    """Open the state and build the application. It is closed when the application ends."""
    world = World(config, clock)
    world.deliverer = Deliverer(world)
    app = web.Application()
    app.add_subapp("/platform", Platform(world).app())
    app.add_routes(Control(world).routes())
    app.add_routes(Page(world).routes())

    async def closing(_app: web.Application) -> AsyncIterator[None]:
        yield
        await world.deliverer.close()
        world.close()

    async def shutting(_app: web.Application) -> None:
        world.hub.shut()

    app.on_shutdown.append(shutting)
    app.cleanup_ctx.append(closing)
    return Sandbox(config, world, app)
