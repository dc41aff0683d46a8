"""What a report says, whatever its form."""

from aelab.report.report import short


def test_settings_are_shown_in_as_few_digits_as_tell_them_apart() -> None:
    words = short(["0.03054523550675688", "0.5", "", "[mse,kl]", "1234567"])
    assert list(words.values()) == ["0.03055", "0.5", "", "[mse,kl]", "1234567"]
    same = ["0.300001", "0.300002"]
    assert list(short(same).values()) == same
