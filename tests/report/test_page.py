"""The page in a real browser: sorted by a click, drawn, every picture there, nothing fetched."""

import re
from pathlib import Path
from statistics import mean

import pytest
from command.reports import history, picture, run
from report.browser import asked, needs_browser

from aelab.command.report import main

pytestmark = pytest.mark.usefixtures("here")

ORDER = """
const cells = name => {
  const table = document.querySelector("#scores table");
  const i = [...table.tHead.rows[0].cells].findIndex(one => one.textContent === name);
  return [...table.tBodies[0].rows].map(line => line.cells[i].textContent);
};
const head = name => [...document.querySelectorAll("#scores th")].find(one => one.textContent === name);
const click = name => head(name).querySelector("button").click();
"""
CHOOSE = """
const choose = (section, name, value) => {
  const select = document.querySelector(`#${section} [name=${name}]`);
  select.value = value;
  if (select.value !== value) throw new Error(`no ${value}`);
  select.dispatchEvent(new Event("change"));
};
const lines = section => document.querySelectorAll(`#${section} svg .line`).length;
"""


def sweep(x: str = "2 10 20", others: str = "y=a y=b", seeds: int = 2) -> Path:
    """A sweep that goes on: one run still trains, one failed."""
    for i, dim in enumerate(x.split()):
        for k, other in enumerate(others.split("|")):
            for seed in range(seeds):
                scores = {
                    "val/mse": 0.5 - i / 8 + k / 100 + seed / 1000,
                    "test/mse": 0.25 + i / 8,
                    "test/psnr": 10 + i,
                }
                folder = run(f"sweep/{dim}-{k}-{seed}", f"dim={dim} {other}".strip(), seed, scores)
                history(
                    folder,
                    *(f"train,{e},{e},{4 / e},{1 / e + seed / 9 if e % 2 else ''}" for e in range(1, 6)),
                )
                for name in ("samples", "filters"):
                    picture(folder / f"figures/{name}.png", 60, 40)
    first = others.split("|")[0]
    going = run("sweep/going", f"dim=2 {first}".strip(), 7, status={"status": "running"})
    history(going, "train,1,1,4.5,0.9", "train,2,2,2.5,0.7")
    run(
        "sweep/failed",
        f"dim=40 {first}".strip(),
        0,
        status={"status": "failed", "why": "Diverged: <loss> & so on"},
    )
    assert main(["sweep"]) == 0
    return Path("sweep/report.html")


def test_it_is_one_file_that_names_no_other():
    text = sweep().read_text()
    assert not re.search(r"https?:|@import|url\(|<link|<iframe|fetch\(|XMLHttpRequest|import\(", text)
    assert {*re.findall(r'\bsrc="(\w+:)', text)} == {"data:"} and " href=" not in text
    assert "default-src 'none'" in text
    assert "Diverged: &lt;loss&gt; &amp; so on" in text and "<loss>" not in text


@needs_browser
def test_a_click_on_a_header_sorts():
    found = asked(
        sweep(others="y=a|y=b"),
        ORDER
        + """
        const said = {};
        click("test/psnr"); said.best = cells("test/psnr"); said.first = head("test/psnr").ariaSort;
        click("test/psnr"); said.worst = cells("test/psnr"); said.second = head("test/psnr").ariaSort;
        click("test/mse"); said.mse = cells("test/mse"); said.before = head("test/psnr").ariaSort;
        click("dim"); said.dim = cells("dim");
        return said;""",
    )
    assert found["best"] == ["12 ± 0", "12 ± 0", "11 ± 0", "11 ± 0", "10 ± 0", "10 ± 0", ""]
    assert found["worst"] == ["10 ± 0", "10 ± 0", "11 ± 0", "11 ± 0", "12 ± 0", "12 ± 0", ""]  # blanks last
    assert (found["first"], found["second"], found["before"]) == ("descending", "ascending", None)
    assert [cell[:4] for cell in found["mse"]] == ["0.25", "0.25", "0.37", "0.37", "0.50", "0.50", ""]
    assert found["dim"] == ["2", "2", "10", "10", "20", "20", "40"]  # as numbers


@needs_browser
def test_curves_and_pictures():
    found = asked(
        sweep(others=""),
        CHOOSE
        + """
        const said = {}, log = document.querySelector("#curves [name=log]");
        said.points = document.querySelectorAll("#choices circle title").length;
        said.mean = lines("curves"); said.bands = document.querySelectorAll("#curves .band").length;
        said.going = document.querySelectorAll("#curves .going").length;
        said.legend = [...document.querySelectorAll("#curves .legend li")].map(one => one.textContent);
        said.metric = document.querySelector("#curves [name=metric]").selectedOptions[0].text;
        said.average = document.querySelector("#curves .line:not(.going) title").textContent;
        choose("curves", "lines", "each"); said.each = lines("curves");
        choose("curves", "metric", '["train","train/loss"]');
        said.title = document.querySelector("#curves .line title").textContent;
        said.label = document.querySelector("#curves svg").getAttribute("aria-label");
        const before = document.querySelector("#curves .line").getAttribute("d");
        log.click(); said.isRedrawn = before !== document.querySelector("#curves .line").getAttribute("d");
        said.isFinite = !document.querySelector("main").innerHTML.includes("NaN");
        const images = [...document.images];
        await Promise.all(images.map(one => one.decode()));
        said.images = images.length; said.sizes = [...new Set(images.map(one => one.naturalWidth))];
        const open = () => [...document.querySelectorAll(".gallery:not([hidden])")];
        const shown = () => open().map(one => one.dataset.figure);
        said.shown = shown(); choose("pictures", "figure", "filters"); said.then = shown();
        document.querySelector(".gallery:not([hidden]) button").click();
        said.whole = document.querySelectorAll("figure.whole").length;
        const over = new MouseEvent("mouseover", {bubbles: true});
        document.querySelector("#scores tbody tr").dispatchEvent(over);
        said.faint = document.querySelectorAll("#curves .line.faint").length;
        said.readout = document.querySelector("#curves .readout").textContent;
        return said;""",
    )
    assert (found["points"], found["mean"], found["bands"], found["going"]) == (3, 4, 3, 1)
    assert found["legend"] == [
        *("dim=2", "dim=10", "dim=20"),
        "band: ± sample standard deviation over seeds",
        "dashed: a run without results yet",
    ]
    assert found["metric"] == "val/mse" and found["each"] == 7
    assert found["average"] == f"dim=2, 2 seeds: {mean([1 / 5, 1 / 5 + 1 / 9]):.4g} at epoch 5"
    assert (
        found["title"] == "dim=2, seed=0: 0.8 at epoch 5"
        and found["label"] == "train/loss over epochs, 7 lines"
    )
    assert found["isRedrawn"] and found["isFinite"]
    assert (found["images"], found["sizes"], found["shown"], found["then"]) == (
        12,
        [60],
        ["samples"],
        ["filters"],
    )
    assert (found["whole"], found["faint"], found["readout"]) == (1, 4, "dim=2")


@needs_browser
@pytest.mark.parametrize(("others", "cells", "lines"), [("y=a|y=b", 6, 0), ("y=a z=1|y=b z=2", 0, 6)])
def test_two_settings_are_a_heat_map_and_three_parallel_axes(others: str, cells: int, lines: int):
    found = asked(
        sweep(others=others),
        CHOOSE
        + """
        const said = {};
        const count = what => document.querySelectorAll(`#choices svg ${what}`).length;
        said.cells = count(".field"); said.lines = lines("choices");
        said.best = document.querySelector("#choices .best-line title")?.textContent ?? count(".ring");
        choose("choices", "metric", "test/psnr");
        said.titles = [...document.querySelectorAll("#choices title")].map(one => one.textContent).sort();
        said.isFinite = !document.querySelector("main").innerHTML.includes("NaN");
        said.room = document.documentElement.scrollWidth;
        return said;""",
        width=420,
    )
    assert (found["cells"], found["lines"], found["isFinite"]) == (cells, lines, True)
    assert found["best"] == (1 if cells else "dim=20, y=a, z=1: val/mse 0.2505 ± 0.0007")
    assert len(found["titles"]) == 6 and found["titles"][0].endswith("test/psnr 11 ± 0")
    assert found["room"] <= 500  # nothing stands out to the right: headless windows are no narrower


@needs_browser
def test_words_of_settings_stay_words():
    """A value may look like a page's own language."""
    values = ["</script><b>", "<!--<script>", "a&amp;b", '"x"', "${title}", "$title"]
    for i, value in enumerate(values):
        run(f"sweep/{i}", f"x={value}", 0, {"val/mse": 1.0 + i})
    assert main(["sweep"]) == 0
    found = asked(
        Path("sweep/report.html"),
        ORDER
        + 'return [cells("x"), data.settings[0].values, document.querySelector(".best code").textContent];',
    )
    assert found == [values, values, "aelab 'x=</script><b>' seed=0"]
