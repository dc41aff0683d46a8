"""Whose optimizer a stage has, and what its groups hold."""

import pytest
import torch
from omegaconf import DictConfig, OmegaConf

from aelab.optimizer import make_optimizer, with_optimizers
from aelab.schedule import Cosine
from tests.training import composed

PARAMS = [torch.nn.Parameter(torch.zeros(3))]


def group(config: DictConfig, stage: str) -> dict[str, object]:
    return make_optimizer(with_optimizers(config).recipe[stage].optimizer, PARAMS).param_groups[0]


def test_a_stage_has_the_optimizer_of_the_run() -> None:
    saved = OmegaConf.to_container(composed("recipe=finetuned", "optimizer.lr=0.5"), resolve=True)
    config = OmegaConf.create(saved)
    assert isinstance(config, DictConfig)
    assert group(config, "train")["lr"] == group(config, "finetune")["lr"] == 0.5
    config.optimizer.lr = 0.25  # what `aelab resume run=DIR optimizer.lr=0.25` does
    assert group(config, "train")["lr"] == group(config, "finetune")["lr"] == 0.25


def test_a_stage_changes_settings_of_its_own() -> None:
    config = composed(
        "recipe=finetuned",
        "recipe.finetune.optimizer.lr={_target_: aelab.schedule.Cosine, start: 0.5, end: 0.1}",
        "+recipe.finetune.optimizer.weight_decay=0.125",
    )
    own, runs = group(config, "finetune"), group(config, "train")
    assert own["lr"] == Cosine(0.5, 0.1) and own["weight_decay"] == 0.125
    assert runs["lr"] == 1e-3 and runs["weight_decay"] == 0
    assert own["betas"] == runs["betas"]


def test_a_stage_has_another_optimizer() -> None:
    config = with_optimizers(composed("recipe=finetuned", "+optimizer@recipe.finetune.optimizer=sgd"))
    kinds = [type(make_optimizer(config.recipe[name].optimizer, PARAMS)) for name in ("train", "finetune")]
    assert kinds == [torch.optim.Adam, torch.optim.SGD]


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("recipe.finetune.optimizer.lr=-1", "recipe.finetune.optimizer: Invalid learning rate: -1"),
        ("recipe.finetune.optimizer=3", "recipe.finetune.optimizer: takes a mapping, got 3"),
        (
            "+recipe.finetune.optimizer.lrr=1",
            "recipe.finetune.optimizer: Adam has no argument 'lrr'; did you mean 'lr'?",
        ),
        ("recipe.finetune=3", "recipe.finetune: takes a Stage, got 3"),
    ],
)
def test_what_is_wrong_with_it_is_said_before_training(wrong: str, line: str, aelab) -> None:
    status, _, said = aelab("recipe=finetuned", wrong)
    assert (status, said.strip()) == (2, line)
