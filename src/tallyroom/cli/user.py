"""Commands for people of the console: user add, list, link, disable.  No password is ever typed here."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tallyroom.cli.say import Folder, Json, load, write_json

user = typer.Typer(help="People who work in the console.", no_args_is_help=True)
Login = Annotated[str, typer.Argument(metavar="NAME", help="Login: a short name or an e-mail address.")]
Area = Annotated[str, typer.Option("--area", metavar="ID", help="Where, with all below; the country if not given.")]
Url = Annotated[str, typer.Option("--url", help="Address of the console that stands in the link.")]

ADDRESS = "http://localhost:8000"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(user, name="user", epilog="Example:  tallyroom user add spring anna --role keyer --area north")


@user.command("add", epilog="Example:  tallyroom user add spring anna --role keyer --area north")
def add(
    folder: Folder,
    login: Login,
    role: Annotated[str, typer.Option("--role", help="What the person does; see docs/console.md.")],
    area: Annotated[
        str, typer.Option("--area", metavar="ID", help="Where, with all below; the country if not given.")
    ] = "",
    url: Url = ADDRESS,
    as_json: Json = False,
) -> None:
    """Add a person with a duty and print a link, good once and for a day, by which they choose a password.

    A person who is there already gets one more duty and no link.
    """
    _say(login, _accounts(folder).add(login, role, area), url, as_json)


@user.command("link", epilog="Example:  tallyroom user link spring anna")
def link(folder: Folder, login: Login, url: Url = ADDRESS, as_json: Json = False) -> None:
    """Begin a person's account anew: password, passkeys, codes and sessions go, and a new link is printed."""
    _say(login, _accounts(folder).reset(login), url, as_json)


@user.command("list", epilog="Example:  tallyroom user list spring --json")
def list_(folder: Folder, as_json: Json = False) -> None:
    """List people with their duties."""
    people = _accounts(folder).people()
    if as_json:
        write_json({"people": people})
        return
    for person in people:
        duties = ", ".join(" ".join(filter(None, (duty["role"], duty["area"]))) for duty in person["duties"])
        print(f"{person['login']}  {duties or 'no duty'}{'' if person['may_sign_in'] else '  (disabled)'}")


@user.command("disable", epilog="Example:  tallyroom user disable spring anna")
def disable(folder: Folder, login: Login, as_json: Json = False) -> None:
    """Let a person sign in no more, and end their sessions."""
    _accounts(folder).disable(login)
    if as_json:
        write_json({"login": login, "may_sign_in": False})
    else:
        print(f"{login} can sign in no more.")


def _accounts(folder: Path) -> Any:
    """The console's accounts, with its database open; made where it is not there yet."""
    load(folder)
    from tallyroom.console.server import prepare  # noqa: PLC0415 - no other command waits for Django to load

    prepare(folder)
    from tallyroom.console.accounts import commands  # noqa: PLC0415 - its tables are known once Django is loaded

    return commands


def _say(login: str, token: str | None, url: str, as_json: bool) -> None:
    address = f"{url.rstrip('/')}/console/accounts/link/{token}/" if token else None
    if as_json:
        write_json({"login": login, "link": address})
    elif address:
        print(f"Hand this link to {login}; it works once, within a day:\n  {address}")
    else:
        print(f"{login} has the duty.")
