"""Page: templates filled in, in one of the languages.

Templates escape every value, stop at an undefined name and hold no inline style, script or event handler, so a
strict content security policy (`default-src 'self'`) serves them.  A page is complete without JavaScript; bars,
lines and maps are SVG beside their figures in text.  The same view gives the same bytes.
"""

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from tallyroom.announce.figures import one_line
from tallyroom.announce.language import LANGUAGES
from tallyroom.announce.language import language as language_of


def render(template: str, language: str = "en", /, **values: object) -> str:
    """A template that ships, filled in, in a language."""
    return environment(language).get_template(template).render(values)


def bar_width(percent: str | None) -> str:
    """The length of a bar from a percentage in words: 0 to 100."""
    exact = float((percent or "0").lstrip("<>"))
    return f"{min(exact, 100.0):.2f}"


def part_width(part: int, whole: int) -> str:
    """The length of a bar for `part` beside a bar of `whole`: 0 to 100."""
    return f"{min(100.0, 100 * part / whole):.2f}" if whole else "0.00"


def _finalize(value: object) -> object:
    """Every text on one line and free of control characters; what is markup already stays as it is."""
    return one_line(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


@lru_cache(maxsize=len(LANGUAGES))
def environment(code: str) -> Environment:
    """The templates with the figures and sentences of a language."""
    found = language_of(code)
    made = Environment(
        loader=PackageLoader("tallyroom.announce"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "number": found.number,
        "share": found.share,
        "fraction": found.fraction,
        "change": found.change,
        "day": found.day,
        "moment": found.moment,
        "clock": found.clock,
        "role": found.role,
        "capital": found.capital,
        "bar_width": bar_width,
        "part_width": part_width,
    }
    made.globals |= {"t": found.say, "language": found}
    return made
