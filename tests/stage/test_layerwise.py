"""Layer by layer: trained as by hand, over schedules of their own, on one device, or refused in a line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from stage.stacked import NETS, ONLY
from training import composed, trained, weights

from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.seed import derive
from aelab.training import Training


def test_second_layer_is_trained_as_by_hand(tmp_path: Path) -> None:
    """x̂ passes the mirrored activation: h ≥ 0 is rebuilt by relu(g(z))."""
    job = trained(tmp_path, *ONLY, "optimizer.lr=0.01")
    before = assemble(composed(*ONLY), tmp_path).system.state_dict()
    after = job.system.state_dict()
    x = job.system.dataset.gather(job.system.dataset.splits["train"])[0].flatten(1)
    names = [name for name in before if name.endswith(("weight", "bias"))]
    w1, b1, *_ = (after[name] for name in names)
    h = torch.relu(x @ w1.T + b1)
    inner = [before[name].clone().requires_grad_() for name in names[2:6]]
    w2, b2, w3, b3 = inner
    optimizer = torch.optim.Adam(inner, lr=0.01)
    for epoch in range(3):
        generator = torch.Generator().manual_seed(derive(0, "pretrain.2", "order") + epoch)
        for batch in h[torch.randperm(100, generator=generator)].split(16):
            optimizer.zero_grad()
            out = torch.relu((batch @ w2.T + b2) @ w3.T + b3)
            (out - batch).square().sum(1).mean().backward()
            optimizer.step()
    for name, value in zip(names[2:6], inner, strict=True):
        torch.testing.assert_close(after[name], value.detach(), rtol=1e-3, atol=1e-5)
        assert not torch.allclose(before[name], after[name], atol=1e-3)
    kept = weights(tmp_path)
    assert all(torch.equal(kept[f"system.{name}"], value) for name, value in after.items())


def test_schedules_run_over_every_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, list[tuple[float, float, float]]] = {}
    make = Training.step

    def watching(self: Training) -> Callable[..., None]:
        step, system = make(self), self.system

        def then(*batch) -> None:
            step(*batch)
            k = getattr(system.model.latent, "top_k", None)
            values = (
                system.corruption.chain[0].strength,
                system.objective.terms["mse"].weight,
                k.k if k else 0,
            )
            found.setdefault(self.stage, []).append(values)  # type: ignore[arg-type]

        return then

    monkeypatch.setattr(Training, "step", watching)

    def linear(start: float, end: float) -> str:
        return f"{{_target_: aelab.schedule.Linear, start: {start}, end: {end}}}"

    scheduled = ["corruption=gaussian", f"corruption.gaussian.strength={linear(1, 0)}"]
    scheduled += [f"loss.mse.weight={linear(2, 4)}", f"model.latent.k={linear(6, 2)}"]
    trained(tmp_path, "recipe=layerwise", "model/latent=k_sparse", "model.latent.dim=6", *scheduled)
    done = [i / 21 for i in range(21)]
    for stage, has_code in (("pretrain.1", False), ("pretrain.2", True), ("train", True)):
        strength, weight, k = zip(*found[stage], strict=True)
        assert strength == pytest.approx([1 - t for t in done])
        assert weight == pytest.approx([2 + 2 * t for t in done])
        assert k == pytest.approx([6 - 4 * t if has_code else 0 for t in done])


@pytest.mark.parametrize("net", ["mlp", "stride", "pool"])
def test_everything_stays_on_the_device_that_trains(
    net: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a GPU: on the device that only knows shapes. Lightning leaves what it trained on the CPU."""
    meta, found = torch.device("meta"), []

    class Trainer(pl.Trainer):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.strategy._root_device = meta  # type: ignore[attr-defined]

        def fit(self, model: Any, **rest: Any) -> None:
            x, _ = model.system.dataset.gather(model.system.dataset.splits["train"])
            trace = model.system(x)
            found.append((trace.x.device, trace.x_hat.device))
            model.to_empty(device="cpu")  # `cpu` refuses to move what has no numbers

    monkeypatch.setattr(pl, "Trainer", Trainer)
    own = ["callback=none", "model.batch_norm=true"]
    tiny = ["name=test", "dataset.limit=40", "trainer=cpu", "logger=none", "figure=none", "baseline=none"]
    system = trained(tmp_path, "recipe=layerwise", *NETS[net], *own, tiny=tiny).system
    n = len(list(system.model.encoder.blocks)) + 1  # type: ignore[arg-type]
    assert found == [(meta, meta)] * n
    assert {value.device for value in system.state_dict().values()} == {system.device} == {meta}
    assert system.dataset.device == system.dataset.rows.x.device == meta


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("recipe", ["layerwise", "layerwise_finetuned"])
def test_on_a_gpu(recipe: str, train: Callable[..., Path]) -> None:
    folder = train(f"recipe={recipe}", "trainer=gpu", "model.batch_norm=true", "corruption=gaussian")
    assert json.loads((folder / "results.json").read_text())["device"] == "cuda:0"


SIGMOID = "needs codes in [0, 1] to rebuild; model.activation=sigmoid gives them"


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        (["loss=bce", "model.activation=sigmoid", "model.widths=[8,6]"], []),
        (["loss=bce", "model.widths=[8]"], [f"layer 2, loss.bce: {SIGMOID}"]),
        (["loss=bce", "model.widths=[8]", "model.activation=tanh"], [f"layer 2, loss.bce: {SIGMOID}"]),
        (["loss=bce", "model.widths=[]"], []),
        (
            ["loss=gaussian", "loss.gaussian.variance=per_pixel", "model.widths=[8]"],
            [
                "layer 2, loss.gaussian: needs 2 maps, which only the first layer has; "
                "recipe.pretrain.loss sets another"
            ],
        ),
        (["loss=gaussian", "loss.gaussian.variance=per_pixel", "model.widths=[]"], []),
        (["model=identity"], ["this model has no layers to stack; model=mlp and model=conv have"]),
        (
            ["model.decoder_widths=[32]"],
            ["its decoder does not mirror the encoder layer by layer; model=mlp and model=conv do"],
        ),
        (
            ["corruption=block", "model.widths=[8]"],
            ["layer 2, corruption.block: a block is cut out of images; these rows are vectors [8]"],
        ),
        (["corruption=block", "model=conv"], []),
    ],
)
def test_says_what_it_cannot_stack(settings: list[str], lines: list[str], tmp_path: Path) -> None:
    tiny = ["name=test", "dataset.limit=40", "trainer=cpu", "logger=none", "figure=none", "baseline=none"]
    config = composed("recipe=layerwise", *settings, tiny=tiny)
    if not lines:
        assemble(config, tmp_path)
        return
    with pytest.raises(UserError) as caught:
        assemble(config, tmp_path)
    expected = [f"recipe.pretrain: {line}" for line in lines]
    assert [line for line in caught.value.problems if line.startswith("recipe")] == expected
