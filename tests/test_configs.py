"""Every option of every group trains for two minibatches, found by listing conf/."""

import json
import math
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import pytest
import torch
from dataset.test_cifar10 import folder as cifar10_files  # noqa: F401  # a fixture
from dataset.test_stl10 import folder as stl10_files  # noqa: F401  # a fixture
from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf
from small_files import WRITERS, write_arrays

from aelab.assemble import LISTS, assemble, check
from aelab.errors import UserError
from aelab.figure.figure import SweepFigure
from aelab.history import read
from aelab.places import conf_dir

Compose = Callable[..., DictConfig]


def found(conf: Path) -> dict[str, list[str]]:
    """The options of every group; a name that begins with _ is none, and hydra/ is Hydra's own."""
    groups: dict[str, list[str]] = {}
    for file in sorted(conf.rglob("*.yaml")):
        *group, _ = file.relative_to(conf).parts
        if group and group[0] != "hydra" and not file.name.startswith("_"):
            groups.setdefault("/".join(group), []).append(file.stem)
    return groups


GROUPS = found(conf_dir())
ELSEWHERE = ("stage", "sampler")
"""Stages come in recipes, samplers in `aelab sample`."""


def is_of_a_sweep(group: str, option: str) -> bool:
    """Whether it is a figure of several runs, which no run draws."""
    file = conf_dir() / group / f"{option}.yaml"
    target = OmegaConf.select(OmegaConf.load(file), f"{option}._target_") if group == "figure" else None
    return target is not None and issubclass(get_class(target), SweepFigure)


CHOSEN = [group for group in GROUPS if group not in ELSEWHERE]
ALL = [(group, option) for group in CHOSEN for option in GROUPS[group]]
OPTIONS = [one for one in ALL if not is_of_a_sweep(*one)]
"""What a user chooses for a run."""

PACKAGES = {
    ("logger", "wandb"): "wandb",
    ("logger", "mlflow"): "mlflow",
}
"""What an option needs that aelab itself does not."""


PHOTOS = ["dataset=photos", "corruption=gaussian"]
LAYERED = ["dataset=coloured_shapes", "model=layered", "model/condition=attributes"]
DISENTANGLEMENT = ("beta_vae_score", "dci", "factor_vae_score", "mig", "sap")

COUPLED = ["model=coupled", "corruption=gaussian"]

MIXTURE = ["model/prior=gaussian_mixture", "model.prior.learned=true", "recipe.em.steps=2"]

CLUSTERS = ["model/latent=clusters", "recipe=fit_kmeans"]
DEEP = ["model/latent=clusters", "recipe=fit_kmeans_fit", "loss=[mse,dcn]"]

SUITED = {
    ("metric", "orthogonality"): ["model.widths=[]"],
    ("metric", "principal_angle"): ["model.widths=[]"],
    **{("metric", name): ["dataset=shapes"] for name in DISENTANGLEMENT},
    ("figure", "denoising_arrows"): ["dataset=ring"],
    ("figure", "latent_responses"): ["dataset=shapes"],
    ("figure", "kl_per_dim"): ["loss=[elbo]", "model/latent=gaussian"],
    ("figure", "kl_curve"): ["loss=[mse,kl_sparsity]", "model.latent.activation=sigmoid"],
    ("figure", "atoms"): ["model.widths=[]"],
    ("figure", "posterior"): ["loss=[elbo]", "model/latent=gaussian"],
    ("figure", "samples"): ["loss=[elbo]", "model/latent=gaussian"],
    ("figure", "completions"): ["experiment=cvae_quadrants", "dataset=digits"],
    ("figure", "filter_history"): ["callback=[checkpoint,snapshots]"],
    ("figure", "em_steps"): ["recipe=em", *MIXTURE],
    **{("figure", name): CLUSTERS for name in ("cluster_samples", "confusion", "cluster_map")},
    ("figure", "kmeans_steps"): [*CLUSTERS, "model.latent.dim=2"],
    ("figure", "cluster_curves"): [*DEEP, "callback=[checkpoint,cluster_history]"],
    **{("figure", name): LAYERED for name in ("layers", "attribute_sweep")},
    **{("loss", name): LAYERED for name in ("foreground", "mask_bce")},
    ("metric", "mask_iou"): LAYERED,
    ("model/condition", "attributes"): ["dataset=coloured_shapes"],
    ("corruption", "grayscale"): ["dataset=coloured_shapes"],
    ("metric", "colour"): ["dataset=coloured_shapes"],
    ("loss", "chroma"): ["dataset=coloured_shapes"],
    ("baseline", "mean_colour"): ["dataset=coloured_shapes"],
    ("loss", "kl_sparsity"): ["model.latent.activation=sigmoid"],
    ("recipe", "closed_form"): ["model.widths=[]"],
    ("recipe", "rbm"): ["loss=bce", "model.widths=[]", "model.latent.activation=sigmoid"],
    **{("recipe", name): MIXTURE for name in ("em", "fit_em", "fit_em_fit")},
    ("model/latent", "clusters"): ["recipe=fit_kmeans"],
    ("recipe", "coupled"): COUPLED,
    ("loss", "code_mse"): [*COUPLED, "recipe=coupled"],
    **{("loss", name): ["model/latent=clusters", "recipe=fit_kmeans_fit"] for name in ("dec", "dcn")},
    **{("metric", name): CLUSTERS for name in ("cluster_agreement", "cluster_validity")},
    ("loss", "kl_mixture"): ["model/latent=gaussian", *MIXTURE[:2]],
    ("baseline", "gaussian_mixture"): ["metric=log_density"],
    ("baseline", "lda"): ["metric=[reconstruction,probe]"],  # which rebuild nothing
    ("baseline", "isomap"): ["metric=[reconstruction,probe]"],
    ("baseline", "tsne"): ["figure=latent_map"],
    **{("baseline", name): ["corruption=gaussian"] for name in ("nl_means", "total_variation")},
    **{(group, "photos"): PHOTOS for group in ("metric", "figure")},
    **{
        ("experiment", name): ["dataset.folders=null"]
        for name in ("cda2015", "super_resolution", "restoration")
    },
    ("experiment", "pca"): ["model.latent.dim=3"],  # of a few rows
    ("experiment", "iwae2015"): ["metric.log_likelihood.samples=20"],
    ("experiment", "anomaly"): ["dataset.batch_size=1"],  # of a few rows of one class
    ("experiment", "sca2011"): ["recipe.finetune.labels=1.0"],
}
"""What a run must have for an option to show anything."""

STEPLESS = "closed_form", "pca", "kmeans", "em", "gaussian_mixture"
UNTRAINED = [*product(("recipe", "experiment"), STEPLESS), ("figure", "em_steps")]
"""Options whose runs have no gradient step."""

PARTS = ("model/latent", "model/condition", "model/prior", "corruption")
"""Where a part may be that an option needs."""


@pytest.fixture
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], list[str]]:
    """data("mnist"): its files written, the settings that find them."""

    def write(option: str) -> list[str]:
        assert option in WRITERS, f"dataset={option}: no writer of small files here"
        writer = WRITERS[option]
        if isinstance(writer, str):
            request.getfixturevalue(writer)
        else:
            writer(tmp_path)
        file = ["dataset.file=table.npz"] if option == "arrays" else []
        return [f"dataset.root='{tmp_path}'", *file]

    return write


def choices(group: str, option: str) -> Iterator[list[str]]:
    """The option alone; where it does not go alone, with a term or a part that it may need."""
    alone = f"{group}=[{option}]" if group in LISTS else f"{group}={option}"
    yield [alone, *SUITED.get((group, option), [])]
    losses = [f"loss=[{term},{option}]" for term in ("mse", "bce")] if group == "loss" else [alone]
    parts = [f"{one}={other}" for one in PARTS for other in GROUPS[one]]
    others = [[part] for part in parts if not part.startswith(f"{group}=")]
    if group not in ("loss", "model/latent"):
        others.insert(0, ["loss=[elbo]", "model/latent=gaussian"])
    yield from ([loss, *part] for loss, part in product(losses, [[], *others]))


def dataset_of(experiment: str) -> str:
    """The data set that an experiment chooses."""
    file = OmegaConf.load(conf_dir() / "experiment" / f"{experiment}.yaml")
    entries = file.defaults if "defaults" in file else []
    chosen = [entry["override /dataset"] for entry in entries if "override /dataset" in entry]
    other = [entry for entry in entries if isinstance(entry, str) and entry != "_self_"]  # built upon
    return chosen[0] if chosen else dataset_of(other[0]) if other else "digits"


def first(
    attempts: list[list[str]], train: Callable[..., Path], is_right: Callable[[Path], bool]
) -> tuple[Path, list[str]]:
    """The first run that is not refused and is right, and its overrides; else what the option alone says."""
    refusals = []
    for overrides in attempts:
        try:
            if is_right(folder := train(*overrides)):
                return folder, overrides
        except UserError as error:
            refusals.append(f"{' '.join(overrides)}: {error}")
    raise AssertionError("\n".join(refusals) or "no figure was drawn")


def drawn(folder: Path) -> list[str]:
    return [path.stem for path in (folder / "figures").glob("*")] or ["none"]


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=str)
def test_option_trains(
    group: str,
    option: str,
    train: Callable[..., Path],
    data: Callable[[str], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    lacks = find_spec(PACKAGES.get((group, option), "aelab")) is None
    if lacks or (option == "gpu" and not torch.cuda.is_available()):
        with pytest.raises(UserError) as refusal:
            train(*next(choices(group, option)))
        (line,) = refusal.value.problems
        assert line.startswith(f"{group}.{option}: " if lacks else f"{group}: ") and "\n" not in line
        assert not lacks or "pip install" in line
        return
    needs = option if group == "dataset" else dataset_of(option) if group == "experiment" else None
    suited = SUITED.get((group, option), [])
    needs = "photos" if suited == PHOTOS else needs
    attempts = [[f"{group}={option}", *data(needs), *suited]] if needs else list(choices(group, option))
    folder, chosen = first(attempts, train, lambda folder: group != "figure" or drawn(folder) == [option])
    results = json.loads((folder / "results.json").read_text())
    assert results["status"] == "completed" and results["overrides"] == chosen
    assert all(map(math.isfinite, results["metrics"].values()))
    rows = read(folder / "metrics.csv")
    trains = results["parameters"] > 0
    steps = trains and (group, option) not in UNTRAINED
    rows = [row for row in rows if row["stage"] not in ("kmeans", "em")]  # which take as many as they need
    assert [row["step"] for row in rows[-1:]] == ([2] if steps else [])
    assert (folder / "checkpoints" / "last.ckpt").is_file() == (
        (trains and group != "callback") or option == "checkpoint"
    )
    if group == "baseline" and option != "none":
        scored = any(name.startswith(f"test/{option}_") for name in results["metrics"])
        assert scored == (option not in ("tsne", "gaussian"))  # a mere map, a mere distribution


@pytest.mark.parametrize("figure", [option for group, option in ALL if is_of_a_sweep(group, option)])
def test_a_figure_of_a_sweep_is_none_of_a_run(figure: str, composed: Compose, tmp_path: Path) -> None:
    with pytest.raises(UserError) as refusal:
        assemble(composed(f"figure=[{figure}]"), tmp_path)
    said = "is of the runs of a sweep together, and not of one; aelab draw sweep=DIR draws it"
    assert refusal.value.problems == (f"figure.{figure}: {said}",)


def test_every_stage_is_in_a_recipe(composed: Compose) -> None:
    recipes = [composed(f"recipe={recipe}").recipe.values() for recipe in GROUPS["recipe"]]
    used = {node["_target_"] for nodes in recipes for node in nodes}
    files = [OmegaConf.load(conf_dir() / "stage" / f"{stage}.yaml") for stage in GROUPS["stage"]]
    assert {file["_target_"] for file in files} <= used  # type: ignore[index]


def test_file_is_found_from_here_and_from_root(
    composed: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_arrays(tmp_path)
    for folder, root in ((tmp_path, "nowhere"), (tmp_path.parent, tmp_path.name)):
        monkeypatch.chdir(folder)
        config = composed("dataset=arrays", "dataset.file=table.npz", f"dataset.root='{root}'")
        assert len(assemble(config, tmp_path).system.dataset.rows.x) == 60


FILLED = ("kmeans", "super_resolution", "restoration")
"""Experiments whose numbers of the code are filled in, with the input's size or the maps'."""


@pytest.mark.parametrize("experiment", GROUPS["experiment"])
def test_experiment_composes_with_other_losses(experiment: str, composed: Compose) -> None:
    """With all at once, and with one that is not its own, of which settings for its own are left over."""
    for losses in (["mse"], ["bce"], GROUPS["loss"]):
        dim = ["model.latent.dim=2"] if experiment in FILLED else []
        config = composed(f"experiment={experiment}", f"loss=[{','.join(losses)}]", *dim)
        check(config)
        assert set(config.loss) == {term for loss in losses for term in terms(loss)}


def terms(loss: str) -> list[str]:
    """The terms of an option; one with a defaults list only gathers others."""
    file = OmegaConf.load(conf_dir() / "loss" / f"{loss}.yaml")
    return [term for other in file.defaults for term in terms(other)] if "defaults" in file else list(file)


def test_new_files_are_found(tmp_path: Path) -> None:
    for name in (
        "config.yaml",
        "loss/mse.yaml",
        "loss/_common.yaml",
        "model/latent/new.yaml",
        "hydra/help/own.yaml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert found(tmp_path) == {"loss": ["mse"], "model/latent": ["new"]}
