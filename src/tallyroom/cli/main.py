"""The command `tallyroom`: every command of the count, with one way of saying what went wrong.

Exit status: 0 fine, 1 the answer is "no" (a check failed, a difference was found), 2 the input or the call is
wrong.  With --json a command prints one JSON document on standard output; messages and progress go to
standard error.
"""

import sys

import typer
from typer.exceptions import TyperException

from tallyroom.cli import (
    acts,
    check,
    compare,
    define,
    examine,
    fetch,
    keep,
    live,
    night,
    public,
    results,
    serve,
    tables,
    user,
    watch,
)
from tallyroom.election.fault import BadInput
from tallyroom.record.error import RecordError

app = typer.Typer(
    name="tallyroom",
    help="A national election count that anyone can check.",
    epilog="Start here:  tallyroom rehearse ruritania --once --out out",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for commands in (
    tables,
    define,
    acts,
    results,
    public,
    serve,
    user,
    compare,
    keep,
    night,
    check,
    watch,
    fetch,
    live,
    examine,
):
    commands.register(app)


def main() -> None:
    """Run the command line and leave with its exit status."""
    try:
        status = app(standalone_mode=False)
    except BadInput as error:
        status = _say(*map(str, error.faults))
    except RecordError as error:
        status = _say(error.diagnostics())
    except TyperException as error:
        status = _say(f"{error.format_message()} See: tallyroom --help")
    except typer.Abort:
        status = 130
    except BrokenPipeError:
        status = 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        status = _say(f"{where}{error.strerror or error}. Check the path, its permissions and the space on the disk.")
    sys.exit(status if isinstance(status, int) else 0)


def _say(*lines: str) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
