"""What a user sees who got something wrong: every problem in a line, exit status 2, nothing left behind."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import pytest
from PIL import Image
from table_file import ARRAYS, write_table

from aelab.errors import UserError, at_least, suggest

Refused = Callable[..., list[str]]

WRONG = {
    "seed=x": "seed: takes a whole number, got 'x'",
    "dry_run=yes": "dry_run: takes true or false, got 'yes'",
    "dataset=arrays": "dataset.file: must be given",
    "dataset.split=al": "dataset.split: takes one of standard, all; got 'al'; did you mean 'all'?",
    "++model.depth=2": "model: mlp has no argument 'depth'; it takes latent, prior, widths, activation, "
    "output_activation, dropout, batch_norm, initialisation, tied, orthonormal, decoder_widths, "
    "decoder_activation, decoder, residual",
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
    "chosen",
    [[], ["experiment=vae", "dataset=digits"], ["model/condition=label"], ["model/prior=gaussian_mixture"]],
)
def test_a_code_of_no_numbers_is_refused_before_its_prior_is_made(
    chosen: list[str], refused: Refused
) -> None:
    lines = refused(*chosen, "model.latent.dim=-2", "optimizer.lr=-1", "dry_run=true")
    assert lines == ["optimizer: Invalid learning rate: -1", "model.latent: dim must be at least 1, got -2"]


@pytest.mark.parametrize(
    ("prior", "line"),
    [
        (["normal", "model.prior.dim=-2"], "dim must be at least 1, got -2"),
        (["uniform", "model.prior.dim=0"], "dim must be at least 1, got 0"),
        (["conditional", "model/condition=label", "model.prior.widths=[8,-1]"],
         "widths must be at least 1, got -1"),
        (["uniform", "model.latent.dropout=2", "model.prior.bound=0"],
         "bound must be positive and finite, got 0"),
    ],
)  # fmt: skip
def test_the_prior_s_own_sizes_are_refused(prior: list[str], line: str, refused: Refused) -> None:
    option, *more = prior
    assert refused(f"model/prior={option}", *more)[-1] == f"model.prior: {line}"


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["baseline.pca.memory=-1"], "baseline.pca: memory must be at least 0, got -1"),
        (["baseline=ica", "baseline.ica.memory=-1"], "baseline.ica: memory must be at least 0, got -1"),
        (["dataset=image_folder", "dataset.memory=-1"], "dataset: memory must be at least 0, got -1"),
        (["callback.checkpoint.every_seconds=-1"],
         "callback.checkpoint: every_seconds must be at least 0, got -1"),
        (["trainer.accumulate_grad_batches=-2"],
         "trainer.accumulate_grad_batches must be at least 1, or null, got -2"),
    ],
)  # fmt: skip
def test_numbers_that_would_do_something_else_are_refused(
    overrides: list[str], line: str, refused: Refused
) -> None:
    assert refused(*overrides) == [line]


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
        ("model/prior.low=3", "model/prior.low=3: '/' is for groups, as in model/prior=normal; "
         "a setting has dots, model.prior.low=3"),
        ("model.prior.low=3", "model.prior.low: no such setting; model.prior has dim"),
        ("baselines.pca=1", "baselines.pca: no such setting; did you mean 'baseline.pca'?"),
        ("evalute", "evalute: is no command, and a setting has a '='; did you mean 'evaluate'?"),
    ],
)  # fmt: skip
def test_unknown_names(override: str, line: str, refused: Refused) -> None:
    assert refused(override) == [line]


def test_all_unknown_names_at_once(refused: Refused) -> None:
    assert refused("experiment=vae", "modle.latent.dim=3", "loss.kl.wieght=2", "sed=1", "name=(a") == [
        "modle.latent.dim: no such setting; did you mean 'model.latent.dim'?",
        "loss.kl.wieght: no such setting; did you mean 'loss.kl.weight'?",
        "sed: no such setting; did you mean 'seed'?",
        "name=(a: is not understood; a value with spaces or any of ,=()[]{} needs quotes: \"name='(a'\"",
    ]
    assert refused("-m", "figure=[manifolds]", "metric=[elboo]", "loss=[bcee]", "model.latent.dim=2,5") == [
        "figure: no option 'manifolds'; did you mean 'manifold'?",
        "metric: no option 'elboo'; did you mean 'elbo'?",
        "loss: no option 'bcee'; did you mean 'bce'?",
    ]


def test_what_a_command_has_not_is_no_suggestion(refused: Refused) -> None:
    there = "there are dataset, figure, output, run, sweep, weights"
    assert refused("draw", "run=V", "baseline=gaussian") == [f"baseline: no such setting; {there}"]
    (line,) = refused("draw", "run=V", "figure=[nope]")
    assert line.startswith("figure: no option 'nope'; it takes activations, anomalies, ")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("loss=[]", r"loss: at least one term is needed, for example loss=\[mse\]"),
        ("clusters=5", "clusters: nothing of this run makes any; experiment=ae_kmeans does, .*"),
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


# --- more than a line, and less than everything -------------------------------------------------------------


def test_full_error_shows_the_traceback(
    aelab: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing between the command and Python catches it."""
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(UserError, match="seed: takes a whole number, got 'x'"):
        aelab("seed=x")


@pytest.mark.parametrize(("override", "expected"), [("seed=x", 2), ("dry_run=true", 0)])
def test_a_folder_of_the_users_own_is_never_removed(
    override: str, expected: int, aelab: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("kept")
    status, _, _ = aelab("hydra.run.dir=mine", override)
    assert status == expected
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_setting_too_low_is_refused() -> None:
    at_least(rows=(2, 2))
    with pytest.raises(ValueError, match="rows must be at least 2, got 1"):
        at_least(k=(1, 1), rows=(1, 2))


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("12", ["2", "12a"], ""),
        ("nope", ["none"], ""),
        ("low", ["row"], ""),
        ("latent", ["model/latent", "latnt"], "model/latent"),
        ("vea", ["vaee", "vae"], "vae"),
        ("trainr", ["train", "trainer"], "trainer"),
    ],
)
def test_only_what_is_really_close_is_suggested(word: str, known: list[str], meant: str) -> None:
    assert suggest(word, known) == (f"; did you mean '{meant}'?" if meant else "")
