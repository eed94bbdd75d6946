"""The keys of roles that this machine holds, in `private/`: which of them are in force, and how they change.

The first key of a role is `private/<role>.key`, those that follow are `private/<role>.<n>.key`. Which one signs
is not a matter of files: the record says which keys are in force, and a file whose key it does not name, or has
revoked, is left lying. So a stop between the file and the act leaves nothing to mend.
"""

import re
from itertools import count
from pathlib import Path

from tallyroom.record.acts import Key
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import RecordError
from tallyroom.record.keyring import Keyring
from tallyroom.record.keys import RoleKey, create_key, load_key
from tallyroom.tally.replay import catch_up
from tallyroom.tally.state import State

_ROLE = re.compile(r"[a-z][a-z0-9-]{0,39}")


def key_path(folder: Path, name: str) -> Path:
    """The file of a key in an election folder."""
    return folder / "private" / f"{name}.key"


def held_keys(folder: Path, keyring: Keyring) -> dict[str, RoleKey]:
    """The key of each role that is in force and held here; RecordError for a file that is no key."""
    found: dict[str, RoleKey] = {}
    for path in sorted((folder / "private").glob("*.key")):
        role = path.stem.partition(".")[0]
        if role != "log" and (key := RoleKey(role, load_key(path))).id in keyring.in_force(role):
            found[role] = key
    return found


def issue_key(folder: Path, state: State, clerk: Clerk, role: str, at: str, reason: str = "", signer: str = "") -> int:
    """Make a new key for a role and issue it; it replaces the role's key where that is in force.

    signer: the role that signs; without one, the commission.  The number of the act.  Raises RecordError, with
    nothing entered, where the rules of the record do not allow it.
    """
    if not _ROLE.fullmatch(role) or role == "log":
        mend = "Use small letters, digits and hyphens, as in desk-3."
        raise RecordError("role", "is no name of a role", got=role, mend=mend)
    before = state.keyring.in_force(role)
    names = (role if n == 1 else f"{role}.{n}" for n in count(1))
    path = next(path for path in (key_path(folder, name) for name in names) if not path.exists())
    new = RoleKey(role, create_key(path))
    act = Key(at=at, key=new.announced(), revokes=before[0] if before else "", reason=reason)
    try:
        number = clerk.enter_key(act, signer or "commission", state.keyring, new)
    except RecordError:
        path.unlink()
        raise
    catch_up(state, clerk.log)
    return number


def revoke_key(state: State, clerk: Clerk, role: str, at: str, reason: str, signer: str = "") -> int:
    """End the key of a role, with nothing in its place; the number of the act.  Raises RecordError as `issue_key`."""
    before = state.keyring.in_force(role)
    if not before:
        roles = sorted({own for own in state.keyring.roles.values() if state.keyring.in_force(own)})
        raise RecordError("role", "has no key in force", " or ".join(roles), role)
    act = Key(at=at, revokes=before[0], reason=reason)
    number = clerk.enter_key(act, signer or "commission", state.keyring)
    catch_up(state, clerk.log)
    return number

