"""Figures of a finished run: the same again, or others."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import numpy as np
import pytest
from conftest import SMALL
from matplotlib.figure import Figure as Canvas
from omegaconf import OmegaConf
from PIL import Image

from aelab.command.cells import titles
from aelab.figure.scores import Scores
from aelab.figure.sheet import sheet

Aelab = Callable[..., tuple[int, str, str]]


def test_the_same_figures_again(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    own = sorted(path.name for path in (digits_run / "figures").iterdir())
    assert own == ["loss_curves.png", "reconstructions.png"]
    status, out, err = aelab(
        "draw", f"run='{digits_run}'", "figure=[reconstructions,loss_curves]", "output=new"
    )
    assert (status, err) == (0, "")
    assert out.splitlines() == ["new/reconstructions.png", "new/loss_curves.png"]
    for name in own:
        first, again = (
            np.asarray(Image.open(folder / name)) for folder in (digits_run / "figures", tmp_path / "new")
        )
        np.testing.assert_array_equal(first, again)


def test_another_figure_goes_into_the_runs_folder(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    shutil.copytree(digits_run, tmp_path / "run")
    status, out, _ = aelab("draw", "run=run", "figure=[latent_map]", "figure.latent_map.points=20")
    assert (status, out) == (0, "run/figures/latent_map.png\n")
    assert len(list((tmp_path / "run" / "figures").iterdir())) == 3


def test_other_weights_give_other_pictures(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    for weights in ("best", "last"):
        aelab(
            "draw",
            f"run='{digits_run}'",
            "figure=[reconstructions]",
            f"weights={weights}",
            f"output={weights}",
        )
    best, last = (Image.open(tmp_path / weights / "reconstructions.png") for weights in ("best", "last"))
    assert best.tobytes() != last.tobytes()


@pytest.fixture
def sweep(digits_run: Path, tmp_path: Path) -> Path:
    """Two finished runs, one that is not, and what is no run."""
    for i, dim in enumerate((2, 10, 5)):
        folder = tmp_path / "sweep" / f"{i}-dim={dim},seed=0"
        shutil.copytree(digits_run, folder)
        OmegaConf.save(["loss=[mse]", f"model.latent.dim={dim}"], folder / ".hydra" / "overrides.yaml")
    (tmp_path / "sweep" / "2-dim=5,seed=0" / "results.json").unlink()
    (tmp_path / "sweep" / "notes").mkdir()
    return tmp_path / "sweep"


def test_a_sweep_side_by_side(aelab: Aelab, sweep: Path) -> None:
    status, out, err = aelab("draw", "sweep=sweep", "figure=[reconstructions,loss_curves]")
    assert (status, err) == (0, "sweep/2-dim=5,seed=0: is not finished, left out\n")
    assert out.splitlines() == ["sweep/figures/reconstructions.png", "sweep/figures/loss_curves.png"]
    own = sweep / "0-dim=2,seed=0" / "figures" / "loss_curves.png"
    with Image.open(own) as one, Image.open(sweep / "figures" / "loss_curves.png") as both:
        assert both.width * both.height > 2 * one.width * one.height
    assert not (sweep / "figures" / "latent_map.png").exists()


def test_a_sheet_says_what_it_shows_of_which_runs(
    aelab: Aelab, sweep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    headings = []

    def kept(canvases: dict[str, Canvas], heading: str) -> Canvas:
        headings.append(heading)
        return sheet(canvases, heading)

    monkeypatch.setattr("aelab.figure.sheet.sheet", kept)
    name = OmegaConf.load(sweep / "0-dim=2,seed=0" / ".hydra" / "config.yaml").name
    aelab("draw", "sweep=sweep", "figure=[latent_map,loss_curves]", "figure.latent_map.points=20")
    assert headings == [f"Latent map: {name} on Digits, by dim", f"Loss: {name} on Digits, by dim"]


def test_a_sheet_goes_where_it_is_asked_to(aelab: Aelab, sweep: Path, tmp_path: Path) -> None:
    status, out, _ = aelab("draw", f"sweep={sweep}/", "figure=[loss_curves]", "output=new")
    assert (status, out) == (0, "new/loss_curves.png\n")
    assert not (sweep / "figures").exists()


def test_what_no_run_can_show_is_not_drawn(aelab: Aelab, sweep: Path) -> None:
    status, out, err = aelab("draw", "sweep=sweep", "figure=[denoising_arrows]")
    assert (status, out) == (2, "") and not (sweep / "figures").exists()
    assert err.splitlines()[1:] == ["figure.denoising_arrows: nothing to show for this sweep"]


def test_what_is_not_drawn_is_said(aelab: Aelab, digits_run: Path) -> None:
    status, out, err = aelab("draw", f"run='{digits_run}'", "figure=[kl_curve,loss_curves]", "output=new")
    assert (status, out) == (0, "new/loss_curves.png\n")
    assert err == "figure.kl_curve: nothing to show for this run\n"


def test_a_figure_says_why_it_shows_nothing(aelab: Aelab, digits_run: Path, sweep: Path) -> None:
    reason = (
        "figure.posterior: draws codes that the loss brought to a prior, as kl, mmd or adversarial does\n"
    )
    status, out, err = aelab("draw", f"run='{digits_run}'", "figure=[posterior,loss_curves]", "output=new")
    assert (status, out, err) == (0, "new/loss_curves.png\n", reason)
    status, out, err = aelab("draw", "sweep=sweep", "figure=[posterior]")  # once, of two runs
    assert (status, out) == (2, "") and err.endswith(f"left out\n{reason}")


def test_scores_of_a_sweep_are_its_results(
    aelab: Aelab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = ["clusters=2,3,4", "seed=0,1", "experiment=ae_kmeans", "dataset=digits", "model.widths=[8]"]
    assert aelab("-m", *grid, *SMALL, "hydra.sweep.dir=sweep")[0] == 0
    for checkpoints in tmp_path.glob("sweep/*/checkpoints"):
        shutil.rmtree(checkpoints)  # no run is opened
    canvases, compare = [], Scores.compare
    monkeypatch.setattr(Scores, "compare", lambda *given: canvases.append(compare(*given)) or canvases[-1])
    assert aelab("draw", "sweep=sweep", "figure=[scores]") == (0, "sweep/figures/scores.png\n", "")
    assert canvases[0].get_suptitle() == "Scores over clusters: digits-ae_kmeans, all rows"
    found = [json.loads(path.read_text()) for path in tmp_path.glob("sweep/*/results.json")]
    for axes in canvases[0].axes:
        metric = axes.get_title().partition(",")[0]
        means = [
            mean(one["metrics"][f"all/{metric}"] for one in found if f"clusters={k}" in one["overrides"])
            for k in (2, 3, 4)
        ]
        (line,) = (line for line in axes.lines if line.get_label() == "these runs")
        assert [x.tolist() for x in line.get_data()] == [[2, 3, 4], pytest.approx(means)]
    assert len(canvases[0].axes) == 6


def test_a_sweeps_figure_and_a_runs(aelab: Aelab, sweep: Path) -> None:
    status, out, err = aelab("draw", "sweep=sweep", "figure=[scores,loss_curves]")
    assert (status, out) == (0, "sweep/figures/loss_curves.png\n")
    why = "draws what runs scored over a setting that varies, and nothing does in this sweep"
    assert err.splitlines()[1:] == [f"figure.scores: {why}"]


def test_titles_are_what_varies(tmp_path: Path) -> None:
    def titled(*cells: list[str]) -> list[str]:
        folders = [tmp_path / f"{i}-cell" for i in range(len(cells))]
        for folder, overrides in zip(folders, cells, strict=True):
            (folder / ".hydra").mkdir(parents=True, exist_ok=True)
            OmegaConf.save(overrides, folder / ".hydra" / "overrides.yaml")
        return titles(folders)

    assert titled(["a.dim=2", "seed=0"], ["a.dim=3", "seed=0"]) == ["dim=2", "dim=3"]
    assert titled(["loss=[mse]", "seed=0"], ["loss=[bce]", "seed=1"]) == [
        "loss=[mse], seed=0",
        "loss=[bce], seed=1",
    ]
    # as long as it must be to tell two settings apart
    assert titled(["loss.kl.weight=1", "loss.mmd.weight=1"], ["loss.kl.weight=2", "loss.mmd.weight=1"]) == [
        "weight=1",
        "weight=2",
    ]
    assert titled(["loss.kl.weight=1"], ["loss.mmd.weight=1"]) == ["kl.weight=1", "mmd.weight=1"]
    assert titled(["seed=0"], ["seed=0"], ["seed=0", "a.b=1"]) == ["0-cell", "1-cell", "b=1"]
    assert titled(["seed=0"]) == ["0-cell"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "run, sweep: a folder must be given; run=DIR draws one run"),
        (["run=a", "sweep=b"], "run, sweep: not both; run=DIR draws one run"),
        (["sweep=nowhere"], "sweep: 'nowhere' does not exist"),
        (["sweep=sweep/0-dim=2,seed=0"], "sweep: 'sweep/0-dim=2,seed=0' is a run; draw it with run="),
        (["sweep=sweep/notes"], "sweep: 'sweep/notes' has no runs directly in it"),
        (["sweep=sweep", "weights=worst"], "weights: takes best or last, got 'worst'"),
        (["sweep=sweep", "weights=worst", "figure=[scores]"], "weights: takes best or last, got 'worst'"),
        (
            ["run='sweep/0-dim=2,seed=0'", "figure=[scores]"],
            "figure.scores: is of the runs of a sweep together, and not of one; aelab draw sweep=DIR",
        ),
        (
            ["sweep=sweep", "figure=[scores]", "figure.scores.metrics=3"],
            "figure.scores.metrics: takes a list",
        ),
        (
            ["sweep=sweep", "figure=[scores]", "figure.scores.metrics=[]"],
            "figure.scores: metrics must name one at least, or be null",
        ),
        (
            ["sweep=sweep", "output='sweep/0-dim=2,seed=0/results.json'"],
            "output: takes a folder, got the file 'sweep/0-dim=2,seed=0/results.json'",
        ),
        (
            ["sweep=sweep", "figure=[attribute_sweep]", "figure.attribute_sweep.attributes=[red]"],
            "figure.attribute_sweep: ",
        ),
    ],
)
def test_refusals_are_one_line(arguments: list[str], said: str, aelab: Aelab, sweep: Path) -> None:
    status, out, err = aelab("draw", *arguments)
    assert (status, out) == (2, "") and err.startswith(said) and err.count("\n") == 1
