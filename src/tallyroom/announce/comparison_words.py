"""The words of a comparison: what copies say beside a published count, in sentences and as plain text.

No sentence says why figures differ: "the published count has 3 more for A" names a direction, not a cause.
"""

from collections.abc import Iterable, Sequence

from tallyroom.announce.comparison import ComparisonReport
from tallyroom.announce.figures import clean
from tallyroom.announce.language import language
from tallyroom.announce.remarks import Remarks
from tallyroom.audit.effect import Totals
from tallyroom.audit.findings import Bound, Copy, Coverage, Difference, FieldTotals, Figure, NotComparable, Placed
from tallyroom.election.table import PREFIX
from tallyroom.tally.results import Outcome, percent

REMARKS = Remarks(language("en"))
number, share, join_names = REMARKS.language.number, REMARKS.language.share, REMARKS.language.join

FIELDS = {
    "registered": "voters on the lists",
    "ballots": "ballots",
    "valid": "valid votes",
    "invalid": "invalid ballots",
}
LISTED = 40
"""How many stations of each kind the plain text names; JSON names all."""

SETTLES = (
    "What would settle it is the paper: the signed protocol of each station named, and where that leaves a doubt, "
    "the ballots themselves, counted again in public."
)
NO_CAUSE = (
    "A difference says nothing of its cause. A slip of the pen, a lawful correction, a misread photograph and a "
    "forgery look the same from here."
)


def headline(report: ComparisonReport) -> str:
    """What the comparison comes to, in one line."""
    counts = report.comparison.counts
    compared = counts.agree + counts.agree_as_read + counts.differ
    if counts.differ:
        verb = "differs" if counts.differ == 1 else "differ"
        return f"{number(counts.differ)} of {_stations(compared)} compared {verb}"
    if counts.conflict:
        return f"Copies of {_stations(counts.conflict)} disagree among themselves"
    return f"No difference at the {_stations(compared)} compared"


def counted(report: ComparisonReport) -> list[tuple[str, int]]:
    """How many polling stations are in which case; what does not occur is left away, except the first three."""
    counts = report.comparison.counts
    cases = [
        ("agree in every figure", counts.agree),
        ("differ", counts.differ),
        ("are published and have no copy", counts.no_copy),
        ("agree in what can be read", counts.agree_as_read),
        ("have copies that disagree among themselves", counts.conflict),
        ("have a copy and no published protocol", counts.not_published),
        ("have a copy with none of the published figures", counts.nothing_to_compare),
        ("have neither protocol nor copy", counts.neither),
        ("not in the published table (copies)", counts.unknown),
        ("second and further copies of a station", counts.repeated),
    ]
    return [case for place, case in enumerate(cases) if case[1] or place < 3]


def coverage(covered: Coverage) -> str:
    """How far the copies reach."""
    stations = _part(covered.copied, covered.stations, "polling stations")
    if covered.registered is None or covered.registered_copied is None:
        return f"Copies reach {stations}."
    voters = _part(covered.registered_copied, covered.registered, "registered voters")
    return f"Copies reach {stations}, with {voters}."


def effect(report: ComparisonReport) -> list[str]:
    """What would be different if every copy were right where it differs."""
    change = report.effect
    if not change.stations:
        return ["No figure of a copy would change the totals."]
    before, after = change.published, change.with_copies
    by = signed(change.lead_change) if change.lead_change else "no change"
    found = [
        f"If every copy that differs were right ({_stations(change.stations)}), the lead would be "
        f"{number(after.lead)} votes instead of {number(before.lead)} ({by}).",
        _change("leader", name(report, before.leader), name(report, after.leader)),
        _majority(report, before, after),
        _change("first two", _pair(report, before), _pair(report, after)),
    ]
    if outcomes := report.outcomes:
        rule = outcomes.published.rule.replace("_", " ")
        both = (_outcome(report, outcomes.published), _outcome(report, outcomes.with_copies))
        found.append(_change(f"outcome by the rule ({rule})", *both))
    return found


def gain(report: ComparisonReport, total: FieldTotals) -> str:
    """One figure over all stations that both sides give it for."""
    what = field_name(report, total.field)
    if not total.differing:
        return f"{what}: the same at all {_stations(total.stations)}."
    return (
        f"{what}: the published count has {more(total.gain)} than the copies, at {_stations(total.differing)}: "
        f"{number(total.above)} more and {number(total.below)} fewer, {number(total.gross)} in all."
    )


def bound(report: ComparisonReport, found: Bound) -> str:
    """A sum over copies of which some leave the figure unread."""
    what = field_name(report, found.field)
    start = f"{what}: unread in the copies of {_stations(found.unread)}, which give at least "
    if found.difference_at_least is None:
        return f"{start}{number(found.copies_at_least)}; published are {number(found.published)}, so nothing follows."
    return (
        f"{start}{number(found.copies_at_least)}: at least {number(found.difference_at_least)} more than the "
        f"{number(found.published)} published."
    )


def not_comparable(report: ComparisonReport, found: NotComparable) -> str:
    """A figure that only one side has."""
    where = "the copies do not give it" if found.missing_in == "copies" else "the published count does not give it"
    return f"{field_name(report, found.field)}: not compared, {where}."


def figure(report: ComparisonReport, found: Figure) -> str:
    """One figure that differs at a station."""
    return (
        f"{field_name(report, found.field)}: published {number(found.published)}, copy {number(found.copy)} "
        f"({more(found.gain)} published)"
    )


def difference(report: ComparisonReport, found: Difference) -> str:
    """A station that differs, on one line."""
    figures = "; ".join(figure(report, each) for each in found.figures)
    unread = f"; unread in the copy: {fields(report, found.unread)}" if found.unread else ""
    annulled = "; annulled, in no total" if found.annulled else ""
    return f"{clean(found.station_id)} ({where(found)}): {figures}{unread}{annulled}"


def largest(found: Sequence[Difference]) -> list[Difference]:
    """Stations by the votes in which they differ, most first, else as published."""
    return sorted(found, key=lambda each: -sum(abs(f.gain) for f in each.figures if f.field.startswith(PREFIX)))


def where(found: Difference) -> str:
    """The area, the act and the copies of a station that differs."""
    act = [f"act {found.act}"] if found.act is not None else []
    return ", ".join([*map(clean, reversed(found.area)), *act, f"copy: {join_names(found.copies)}"])


def copy(report: ComparisonReport, found: Copy) -> str:
    """One of several copies of a station that disagree."""
    said = {True: "as published", False: "not as published", None: "nothing to compare"}[found.agrees]
    figures = (
        f"{field_name(report, column)} {'unread' if value is None else number(value)}"
        for column, value in found.figures.items()
    )
    return f"{found.place}: {', '.join(figures)} ({said})"


def text(report: ComparisonReport) -> str:
    """The comparison as plain text; at most LISTED stations of a kind are named."""
    found = report.comparison
    lines = [*filter(None, [REMARKS.origin(report.data_origin)])]
    lines += [f"{report.copies.name} beside {report.election_name or report.published.name}", headline(report) + "."]
    lines += [f"{count:>9,} {case}" for case, count in counted(report)]
    lines += [coverage(found.coverage), "", *(gain(report, total) for total in found.totals if total.differing)]
    lines += [bound(report, each) for each in found.bounds]
    lines += [not_comparable(report, each) for each in found.not_comparable]
    lines += [*effect(report), ""]
    differs = [difference(report, each) for each in largest(found.differences)[:LISTED]]
    lines += _listed("Differs", differs, found.differences)
    for conflict in found.conflicts[:LISTED]:
        lines += [f"Copies disagree: {clean(conflict.station_id)}", *(f"  {copy(report, c)}" for c in conflict.copies)]
    lines += _listed("No protocol published", map(placed, found.not_published[:LISTED]), found.not_published)
    lines += _listed("Not in the published table", map(placed, found.unknown[:LISTED]), found.unknown)
    return "\n".join([*lines, NO_CAUSE, SETTLES]) + "\n"


def _listed(title: str, lines: Iterable[str], every: Sequence[object]) -> list[str]:
    rest = len(every) - LISTED
    return [f"{title}: {line}" for line in lines] + ([f"{title}: {number(rest)} more (--json)"] if rest > 0 else [])


def placed(found: Placed) -> str:
    """A station and where its copies stand."""
    return f"{clean(found.station_id)} ({join_names(found.copies)})"


def field_name(report: ComparisonReport, column: str) -> str:
    """What a column of the station table is, in words."""
    if column.startswith(PREFIX):
        return f"votes of {name(report, column.removeprefix(PREFIX))}"
    return FIELDS[column]


def fields(report: ComparisonReport, columns: Sequence[str]) -> str:
    """Several columns in a row."""
    return join_names([field_name(report, column) for column in columns])


def name(report: ComparisonReport, candidate: str | None) -> str:
    """A candidate's name; nobody's is "nobody"."""
    return "nobody" if candidate is None else clean(report.names.get(candidate, candidate))


def votes(own: int, valid: int) -> str:
    """Votes with their share of the valid votes."""
    of_valid = percent(own, valid)
    return number(own) + (f" ({share(of_valid)})" if of_valid else "")


def signed(change: int) -> str:
    """A change with its sign."""
    return f"{change:+,}" if change else "0"


def more(gain: int) -> str:
    """How many more or fewer."""
    return f"{number(abs(gain))} {'fewer' if gain < 0 else 'more'}" if gain else "in sum no more and no fewer"


def _change(what: str, before: str, after: str) -> str:
    if before == after:
        return f"The {what} would be the same: {before}."
    return f"The {what} would change: {before} → {after}."


def _majority(report: ComparisonReport, before: Totals, after: Totals) -> str:
    was, would = (name(report, totals.majority) for totals in (before, after))
    shares = " → ".join(share(percent(max(t.votes.values()), t.valid) or "0.00") for t in (before, after))
    if before.majority == after.majority:
        return f"More than half of the valid votes: {was}, as published (the first has {shares})."
    return f"More than half of the valid votes would change: {was} → {would} (the first has {shares})."


def _pair(report: ComparisonReport, totals: Totals) -> str:
    pair = [name(report, candidate) for candidate in totals.first_two]
    return join_names(pair) if pair else "not decided, the second place is shared"


def _outcome(report: ComparisonReport, found: Outcome) -> str:
    who = [name(report, candidate) for candidate in found.run_off] or [name(report, found.leader)]
    return f"{found.status.replace('_', ' ')} ({join_names(who)})"


def _stations(count: int) -> str:
    return f"{number(count)} polling station{'' if count == 1 else 's'}"


def _part(part: int, whole: int, unit: str) -> str:
    of_all = percent(part, whole)
    return f"{number(part)} of {number(whole)} {unit}" + (f" ({share(of_all)})" if of_all else "")
