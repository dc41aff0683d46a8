"""`aelab report`: numbers against the standard library, groups over seeds, and runs that did not end."""

import csv
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aelab.command.report import main
from aelab.errors import UserError
from aelab.table import as_text, number_format, spread, table, width

SEEDS = {0: 0.031, 1: 0.033, 2: 0.0375}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    yield


def run(
    folder: str,
    overrides: str = "",
    seed: int = 0,
    metrics: dict[str, Any] | None = None,
    status: dict[str, str] | None = None,
) -> Path:
    """A run's folder as training leaves it: whole if it has metrics."""
    path = Path(folder)
    asked = [*overrides.split(), f"seed={seed}"]
    (path / ".hydra").mkdir(parents=True)
    (path / ".hydra/overrides.yaml").write_text("".join(f"- {line}\n" for line in asked))
    if status:
        (path / "status.json").write_text(json.dumps(status))
    if metrics:
        facts = {"epochs": 20, "seconds": 1.5, "parameters": 1234, "device": "cpu"}
        results = {"status": "completed", "metrics": metrics, "overrides": asked, "seed": seed, **facts}
        (path / "results.json").write_text(json.dumps(results))
    return path


def sweep() -> None:
    """Two code sizes under three seeds, of the same data."""
    for dim, offset in ((2, 0.0), (10, 0.01)):
        for seed, mse in SEEDS.items():
            found = {"val/mse": 0.5, "test/mse": mse - offset, "test/psnr": 15 + dim + seed, "test/odd": dim}
            run(f"sweep/{dim}-{seed}", f"dataset=digits model.latent.dim={dim}", seed, found)
    Path("sweep/multirun.yaml").write_text("")


def report(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    assert main(list(argv)) == 0
    return capsys.readouterr().out.splitlines()


def rows() -> list[dict[str, str]]:
    with open("sweep/report.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_mean_and_deviation_over_seeds(capsys: pytest.CaptureFixture[str]):
    sweep()
    assert report(capsys, "sweep") == [
        "6 runs: 6 completed; all with dataset=digits",
        "",
        "model.latent.dim  seeds             test/mse  test/psnr  test/odd",
        "────────────────  ─────  ───────────────────  ─────────  ────────",
        "               2      3  0.03383 ± 0.00333     18 ± 1       2 ± 0",
        "              10      3  0.02383 ± 0.00333 *   26 ± 1 *    10 ± 0",
        "",
        "Mean ± sample standard deviation over seeds. * is the best of its column.",
        "",
        "Every run, setting and metric: sweep/report.csv",
    ]
    mse = SEEDS.values()
    assert f"{statistics.mean(mse):.5f} ± {statistics.stdev(mse):.5f}" == "0.03383 ± 0.00333"


def test_csv_has_every_run_and_every_digit(capsys: pytest.CaptureFixture[str]):
    sweep()
    run(
        "sweep/10-3",
        "dataset=digits model.latent.dim=10 +x=a,b",
        3,
        status={"status": "failed", "why": "full\ndisk"},
    )
    report(capsys, "sweep")
    found = rows()
    assert [Path(row["folder"]).name for row in found] == [
        f"{d}-{s}" for d in (2, 10) for s in range(3 + (d > 2))
    ]
    first, last = found[0], found[-1]
    assert list(first) == [
        *("folder", "status", "why", "seed", "dataset", "model.latent.dim", "x"),
        *("val/mse", "test/mse", "test/psnr", "test/odd", "seconds", "epochs", "parameters", "device"),
    ]
    assert float(first["test/mse"]) == SEEDS[0] and first["parameters"] == "1234" and first["device"] == "cpu"
    assert (first["status"], first["seed"], first["model.latent.dim"], first["x"]) == (
        "completed",
        "0",
        "2",
        "",
    )
    assert (last["status"], last["why"], last["seed"], last["x"]) == ("failed", "full disk", "3", "a,b")
    assert last["test/mse"] == ""


def test_csv_elsewhere_and_on_stdout(capsys: pytest.CaptureFixture[str]):
    sweep()
    assert report(capsys, "sweep", "--csv", "all.csv")[-1] == "Every run, setting and metric: all.csv"
    assert not Path("sweep/report.csv").exists()
    assert "\n".join(report(capsys, "sweep", "--csv", "-")) + "\n" == Path("all.csv").read_text()
    with pytest.raises(
        UserError, match=r"^report: cannot write 'no/x.csv' \(No such file.*; choose with --csv FILE$"
    ):
        main(["sweep", "--csv", "no/x.csv"])


def test_runs_that_did_not_end(capsys: pytest.CaptureFixture[str]):
    run(
        "a/1",
        status={"status": "failed", "why": "Diverged: loss.kl became NaN in stage 'main', " + "so " * 20},
    )
    run("a/2", status={"status": "running"})
    run("a/3", "loss=[mse]")
    run("a/4", status={"status": "completed"})
    run("a/5", metrics={"test/mse": 1.5})
    (run("a/6") / "status.json").write_text('{"status": "fai')
    assert report(capsys, "a") == [
        "6 runs: 1 failed, 1 running, 3 unfinished, 1 completed",
        "",
        "seeds  test/mse",
        "─────  ────────",
        "    1     1.500",
        "",
        "Without results; `aelab resume run=FOLDER` goes on with one that stopped:",
        "  failed      a/1",
        "              Diverged: loss.kl became NaN in stage 'main', so so so so so so so so so so so so so",
        "              so so so so so so so",
        "  running     a/2",
        "  unfinished  a/3",
        "  unfinished  a/4",
        "              it says completed, but has no results.json",
        "  unfinished  a/6",
        "              its status.json is broken",
        "",
        "Every run, setting and metric: a/report.csv",
    ]


def test_only_unfinished_runs_and_many_of_them(capsys: pytest.CaptureFixture[str]):
    for number in range(30):
        run(f"a/{number}", status={"status": "running"})
    lines = report(capsys, "a", "--metric", "mse", "--sort", "mse")
    assert lines[0] == "30 runs: 30 running" and lines[-3] == "  and 10 more" and len(lines) == 26


def test_what_counts_as_a_run(capsys: pytest.CaptureFixture[str]):
    found = {"test/mse": 1.0}
    run("outputs/2025-01-01/10-run", "x=1", metrics=found)
    run("outputs/2025-01-01/10-run/figures/again", "x=2", metrics=found)  # inside a run
    run("outputs/sweeps/.trash", "x=3", metrics=found)
    run("outputs/sweeps/s/0-cell", "x=4", metrics=found)
    Path("outputs/sweeps/s/multirun.yaml").write_text("")
    Path("outputs/sweeps/s/status.json").write_text("{}")
    (run("outputs/bare", "x=5", metrics=found) / ".hydra/overrides.yaml").unlink()
    report(capsys, "outputs", "outputs/bare", "--csv", "x.csv")
    with open("x.csv", newline="") as file:
        assert [row["x"] for row in csv.DictReader(file)] == ["1", "5", "4"]
    for one in ("outputs/bare", "outputs/sweeps/s/", "outputs/2025-01-01"):
        assert report(capsys, one)[0].startswith("1 run: 1 completed; all with x=")


def test_settings_are_read_as_hydra_writes_them(capsys: pytest.CaptureFixture[str]):
    run("a/1", "+loss.kl.weight=2 ++a.b=c=d ~figure", 0, {"test/mse": 1.0})
    run("a/2", "+loss.kl.weight=4 ++a.b=c=d", 0, {"test/mse": 2.0})
    lines = report(capsys, "a")
    assert lines[0].endswith("all with a.b=c=d")
    assert [line.split() for line in lines[2:6]][::3] == [
        ["loss.kl.weight", "figure", "seeds", "test/mse"],
        ["4", "1", "2"],
    ]


def test_best_is_where_a_metric_has_a_direction(capsys: pytest.CaptureFixture[str]):
    names = ("mse", "nll", "psnr", "acc", "seconds_each", "pca_mse", "same")
    for x in (1, 2):
        run(f"a/{x}", f"x={x}", 0, {f"test/{name}": x + 0.5 for name in names[:-1]} | {"test/same": 3.0})
    _, _, _, _, low, high, *_ = report(capsys, "a")
    assert low.split() == ["1", "1", "1.500", "*", "1.500", "*", "1.500", "1.500", "1.500", "1.500", "3"]
    assert high.split() == ["2", "1", "2.500", "2.500", "2.500", "*", "2.500", "*", "2.500", "2.500", "3"]


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("test/mse", "2 10 1"), ("mse", "2 10 1"), ("psnr", "1 2 10"), ("val/odd", "10 1 2"),
        ("x", "1 2 10"), ("word", "1 2 10"), ("same", "10 2 1"),
    ],
)  # fmt: skip
def test_sort(capsys: pytest.CaptureFixture[str], name: str, order: str):
    """Metrics from the best, settings from the smallest, whatever has no number last."""
    run("a/1", "x=10 word=c same=0", 0, {"test/mse": 2.0, "test/psnr": 1.0, "val/odd": 1.0})
    run("a/2", "x=2 word=b same=0", 0, {"test/mse": 1.0, "test/psnr": 2.0, "val/odd": 3.0})
    run("a/3", "x=1 word=a same=0", 0, {"test/mse": float("nan"), "test/psnr": 3.0, "val/odd": 2.0})
    lines = report(capsys, "a", "--sort", name)
    assert [line.split()[0] for line in lines[4:7]] == order.split()
    # a metric stands first, where it always has room
    assert lines[2].split()[3] == {"psnr": "test/psnr", "val/odd": "val/odd"}.get(name, "test/mse")


def test_choose_columns(capsys: pytest.CaptureFixture[str]):
    sweep()
    for words, header in [
        (["mse"], "test/mse"),
        (["val/*", "psnr"], "val/mse test/psnr"),
        (["seconds", "test/*"], "seconds test/mse test/psnr test/odd"),
    ]:
        assert report(capsys, "sweep", "--metric", *words)[2].split()[2:] == header.split()


def test_columns_that_do_not_fit(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    sweep()
    for columns, left in ((30, "test/psnr, test/odd"), (60, "test/odd")):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = report(capsys, "sweep")
        assert f"No room for {left}: --metric NAME ... chooses." in " ".join(lines)
        (header,) = (line for line in lines if line.startswith("model.latent.dim  seeds"))
        assert "test/mse" in header and "odd" not in header


def test_without_a_final_split_and_with_gaps(capsys: pytest.CaptureFixture[str]):
    run("a/1", "x=1", 0, {"val/mse": 1.5, "train/mse": 1.25})
    run("a/2", "x=2", 0, {"val/mse": 2.5, "val/ssim": None})
    lines = report(capsys, "a")
    assert lines[2].split() == ["x", "seeds", "val/mse", "train/mse"]
    assert lines[5].split() == ["2", "1", "2.500"]


def test_a_seed_twice_is_told(capsys: pytest.CaptureFixture[str]):
    for number in (1, 2):
        run(f"a/{number}", "x=1", 0, {"test/mse": 1.0})
    assert "Some rows count a seed more than once: several runs have the same settings." in report(
        capsys, "a"
    )


@pytest.mark.parametrize(
    ("argv", "problems"),
    [
        (["outputs/x"], ["report: no folder 'outputs/x'"]),
        (["empty"], ["report: no runs under 'empty'"]),
        (["file", "sweep", "empty"], ["report: 'file' is a file, not a folder",
                                      "report: no runs under 'empty'"]),
        (["sweep", "--metric", "test/mes"], ["report: no column 'test/mes'; did you mean 'test/mse'?"]),
        (["sweep", "--metric", "mze"], ["report: no column 'mze'; did you mean 'mse'?"]),
        (["sweep", "--sort", "xyz"], ["report: no column 'xyz'; there are dataset, model.latent.dim, "
                                      "val/mse, test/mse, test/psnr, test/odd, seconds, epochs, parameters"]),
    ],
)  # fmt: skip
def test_errors(argv: list[str], problems: list[str]):
    sweep()
    Path("empty").mkdir()
    Path("file").touch()
    with pytest.raises(UserError) as error:
        main(argv)
    assert list(error.value.problems) == problems


def test_broken_results(capsys: pytest.CaptureFixture[str]):
    for name, text in (("1", '{"status": "comp'), ("2", "[]"), ("3", "{}"), ("4", "")):
        run(f"a/{name}")
        Path(f"a/{name}/results.json").write_text(text)
    with pytest.raises(UserError) as error:
        main(["a"])
    assert error.value.problems == (
        "report: 'a/1/results.json' is broken (Unterminated string starting at: line 1 column 12 (char 11))",
        "report: 'a/2/results.json' is broken (it holds a list)",
        "report: 'a/3/results.json' is broken (no metrics)",
        "report: 'a/4/results.json' is broken (Expecting value: line 1 column 1 (char 0))",
    )
    assert capsys.readouterr().out == "" and not Path("a/report.csv").exists()


def test_a_thousand_runs(capsys: pytest.CaptureFixture[str]):
    found = {f"{split}/m{i}": i + 0.25 for split in ("val", "test") for i in range(20)}
    for number in range(1000):
        run(f"sweep/{number}", f"x={number // 4} y=[a,b]", number % 4, {**found, "test/mse": number / 1000})
    start = time.process_time()
    lines = report(capsys, "sweep", "--sort", "mse")
    assert time.process_time() - start < 5
    assert lines[0] == "1000 runs: 1000 completed; all with y=[a,b]" and len(rows()) == 1000
    assert lines[4].split()[:2] == ["0", "4"]


def test_a_reader_may_leave_and_nothing_heavy_is_imported():
    sweep()
    code = (
        "import sys; from aelab.command.report import main; main(['sweep']);"
        "sys.exit({'torch', 'numpy', 'matplotlib', 'pytorch_lightning'} & {*sys.modules} or 0)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0 and len(rows()) == 6


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
