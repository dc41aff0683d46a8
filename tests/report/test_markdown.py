"""The Markdown form, as another program reads it: the words come through, the best are strong."""

import re
from xml.etree.ElementTree import fromstring

import pytest
from command.reports import run

from aelab.records import read
from aelab.report.markdown import escape, markdown
from aelab.report.report import report

python_markdown = pytest.importorskip("markdown")
pytestmark = pytest.mark.usefixtures("here")


def parsed(text: str):
    return fromstring(f"<page>{python_markdown.markdown(text, extensions=['tables'])}</page>")


def test_the_table_comes_through():
    values = ["a_b_c", "50%&more", "[x](y)", "`q`", r"\d", "a*b*c", "<b>"]
    folders = [
        run(f"a/{i}", f"x={value}", 0, {"test/my_mse": 1.0, "test/mse": i}) for i, value in enumerate(values)
    ]
    page = parsed(markdown(report([read(folder) for folder in folders])))
    header, *rows = [["".join(cell.itertext()) for cell in row] for row in page.iter("tr")]
    assert header == ["x", "seeds", "test/my_mse", "test/mse"]
    assert rows == [[value, "1", "1", str(i)] for i, value in enumerate(values)]
    assert [strong.text for strong in page.iter("strong")] == ["0"]
    aligned = [cell.get("style") for cell in page.find("table/thead/tr") or []]
    assert aligned == [None, *["text-align: right;"] * 3]


def test_the_command_stands_as_code():
    folders = [run(f"a/{i}", f"x=a_{i}_*", 0, {"val/mse": i}) for i in range(2)]
    page = parsed(markdown(report([read(folder) for folder in folders])))
    assert [code.text for code in page.iter("code")] == ["aelab 'x=a_0_*' seed=0\n"]
    assert "x=a_0_*, with 0." in "".join(page.itertext())


def test_a_bar_and_a_dollar_end_nothing():
    assert escape("a|b") == r"a\|b" and escape("$x$ ~~y~~") == "&#36;x&#36; &#126;&#126;y&#126;&#126;"
    assert not re.search(r"(?<!\\)\|", escape("|x||"))
