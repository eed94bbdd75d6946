import re
from pathlib import Path

import pytest

from tallyroom.announce import language as module
from tallyroom.announce.language import LANGUAGES, Language, language

ENGLISH, AZERBAIJANI, RUSSIAN = map(language, LANGUAGES)
SOURCE = Path(module.__file__).parent
OTHERS = pytest.mark.parametrize("other", [AZERBAIJANI, RUSSIAN], ids=["az", "ru"])
EACH = pytest.mark.parametrize("found", [ENGLISH, AZERBAIJANI, RUSSIAN], ids=LANGUAGES)
PLACEHOLDER = re.compile(r"\{(\w+)([%@.]?)((?:\|[^{}|]*)*)\}")


@pytest.mark.parametrize(
    ("found", "number", "share", "less", "moment"),
    [
        (ENGLISH, "4,281,625", "92.05%", "less than 0.01%", "03:13 (UTC+04:00) on 8 February 2024"),
        (AZERBAIJANI, "4.281.625", "92,05%", "0,01%-dən az", "8 fevral 2024, 03:13 (UTC+04:00)"),
        (RUSSIAN, "4\xa0281\xa0625", "92,05\xa0%", "менее 0,01\xa0%", "8 февраля 2024 года, 03:13 (UTC+04:00)"),
    ],
    ids=LANGUAGES,
)
def test_figures_are_written_as_the_language_writes_them(
    found: Language, number: str, share: str, less: str, moment: str
) -> None:
    assert found.number(4_281_625) == number
    assert found.share("92.05") == share
    assert found.share("<0.01") == less
    assert found.moment("2024-02-08T03:13:00+04:00") == moment


@pytest.mark.parametrize("count", [0, 1, 2, 5, 11, 12, 14, 21, 22, 25, 101, 111, 112, 1_000_001])
def test_russian_has_three_forms_for_a_number(count: int) -> None:
    if count % 10 == 1 and count % 100 != 11:
        form = "голос"
    elif count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        form = "голоса"
    else:
        form = "голосов"
    assert RUSSIAN.say("votes", count=count).split("\xa0")[-1].split(" ")[-1] == form


def test_english_has_two_forms_and_azerbaijani_one_after_a_number() -> None:
    assert [ENGLISH.say("votes", count=n) for n in (0, 1, 2)] == ["0 votes", "1 vote", "2 votes"]
    assert [AZERBAIJANI.say("votes", count=n) for n in (1, 2)] == ["1 səs", "2 səs"]


def test_capitals_of_azerbaijani_keep_the_dot() -> None:
    assert AZERBAIJANI.capital("ilkin") == "İlkin"
    assert AZERBAIJANI.capital("ışıq") == "Işıq"
    assert AZERBAIJANI.upper("nəticə") == "NƏTİCƏ"
    assert ENGLISH.capital("initial") == "Initial"


def test_a_part_is_left_out_where_a_value_is_not_known() -> None:
    assert ENGLISH.say("votes_with_share", votes="7", percent=None) == "7"
    assert ENGLISH.say("votes_with_share", votes="7", percent="1.00") == "7 (1.00%)"
    with pytest.raises(ValueError, match="no value for 'name'"):
        ENGLISH.say("headline_won", name=None)


def test_a_value_cannot_be_a_pattern_and_cannot_begin_a_line() -> None:
    assert ENGLISH.say("headline_won", name="{name}[x]\n{percent%}") == "{name}[x] {percent%} won"


def shown(pattern: str) -> set[str]:
    """The values that a pattern shows, beside those that only choose the form of a word."""
    return {name for name, _, forms in PLACEHOLDER.findall(pattern) if not forms}


@OTHERS
def test_every_language_has_every_pattern_with_the_same_values(other: Language) -> None:
    assert other.patterns.keys() == ENGLISH.patterns.keys()
    for key, pattern in ENGLISH.patterns.items():
        assert shown(pattern) == shown(other.patterns[key]), key
    assert {key: len(value) for key, value in other.texts.items() if key != "glossary"} == {
        key: len(value) for key, value in ENGLISH.texts.items() if key != "glossary"
    }


@EACH
def test_every_plural_has_all_its_forms(found: Language) -> None:
    wanted = {"one_other": 2, "one_few_many": 3}[found.plurals]
    for key, pattern in found.patterns.items():
        for _, _, forms in PLACEHOLDER.findall(pattern):
            assert not forms or len(forms[1:].split("|")) == wanted, key


def test_every_pattern_is_used() -> None:
    text = "\n".join(
        path.read_text()
        for path in SOURCE.rglob("*")
        if path.suffix in (".py", ".html", ".xml") and path.name != "__init__.py"
    )
    heads = {"status", "outstanding", "annulled", "corrected", "figure", "said", "title", "origin", "why", "state"}
    heads |= {"candidate", "kind", "level", "role", "rule", "map"}
    unused = [
        key for key in ENGLISH.patterns if f'"{key}"' not in text and not (key.split("_")[0] in heads and "_" in key)
    ]
    assert unused == []


@OTHERS
def test_no_english_is_left_in_another_language(other: Language) -> None:
    words = re.compile(r"\b(the|of|and|votes?|stations?|with|from)\b")
    assert [key for key, pattern in other.patterns.items() if words.search(PLACEHOLDER.sub("", pattern))] == []
