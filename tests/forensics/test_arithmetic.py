"""Contradictions within a table: each trap is named, and a sound table has none."""

from tallyroom.forensics.announced import round_digits, rounded_totals, swapped
from tallyroom.forensics.arithmetic import Contradiction, contradictions
from tallyroom.forensics.stages import compare_stages
from tallyroom.forensics.tallies import compare_tally
from tests.forensics.tables import table


def codes(found: list[Contradiction]) -> dict[str, tuple[int, int]]:
    return {each.code: (each.stations, each.amount) for each in found}


def test_a_sound_table_has_no_contradiction() -> None:
    sound = table([100, 200, 300], [60, 90, 200], {"a": [30, 41, 90], "b": [20, 40, 100], "c": [7, 5, 6]})
    assert contradictions(sound) == []


def test_limits() -> None:
    found = codes(
        contradictions(
            table(
                [100, 0, 300, 50],
                [110, 40, 100, 40],
                {"a": [50, 20, 60, 45], "b": [50, 20, 50, 1]},
                valid=[100, 40, 110, 40],
            )
        )
    )
    assert found["ballots_over_register"] == (1, 10)
    assert found["ballots_without_register"] == (1, 40)
    assert found["counted_over_issued"] == (1, 10)
    assert found["votes_over_valid"] == (1, 5)
    assert found["votes_sum_over_valid"] == (1, 6)


def test_a_column_that_was_cut_off_leaves_votes_missing() -> None:
    found = codes(
        contradictions(table([100, 100], [70, 80], {"a": [30, 31], "b": [20, 30], "c": [0, 9]}, valid=[60, 70]))
    )
    assert found == {"votes_sum_under_valid": (1, 10)}


def test_zeros_for_what_is_missing_are_named() -> None:
    found = codes(contradictions(table([100, 150], [70, 0], {"a": [30, 0], "b": [40, 0]})))
    assert found == {"zeros_for_missing": (1, 150)}


def test_an_unread_figure_is_in_no_contradiction() -> None:
    assert contradictions(table([100, 100], [70, -1], {"a": [30, -1], "b": [40, 120]}, valid=[70, -1])) == []


def test_summary_rows_and_columns_are_named() -> None:
    rows = table(
        [100, 100, 100, 300],
        [60, 61, 62, 183],
        {"a": [30, 31, 32, 93], "b": [30, 30, 30, 90]},
        area=["x", "x", "x", "x"],
    )
    assert codes(contradictions(rows))["row_of_sums"] == (1, 183)
    columns = table([100, 100], [80, 90], {"a": [15, 20], "b": [25, 25], "99": [40, 45]})
    assert [each.subject for each in contradictions(columns) if each.code == "column_of_sums"] == ["99"]


def test_announced_totals_that_are_rounded_shares() -> None:
    totals = [("first", 5_150_092), ("second", 4_445_978), ("third", 462_704)]
    found = rounded_totals(totals)
    assert [total.percent for total in found] == ["51.2", "44.2", "4.6"]
    assert 0.5e-8 < found[0].chance < 2e-8
    assert rounded_totals([("first", 5_150_093), ("second", 4_445_977), ("third", 462_704)]) == []
    assert rounded_totals([("first", 50), ("second", 50)]) == []


def test_announced_percentages_that_end_in_nought() -> None:
    found = round_digits(["81.10"] * 34 + ["81.13"])
    assert (found.percentages, found.zeros) == (35, 34)
    assert abs(found.p / 3.16e-33 - 1) < 0.01


def test_headers_in_the_wrong_order() -> None:
    ours = {"besigye": 57_134, "bwanika": 2_596_463, "museveni": 4_111_955}
    official = {"besigye": 2_592_954, "bwanika": 57_134, "museveni": 4_109_449}
    assert swapped(ours, official) == [("besigye", "bwanika"), ("bwanika", "besigye")]
    assert swapped(official, official) == []


def test_a_tally_tells_a_short_column_from_areas_that_differ() -> None:
    areas = [f"d{number}" for number in range(10) for _ in range(2)]
    here = table([500] * 20, [300] * 20, {"a": [200] * 20, "b": [90] * 20, "c": [0] * 20}, area=areas)
    tally = {f"d{number}": {"a": 400, "b": 180, "c": 30} for number in range(10)}
    tally["d3"] = {"a": 390, "b": 180, "c": 30}
    found = compare_tally(here, here.areas[0], tally)
    assert [(column.candidate, column.areas, column.amount) for column in found.columns] == [("c", 10, -300)]
    assert [(each.area, each.candidate, each.difference) for each in found.differences] == [("d3", "a", 10)]


def test_stages_name_what_came_went_and_changed() -> None:
    before = table([100, 100, 100], [60, 60, 60], {"a": [30, 30, 30], "b": [30, 30, 30]})
    after = table([100, 100], [60, 60], {"a": [30, 40], "b": [30, 20]})
    found = compare_stages(after, before)
    assert (found.common, found.only_here, found.only_there, found.differing) == (2, 0, 1, 1)
    assert found.examples == ("P1",)
    gains = {gain.figure: (gain.gain, gain.above, gain.below) for gain in found.gains}
    assert gains["a"] == (10, 10, 0)
    assert gains["b"] == (-10, 0, 10)
