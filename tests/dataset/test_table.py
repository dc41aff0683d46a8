"""Text tables: with and without a header, labels, and what is no number."""

from pathlib import Path

import numpy as np
import pytest

from aelab.dataset.refused import Refused
from aelab.dataset.table import Table

X = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
KINDS = np.array(["setosa", "virginica", "versicolor"])[np.arange(12) % 3]


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def numbers(sep: str = ",") -> list[str]:
    return [sep.join(f"{value:.9g}" for value in row) for row in X]


@pytest.mark.parametrize("sep", [",", ";", "\t", " ", ", "])
@pytest.mark.parametrize("header", [True, False])
def test_delimiters_and_header(sep: str, header: bool, tmp_path: Path) -> None:
    head = [sep.join(("a", "b", "c"))] if header else []
    x, y = Table.at(write(tmp_path / "t.csv", *head, *numbers(sep))).read("auto")
    assert np.array_equal(x, X) and x.dtype == np.float32 and y is None


def test_written_by_numpy(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "t.txt", X)
    assert np.allclose(Table.at(tmp_path / "t.txt").read("auto")[0], X)


def test_a_column_that_is_named_like_labels_is_the_labels(tmp_path: Path) -> None:
    lines = [f"{kind},{row}" for kind, row in zip(KINDS, numbers(), strict=True)]
    x, y = Table.at(write(tmp_path / "t.csv", "Label,a,b,c", *lines)).read("auto")
    assert np.array_equal(x, X) and y == KINDS.tolist()


@pytest.mark.parametrize("labels", [3, -1])
def test_a_column_by_number_without_header(labels: int, tmp_path: Path) -> None:
    lines = [f'{row},"{kind}"' for kind, row in zip(KINDS, numbers(), strict=True)]
    x, y = Table.at(write(tmp_path / "t.csv", *lines)).read(labels)
    assert np.array_equal(x, X) and y == KINDS.tolist()


def test_null_takes_every_column_as_data(tmp_path: Path) -> None:
    x, y = Table.at(write(tmp_path / "t.csv", "y,a,b", *numbers())).read(None)
    assert np.array_equal(x, X) and y is None


def test_a_data_frames_row_numbers_are_left_out(tmp_path: Path) -> None:
    lines = [f"{i},{row}" for i, row in enumerate(numbers())]
    assert np.array_equal(Table.at(write(tmp_path / "t.csv", ",a,b,c", *lines)).read("auto")[0], X)


def test_column_numbers_as_header_are_no_row(tmp_path: Path) -> None:
    assert len(Table.at(write(tmp_path / "t.csv", "0,1,2", *numbers())).read("auto")[0]) == 12


def test_byte_order_mark_and_windows_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("\r\n".join(["a,b,c", *numbers()]).encode("utf-8-sig"))
    assert Table.at(path).names == ["a", "b", "c"]
    assert np.array_equal(Table.at(path).read("auto")[0], X)


@pytest.mark.parametrize(
    ("lines", "labels", "setting", "said"),
    [
        (["a,species", "1,setosa", "2,virginica"], "auto", "file", ": column 'species' holds text, 'setosa'"),
        (["1,setosa", "2,virginica"], "auto", "file", ": column '1' holds text, 'setosa'"),
        (["a,b", "1,2", "3,NA"], "auto", "file", ", line 3, column 'b': 'NA' is not a number"),
        (["a,b", "1,2", "3,"], "auto", "file", ", line 3, column 'b': is empty"),
        (["a,b", "1,2", "3,4,5"], "auto", "file", ", line 3: 3 columns, not 2"),
        (["a,b", "1,2", "", "3"], "auto", "file", ", line 4: 1 columns, not 2"),
        (["a,b"], "auto", "file", " holds no rows"),
        ([""], "auto", "file", " is empty"),
        (["a,kind", "1,2"], "kinds", "labels", " has no column 'kinds'; did you mean 'kind'?"),
        (["1,2", "3,4"], "kind", "labels", " has no column 'kind'; it has no header, so give a number"),
        (["1,2", "3,4"], 2, "labels", " has 2 columns, no column 2"),
    ],
)
def test_refused(lines: list[str], labels: str | int, setting: str, said: str, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", *lines)
    with pytest.raises(Refused) as error:
        Table.at(path).read(labels)
    assert (error.value.setting, error.value.said) == (setting, f"{path}{said}")


def test_text_that_may_be_the_label_comes_with_advice(tmp_path: Path) -> None:
    with pytest.raises(Refused) as error:
        Table.at(write(tmp_path / "t.csv", "a,species", "1,setosa")).read("auto")
    assert error.value.advice == "if it is the label, dataset.labels=species"
