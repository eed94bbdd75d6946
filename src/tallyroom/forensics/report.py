"""The report of an examination: one HTML file that needs nothing else, and the same as plain text.

Three classes in three parts that are never mixed, each finding with innocent causes and with what would settle it.
"""

from collections.abc import Iterable, Sequence
from functools import cache

import jinja2

from tallyroom.forensics import plots
from tallyroom.forensics.examination import Examination
from tallyroom.forensics.findings import beyond, surplus, votes_at
from tallyroom.forensics.references import RARE, Value, control_rate
from tallyroom.forensics.words import Worded, catalogue, number, worded

WITHOUT_VOTES = ("within_centre", "flows", "small_counts")
"""Statistics of which no effect on the votes can be stated, whether they are found or not."""


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tallyroom.forensics", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def report_html(found: Examination, language: str = "en") -> str:
    """The whole report as one file."""
    words = catalogue(language)
    return (
        _environment()
        .get_template("report.html")
        .render(
            found=found,
            say=words["report"],
            kinds=words["kind"],
            effects=_effects(found, language),
            half=max(found.table.votes.values()) - found.table.valid // 2,
            beyond=beyond,
            surplus=surplus,
            language=language,
            synthetic=found.table.data_origin == "synthetic",
            title=title(found, language),
            contradictions=of_kind(found, "contradiction", language),
            irregularities=of_kind(found, "irregularity", language),
            figure=lambda value: number(value, language),
            interval=lambda band: _interval(band, language),
            whole_interval=lambda band: _interval(map(round, band), language),
            at_stake=lambda band: _interval((votes_at(found.table, each) for each in band), language),
            of_valid=lambda band: _interval((round(each / 100 * found.table.valid) for each in band), language),
            strip=lambda value, references, label: _strip(value, references, label, language),
            rate=lambda of, level: _rate(of, level, language),
            verdict=lambda of: _verdict(of, language),
            plain=lambda value: f"{value:g}".replace(".", words["decimal"]),
            plots=plots,
        )
    )


def _effects(found: Examination, language: str) -> dict[str, str]:
    words, lead = catalogue(language)["finding"], number(found.table.lead, language)
    return {code: words[code]["effect"].format(lead=lead) for code in WITHOUT_VOTES}


def _interval(band: Iterable[float], language: str) -> str:
    """A figure with its lowest and highest value."""
    mid, low, high = (number(each, language) for each in band)
    return f"{mid} ({low} – {high})"


def _rate(figure: str, level: float, language: str) -> str:
    """How many control elections a figure flags, of how many, with the interval of the rate."""
    rate = control_rate(figure, level)
    band = " – ".join(number(round(100 * end), language) for end in (rate.low, rate.high))
    more = "" if rate.nominal else f", {catalogue(language)['report']['more_than_nominal']}"
    return f"{rate.flags} / {rate.elections} ({band} %){more}"


def _verdict(figure: str, language: str) -> str:
    """Whether a test that is not scored keeps its size on the control elections."""
    say, rate = catalogue(language)["report"], _rate(figure, RARE, language).partition(",")[0]
    return str(say["holds" if control_rate(figure, RARE).nominal else "fails"]).format(rate=rate)


def title(found: Examination, language: str) -> str:
    """What the report is about: the election, or the table where no election is named."""
    table = found.table
    if table.election:
        return table.election
    return str(catalogue(language)["report"]["synthetic"]) if table.data_origin == "synthetic" else table.name


def of_kind(found: Examination, kind: str, language: str) -> list[Worded]:
    """The findings of one class, in words."""
    return [worded(finding, language) for finding in found.findings if finding.kind == kind]


def _strip(value: float, references: Sequence[Value], label: str, language: str) -> str:
    return plots.strip(value, [each.value for each in references], label, lambda end: number(end, language))


def report_text(found: Examination, language: str = "en") -> str:
    """The findings and the main figures as plain text."""
    say = catalogue(language)["report"]
    lines = [title(found, language)]
    if found.table.data_origin == "synthetic":
        lines.append(say["synthetic"])
    lines += ["", say["read"], ""]
    for kind, heading in (("contradiction", say["contradictions"]), ("irregularity", say["irregularities"])):
        lines.append(heading)
        found_here = of_kind(found, kind, language)
        for each in found_here:
            lines.append(f"  - {each.text}")
            lines += [f"    {say['first']}: {', '.join(each.stations)}"] if each.stations else []
            lines.append(f"    {say['effect']}: {each.effect}")
            tested = f"{'; '.join(each.causes_tested)}." if each.causes_tested else say["no_cause_tested"]
            lines.append(f"    {say['innocent_tested']}: {tested}")
            lines.append(f"    {say['innocent_untested']}: {'; '.join(each.causes_not_tested)}.")
            lines.append(f"    {say['settled']}: {each.would_be_settled_by}")
        lines += ["", *([] if found_here else [f"  {say['none_found']}", ""])]
    lines += [say["integers"], *_integer_lines(found, language), "", say["not_tested"]]
    return "\n".join(lines) + "\n"


def _integer_lines(found: Examination, language: str) -> list[str]:
    say = catalogue(language)["report"]
    lines = []
    for test in found.indicators.integer_percentages:
        name = found.table.names.get(test.candidate, test.candidate)
        parts = {say["either"]: test.either, say["result"]: test.result, say["turnout"].lower(): test.turnout}
        for label, excess in parts.items():
            if excess:
                expected = number(round(excess.expected + excess.bias), language)
                counts = f"{say['observed']} / {say['expected']} {number(excess.observed, language)} / {expected}"
                z = f"{say['z_calibrated']} {number(excess.z_calibrated, language)}"
                lines.append(f"  {name}, {label}: {counts}, {z}")
    return lines
