"""Hostile inputs by the thousand: no parser breaks, or reads other than what the bytes say; see benchmarks/fuzz.py."""

from random import Random

import pytest

from tests.fuzz.parsers import Finding, Parser, parsers, run

SEED, INPUTS = 2026, 8_000
PARSERS = {one.name: one for one in parsers(Random(SEED))}


@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)
def test_hostile_inputs(parser: Parser) -> None:
    tally = run(parser, SEED, range(INPUTS))
    assert tally.inputs == INPUTS
    assert INPUTS // 100 < tally.accepted < INPUTS // 2


@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)
def test_an_input_is_made_again_by_seed_and_number(parser: Parser) -> None:
    drawn = [parser.input(Random(f"{SEED} {parser.name} {number}")) for number in (0, 1, 2, 0)]
    assert drawn[0] == drawn[3]
    assert len(set(drawn)) > 1


def test_a_parser_that_breaks_is_found() -> None:
    class Broken(Parser):
        name = "broken"

        def accepts(self, data: bytes) -> bool:
            return data.decode() == "valid"

    with pytest.raises(Finding, match=r"broken, seed 1, input [0-9]+: UnicodeDecodeError"):
        run(Broken([b"valid"]), 1, range(1000))


def test_a_difference_that_is_not_known_is_a_finding() -> None:
    parser = PARSERS["act"]
    with pytest.raises(Finding, match="the two implementations differ"):
        parser.differ("word outside its list", False, b"{}")
