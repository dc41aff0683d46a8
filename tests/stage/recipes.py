"""What the tests of recipes share: a small run of several stages, and whether two of them are alike."""

from collections.abc import Sequence
from pathlib import Path

import torch
from training import composed, same

from aelab.assemble import assemble
from aelab.evaluation import score
from aelab.fitting import fit

SMALL = [
    "name=test",
    "dataset.limit=60",
    "dataset.batch_size=16",
    "model.widths=[6]",
    "model.dropout=0.2",
    "model.batch_norm=true",
    "corruption=masking",
    "optimizer.lr={_target_: aelab.schedule.Cosine, start: 0.01, end: 0.0}",
    "trainer=cpu",
    "trainer.check_val_every_n_epoch=1",
    "trainer.max_epochs=3",
    "logger=none",
    "figure=none",
    "baseline=none",
]
"""4 minibatches an epoch, 12 a training; everything that draws or remembers."""

TRAININGS = {
    "layerwise": ["pretrain.1", "pretrain.2", "train"],
    "finetuned": ["train", "finetune", "finetune.scratch"],
    "layerwise_finetuned": ["pretrain.1", "pretrain.2", "finetune", "finetune.scratch"],
    "coupled": ["low", "high", "map", "train"],
}

SUITED = {"coupled": ["model=coupled"]}
"""What a recipe takes beside itself."""

CONSTANT = "optimizer.lr=0.01"
"""A schedule would know how long it is meant to last."""

Metrics = dict[str, float]


def run(
    folder: Path, recipe: str, *overrides: str, resume: bool = False, splits: Sequence[str] = ("val", "test")
) -> Metrics:
    """All that the run says in the end."""
    config = composed(f"recipe={recipe}", *SUITED.get(recipe, []), *overrides, tiny=SMALL)
    job = assemble(config, folder)
    learnt = fit(config, job, folder, resume).metrics
    return score(job.system, splits) | learnt


def checkpoints(folder: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Every weight of every checkpoint there is."""
    inside = folder / "checkpoints"
    return {
        str(path.relative_to(inside)): torch.load(path, weights_only=True)["state_dict"]
        for path in sorted(inside.rglob("*.ckpt"))
    }


def alike(a: Path, b: Path) -> None:
    """Two runs left the same, bit for bit."""
    ours, theirs = checkpoints(a), checkpoints(b)
    assert list(ours) == list(theirs)
    assert [name for name in ours if not same(ours[name], theirs[name])] == []
    for name in ("metrics.csv", "checkpoints/stages.json"):
        assert (a / name).read_text() == (b / name).read_text()
