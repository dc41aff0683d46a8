"""Snapshots are the weights of their epochs, whether or not the run was interrupted."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from training import interrupted, trained

from aelab.callback.snapshots import FILE, Snapshots, snapshots
from aelab.callback.spread import spread
from aelab.model.net import Block, Net, first_weight
from aelab.plan import Chunks

KEPT = ["callback=[checkpoint,snapshots]", "callback.snapshots.count=5", "callback.snapshots.n=4"]


def same(a: dict[int, Tensor], b: dict[int, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[epoch], b[epoch]) for epoch in a)


@pytest.mark.parametrize(
    ("epochs", "count", "want"),
    [
        (16, 6, [0, 1, 2, 4, 8, 16]),
        (4, 10, [0, 1, 2, 3, 4]),
        (100, 3, [0, 1, 100]),
        (100, 2, [0, 100]),
        (1, 10, [0, 1]),
    ],
)
def test_they_are_spread_from_the_first_epoch_to_the_last(epochs: int, count: int, want: list[int]) -> None:
    assert spread(epochs, count) == want


def test_they_are_the_weights_that_a_training_of_so_many_epochs_ends_with(tmp_path: Path) -> None:
    """A visit is all of these epochs: they are not what Lightning calls one."""
    job = trained(tmp_path / "long", "trainer.max_epochs=4", *KEPT)
    kept = snapshots(tmp_path / "long")
    assert list(kept) == [0, 1, 2, 3, 4] and all(w.shape == (4, 64) for w in kept.values())
    for epoch in (0, 1, 3):
        short = trained(tmp_path / str(epoch), f"trainer.max_epochs={epoch}")
        weight = first_weight(short.system.model.encoder)
        assert weight is not None
        assert torch.equal(kept[epoch], weight[:4].half().float())
    last = torch.load(tmp_path / "long" / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    assert torch.equal(kept[4], last["system.model.encoder.blocks.0.layer.weight"][:4].half().float())
    assert not job.callbacks[1].kept  # every training has a copy of its own


def test_the_file_is_small_and_holds_no_code(tmp_path: Path) -> None:
    trained(tmp_path, "trainer.max_epochs=1", *KEPT)
    found = torch.load(tmp_path / "checkpoints" / FILE, weights_only=True)
    assert {w.dtype for w in found.values()} == {torch.float16}
    assert (tmp_path / "checkpoints" / FILE).stat().st_size < 6000


@pytest.mark.parametrize("at", [1, 7, 20, 42])
def test_an_interrupted_run_has_the_same(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """7 minibatches an epoch: within the first, at its end, in the third, at the end."""
    trained(tmp_path / "whole", "trainer.max_epochs=6", *KEPT)
    with interrupted(at):
        trained(tmp_path / "parts", "trainer.max_epochs=6", *KEPT)
    if at < 42:
        assert 6 not in snapshots(tmp_path / "parts")
    monkeypatch.setattr(Chunks, "adapt", lambda self, *_: setattr(self, "size", 5))
    trained(tmp_path / "parts", "trainer.max_epochs=6", *KEPT, resume=True)
    assert list(snapshots(tmp_path / "whole")) == [0, 1, 2, 3, 6]
    assert same(snapshots(tmp_path / "whole"), snapshots(tmp_path / "parts"))


def test_what_lies_behind_the_checkpoint_is_dropped(tmp_path: Path) -> None:
    """A process that was killed: its snapshots may be newer than its checkpoint."""
    trained(tmp_path, "trainer.max_epochs=2", *KEPT)
    path = tmp_path / "checkpoints" / FILE
    found = torch.load(path, weights_only=True)
    torch.save(found | {3: torch.full((4, 64), torch.nan)}, path)
    trained(tmp_path, "trainer.max_epochs=3", *KEPT, resume=True)
    kept = snapshots(tmp_path)
    assert list(kept) == [0, 1, 2, 3] and kept[3].isfinite().all()


def test_an_early_stop_s_last_epoch_is_kept(tmp_path: Path) -> None:
    stop = ["callback=[checkpoint,snapshots,early_stopping]", "callback.early_stopping.patience=1"]
    never = ["callback.early_stopping.min_delta=1e9", "trainer.check_val_every_n_epoch=1"]
    trained(tmp_path, "trainer.max_epochs=50", *stop, *never, "callback.snapshots.count=2")
    assert list(snapshots(tmp_path)) == [0, 2]


def test_only_the_runs_own_training_has_them(tmp_path: Path) -> None:
    trained(tmp_path, "recipe=layerwise", "trainer.max_epochs=1", *KEPT)
    assert [path.parent.name for path in tmp_path.rglob(FILE)] == ["checkpoints"]
    assert list(snapshots(tmp_path)) == [0, 1]


def test_without_checkpoints_a_run_begins_anew(tmp_path: Path) -> None:
    for resume in (False, True):
        trained(tmp_path, "trainer.max_epochs=2", "callback=[snapshots]", resume=resume)
    assert list(snapshots(tmp_path)) == [0, 1, 2]


def test_a_model_without_weights_has_none(tmp_path: Path) -> None:
    assert snapshots(tmp_path) == {}
    assert first_weight(nn.Flatten()) is None
    assert first_weight(Net()) is None


def test_an_orthonormal_weight_is_itself_and_not_what_it_is_made_of() -> None:
    layer = nn.utils.parametrizations.orthogonal(nn.Linear(5, 3))
    weight = first_weight(Net(Block(layer=layer)))
    assert weight is not None
    torch.testing.assert_close(weight @ weight.T, torch.eye(3))


@pytest.mark.parametrize(("settings", "said"), [({"n": 0}, "n must"), ({"count": 1}, "count must")])
def test_wrong_numbers_are_refused(settings: dict[str, int], said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        Snapshots(tmp_path, **settings)
