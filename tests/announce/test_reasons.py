from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.announce.language import LANGUAGES, language
from tallyroom.announce.reasons import is_known, reason
from tallyroom.election.rules import Rule
from tallyroom.tally.outcome import Standing, outcome

RULES = st.builds(
    Rule,
    kind=st.sampled_from(("absolute_majority", "plurality", "threshold")),
    threshold=st.just(Fraction(1, 4)),
    minimum_turnout=st.none() | st.just(Fraction(1, 4)),
    void_share=st.none() | st.just(Fraction(2, 5)),
)
small = st.integers(0, 40)


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    votes = sorted(draw(st.lists(small, min_size=1, max_size=4)), reverse=True)
    return Standing(
        ranked=tuple((f"c{place}", count) for place, count in enumerate(votes)),
        valid=sum(votes),
        voted=draw(small),
        registered=draw(st.integers(1, 200)),
        complete=draw(st.booleans()),
        outstanding=draw(st.none() | small),
        by="register",
        annulled_register=draw(small),
        total_register=draw(st.integers(1, 100)),
    )


@given(RULES, standings())
def test_every_reason_of_the_tally_is_known(rule: Rule, standing: Standing) -> None:
    assert is_known(outcome(rule, standing).why)


@given(RULES, standings())
def test_english_says_the_reason_as_the_tally_does(rule: Rule, standing: Standing) -> None:
    why = outcome(rule, standing).why
    assert reason(language("en"), why) == why


@pytest.mark.parametrize("code", LANGUAGES[1:])
@given(rule=RULES, standing=standings())
def test_another_language_says_it_without_english(code: str, rule: Rule, standing: Standing) -> None:
    said = reason(language(code), outcome(rule, standing).why)
    assert not {"the", "of", "votes", "nobody", "leader"} & set(said.split())


def test_a_reason_of_unknown_shape_stays_as_it_is() -> None:
    assert reason(language("ru"), "because of the weather") == "because of the weather"
    assert not is_known("because of the weather")


def test_names_and_figures_inside_a_reason_stay() -> None:
    void = "stations with 1,234 registered voters are annulled, enough to void it"
    assert "1\xa0234" in reason(language("ru"), void)
    said = reason(language("az"), "Constitutional Court certified the result, Trend reported")
    assert said == "Constitutional Court nəticəni təsdiq edib, məlumatı verən: Trend"
