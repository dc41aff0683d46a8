"""`aelab list`: groups, options, defaults and meanings, read from the YAML files alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from aelab.command.list import main
from aelab.errors import UserError

CONFIG = """\
# the root says nothing of itself
defaults:
  - _self_
  - loss: [mse]        # what training minimises; a list adds up
  - dataset: digits    # where x comes from
  - model: mlp         # the nets
  # - stage: fit       # one training run of a recipe
  - optimizer: adam
  - figure: [b, a]
  - optional experiment: null  # a paper's whole setup
"""
FILES = {
    "config.yaml": CONFIG,
    "evaluate.yaml": "run: ???\n",
    "dataset/_common.yaml": "# hidden\n",
    "dataset/digits.yaml": "# 8 x 8 digits: no download\n_target_: x\n",
    "dataset/mnist.yaml": "# 28 x 28 digits\n# of two kinds of writers\n",
    "loss/bce.yaml": "# cross-entropy\n",
    "loss/mse.yaml": "# squared error\n",
    "model/mlp.yaml": "# fully connected\ndefaults: [_base, {prior: normal}]\n",
    "model/_base.yaml": "defaults:\n  - latent@latent: deterministic  # what the code is\n",
    "model/latent/deterministic.yaml": "# a plain code\n",
    "model/latent/gaussian.yaml": "# a mean and a variance\n",
    "model/prior/normal.yaml": "# N(0, I)\n",
    "stage/fit.yaml": "# descend\n",
    "optimizer/adam.yaml": "lr: 1\n# too late to be a meaning\n",
    "experiment/vae.yaml": "# @package _global_\n# Kingma & Welling 2014\n",
    "figure/a.yaml": "",
    "figure/b.yaml": "",
    "figure/none.yaml": "# no picture",
    "aside/alone.yaml": "# nobody names this group\n",
}


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "80")
    return written(tmp_path / "conf", FILES)


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_overview(conf: Path, capsys: pytest.CaptureFixture[str]):
    assert main([], conf) == 0
    assert capsys.readouterr().out.splitlines() == [
        "loss          what training minimises; a list adds up",
        "              bce  mse*",
        "dataset       where x comes from",
        "              digits*  mnist",
        "model         the nets",
        "              mlp*",
        "model/latent  what the code is",
        "              deterministic*  gaussian",
        "model/prior   normal*",
        "stage         one training run of a recipe",
        "              fit",
        "optimizer     adam*",
        "figure        a*  b*  none",
        "experiment    a paper's whole setup",
        "              vae",
        "aside         alone",
        "",
        "Choose with GROUP=OPTION; `aelab list GROUP` says what its options are. * is the",
        "default.",
    ]


def test_overview_fits_the_terminal(
    conf: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    written(conf, {f"loss/a_rather_long_name_{i}.yaml": "" for i in range(30)})
    for columns in (60, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        main([], conf)
        lines = capsys.readouterr().out.splitlines()
        assert columns - 30 < max(map(len, lines)) <= columns


def test_a_group_explains_its_options(conf: Path, capsys: pytest.CaptureFixture[str]):
    main(["dataset", "model/latent/"], conf)
    assert capsys.readouterr().out.splitlines() == [
        "dataset: where x comes from",
        "",
        "  digits*  8 x 8 digits: no download",
        "  mnist    28 x 28 digits",
        "",
        "For example: aelab dataset=mnist. * is the default.",
        "",
        "model/latent: what the code is",
        "",
        "  deterministic*  a plain code",
        "  gaussian        a mean and a variance",
        "",
        "For example: aelab model/latent=gaussian. * is the default.",
    ]


@pytest.mark.parametrize(
    ("group", "lines"),
    [
        ("loss", ["For example: aelab 'loss=[mse,bce]'. * is the default."]),
        ("figure", ["For example: aelab 'figure=[b,a]'. * is the default."]),
        ("model", ["For example: aelab model=mlp. * is the default. See also model/latent, model/prior."]),
        ("experiment", ["  vae  Kingma & Welling 2014", "For example: aelab experiment=vae."]),
        ("optimizer", ["optimizer", "  adam*"]),
    ],
)
def test_group_pages(conf: Path, capsys: pytest.CaptureFixture[str], group: str, lines: list[str]):
    main([group], conf)
    wide = " ".join(capsys.readouterr().out.split())
    assert all(" ".join(line.split()) in wide for line in lines)
    assert "too late" not in wide


def test_a_folder_of_groups(conf: Path, capsys: pytest.CaptureFixture[str]):
    written(conf, {"hydra/launcher/slurm.yaml": "# a cluster", "hydra/help/ours.yaml": ""})
    main(["hydra"], conf)
    main([], conf)
    out, overview = capsys.readouterr().out.split("\n\n", 1)
    assert "hydra/help" in overview and "hydra/launcher" in overview
    assert "hydra/help      ours\nhydra/launcher  slurm" in out and "dataset" not in out


def test_options_of_your_own(conf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    mine = written(
        tmp_path / "mine", {"dataset/bees.yaml": "# of my garden", "dataset/mnist.yaml": "# shadowed"}
    )
    written(mine, {"bee/hive.yaml": ""})
    main(["--config-dir", str(mine)], conf)
    out = capsys.readouterr().out
    assert "digits*  mnist  bees+\n" in out
    assert "bee           hive+\n" in out and "+ comes from --config-dir." in " ".join(out.split())
    main(["dataset", "--config-dir", str(mine)], conf)
    out = capsys.readouterr().out
    assert "  bees+    of my garden\n" in out and "shadowed" not in out


def test_without_a_config(conf: Path, capsys: pytest.CaptureFixture[str]):
    (conf / "config.yaml").unlink()
    main([], conf)
    out = capsys.readouterr().out
    assert out.startswith("aside         alone\ndataset       digits  mnist\n") and "default" not in out


@pytest.mark.parametrize(
    ("argv", "problems"),
    [
        (["datset"], ["list: no group 'datset'; did you mean 'dataset'?"]),
        (["latent", "datset"], ["list: no group 'latent'; did you mean 'model/latent'?",
                                "list: no group 'datset'; did you mean 'dataset'?"]),
        (["zzz"], ["list: no group 'zzz'; there are loss, dataset, model, model/latent, model/prior, stage, "
                   "optimizer, figure, experiment, aside"]),
        (["--config-dir", "nowhere"], ["list: no folder 'nowhere' (--config-dir)"]),
    ],
)  # fmt: skip
def test_errors(conf: Path, argv: list[str], problems: list[str]):
    with pytest.raises(UserError) as error:
        main(argv, conf)
    assert list(error.value.problems) == problems


def test_help(conf: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as leave:
        main(["-h"], conf)
    assert leave.value.code == 0 and "GROUP" in capsys.readouterr().out


def test_nothing_heavy_is_imported(conf: Path):
    code = (
        "import sys, pathlib; from aelab.command.list import main; main([], pathlib.Path(sys.argv[1]));"
        "sys.exit({'torch', 'numpy', 'matplotlib', 'pytorch_lightning'} & {*sys.modules} or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(conf)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and "digits*" in done.stdout


def test_a_group_that_is_put_elsewhere_says_where(conf: Path, capsys: pytest.CaptureFixture[str]):
    written(
        conf,
        {
            "config.yaml": "defaults: [{recipe: single}]",
            "recipe/single.yaml": "defaults: [{/stage@train: fit}]",
            "stage/fit.yaml": "# Steps",
            "stage/solve.yaml": "# None",
        },
    )
    main(["stage"], conf)
    assert "For example: aelab stage@recipe.train=solve. * is the default." in capsys.readouterr().out


def test_a_group_that_only_a_command_takes_says_which(conf: Path, capsys: pytest.CaptureFixture[str]):
    written(conf, {"sampler/prior.yaml": "# from the prior", "sampler/mixture.yaml": "# fitted"})
    written(conf, {"sample.yaml": "defaults:\n  - _self_\n  - sampler: prior  # where codes come from\n"})
    main(["sampler"], conf)
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("sampler: where codes come from") and "prior* from the prior" in said
    assert "For example: aelab sample run=DIR sampler=mixture. * is the default." in said
