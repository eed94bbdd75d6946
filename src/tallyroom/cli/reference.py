"""The reference of the command line, as text: the help of every command, in the order of `tallyroom --help`.

python -m tallyroom.cli.reference > docs/commands.md
"""

from collections.abc import Iterator

import typer.main
from typer.testing import CliRunner

from tallyroom.cli.main import app

HEAD = """\
# Commands

Exit status: 0 fine, 1 the answer is "no" (a check failed, a difference was found), 2 the input or the call is
wrong. `--json` prints one JSON document on standard output; messages and progress go to standard error.

This page is the help of each command, and a test keeps it so.
"""


def reference() -> str:
    """The whole page, in Markdown."""
    parts = [f"## {' '.join(path)}\n\n```text\n{_help(path)}```\n" for path in commands()]
    return "\n".join([HEAD, *parts])


def commands() -> Iterator[tuple[str, ...]]:
    """Every command, with those of a group behind it."""
    for name, command in sorted(typer.main.get_command(app).commands.items()):  # type: ignore[attr-defined]
        yield ("tallyroom", name)
        for below in sorted(getattr(command, "commands", {})):
            yield ("tallyroom", name, below)


def _help(path: tuple[str, ...]) -> str:
    group = typer.main.get_command(app).commands[path[1]]  # type: ignore[attr-defined]
    before = [one.metavar for one in group.params if one.param_type_name == "argument"] if len(path) == 3 else []
    arguments = [path[1], *before, *path[2:], "--help"]
    shown = CliRunner().invoke(app, arguments, prog_name="tallyroom", env={"COLUMNS": "100", "TERMINAL_WIDTH": "100"})
    return "\n".join(line.rstrip() for line in shown.output.strip().splitlines()) + "\n"


if __name__ == "__main__":
    print(reference(), end="")
