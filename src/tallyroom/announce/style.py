"""Style: the style sheet and the modules that the pages are carried with."""

from importlib.resources import files

SCRIPTS = ("page.js", "live.js", "table.js", "find.js", "zoom.js")
"""The modules of a page, beside its style sheet."""
ICON = "icon.svg"


def style_css() -> bytes:
    """The style sheet of the pages."""
    return files("tallyroom.announce").joinpath("templates", "style.css").read_bytes()


def script(name: str) -> bytes:
    """A module of the pages, or their icon."""
    return files("tallyroom.announce").joinpath("scripts", name).read_bytes()
