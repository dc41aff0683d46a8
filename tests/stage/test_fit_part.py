"""The fit stage of a part: what moves, what stands still, what its loss sees, what is refused."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from training import composed, trained

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.fitting import fit
from aelab.history import read
from aelab.loss.code_mse import CodeMSE
from aelab.stage.fit import Fit
from aelab.stage.stage import Work

COUPLED = ["model=coupled", "recipe=coupled", "corruption=gaussian", "model.residual=true", "reuse=false"]
NOISY = ["model.batch_norm=true", "model.dropout=0.3", "optimizer=adamw", "trainer.check_val_every_n_epoch=1"]

Moved = dict[str, set[str]]


def watched(monkeypatch: pytest.MonkeyPatch) -> Moved:
    """stage -> the entries of the run's weights that it changed, filled while stages run."""
    moved: Moved = {}
    run = Fit.run

    def watching(self: Fit, work: Work) -> dict[str, float]:
        before = {name: value.clone() for name, value in work.system.model.state_dict().items()}
        found = run(self, work)
        after = work.system.model.state_dict()
        moved[work.name] = {name for name in before if not torch.equal(before[name], after[name])}
        assert all(p.requires_grad for p in work.system.model.parameters())
        return found

    monkeypatch.setattr(Fit, "run", watching)
    return moved


def test_the_rest_of_the_model_stands_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, what batch norm has seen, and dropout: the encoder is as it is in use."""
    moved = watched(monkeypatch)
    settings = ["model.widths=[12]", *NOISY, "recipe.train.part=decoder", "callback.checkpoint.monitor=null"]
    job = trained(tmp_path, *settings)
    own = {name for name in job.system.model.state_dict() if name.startswith("decoder.")}
    assert moved == {"train": own}


def test_each_stage_moves_its_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = watched(monkeypatch)
    names = set(trained(tmp_path, *COUPLED, *NOISY[:3]).system.model.state_dict())
    parts = {part: {name for name in names if name.startswith(f"{part}.")} for part in ("low", "high", "map")}
    used = ("low.encoder.", "map.", "high.decoder.")
    assert moved == {**parts, "train": {name for name in names if name.startswith(used)}}


def test_the_map_s_loss_sees_codes_that_stand_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No graph behind either code, and no dropout in them: the same row has the same code every time."""
    job = assemble(composed(*COUPLED, *NOISY), tmp_path)
    model, seen = job.system.model, []
    forward = CodeMSE.forward

    def watching(self: CodeMSE, z: Tensor, z_high: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            part = {name: module.training for name, module in model.named_children()}
            inside = any(
                module.training for name in ("low", "high") for module in model.get_submodule(name).modules()
            )
            grads = torch.autograd.grad(z.sum(), list(model.map.parameters()), retain_graph=True)  # type: ignore[union-attr]
            seen.append((part, inside, z_high.requires_grad, all(g.isfinite().all() for g in grads)))
            assert not any(p.requires_grad for p in model.low.parameters())  # type: ignore[union-attr]
        return forward(self, z, z_high)

    monkeypatch.setattr(CodeMSE, "forward", watching)
    fit(composed(*COUPLED, *NOISY), job, tmp_path)
    assert len(seen) == 3 * 7  # every minibatch, also after validations
    assert all(one == ({"low": False, "map": True, "high": False}, False, False, True) for one in seen)


def test_low_rebuilds_x_tilde_and_is_scored_by_it(tmp_path: Path) -> None:
    """Without hidden layers it learns the identity on strong noise, far from clean x."""
    linear = ["model.widths=[]", "model.latent.dim=64", "corruption.gaussian.strength=1.0"]
    job = trained(tmp_path, *COUPLED, *linear, "optimizer.lr=0.01", "trainer.max_epochs=60")
    loss = [
        row["val/loss"]
        for row in read(tmp_path / "metrics.csv")
        if row["stage"] == "low" and "val/loss" in row
    ]
    system = job.system.eval()
    x, _ = system.dataset.batch(system.dataset.splits["val"])
    noise = (system.corrupted(x)["x_tilde"] - x).square().sum((1, 2, 3)).mean()
    assert loss[-1] < 0.2 * noise


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            ["recipe.train.part=encodr"],
            "recipe.train.part: no 'encodr' in this model; did you mean 'encoder'?",
        ),
        (["recipe.train.part=map"], "recipe.train.part: no 'map' in this model; it has encoder, decoder"),
        ([*COUPLED, "recipe.map.part=x"], "recipe.map.part: no 'x' in this model; it has low, map, high"),
        (
            ["loss=[mse,code_mse]"],
            "loss.code_mse reads z_high; model=coupled has a second encoder that gives it",
        ),
        (
            [*COUPLED, "+recipe.low.loss.code_mse={_target_: aelab.loss.code_mse.CodeMSE}"],
            "recipe.low: loss.code_mse reads z_high; model=coupled has a second encoder that gives it",
        ),
        (
            [*COUPLED, "corruption=none"],
            "recipe.low.target: x_tilde is x where nothing corrupts it; corruption=salt_and_pepper does",
        ),
    ],
)
def test_refusals(settings: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as refusal:
        assemble(composed(*settings), tmp_path)
    assert refusal.value.problems == (said,)
