"""`aelab report`: numbers against the standard library, groups over seeds, the columns that are chosen."""

import statistics
from pathlib import Path

import pytest
from command.reports import SEEDS, report, rows, run, sweep

from aelab.command.report import main
from aelab.errors import UserError

pytestmark = pytest.mark.usefixtures("here")


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
        "Best by val/mse (lower is better): model.latent.dim=10, with 0.5238 ± 0.0033, over 3 seeds.",
        "  aelab -m dataset=digits model.latent.dim=10 seed=0,1,2",
        "",
        "Every run, setting and metric: sweep/report.csv",
        "Curves and pictures: sweep/report.html",
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
    assert report(capsys, "sweep", "--csv", "all.csv", "--html", "all.html")[-2:] == [
        "Every run, setting and metric: all.csv",
        "Curves and pictures: all.html",
    ]
    assert not [*Path("sweep").glob("report.*")] and Path("all.html").read_text().startswith(
        "<!doctype html>"
    )
    assert "\n".join(report(capsys, "sweep", "--csv", "-")) + "\n" == Path("all.csv").read_text()
    for flag in ("--csv", "--html"):
        line = rf"^report: cannot write 'all.csv/x' \(.*\); choose with {flag} FILE$"
        with pytest.raises(UserError, match=line):
            main(["sweep", flag, "all.csv/x"])


def test_other_forms_leave_stdout_to_the_table(capsys: pytest.CaptureFixture[str]):
    sweep()
    for form, first in (("markdown", "6 runs: "), ("latex", "% 6 runs: ")):
        assert main(["sweep", "--format", form]) == 0
        out, err = capsys.readouterr()
        assert out.startswith(first) and "report.html" not in out
        assert err.splitlines()[-1] == "Curves and pictures: sweep/report.html"


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
        (["sweep", "--metric", "msee"], ["report: no column 'msee'; did you mean 'mse'?"]),
        (["sweep", "--sort", "xyz"], ["report: no column 'xyz'; there are dataset, model.latent.dim, "
                                      "val/mse, test/mse, test/psnr, test/odd, seconds, epochs, parameters"]),
        (["sweep", "--format", "tex"], ["report: --format takes text, markdown, latex; got 'tex'"]),
        (["sweep", "--best", "test/mse"], ["report: --best takes a validation metric, val/...; "
                                           "nobody chooses by 'test/mse'"]),
        (["sweep", "--best", "val/mes"], ["report: --best: no run has 'val/mes'; did you mean 'val/mse'?"]),
        (["sweep", "--best", "odd"], ["report: --best: no run has 'val/odd'; there are val/mse"]),
        (["sweep", "--best", "mse:low"], ["report: --best mse:low: takes NAME, NAME:min or NAME:max"]),
    ],
)  # fmt: skip
def test_errors(argv: list[str], problems: list[str]):
    sweep()
    Path("empty").mkdir()
    Path("file").touch()
    with pytest.raises(UserError) as error:
        main(argv)
    assert list(error.value.problems) == problems
