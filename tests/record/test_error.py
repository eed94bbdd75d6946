"""A fault says what, expected against got, and the mend."""

from tallyroom.record.error import Damaged, Fault, RecordError


def test_one_line_and_several() -> None:
    error = Damaged("tile/0/000", "too short", "256", "12", "Restore the file from a copy.")
    assert str(error) == "tile/0/000: too short (expected 256, got 12). Restore the file from a copy."
    assert error.diagnostics().splitlines() == [
        "tile/0/000: too short",
        "  expected: 256",
        "  got:      12",
        "  mend:     Restore the file from a copy.",
    ]


def test_what_is_not_known_is_left_out() -> None:
    error = RecordError("note", "not UTF-8")
    assert str(error) == error.diagnostics() == "note: not UTF-8"
    assert error.fault == Fault("note", "not UTF-8")
    assert str(Fault("a", "b", got="c")) == "a: b (got c)"
