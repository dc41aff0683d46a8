"""Tables as text: aligned by what the eye sees, numbers to as many digits as they carry."""

from aelab.table import as_text, count, number_format, spread, table, width


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


def test_spread_aligns_and_rounds():
    assert spread([[1.0, 2.0], [10.0], []]) == ["1.50 ± 0.71", "10.00       ", "       "]
    assert spread([[0.5], [0.25]], better=1) == ["0.5000 *", "0.2500  "]
    assert spread([[float("nan"), 1.0], [2.0, float("inf")]]) == ["nan ± nan", "inf ± nan"]
    formats = {
        (0.97, 0.5): ".4f",
        (0.05, 0.0009): ".5f",
        (1e-5, 2e-5): ".3e",
        (3, 12): ".0f",
        (-101.2, 7.0): ".1f",
    }
    assert {values: number_format(values) for values in formats} == formats
