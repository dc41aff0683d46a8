"""What each layer is given to train on: the codes below it, and a loss and a corruption of its own."""

import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from stage.stacked import ONLY
from torch import Tensor
from training import composed, trained

from aelab import evaluation
from aelab.assemble import assemble
from aelab.dataset.dataset import Dataset
from aelab.history import read
from aelab.stage import layerwise
from aelab.system import System

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


def test_what_is_always_there_is_in_the_codes_once(seen: Seen, tmp_path: Path) -> None:
    always = ["corruption=masking", "corruption.masking.strength=1.0", "corruption.masking.always=true"]
    trained(tmp_path, *ONLY, "model.widths=[9,5]", *always)
    first, second = seen["pretrain.2"]["x"], seen["pretrain.3"]["x"]
    assert (first == first[0]).all()  # of an x that is gone
    with torch.no_grad():
        expected = seen["pretrain.2"]["system"].eval().model.encode(first)["z"]
    torch.testing.assert_close(second, expected)


def test_corrupts_the_input_of_every_layer(seen: Seen, tmp_path: Path) -> None:
    trained(tmp_path, *ONLY, "corruption=masking", "corruption.masking.strength=1.0")
    for found in seen.values():
        system = found["system"].train()
        trace = system(found["x"])
        assert (trace.x_tilde == 0).all() and torch.equal(trace.x, found["x"])


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


def test_bce_rebuilds_sigmoid_codes(tmp_path: Path, seen: Seen) -> None:
    trained(tmp_path, *ONLY, "loss=bce", "model.activation=sigmoid")
    second = seen["pretrain.2"]["system"]
    trace = second.eval()(seen["pretrain.2"]["x"])
    torch.testing.assert_close(trace.x_hat, trace.x_logits.sigmoid())
