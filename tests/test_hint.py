"""hint: what Hydra rejects, with what it may have been. The texts are Hydra's own."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig

from aelab.grammar import chooses
from aelab.hint import hint
from aelab.setting import names

FILES = {
    "config": "defaults: [_self_, model: mlp, loss: [mse]]\nseed: 0\n"
    "trainer: {max_epochs: 3}\noptimizer: {lr: 1.0}\n",
    "model/mlp": "defaults: [latent: deterministic]\nwidths: [3]\n",
    "model/conv": "defaults: [latent: deterministic]\nkernel: 3\n",
    "model/_common": "{}",
    "model/latent/deterministic": "dim: 2\n",
    "model/latent/gaussian": "dim: 2\n",
    "loss/mse": "mse: {weight: 1.0}\n",
    "loss/kl": "kl: {weight: 1.0}\n",
}


@pytest.fixture(scope="module")
def conf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conf")
    for name, text in FILES.items():
        (folder / name).with_suffix(".yaml").parent.mkdir(parents=True, exist_ok=True)
        (folder / name).with_suffix(".yaml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("optimizer.lrr=3", "optimizer.lrr: no such setting; did you mean 'optimizer.lr'?"),
        ("optimiser.lr=3", "optimiser.lr: no such setting; did you mean 'optimizer.lr'?"),
        ("model.latnt.dims=3", "model.latnt.dims: no such setting; did you mean 'model.latent.dim'?"),
        ("lr=3", "lr: no such setting; did you mean 'optimizer.lr'?"),
        ("epochs=3", "epochs: no such setting; did you mean 'trainer.max_epochs'?"),
        ("sed=3", "sed: no such setting; did you mean 'seed'?"),
        ("model.low=3", "model.low: no such setting; model has latent, widths"),
        ("model.latent.lr=3", "model.latent.lr: no such setting; did you mean 'optimizer.lr'?"),
        ("modl=mlp", "modl: no such setting; did you mean 'model'?"),
        ("optimizer.foo=3", "optimizer.foo: no such setting; optimizer has lr"),
        ("~optimizer.lrr", "optimizer.lrr: no such setting; did you mean 'optimizer.lr'?"),
        ("model/latnt=gaussian", "model/latnt: no such group; did you mean 'model/latent'?"),
        ("loss.kl.weight=3", "loss.kl.weight: loss/kl is not selected; select it with loss=[mse,kl]"),
        ("model.conv.kernel=3", "model.conv.kernel: model/conv is not selected; select it with model=conv"),
        ("loss=[kl] loss.kl.wight=3", "loss.kl.wight: no such setting; did you mean 'loss.kl.weight'?"),
        ("loss=[kl] loss.mse.on=3", "loss.mse.on: loss/mse is not selected; select it with loss=[kl,mse]"),
        ("model=conv model.kernell=3", "model.kernell: no such setting; did you mean 'model.kernel'?"),
        ("model=conv model.widths=[1]", "model.widths: no such setting in the options that were chosen"),
        ("model=mlpp", "model: no option 'mlpp'; did you mean 'mlp'?"),
        ("model=resnet", "model: no option 'resnet'; it takes conv, mlp"),
        ("model/latent=gausian", "model/latent: no option 'gausian'; did you mean 'gaussian'?"),
        ("loss=[mse,kll]", "loss: no option 'kll'; did you mean 'kl'?"),
        ("+seed=3", "seed: is there already; to change it leave out the '+'"),
        ("seed=[1", ""),
        ("seed=1,2", ""),
    ],
)  # fmt: skip
def test_hints_for_what_hydra_rejects(conf: Path, override: str, line: str) -> None:
    with initialize_config_dir(str(conf), version_base="1.3"):
        plain: DictConfig = compose("config")
        choices = [one for one in override.split() if chooses(one, conf)]
        chosen = plain if choices == override.split() else compose("config", choices)
        with pytest.raises(HydraException) as caught:
            compose("config", override.split())
    assert (
        hint(str(caught.value), [*names(chosen), *(name for name in FILES if "/" in name)], names(plain))
        == line
    )


def test_an_unknown_text_gives_no_hint() -> None:
    assert hint("", ["seed"]) == "" and hint("Something else, 'seed' even", ["seed"]) == ""


def test_a_launcher_that_is_not_installed_is_named_with_its_extra() -> None:
    error = "Could not find 'hydra/launcher/ray'\n\nAvailable options in 'hydra/launcher':\n\tbasic\n"
    assert hint(error, []) == "hydra/launcher=ray: needs pip install 'aelab[ray]'"
    assert hint(error.replace("/ray", "/rey"), []) == "hydra/launcher: no option 'rey'; it takes basic"
