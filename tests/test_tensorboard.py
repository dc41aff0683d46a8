"""What TensorBoard itself makes of a run and of a sweep: settings beside metrics, pictures, codes."""

import csv
import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
import pytest
import torch
from conftest import restored_logging, trained
from omegaconf import DictConfig
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from aelab.build import build
from aelab.dataset.dataset import Dataset
from aelab.tensorboard import project

Compose = Callable[..., DictConfig]
Json = dict[str, Any]


def logged(
    folder: Path, z: torch.Tensor, y: torch.Tensor | None, data: Dataset, clustering: Any = None
) -> Path:
    """The folder of the codes, as the projector finds them."""
    logger = TensorBoardLogger(folder, name=None, version="log")
    project(logger, (z, y), data, 7, clustering)
    logger.experiment.close()
    (place,) = (folder / "log").glob("*/codes")
    return place


def metadata(place: Path) -> list[list[str]]:
    with (place / "metadata.tsv").open(encoding="utf-8") as file:
        return list(csv.reader(file, delimiter="\t"))


def images(composed: Compose, folder: Path, x: np.ndarray, *overrides: str, **more: Any) -> Dataset:
    np.savez(folder / "images.npz", x=x, **more)
    file = f"dataset.file='{folder}/images.npz'"
    return build(composed("dataset=arrays", file, *overrides).dataset).setup()


def tiles(place: Path, n: int, side: int) -> np.ndarray:
    """[n, side, side, 3], of the one picture that holds all."""
    across = int(np.ceil(n**0.5))
    sprite = np.asarray(Image.open(place / "sprite.png").convert("RGB")).astype(np.int64)
    assert sprite.shape == (across * side, across * side, 3)
    return sprite.reshape(across, side, across, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3)[:n]


# --- the projector --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("h", "w"), [(8, 5), (5, 8), (6, 6)])
@pytest.mark.parametrize("colours", [(), (3,)])
@pytest.mark.parametrize("centred", [False, True])
def test_thumbnails_are_the_images_whole_and_in_the_middle(
    h: int,
    w: int,
    colours: tuple[int, ...],
    centred: bool,
    composed: Compose,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    x = np.random.default_rng(0).integers(0, 256, (30, h, w, *colours), dtype=np.uint8)
    data = images(composed, tmp_path, x, f"dataset.centred={centred}")
    rows = data.splits[data.final]
    for _ in range(2):  # as a finished run that is resumed, without a word
        place = logged(tmp_path, torch.randn(len(rows), 2), None, data)
    assert capsys.readouterr().out == ""
    side = max(h, w)
    top, left = (side - h) // 2, (side - w) // 2
    for tile, row in zip(tiles(place, len(rows), side), rows.tolist(), strict=True):
        found = np.zeros((side, side, 3), np.int64)
        found[top : top + h, left : left + w] = x[row] if colours else x[row][..., None]
        assert abs(found - tile).max() <= 1


def test_large_images_have_small_thumbnails(composed: Compose, tmp_path: Path) -> None:
    x = np.full((30, 96, 192), 200, np.uint8)
    x[:, :, 96:] = 100
    data = images(composed, tmp_path, x)
    rows = data.splits[data.final]
    tile = tiles(logged(tmp_path, torch.randn(len(rows), 4), None, data), len(rows), 48)[0]
    assert abs(tile[12:36, :24] - 200).max() <= 1 and abs(tile[12:36, 24:] - 100).max() <= 1
    assert tile[:12].max() == tile[36:].max() == 0


class Halves:
    """Two clusters: left and right."""

    centroids = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])

    def assign(self, z: torch.Tensor) -> torch.Tensor:
        right = (z[:, 0] > 0).float()
        return torch.stack([1 - right, right], 1)


def test_codes_stand_beside_labels_clusters_and_rows(composed: Compose, tmp_path: Path) -> None:
    y = np.arange(30) % 3
    data = images(composed, tmp_path, np.zeros((30, 4, 4), np.uint8), y=y)
    rows = data.splits[data.final]
    z, labels = torch.randn(len(rows), 2), torch.as_tensor(y)[rows]
    place = logged(tmp_path, z, labels, data, Halves())
    header, *cells = metadata(place)
    assert header == ["label", "cluster", "row"]
    assert cells == [
        [str(label), str(int(code > 0)), str(row)]
        for label, code, row in zip(labels.tolist(), z[:, 0].tolist(), rows.tolist(), strict=True)
    ]
    codes = np.loadtxt(place / "tensors.tsv", delimiter="\t")
    assert np.allclose(codes, np.pad(z.numpy(), ((0, 0), (0, 1))))  # it draws in space


def test_without_labels_there_are_rows_and_no_header(composed: Compose, tmp_path: Path) -> None:
    """The projector reads a single column from the first line on."""
    data = images(composed, tmp_path, np.random.default_rng(0).normal(size=(30, 5)))
    rows = data.splits[data.final]
    place = logged(tmp_path, torch.randn(len(rows), 3), None, data)
    assert metadata(place) == [[str(row)] for row in rows.tolist()]
    assert not (place / "sprite.png").exists()


# --- a sweep --------------------------------------------------------------------------------------------

CELLS = {
    "0-ae": ["experiment=none", "model.latent.dim=2"],
    "1-ae": ["experiment=none", "model.latent.dim=3"],
    "2-vae": ["experiment=vae", "model.latent.dim=2"],
}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "sweep.json").write_text(json.dumps({"varying": ["experiment", "model.latent.dim"]}))
    common = ["logger=tensorboard", "figure=[reconstructions]", "dataset=digits", "callback=checkpoint"]
    with restored_logging():
        for name, typed in CELLS.items():
            trained(folder / name, *common, "trainer.max_epochs=2", "logger.tensorboard.share=100", *typed)
    return folder


@pytest.fixture(scope="module")
def ask(sweep: Path) -> Iterator[Callable[..., Any]]:
    """ask("hparams/experiment", {...}): what a TensorBoard over the sweep answers."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(sweep), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        assert server.stderr is not None
        said = next(line for line in server.stderr if "http:" in line)
        (address,) = re.findall(r"http://localhost:\d+", said)

        def ask(path: str, body: Json | None = None, **query: str | int) -> Any:
            data = None if body is None else json.dumps(body).encode()
            url = f"{address}/data/plugin/{path}" + (f"?{urlencode(query)}" if query else "")
            headers = {"Content-Type": "application/json"}
            with urlopen(Request(url, data, headers), timeout=20) as answer:
                is_json = answer.headers.get_content_type() == "application/json"
                return json.load(answer) if is_json else Image.open(io.BytesIO(answer.read()))

        until = time.monotonic() + 20
        while time.monotonic() < until and finished(ask) < len(CELLS):
            time.sleep(0.2)  # it is still reading
        yield ask
        server.terminate()


def rows(ask: Callable[..., Any], *filters: Json) -> dict[str, Json]:
    """cell -> its row of the table, of those that pass the filters."""
    statuses = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
    asked = {"startIndex": 0, "sliceSize": 100, "allowedStatuses": statuses, "colParams": list(filters)}
    found = ask("hparams/session_groups", asked)["sessionGroups"]
    return {Path(group["name"]).parent.name: group for group in found}


def finished(ask: Callable[..., Any]) -> int:
    return sum(row["sessions"][0].get("status") == "STATUS_SUCCESS" for row in rows(ask).values())


def test_every_cell_has_a_row_of_settings_and_final_metrics(ask: Callable[..., Any], sweep: Path) -> None:
    table = rows(ask)
    assert table.keys() == CELLS.keys()
    assert table["1-ae"]["hparams"]["model.latent.dim"] == 3 and table["1-ae"]["hparams"]["loss"] == "mse"
    assert table["2-vae"]["hparams"]["loss"] == "bce, kl"
    for cell, row in table.items():
        said = json.loads((sweep / cell / "results.json").read_text())["metrics"]
        found = {metric["name"]["tag"]: metric["value"] for metric in row["metricValues"]}
        assert {name: found[f"final/{name}"] for name in said} == pytest.approx(said)
    assert "final/test/kl" in {metric["name"]["tag"] for metric in table["2-vae"]["metricValues"]}


def test_the_columns_are_those_of_all_cells_what_varies_first(ask: Callable[..., Any]) -> None:
    experiment = ask("hparams/experiment", {"experimentName": ""})
    settings = [info["name"] for info in experiment["hparamInfos"]]
    varies = [info["name"] for info in experiment["hparamInfos"] if info.get("differs")]
    assert varies == settings[: len(varies)] == ["experiment", "loss", "model.latent.dim", "model/latent"]
    assert settings[len(varies) :] == ["corruption", "dataset", "model", "seed"]
    metrics = {info["name"]["tag"] for info in experiment["metricInfos"]}
    assert {"final/test/mse", "final/test/active_units", "final/val/loss"} <= metrics


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"hparam": "loss", "filterDiscrete": ["mse"]}, {"0-ae", "1-ae"}),
        ({"hparam": "experiment", "filterRegexp": "^v"}, {"2-vae"}),
        ({"hparam": "model.latent.dim", "filterInterval": {"minValue": 3, "maxValue": 5}}, {"1-ae"}),
        ({"metric": {"tag": "final/test/kl", "group": ""}, "excludeMissingValues": True}, {"2-vae"}),
    ],
)
def test_filters(filters: Json, left: set[str], ask: Callable[..., Any]) -> None:
    assert rows(ask, filters).keys() == left


def test_pictures_have_a_slider_that_ends_with_the_runs_own(ask: Callable[..., Any], sweep: Path) -> None:
    for run, tags in ask("images/tags").items():
        assert "reconstructions" in tags
        found = ask("images/images", run=run, tag="reconstructions", sample=0)
        steps = [image["step"] for image in found]
        assert steps == sorted(set(steps)) and steps[0] == 0 and len(steps) == 3
        first, *_, last = (ask(f"images/individualImage?{image['query']}") for image in found)
        with Image.open(sweep / Path(run).parent / "figures" / "reconstructions.png") as own:
            assert last.size == own.size and first.width < own.width


def test_codes_are_in_the_projector(ask: Callable[..., Any]) -> None:
    assert {Path(run).parent.name for run in ask("projector/runs")} == CELLS.keys()


def test_no_cell_fixes_the_columns(sweep: Path) -> None:
    """TensorBoard would take the first such record for all runs."""
    for cell in CELLS:
        events = EventAccumulator(str(sweep / cell / "tensorboard"))
        events.Reload()
        plugin = events.PluginTagToContent("hparams")
        read = plugin_data_pb2.HParamsPluginData.FromString  # type: ignore[attr-defined]
        records = [read(content).WhichOneof("data") for content in plugin.values()]
        assert sorted(map(str, records)) == ["session_end_info", "session_start_info"]


def test_pictures_come_in_order_where_a_later_stage_counts_its_own_steps(tmp_path: Path) -> None:
    """k-means takes a few steps after a training of many: at one of those, TensorBoard drops pictures."""
    common = ["logger=tensorboard", "figure=[reconstructions]", "dataset=digits", "trainer.max_epochs=20"]
    with restored_logging():
        trained(tmp_path, "experiment=ae_kmeans", *common)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Images("reconstructions")][-1] == 40
