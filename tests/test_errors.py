"""What a user sees who got something wrong: every problem in a line, exit status 2, nothing left behind."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image

from aelab.errors import UserError, at_least

Refused = Callable[..., list[str]]

TERMS = """
from torch import Tensor

from aelab.loss.term import Term


class Colour(Term):
    def forward(self, x: Tensor, colour: Tensor) -> Tensor:
        return colour


class Labels(Term):
    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return z.sum(1) * y


class Hidden(Term):
    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return (x * mask).flatten(1).sum(1)
"""


@pytest.fixture
def refused(aelab: Callable[..., tuple[int, str, str]], tmp_path: Path) -> Refused:
    """refused("seed=x"): the lines that the user reads; no more is said, and no file is left."""

    def call(*arguments: str) -> list[str]:
        before = sorted(tmp_path.rglob("*"))
        status, out, err = aelab(*arguments)
        assert "Traceback" not in err
        assert (status, out) == (2, ""), err
        assert sorted(tmp_path.rglob("*")) == before
        return err.replace(f"{tmp_path}/", "").splitlines()

    return call


@pytest.fixture
def terms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own terms in the folder where the command runs."""
    (tmp_path / "own_terms.py").write_text(TERMS)
    monkeypatch.delitem(sys.modules, "own_terms", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


def write_table(folder: Path, **arrays: np.ndarray) -> None:
    np.savez(folder / "table.npz", **{"x": np.random.default_rng(0).normal(size=(60, 6)), **arrays})


ARRAYS = ("dataset=arrays", "dataset.file=table.npz")


WRONG = {
    "seed=x": "seed: takes a whole number, got 'x'",
    "dry_run=yes": "dry_run: takes true or false, got 'yes'",
    "dataset=arrays": "dataset.file: must be given",
    "dataset.split=al": "dataset.split: takes one of standard, all; got 'al'; did you mean 'all'?",
    "++model.depth=2": "model: mlp has no argument 'depth'; it takes latent, prior, widths, activation, "
    "output_activation, dropout, batch_norm, initialisation, tied, orthonormal, decoder_widths, "
    "decoder_activation",
    "model.tied=3": "model.tied: takes true or false, got 3",
    "model.widths=3": "model.widths: takes a list of whole numbers, got 3",
    "loss.mse.weight=b": "loss.mse.weight: takes a number or a Schedule, got 'b'",
    "optimizer.lr=fast": "optimizer.lr: takes a number or a Schedule, got 'fast'",
    "trainer.max_epochs=1.5": "trainer.max_epochs: takes a whole number or null, got 1.5",
}


def test_all_wrong_values_at_once(refused: Refused) -> None:
    assert sorted(refused(*WRONG)) == sorted(WRONG.values())
    assert refused("seed=x") == [WRONG["seed=x"]]


def test_all_refusals_of_the_parts_at_once(refused: Refused) -> None:
    lines = refused(
        "dataset.batch_size=0",
        "optimizer.lr=-1",
        "corruption=masking",
        "corruption.masking.strength=2",
        "figure.reconstructions.n=0",
        "model.dropout=1",
    )
    assert sorted(lines) == [
        "corruption.masking: strength must lie in [0, 1], got 2",
        "dataset: batch_size must be at least 1, got 0",
        "figure.reconstructions: n must be at least 1, got 0",
        "model: dropout must lie in [0, 1), got 1",
        "optimizer: Invalid learning rate: -1",
    ]


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("modle=conv", "modle: no such setting; did you mean 'model'?"),
        ("model=cnv", "model: no option 'cnv'; did you mean 'conv'?"),
        ("model/latnt=deterministic", "model/latnt: no such group; did you mean 'model/latent'?"),
        ("loss=[mse,gausian]", "loss: no option 'gausian'; did you mean 'gaussian'?"),
        ("model.latent.dims=3", "model.latent.dims: no such setting; did you mean 'model.latent.dim'?"),
        ("trainer.max_epoch=3", "trainer.max_epoch: no such setting; did you mean 'trainer.max_epochs'?"),
        ("corruption.block.strength=1",
         "corruption.block.strength: corruption/block is not selected; select it with corruption=block"),
        ("evalute", "evalute: is no command, and a setting has a '='; did you mean 'evaluate'?"),
    ],
)  # fmt: skip
def test_unknown_names(override: str, line: str, refused: Refused) -> None:
    assert refused(override) == [line]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("loss=[]", r"loss: at least one term is needed, for example loss=\[mse\]"),
        ("~model.latent", r"model: mlp needs the argument 'latent'.*"),
        ("seed=${sed}", r"seed: \$\{sed\} names no setting; did you mean 'seed'\?"),
        ("name=${oc.env:NOT_SET}", r".*'NOT_SET' not found.*"),
        ("loss=[mse", r"loss=\[mse.*"),
        (
            "trainer.max_epochs=-1",
            r"trainer.max_epochs and trainer.max_steps are both unlimited; set one of them",
        ),
        ("--config-dir=nowhere", r".*nowhere.*"),
    ],
)
def test_no_setting_ends_in_a_traceback(override: str, said: str, refused: Refused) -> None:
    lines = refused(override)
    assert re.fullmatch(said, lines[0])


def test_an_empty_list_is_none(aelab: Callable[..., tuple[int, str, str]]) -> None:
    groups = ("corruption", "metric", "baseline", "figure", "logger", "callback")
    status, _, err = aelab(*(f"{group}=[]" for group in groups), "dry_run=true")
    assert status == 0, err


@pytest.mark.parametrize(
    ("overrides", "lines"),
    [
        (["loss=[mse]", "+loss.colour={_target_: own_terms.Colour}"],
         ["loss.colour reads colour; model/latent=deterministic gives z"]),
        (["+loss.hidden={_target_: own_terms.Hidden}"],
         ["loss.hidden reads mask; no corruption gives a mask; corruption=block does"]),
        ([*ARRAYS, "+loss.labels={_target_: own_terms.Labels}"],
         ["loss.labels reads y; this data has no labels"]),
        ([*ARRAYS, "model=conv"],
         ["model: conv takes images [c, h, w]; this data gives vectors [6]. model=mlp takes them"]),
        ([*ARRAYS, "model.tied=true", "loss=[gaussian]", "loss.gaussian.variance=per_pixel"],
         ["model: tied needs a net that mirrors itself; this one goes from 6 numbers to 2, "
          "and from 2 to 12"]),
        ([*ARRAYS, "corruption=block"],
         ["corruption.block: a block is cut out of images; these rows are vectors [6]"]),
        (["model=identity", "loss=[bce]"],
         ["model: identity gives its input [1, 8, 8] back as it is; this run asks for 1 map(s) of [1, 8, 8] "
          "through sigmoid"]),
        (["+loss.hidden={_target_: own_terms.Hidden}", "+loss.colour={_target_: own_terms.Colour}"],
         ["loss.hidden reads mask; no corruption gives a mask; corruption=block does",
          "loss.colour reads colour; model/latent=deterministic gives z"]),
        (["loss=[mse,kl]", "metric=[mig,elbo]"],
         ["loss.kl reads q; model/latent=gaussian gives a distribution",
          "metric.mig reads factors; this data knows no factors; dataset=shapes does",
          "metric.elbo reads q, likelihood; model/latent=gaussian gives a distribution; among the losses "
          "exactly one must be a likelihood, as bce or gaussian is"]),
        (["+loss.mine={_target_: own_terms.Color}"],
         ["loss.mine._target_: no class 'own_terms.Color'; did you mean 'Colour'?"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_together(
    overrides: list[str], lines: list[str], terms: None, refused: Refused, tmp_path: Path
) -> None:
    write_table(tmp_path)
    assert refused(*overrides) == lines


def test_bce_needs_data_in_the_unit_interval(refused: Refused, tmp_path: Path) -> None:
    write_table(tmp_path)
    (line,) = refused(*ARRAYS, "dataset.scale=standard", "loss=[bce]")
    assert re.fullmatch(
        r"loss\.bce: needs data in \[0, 1\], this data lies in \[-\d\.\d+, \d\.\d+\]; "
        r"loss=\[mse\] takes any, dataset\.scale=unit brings arrays there",
        line,
    )


def test_a_density_needs_more_than_two_values(refused: Refused) -> None:
    for how in ("static", "dynamic"):
        assert refused("loss=gaussian", f"dataset.binarize={how}") == [
            "loss.gaussian: is a density, binarized pixels are 0 or 1; dataset.binarize=none, or loss=bce"
        ]


def test_what_a_refused_corruption_would_give_is_not_missed(refused: Refused) -> None:
    assert refused("experiment=cvae_quadrants", "dataset=digits", "corruption.quadrants.observed=5") == [
        "corruption.quadrants: observed: an image has 4 quadrants, of which 1 to 3 are observed; got 5"
    ]


def test_problems_of_data_and_parts_come_together(refused: Refused, tmp_path: Path) -> None:
    write_table(tmp_path)
    lines = refused(*ARRAYS, "dataset.scale=standard", "loss=[bce]", "model=conv", "optimizer.lr=-1")
    assert sorted(line.partition(":")[0] for line in lines) == ["loss.bce", "model", "optimizer"]


# --- files ----------------------------------------------------------------------------------------------


def test_missing_mnist_without_a_network(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise URLError("no route")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    assert refused("dataset=mnist") == [
        "dataset.root: no MNIST under 'data' and it could not be downloaded (no network). "
        "Put the files in data/MNIST/raw, or use dataset=digits."
    ]


def test_missing_files(refused: Refused) -> None:
    assert refused("dataset=frey") == [
        "dataset.root: no frey_rawface.mat under 'data'. It is not downloaded: put it in data/frey, "
        "or use dataset=digits."
    ]
    assert refused("dataset=arrays", "dataset.file=tabel.csv") == [
        "dataset.file: no file 'tabel.csv' here or under 'data'"
    ]
    assert refused("dataset=image_folder", "dataset.root=photos") == ["dataset.root: no folder 'photos'"]


def test_truncated_and_foreign_files(refused: Refused, tmp_path: Path) -> None:
    write_table(tmp_path)
    file = tmp_path / "table.npz"
    file.write_bytes(file.read_bytes()[:200])
    assert refused(*ARRAYS) == ["dataset.file: table.npz is truncated, or not a .npz file"]
    (tmp_path / "frey_rawface.mat").write_text("<html>not found</html>")
    (line,) = refused("dataset=frey", "dataset.root=.")
    assert line.startswith("dataset.root: frey_rawface.mat is truncated or not the Frey faces (")


def test_unreadable_images_are_named_and_counted(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name in "abcd":
        Image.new("L", (8, 8)).save(tmp_path / "photos" / f"{name}.png")
    (tmp_path / "photos" / "b.png").write_text("no image")
    assert refused("dataset=image_folder", "dataset.root=photos", "dataset.size=8") == [
        "dataset.root: 1 of 4 images cannot be read: b.png (not an image); "
        "dataset.skip_unreadable=true leaves them out"
    ]


# --- commands on a finished run ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["evaluate", "encode", "draw", "reconstruct"])
def test_a_run_must_be_given_and_be_one(command: str, refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    given = ["input=x.png"] if command == "reconstruct" else []
    missing = "run: must be given"
    if command == "draw":
        missing = "run, sweep: a folder must be given; run=DIR draws one run, sweep=DIR every run of a sweep"
    assert refused(command, *given) == [missing]
    run = "a run's folder has .hydra/config.yaml and checkpoints"
    assert refused(command, "run=empty", *given) == [f"run: 'empty' is not the folder of a run; {run}"]


def test_a_run_that_is_not_there_or_not_named(refused: Refused) -> None:
    run = "a run's folder has .hydra/config.yaml and checkpoints"
    assert refused("evaluate", "run=nowhere") == [f"run: 'nowhere' does not exist; {run}"]
    (line,) = refused("evaluate", "outputs/somewhere")
    assert "run=outputs/somewhere" in line


def test_wrong_settings_of_a_command(refused: Refused, digits_run: Path) -> None:
    run = f"run='{digits_run}'"
    assert refused("evaluate", run, "weights=bets") == ["weights: takes best or last, got 'bets'"]
    assert refused("evaluate", run, "split=tets") == ["split: takes one of train, val, test; got 'tets'"]
    assert refused("evaluate", run, "metrik=reconstruction") == [
        "metrik: no such setting; did you mean 'metric'?"
    ]
    assert refused("evaluate", run, "baseline=none") == [
        "baseline: no such setting; there are dataset, metric, run, split, weights"
    ]
    assert refused("draw", run, "figure=[filter]") == ["figure: no option 'filter'; did you mean 'filters'?"]
    assert refused("encode", run, "output=codes.txt") == [
        "output: takes a file ending in .npz, .npy, .csv; got 'codes.txt'"
    ]


def test_all_that_is_wrong_with_a_command(refused: Refused) -> None:
    assert refused("reconstruct", "weights=bets", "degrade=3") == [
        "run: must be given",
        "input: must be given",
        "degrade: takes true or false, got 3",
        "weights: takes best or last, got 'bets'",
    ]


def test_wrong_input(refused: Refused, digits_run: Path, tmp_path: Path) -> None:
    run = f"run='{digits_run}'"
    write_table(tmp_path)
    (tmp_path / "broken.png").write_text("no image")
    (tmp_path / "notes.md").write_text("no data")
    for given, line in (
        ("nowhere", "no file or folder 'nowhere'"),
        ("table.npz", "vectors of 6 features; the run was trained on [1, 8, 8]"),
        ("broken.png", "1 of 1 images cannot be read: broken.png (not an image)"),
        ("notes.md", "'notes.md' is neither an image, a folder of images nor an array file "
                     "(.npz, .npy, .mat, .csv, .tsv, .txt)"),
    ):  # fmt: skip
        assert refused("reconstruct", run, f"input={given}") == [f"input: {line}"]
    assert refused("encode", run, "input=nowhere") == ["input: no file or folder 'nowhere'"]


def test_data_that_has_moved(refused: Refused, photos_run: Path) -> None:
    assert refused("evaluate", f"run='{photos_run}'", "dataset.root=elsewhere") == [
        "dataset.root: no folder 'elsewhere'"
    ]


def test_an_untrained_run_is_named(refused: Refused, digits_run: Path, tmp_path: Path) -> None:
    (tmp_path / "run" / ".hydra").mkdir(parents=True)
    (tmp_path / "run" / ".hydra" / "config.yaml").write_text(
        (digits_run / ".hydra" / "config.yaml").read_text()
    )
    assert refused("evaluate", "run=run") == [
        "run: 'run' has no best.ckpt or last.ckpt in checkpoints; was it trained?"
    ]


# --- more than a line, and less than everything -------------------------------------------------------------


def test_full_error_shows_the_traceback(
    aelab: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing between the command and Python catches it."""
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(UserError, match="seed: takes a whole number, got 'x'"):
        aelab("seed=x")


@pytest.mark.parametrize("overrides", [["seed=x"], ["dry_run=true"]])
def test_a_folder_of_the_users_own_is_never_removed(
    overrides: list[str], aelab: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("kept")
    aelab("hydra.run.dir=mine", *overrides)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_setting_too_low_is_refused() -> None:
    at_least(rows=(2, 2))
    with pytest.raises(ValueError, match="rows must be at least 2, got 1"):
        at_least(k=(1, 1), rows=(1, 2))
