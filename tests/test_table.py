"""Tables as text: aligned by what the eye sees."""

from aelab.table import as_text, count, table, width


def test_one_is_no_plural():
    assert (count(1, "code"), count(2, "code"), count(0, "row")) == ("1 code", "2 codes", "0 rows")


def test_table_aligns_by_what_the_eye_sees():
    assert table(["name", "n", "x"], [["猫", 1, 0.123456], ["é", 1000, None], ["abc", -2, float("nan")]]) == (
        "name     n       x\n"
        "────  ────  ──────\n"
        "猫       1  0.1235\n"
        "é     1000\n"
        "abc     -2     nan\n"
    )  # fmt: skip
    assert table([], [["a", 1], ["bcd", 20]]) == "a     1\nbcd  20\n"
    assert table(["a", "b"], []) == "a  b\n─  ─\n"
    assert [width(text) for text in ("abc", "猫", "e\u0301", "🙂", "½")] == [3, 2, 1, 2, 1]
    assert as_text("two\nlines") == "two lines"
