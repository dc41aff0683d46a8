"""Layer by layer: every layer is an autoencoder of the codes below it, and together they are the net."""

import json
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from training import composed, trained, weights

from aelab import evaluation
from aelab.assemble import assemble
from aelab.build import build
from aelab.dataset.dataset import Dataset
from aelab.errors import UserError
from aelab.history import read
from aelab.model.autoencoder import Autoencoder
from aelab.seed import derive
from aelab.stage import layerwise
from aelab.stage.layerwise import layers
from aelab.system import System
from aelab.training import Training

ONLY = ["recipe=layerwise", "recipe.train.epochs=0", "callback.checkpoint.monitor=null"]
"""The last stage leaves the net as the layers were trained."""


def model_of(shape: tuple[int, ...], *overrides: str, maps: int = 1) -> Autoencoder:
    node = composed(*overrides, tiny=["name=test"]).model
    torch.manual_seed(0)
    model = build(node, shape=shape, target=shape, maps=maps, link="identity")
    model(System.corrupted(NOTHING, torch.randn(9, *shape)))  # batch norm gets statistics of its own
    return model.eval()


class Nothing:
    """No corruption, to make Traces without a system."""

    class corruption:
        chain = ()

    training = False


NOTHING: Any = Nothing()

NETS = {
    "mlp": ["model=mlp", "model.widths=[9,5]"],
    "stride": ["model=conv", "model.channels=[3,2]", "model.down=stride"],
    "pool": ["model=conv", "model.channels=[3,2]", "model.down=pool"],
    "linear": ["model=mlp", "model.widths=[9]", "model.activation=identity"],
}


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 7, 5)], ids=str)
@pytest.mark.parametrize("tied", ["true", "false"])
@pytest.mark.parametrize("net", NETS)
def test_unrolled_the_layers_are_the_net(net: str, tied: str, shape: tuple[int, ...]) -> None:
    own = [f"model.tied={tied}", "model.batch_norm=true", "model.dropout=0.3", "model.latent.activation=tanh"]
    model = model_of(shape, *NETS[net], *own, "model.output_activation=sigmoid")
    stack = list(layers(model, shape))
    assert len(stack) == len(model.encoder.blocks)  # type: ignore[arg-type]
    mine = {p.data_ptr() for p in model.parameters()}
    parts = [{p.data_ptr() for p in layer.parameters()} for layer in stack]
    assert set.union(*parts) == mine and sum(map(len, parts)) == len(mine)  # each in one layer
    x = torch.rand(4, *shape, generator=torch.Generator().manual_seed(0))
    h = x
    for layer in stack:
        h = layer.eval().encode(h)["z"]
    torch.testing.assert_close(h, model.encode(x)["z"])
    out = model.decode(h)["x_hat"]
    for layer in reversed(stack):
        h = layer.decode(h)["x_hat"]
    torch.testing.assert_close(h, out)
    assert h.shape == x.shape


@pytest.mark.parametrize("net", ["mlp", "stride"])
def test_two_maps_are_of_the_first_layer(net: str) -> None:
    shape = (1, 7, 5)
    model = model_of(shape, *NETS[net], maps=2)
    first, *rest = layers(model, shape)
    z = torch.randn(3, model.latent.dim)
    found, expected = z, model.decode(z)
    for layer in reversed(rest):
        found = layer.eval().decode(found)["x_hat"]
        assert "x_logvar" not in layer.gives
    decoded = first.eval().decode(found)
    for name in ("x_hat", "x_logvar"):
        torch.testing.assert_close(decoded[name], expected[name])


def test_looking_at_the_layers_changes_nothing() -> None:
    """Batch norm would learn from the probe; modes would be left behind."""
    model = model_of((1, 8, 8), *NETS["mlp"], "model.batch_norm=true").train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    list(layers(model, (1, 8, 8)))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(module.training for module in model.modules())


Seen = dict[str, dict[str, Any]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What each layer's training was given, by its name."""
    found: Seen = {}
    train = layerwise.descend

    def watching(work, system: System, name: str, *rest) -> None:
        x, y = system.dataset.gather(system.dataset.splits["train"])
        first, calls = work.system.model.encoder.blocks[0].layer, []  # type: ignore[union-attr,index]
        handle = first.register_forward_hook(lambda *_: calls.append(1))
        train(work, system, name, *rest)
        handle.remove()
        found[name] = {"x": x, "y": y, "system": system, "calls": len(calls)}

    monkeypatch.setattr(layerwise, "descend", watching)
    return found


def use(system: System, x: Tensor) -> Tensor:
    with torch.no_grad():
        return system.eval()(x, in_use=True)["z"]


@pytest.mark.parametrize("net", [["model.widths=[9,5]"], ["model=conv", "model.channels=[3,2]"]], ids=str)
def test_data_are_the_codes_below_in_evaluation_mode_encoded_once(
    net: list[str], seen: Seen, tmp_path: Path
) -> None:
    tiny = ["name=test", "dataset.limit=40", "trainer=cpu", "trainer.max_epochs=2"]
    tiny += ["logger=none", "figure=none", "baseline=none"]
    own = ["model.dropout=0.3", "model.batch_norm=true", "corruption=gaussian"]
    job = trained(tmp_path, *ONLY, *net, *own, tiny=tiny)
    x, y = job.system.dataset.gather(job.system.dataset.splits["train"])
    assert list(seen) == ["pretrain.1", "pretrain.2", "pretrain.3"]
    assert torch.equal(seen["pretrain.1"]["x"], x)
    for below, above in (("pretrain.1", "pretrain.2"), ("pretrain.2", "pretrain.3")):
        torch.testing.assert_close(seen[above]["x"], use(seen[below]["system"], seen[below]["x"]))
        assert y is not None and torch.equal(seen[above]["y"], y)
        assert seen[above]["calls"] == 0 < seen["pretrain.1"]["calls"]  # nobody encodes again
    torch.testing.assert_close(
        use(seen["pretrain.3"]["system"], seen["pretrain.3"]["x"]), use(job.system, x), rtol=1e-4, atol=1e-5
    )


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


def test_codes_are_held_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "AT_LEAST", 16)
    system, held = assemble(composed(), Path()).system, []

    def watching(*split: Any, **more: Any) -> Iterator[Any]:
        for trace in evaluation.traces(*split, **more):
            held.append(weakref.ref(trace.z))
            alive.append(sum(z() is not None for z in held))
            yield trace

    alive: list[int] = []
    monkeypatch.setattr(layerwise, "traces", watching)
    above = layerwise.codes(system)
    assert max(alive) <= 2 < len(alive)  # the one before goes when the next is bound
    for split in ("train", "val"):
        expected = torch.cat([trace.z for trace in evaluation.traces(system, split, in_use=True)])
        assert torch.equal(above.gather(above.splits[split])[0], expected)
        assert torch.equal(labels(above, split), labels(system.dataset, split))


def labels(dataset: Dataset, split: str) -> Tensor:
    y = dataset.gather(dataset.splits[split])[1]
    assert y is not None
    return y


@pytest.mark.parametrize("act", ["identity", "relu"])
@pytest.mark.parametrize("net", ["mlp", "stride", "pool"])
def test_what_is_dropped_is_of_the_code_and_never_of_what_is_rebuilt(net: str, act: str) -> None:
    own = ["model.dropout=0.5", "model.batch_norm=true", f"model.activation={act}"]
    stack = list(layers(model_of((1, 8, 8), *NETS[net], *own), (1, 8, 8)))
    for layer in stack:
        layer.train()
        kinds = [
            {type(part) for part in where.modules()}
            for where in (layer.encoder, layer.latent, layer.decoder or nn.Identity())
        ]
        assert [nn.Dropout in kind for kind in kinds] == [False, layer is not stack[-1], False]


def test_codes_of_top_k_are_not_rebuilt_through_one() -> None:
    top_k = "model.activation={_target_: aelab.model.top_k.TopK, k: 2, alpha: 2}"
    model = model_of((1, 8, 8), "model.widths=[9,7]", top_k, "model.output_activation=sigmoid")
    first, *rest = layers(model, (1, 8, 8))
    assert first.output is torch.sigmoid
    x = torch.randn(20, 1, 8, 8)
    h = first.eval().encode(x)["z"]
    assert (h != 0).sum(1).unique().tolist() == [4]
    for layer in rest:
        layer.train()
        h = layer.encode(h)["z"]
        assert layer.output is None and (layer.decode(h)["x_hat"] != 0).all()


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


def test_settings_of_its_own(seen: Seen, tmp_path: Path) -> None:
    own = [
        "recipe.pretrain.epochs=1",
        "recipe.pretrain.loss={l1: {_target_: aelab.loss.l1.L1}}",
        "recipe.pretrain.corruption={own: {_target_: aelab.corruption.masking.Masking, strength: 0.5}}",
        "recipe.pretrain.optimizer={lr: 0.125}",
    ]
    job = trained(tmp_path, "recipe=layerwise", "corruption=gaussian", *own)
    for found in seen.values():
        system = found["system"]
        assert list(system.objective.terms) == ["l1"] and list(system.corruption.parts) == ["own"]
    assert (
        seen["pretrain.1"]["system"].corruption.chain[0]
        is not seen["pretrain.2"]["system"].corruption.chain[0]
    )
    rows = [(row["stage"], row["lr"]) for row in read(tmp_path / "metrics.csv")]
    assert rows == [("pretrain.1", 0.125), ("pretrain.2", 0.125), *[("train", 0.001)] * 3]
    assert list(job.system.objective.terms) == ["mse"] and list(job.system.corruption.parts) == ["gaussian"]


def test_corrupts_the_input_of_every_layer(seen: Seen, tmp_path: Path) -> None:
    trained(tmp_path, *ONLY, "corruption=masking", "corruption.masking.strength=1.0")
    for found in seen.values():
        system = found["system"].train()
        trace = system(found["x"])
        assert (trace.x_tilde == 0).all() and torch.equal(trace.x, found["x"])


def test_what_is_always_there_is_in_the_codes_once(seen: Seen, tmp_path: Path) -> None:
    always = ["corruption=masking", "corruption.masking.strength=1.0", "corruption.masking.always=true"]
    trained(tmp_path, *ONLY, "model.widths=[9,5]", *always)
    first, second = seen["pretrain.2"]["x"], seen["pretrain.3"]["x"]
    assert (first == first[0]).all()  # of an x that is gone
    with torch.no_grad():
        expected = seen["pretrain.2"]["system"].eval().model.encode(first)["z"]
    torch.testing.assert_close(second, expected)


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


def test_bce_rebuilds_sigmoid_codes(tmp_path: Path, seen: Seen) -> None:
    trained(tmp_path, *ONLY, "loss=bce", "model.activation=sigmoid")
    second = seen["pretrain.2"]["system"]
    trace = second.eval()(seen["pretrain.2"]["x"])
    torch.testing.assert_close(trace.x_hat, trace.x_logits.sigmoid())
