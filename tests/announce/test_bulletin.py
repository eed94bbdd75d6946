import re
from collections.abc import Callable
from decimal import Decimal
from typing import get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given

from tallyroom.announce.bulletin import Bulletin, Context, ReportedSentence, bulletin, lead_is_settled
from tallyroom.announce.language import LANGUAGES, language
from tallyroom.announce.remarks import Remarks
from tallyroom.announce.snapshot import results_json
from tallyroom.record import acts
from tallyroom.tally.results import BallotProgress, CallShown, Results, StatementShown
from tests.announce import examples
from tests.announce.strategies import any_results

CONTEXT = examples.CONTEXT
ENGLISH = language("en")
IN_EACH_LANGUAGE = pytest.mark.parametrize("code", LANGUAGES)
FOREIGN_FIGURES = "Text with 3 figures, 1,200 and 5.5%; 16:46"
"""Numbers in the texts of others that `strategies` draws, which every language leaves as they are."""
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
MAKERS = examples.MOMENTS.values()


def numbers(text: str) -> set[Decimal]:
    return {Decimal(found.replace(",", "")) for found in NUMBER.findall(text)}


def known_numbers(results: Results, context: Context) -> set[Decimal]:
    return numbers(results_json(results).decode()) | numbers(f"{context.number} {context.date}")


def written(make: Callable[[], Results]) -> str:
    return bulletin(make(), CONTEXT)


def leaders(results: Results) -> list[str]:
    most = max(candidate.votes for candidate in results.candidates)
    return [candidate.name for candidate in results.candidates if candidate.votes == most]


# The ladder, rung by rung.


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (examples.noon, "Turnout was at least 38.57% at 12:00"),
        (examples.no_results, "No results had been reported"),
        (examples.first_announcement, "Ilham Aliyev leads with 92.10% of votes counted"),
        (examples.at_0313, "Ilham Aliyev has an insurmountable lead with 92.05% of votes counted"),
        (examples.called, "Ilham Aliyev won"),
        (examples.complete, "Ilham Aliyev received 92.12% of votes counted"),
        (examples.certified_elsewhere, "Ilham Aliyev was declared the winner, as reported"),
        (examples.certified, "Ilham Aliyev was declared the winner"),
        (examples.tie, "Flavia Elphberg and Rupert Hentzau are level"),
        (examples.open_race, "Flavia Elphberg leads with 39.51% of votes counted"),
        (examples.lead_change, "Rupert Hentzau leads with 39.56% of votes counted"),
        (examples.run_off, "Flavia Elphberg and Rupert Hentzau go to a run-off"),
        (examples.no_valid_election, "There is no valid election"),
    ],
)
def test_headlines(make: Callable[[], Results], expected: str) -> None:
    assert Bulletin(make(), CONTEXT, ENGLISH).headline() == expected


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            examples.noon,
            "Turnout at 12:00 was at least 38.57%: 2,499,033 of the 6,478,623 voters on the opening register, "
            "from 6,499 polling stations; figures of the other stations are missing.",
        ),
        (examples.no_results, "No results had been reported at the time of this snapshot."),
        (
            examples.at_0313,
            "Ilham Aliyev leads with 92.05% of votes counted, with 6,102 of 6,537 polling stations (93.35% of "
            "polling stations) reported, according to preliminary results.",
        ),
        (
            examples.at_0313,
            "Ilham Aliyev has 4,281,625 votes to 101,851 (2.19%) for Zahid Oruj, a lead of 4,179,774 votes, or "
            "89.86 percentage points.",
        ),
        (examples.at_0313, "Of the others, Fazil Mustafa has the most votes: 92,980 (2.00%)."),
        (
            examples.at_0313,
            "Ilham Aliyev has an insurmountable lead: 4,179,774 votes, more than the 431,292 voters registered "
            "at polling stations yet to report, additions included, if the reported protocols stand. This is "
            "the arithmetic of this count and not a call.",
        ),
        (
            examples.at_0313,
            "Three of the six other candidates conceded: congratulate the leader (2024-02-08, early hours; "
            "source: Interfax-Azerbaijan via AP). No call has been made in this count.",
        ),
        (examples.at_0313, "Some figures could not be read and are in no total: 100.2.9 (2)."),
        (
            examples.called,
            "Ilham Aliyev won: two people called the contest. The call was complete at 03:15 (UTC+04:00) on "
            "8 February 2024. Basis: the lead is larger than all that can still come.",
        ),
        (
            examples.complete,
            "Ilham Aliyev received 92.12% of votes counted, preliminary results from all 6,537 polling "
            "stations showed.",
        ),
        (
            examples.complete,
            "An earlier version gave 512 valid votes at station S-0412; a correction gives 521 valid votes: two "
            "rows exchanged (act 57,020 in place of act 33,140).",
        ),
        (
            examples.complete,
            "Share of Fuad Aliyev: 0.53% in this count, 0.54% elsewhere (source: the commission's final protocol, "
            "as reported).",
        ),
        (
            examples.complete,
            "Constitutional Court certified the result: confirms the commission's final protocol of 11 February "
            "(2024-02-13; source: Trend). This record holds no certification of its own.",
        ),
        (
            examples.certified_elsewhere,
            "Ilham Aliyev was declared the winner, as reported: Constitutional Court certified the result, Trend "
            "reported.",
        ),
        (
            examples.certified,
            "Ilham Aliyev was declared the winner by the commission, 12:00 (UTC+04:00) on 11 February 2024 "
            "(act 58,100 of the record). Final protocol.",
        ),
        (
            examples.open_race,
            "To draw level, Rupert Hentzau would need 50.24% of what can still come, at most one vote for each of "
            "the 240,000 voters registered at polling stations yet to report, additions included.",
        ),
        (
            examples.run_off,
            "Flavia Elphberg and Rupert Hentzau go to a run-off: nobody has more than half of the valid votes.",
        ),
        (examples.no_valid_election, "There is no valid election: turnout below 25% of the register."),
    ],
)
def test_a_sentence_where_its_condition_holds(make: Callable[[], Results], sentence: str) -> None:
    assert sentence in written(make).splitlines()


def test_the_last_line_names_the_prefix() -> None:
    last = written(examples.at_0313).splitlines()[-1]
    assert last == f"Computed from the first 52,345 acts of the record, root {examples.ROOT}."


def test_synthetic_data_says_so_on_top_and_real_data_does_not() -> None:
    assert written(examples.at_0313).startswith("SYNTHETIC STATIONS: ")
    real = msgspec.structs.replace(examples.at_0313(), data_origin="real")
    assert "SYNTHETIC" not in bulletin(real, CONTEXT)


def test_the_lead_is_settled_and_the_majority_is_not() -> None:
    results = examples.close_race({"a": 60_000, "b": 30_000, "c": 29_000, "d": 28_000}, reported=975)
    assert results.settled is not None
    assert (results.settled.leader_settled, results.settled.majority_settled) == (True, False)
    text = bulletin(results, CONTEXT)
    assert "Whether Flavia Elphberg has the majority that the rule asks for is still open." in text


def test_a_call_taken_back_is_said_and_no_longer_won() -> None:
    before = examples.called()
    uncall = CallShown("uncall", "c1", "desk-1", "2024-02-08T03:40:00+04:00", 52_400, "a protocol is in doubt.")
    outcome = msgspec.structs.replace(before.outcome, status="settled", winner=None)
    text = bulletin(msgspec.structs.replace(before, outcome=outcome, calls=(*before.calls, uncall)), CONTEXT)
    assert "A call was taken back at 03:40 (UTC+04:00) on 8 February 2024: a protocol is in doubt." in text
    assert " won" not in text
    assert "No call is in force in this count." in text


def test_the_time_of_a_call_is_that_of_the_second_key_after_the_last_uncall() -> None:
    before = examples.called()
    one, two = before.calls
    uncall = CallShown("uncall", "c1", "desk-1", "2024-02-08T03:40:00+04:00", 1, "doubt")
    again = [
        msgspec.structs.replace(call, at=f"2024-02-08T04:0{minute}:00+04:00")
        for minute, call in enumerate((one, one, two, two))
    ]
    text = bulletin(msgspec.structs.replace(before, calls=(one, two, uncall, *again)), CONTEXT)
    assert "The call was complete at 04:02 (UTC+04:00)" in text


def test_a_concession_after_a_call_stands_alone() -> None:
    assert "conceded" in written(examples.called)
    assert "No call has been made" not in written(examples.called)


def test_more_counted_than_cast_is_shown_as_it_is() -> None:
    results = examples.at_0313()
    progress = msgspec.structs.replace(results.progress, ballots=BallotProgress(5_000_000, 4_971_032, "100.58"))
    text = bulletin(msgspec.structs.replace(results, progress=progress), CONTEXT)
    assert "5,000,000 ballots are counted, more than the 4,971,032 ballots cast by turnout reports." in text


def test_annulled_votes_leave_the_totals_as_standing_and_not_as_counted() -> None:
    assert "Their votes are not in these totals." in written(examples.complete)
    counted = bulletin(msgspec.structs.replace(examples.complete(), basis="counted"), CONTEXT)
    assert "Votes of theirs that had been accepted are still in these totals." in counted
    assert "These are totals as counted, before annulments." in counted


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("votes.a", "1234", "votes of Ada: 1,234"),
        ("percent.a", "92.1", "share of Ada: 92.1%"),
        ("percent.gone", "0", "share of gone: 0%"),
        ("valid", "4957967", "valid votes: 4,957,967"),
        ("invalid", "12", "invalid ballots: 12"),
        ("annulled", "11", "annulled stations: 11"),
        ("stations.reported", "6102", "polling stations reported: 6,102"),
        ("stations.percent", "93.35", "polling stations reported: 93.35%"),
        ("turnout.percent", "76.43", "turnout of the whole day: 76.43%"),
        ("turnout.12:00.percent", "38.57", "turnout at 12:00: 38.57%"),
        ("turnout.12:00.voted", "2499033", "voters by 12:00: 2,499,033"),
        ("turnout.12:00.stations", "6499", "polling stations in the turnout at 12:00: 6,499"),
        ("ballots counted, ballots cast", "12 or 13", "ballots counted, ballots cast: 12 or 13"),
    ],
)
def test_announced_figures_have_names_and_units(path: str, value: str, text: str) -> None:
    remarks = Remarks(ENGLISH)
    assert f"{remarks.figure_name(path, {'a': 'Ada'})}: {remarks.figure_value(path, value)}" == text


def test_of_announcements_the_last_is_in_the_bulletin() -> None:
    said = [
        StatementShown("announcement", "the commission", f"{hour}:00", "a source", f"figures of {hour}:00", 1)
        for hour in (10, 12)
    ]
    text = bulletin(msgspec.structs.replace(examples.noon(), statements=tuple(said)), CONTEXT)
    assert "The commission made an announcement: figures of 12:00 (12:00; source: a source)." in text
    assert "figures of 10:00" not in text


def test_context_is_attributed() -> None:
    context = Context(1, "2024-02-07", (ReportedSentence("the desk's own sentence.", "AP"),))
    assert "The desk's own sentence (source: AP)." in bulletin(examples.noon(), context)


def test_a_language_without_sentences_is_refused() -> None:
    with pytest.raises(ValueError, match="no bulletin in 'xx': choose one of en, az, ru"):
        bulletin(examples.noon(), CONTEXT, "xx")


def test_a_name_cannot_forge_a_line() -> None:
    lines = written(examples.hostile).splitlines()
    assert not [line for line in lines if line.startswith("X won")]
    assert not set("\x1b\u202e") & set("".join(lines))


def test_every_kind_of_statement_and_every_status_has_its_words() -> None:
    kinds = get_args(get_type_hints(acts.Statement)["kind"])
    statuses = get_args(get_type_hints(acts.CandidateStatus)["status"])
    for found in map(language, LANGUAGES):
        assert all(found.has(f"said_{kind}") for kind in kinds)
        assert all(found.has(f"status_{status}") for status in set(statuses) - {"registered"})


# Properties of every bulletin.


def numbers_in(text: str, code: str) -> set[Decimal]:
    """The numbers of a text as its language writes them; those that other people's texts hold are English."""
    found = language(code)
    grouped = rf"\d+(?:{re.escape(found.group)}\d{{3}})*(?:{re.escape(found.decimal)}\d+)?"
    plain = rf"{grouped}|{NUMBER.pattern}"
    marks = str.maketrans({found.group: "", found.decimal: "."})
    return {Decimal(one.translate(marks)) for one in re.findall(plain, text)}


@IN_EACH_LANGUAGE
@given(results=any_results())
def test_every_number_is_in_the_snapshot(code: str, results: Results) -> None:
    theirs = numbers_in(" ".join([FOREIGN_FIGURES, CONTEXT.date]), code)
    assert numbers_in(bulletin(results, CONTEXT, code), code) <= known_numbers(results, CONTEXT) | theirs


@IN_EACH_LANGUAGE
@pytest.mark.parametrize("make", MAKERS)
def test_every_number_of_the_night_is_in_the_snapshot(code: str, make: Callable[[], Results]) -> None:
    results = make()
    known = known_numbers(results, CONTEXT) | numbers_in(results_json(results).decode(), code)
    assert numbers_in(bulletin(results, CONTEXT, code), code) <= known


@IN_EACH_LANGUAGE
@given(results=any_results())
def test_the_languages_say_the_same_number_of_sentences(code: str, results: Results) -> None:
    def shape(text: str) -> list[bool]:
        return [bool(line) for line in text.splitlines()]

    assert shape(bulletin(results, CONTEXT, code)) == shape(bulletin(results, CONTEXT))


ALLOWED: dict[str, Callable[[Results], bool]] = {
    r"\bwon\b": lambda r: r.outcome.status == "called" and r.outcome.winner is not None,
    r"\bwinner\b": lambda r: r.outcome.status == "certified" and r.outcome.winner is not None,
    r"project(ed|ion)": lambda r: False,
    r"\bfraud": lambda r: False,
    r"\bvotes cast\b": lambda r: False,
    r"[Nn]o call has been made": lambda r: not r.calls,
    r"insurmountable": lead_is_settled,
    r"\bleads\b": lambda r: r.state == "counting" and len(leaders(r)) == 1,
    r"\bare level\b": lambda r: r.valid > 0 and len(leaders(r)) > 1,
    r"run-off": lambda r: bool(r.outcome.run_off),
    r"\bvalid votes\b.*\bcounted\b": lambda r: r.state not in ("before", "voting"),
    r"percentage points|of votes counted": lambda r: r.state not in ("before", "voting") and r.valid > 0,
    r"preliminary": lambda r: r.outcome.status != "certified",
}


def is_called(results: Results) -> bool:
    return results.outcome.status == "called" and results.outcome.winner is not None


def is_certified(results: Results) -> bool:
    return results.outcome.status == "certified" and results.outcome.winner is not None


def is_over(results: Results) -> bool:
    return results.state not in ("before", "voting")


def has_votes(results: Results) -> bool:
    return is_over(results) and results.valid > 0


def one_leads(results: Results) -> bool:
    return results.state == "counting" and len(leaders(results)) == 1


def never(results: Results) -> bool:
    return False


WORDS: dict[str, dict[str, Callable[[Results], bool]]] = {
    "en": ALLOWED,
    "az": {
        r"qalib gəlib": is_called,
        r"qalib elan": is_certified,
        r"proqnoz|proyeksiya|saxta|qələbə(?! iddiası)": never,
        r"ötülməz": lead_is_settled,
        r"\böndədir": one_leads,
        r"təkrar səsvermə": lambda r: bool(r.outcome.run_off),
        r"faiz bəndi|sayılmış səslər üzrə": has_votes,
        r"[Ii]lkin nəticə": lambda r: r.outcome.status != "certified",
        r"elan verilməyib": lambda r: not r.calls,
    },
    "ru": {
        r"[Пп]обед[аы]": is_called,
        r"[Пп]обедител": is_certified,
        r"прогноз|проекци|фальсиф|выиграл|победил": never,
        r"непреодолим": lead_is_settled,
        r"лидирует": one_leads,
        r"второй тур": lambda r: bool(r.outcome.run_off),
        r"процентного пункта|подсчитанных голосов": has_votes,
        r"предварительн": lambda r: r.outcome.status != "certified",
        r"никто не объявлен": lambda r: not r.calls,
    },
}
"""Words that stand only under a condition, language by language; `never` under none."""


@IN_EACH_LANGUAGE
@given(results=any_results())
def test_no_word_stands_where_its_condition_does_not_hold(code: str, results: Results) -> None:
    text = bulletin(results, CONTEXT, code)
    assert [word for word, allowed in WORDS[code].items() if re.search(word, text) and not allowed(results)] == []


@pytest.mark.parametrize(
    ("code", "make", "sentence"),
    [
        ("az", examples.at_0313, "Ilham Aliyev ötülməz üstünlüyə malikdir: sayılmış səslər üzrə 92,05%"),
        (
            "az",
            examples.at_0313,
            "Ilham Aliyev: 4.281.625 səs; Zahid Oruj: 101.851 (2,19%); fərq 4.179.774 səs, yaxud 89,86 faiz bəndi.",
        ),
        ("ru", examples.at_0313, "Ilham Aliyev имеет непреодолимый отрыв: 92,05\xa0% подсчитанных голосов"),
        (
            "ru",
            examples.at_0313,
            "Ilham Aliyev: 4\xa0281\xa0625 голосов; Zahid Oruj: 101\xa0851 (2,19\xa0%); разрыв 4\xa0179\xa0774 голоса, "
            "или 89,86 процентного пункта.",
        ),
        ("ru", examples.called, "Победа на выборах: Ilham Aliyev"),
        ("az", examples.called, "Ilham Aliyev qalib gəlib"),
    ],
)
def test_sentences_of_other_languages(code: str, make: Callable[[], Results], sentence: str) -> None:
    assert sentence in bulletin(make(), CONTEXT, code).splitlines()


@given(any_results())
def test_ties_and_lead_changes_name_the_right_people(results: Results) -> None:
    text = bulletin(results, CONTEXT)
    first = leaders(results)
    ahead = r"^(\w+) (?:leads|received|has an insurmountable|has [\d,]+ votes to)"
    for name in re.findall(ahead, text, re.MULTILINE):
        assert first == [name]
    for names in re.findall(r"^(.+) are level", text, re.MULTILINE):
        assert re.split(r", | and ", names) == first


@given(any_results())
def test_reported_is_for_stations_counted_for_ballots_and_cast_for_turnout(results: Results) -> None:
    for line in bulletin(results, CONTEXT).splitlines():
        if "of polling stations)" in line:
            assert "ballot" not in line
            assert "reported" in line
        if "of ballots cast)" in line:
            assert "reported" not in line
            assert "station" not in line
        if line.startswith("Turnout"):
            assert "counted" not in line
