from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from credit_core.accounts.staff import find_member
from credit_core.crypto import Keyring, install_keyring
from handlers.cli import staff

KEY = "cli-tests-only-0123456789-abcdefghijklmnop"
PASSWORD = "correct-horse-1\n"


@pytest.fixture
def command(sqlite_database, monkeypatch, keyring):
    monkeypatch.setenv("MEDCREDIT_DATABASE_URL", str(sqlite_database.url))
    monkeypatch.setenv("MEDCREDIT_DATA_KEY", KEY)
    app = typer.Typer()
    staff.register(app)

    def run(*arguments, stdin=""):
        return CliRunner().invoke(app, ["staff", *arguments], input=stdin)

    yield run
    install_keyring(keyring)


def create(command, login="wang", roles="clerk,approver", stdin=PASSWORD, **more):
    extra = [part for name, value in more.items() for part in (f"--{name}", value)]
    return command(
        "create", login, "--name", "王丽", "--roles", roles, "--password-stdin", *extra, stdin=stdin
    )


def test_an_account_is_created_and_listed(command, sqlite_database):
    assert create(command, openid="staff_openid").exit_code == 0
    listed = json.loads(command("list", "--json").stdout)
    assert listed == [
        {
            "login": "wang",
            "roles": ["clerk", "approver"],
            "active": True,
            "second_factor": False,
            "wechat": True,
        }
    ]
    install_keyring(Keyring(KEY))
    with sqlite_database.read() as session:
        assert find_member(session, "wang").name == "王丽"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"roles": "clerk,king"}, "'king' is not a role; choose from clerk"),
        ({"roles": ","}, "Give at least one role"),
        ({"stdin": "short\n"}, "The password is weak"),
        ({"login": "王"}, "A login has 2 to 40 small letters"),
    ],
)
def test_a_mistake_gets_one_clear_line_and_exit_2(command, change, said):
    result = create(command, **change)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.output


def test_the_same_login_twice_is_refused(command):
    create(command)
    result = create(command, login="WANG")
    assert result.exit_code == 2
    assert "taken" in result.stderr


def test_disable_enable_and_passwd(command):
    create(command)
    assert command("disable", "wang").exit_code == 0
    assert "disabled" in command("list").stdout
    assert command("enable", "wang").exit_code == 0
    assert command("passwd", "wang", "--password-stdin", stdin="another-horse-2\n").exit_code == 0
    missing = command("disable", "nobody")
    assert missing.exit_code == 2
    assert "There is no account nobody" in missing.stderr
