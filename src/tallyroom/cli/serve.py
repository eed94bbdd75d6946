"""The command serve: the console and the public pages of an election folder, or the pages of a published site."""

import ipaddress
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from tallyroom.announce.pointer import is_site
from tallyroom.announce.publish import restore
from tallyroom.announce.serve import site_server
from tallyroom.cli.public import Host, Port
from tallyroom.cli.public import run as run_site
from tallyroom.cli.say import PolicyFile, load, policy_of, refuse
from tallyroom.election.definition import Definition
from tallyroom.intake.opening import reader
from tallyroom.record.log import Log
from tallyroom.record.policy import Policy
from tallyroom.record.witness_http import NotCosigned, cosigning

Out = Annotated[Path | None, typer.Option("--out", metavar="OUT", help="The published site; DIR/site if not given.")]
Url = Annotated[
    str, typer.Option("--url", help="Address that browsers use: https://... where a proxy speaks TLS, or this machine.")
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="An election folder, or a published site.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog="Example:  tallyroom serve spring --port 8000")(serve)


def serve(
    folder: Folder,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    out: Out = None,
    url: Url = "",
    policy: PolicyFile = None,
) -> None:
    """Serve console and public pages in one process; of a published site the pages alone.

    The first start makes the console's database and prints a one-time link for the first administrator.  With --policy
    nothing is published before its witnesses have cosigned.
    """
    if is_site(folder):
        run_site(site_server(folder, host, port))
        return
    site = out or folder / "site"
    trusted = policy_of(policy)
    definition = load(folder)
    log = reader(folder)
    if not is_site(site):
        _restore(definition, log, folder, site, trusted)
    _serve_console(folder, site, host, port, url, policy)


def _restore(definition: Definition, log: Log, folder: Path, site: Path, policy: Policy | None) -> None:
    """Make the site again; without the quorum of the policy it is left to the next publication."""
    try:
        for name in restore(definition, log, folder, site, cosigning(log, policy)):
            print(f"{name} comes out other than it was published and was left out.", file=sys.stderr)
    except NotCosigned as error:
        print(f"notice: the site is not made again yet. {error}", file=sys.stderr)


def _serve_console(folder: Path, site: Path, host: str, port: int, url: str, policy: Path | None) -> None:
    from tallyroom.console import server  # noqa: PLC0415 - no other command waits for Django to load

    port = server.free_port(host, port)
    address = url.rstrip("/") or _address(host, port)
    _check_address(address)
    server.prepare(folder, site, address, policy)
    first = server.first_administrator()
    print(f"Public pages  {address}/\nConsole       {address}/console/", flush=True)
    if first is not None:
        login, token = first
        print(f"\nFirst administrator, login {login!r}; this link works once, within a day:")
        print(f"  {address}/console/accounts/link/{token}/", flush=True)
    server.run(host, port)


def _address(host: str, port: int) -> str:
    """The address of this machine as its browsers see it: by name, since passkeys know no number."""
    if host in ("0.0.0.0", "::"):
        refuse("--url", "is not given, and browsers cannot use 'every address'", "Write --url http://192.0.2.7:8000")
    return f"http://{'localhost' if _is_loopback(host) else host}:{port}"


def _check_address(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
        refuse("--url", f"{address!r} is no address of a server", "Write it as https://count.example.org")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        print("notice: without TLS anyone on this network can read passwords; see docs/console.md", file=sys.stderr)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
