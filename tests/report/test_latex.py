"""The LaTeX form: every row has as many cells, and no word of it is taken for a command."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from command.reports import run

from aelab.records import read
from aelab.report.latex import latex
from aelab.report.report import report

pytestmark = pytest.mark.usefixtures("here")
VALUES = ["a_b", "50%", "x&y", "#1", "[mse]", "*", "{a:$b}", r"c:\d^2", "~e", "p|q<r>"]


def made() -> str:
    folders = [
        run(
            f"a/{i}-{seed}", f"x_1='{value}'", seed, {"test/my_mse": -1.5 - i + seed / 4, "test/mse": i + 1.0}
        )
        for i, value in enumerate(VALUES)
        for seed in (0, 1)
    ]
    runs = [read(folder) for folder in folders]
    return latex(report(runs))


def plain(cell: str) -> str:
    """What LaTeX would set."""
    for written, meant in (
        *((rf"\text{name}{{}}", sign) for name, sign in (("asciitilde", "~"), ("asciicircum", "^"))),
        *((f"${sign}$", sign) for sign in "-<>|"),
        *((f"{{{sign}}}", sign) for sign in "[]*"),
        *((f"\\{sign}", sign) for sign in "&%$#_{}"),
        (r"\textbackslash{}", "\\"),
        (r"$\pm$", "±"),
    ):
        cell = cell.replace(written, meant)
    return cell


def test_it_is_read_as_it_was_meant():
    lines = [line for line in made().splitlines() if not line.startswith("%")]
    assert lines[:2] == [r"\begin{tabular}{lrrr}", r"\toprule"]
    assert lines[3] == r"\midrule" and lines[-2:] == [r"\bottomrule", r"\end{tabular}"]
    header, *rows = (re.split(r"(?<!\\) & ", line.removesuffix(r" \\")) for line in (lines[2], *lines[4:-2]))
    assert [plain(cell) for cell in header] == ["x_1", "seeds", "test/my_mse", "test/mse"]
    assert [[plain(cell) for cell in row[:2]] for row in rows] == [[f"'{value}'", "2"] for value in VALUES]
    assert plain(rows[0][2]) == "-1.38 ± 0.18"
    assert [row[3].startswith(r"\textbf{") for row in rows] == [True] + [False] * (len(VALUES) - 1)


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no pdflatex on this machine")
def test_latex_takes_it():
    page = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n" + made() + "\\end{document}\n"
    Path("page.tex").write_text(page, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "page.tex"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
