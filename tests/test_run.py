"""A finished run from Python: arrays in and out in the data's own units, best weights or last."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import aelab
from aelab.errors import UserError
from aelab.run import Run


def state(run: Path, name: str = "last") -> dict[str, np.ndarray]:
    """The weights of a checkpoint by their names in the model."""
    saved = torch.load(run / "checkpoints" / f"{name}.ckpt", weights_only=True)["state_dict"]
    return {key.removeprefix("system.model."): value.double().numpy() for key, value in saved.items()}


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """[1797, 8, 8] in 0..16, as scikit-learn gives them"""
    digits: Any = load_digits()
    return digits.images


def test_a_standardised_linear_run_in_the_datas_own_units(vectors_run: Path, vectors: np.ndarray) -> None:
    """Against NumPy: x̂ = σ(V(W(x − μ)/σ + b) + c) + μ, with μ, σ of the training rows alone."""
    run = aelab.load(str(vectors_run))
    train = vectors[run.system.dataset.splits["train"].numpy()]
    mean, std = train.mean(0), train.std(0)
    w = state(vectors_run, "best")
    x = (vectors - mean) / std
    z = x @ w["encoder.blocks.0.layer.weight"].T + w["encoder.blocks.0.layer.bias"]
    x_hat = z @ w["decoder.blocks.0.layer.weight"].T + w["decoder.blocks.0.layer.bias"]
    assert len(train) < len(vectors)
    np.testing.assert_allclose(run.encode(vectors), z, atol=1e-4)
    np.testing.assert_allclose(run.reconstruct(vectors), x_hat * std + mean, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(run.decode(z), x_hat * std + mean, rtol=1e-4, atol=1e-4)


def test_codes_there_and_back_are_the_reconstruction(vectors_run: Path, vectors: np.ndarray) -> None:
    run = aelab.load(str(vectors_run))
    z = run.transform(vectors)
    assert isinstance(z, np.ndarray) and z.shape == (60, 2)
    x = run.inverse_transform(z)
    assert isinstance(x, np.ndarray) and x.shape == (60, 5)
    np.testing.assert_array_equal(x, run.reconstruct(vectors).numpy())
    np.testing.assert_allclose(run.transform(vectors[:1]), z[:1], rtol=1e-5)


def test_images_may_be_flat_bytes_floats_or_tensors(digits_run: Path, images: np.ndarray) -> None:
    run = aelab.load(str(digits_run))
    z = run.encode(images[:, None])
    assert z.shape == (1797, 2)  # more than are taken at once
    for same in (
        images.reshape(1797, 64),
        images.astype(np.uint8),
        torch.from_numpy(images),
        images.tolist(),
    ):
        assert torch.equal(run.encode(same), z)
    assert run.decode(z).shape == (1797, 1, 8, 8)
    assert run.inverse_transform(z.numpy()).shape == (1797, 64)


def test_images_come_back_in_the_datas_own_units(digits_run: Path, images: np.ndarray) -> None:
    """Digits are 0 to 16, and 0 to 1 inside the nets."""
    run = aelab.load(str(digits_run))
    x = torch.from_numpy(images[:, None] / 16).float()
    with torch.no_grad():
        x_hat = 16 * run.system.model.decode(run.system.model.encode(x)["z"])["x_hat"]
    torch.testing.assert_close(run.reconstruct(images), x_hat)


def test_corrupted_only_if_asked_and_alike_every_time(digits_run: Path, images: np.ndarray) -> None:
    run = aelab.load(str(digits_run))
    clean, degraded = run.reconstruct(images), run.reconstruct(images, degrade=True)
    assert torch.equal(clean, run.decode(run.encode(images)))
    assert not torch.equal(clean, degraded)
    assert torch.equal(degraded, run.reconstruct(images, degrade=True))


def test_codes_leave_the_callers_draws_alone(digits_run: Path, images: np.ndarray) -> None:
    run = aelab.load(str(digits_run))
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    run.encode(images)
    assert torch.equal(torch.rand(4), expected)


def test_best_and_last_weights(digits_run: Path, images: np.ndarray, tmp_path: Path) -> None:
    best, last = aelab.load(str(digits_run)), aelab.load(str(digits_run), weights="last")
    assert best.checkpoint.name == "best.ckpt" and last.checkpoint.name == "last.ckpt"
    for run, name in ((best, "best"), (last, "last")):
        saved = state(digits_run, name)
        for key, value in run.system.model.state_dict().items():
            np.testing.assert_array_equal(value.numpy(), saved[key])
    assert not torch.equal(best.encode(images), last.encode(images))
    alone = tmp_path / "run"
    shutil.copytree(digits_run, alone)
    (alone / "checkpoints" / "best.ckpt").unlink()
    assert torch.equal(Run(alone).encode(images), last.encode(images))


def test_it_knows_its_settings_and_results(digits_run: Path, tmp_path: Path) -> None:
    run = Run(digits_run)
    assert run.config.corruption.gaussian.strength == 0.3 and run.config.model.widths == [8]
    assert run.results is not None and run.results["status"] == "completed"
    shutil.copytree(digits_run / ".hydra", tmp_path / ".hydra")
    assert Run(tmp_path).results is None


def test_settings_can_be_changed(photos_run: Path, photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "moved" / "photos")
    run = Run(photos_run, overrides=[f"dataset.root='{tmp_path}/moved/photos'", "dataset.batch_size=3"])
    assert run.system.dataset.root == f"{tmp_path}/moved/photos" and run.system.dataset.batch_size == 3
    with pytest.raises(UserError) as error:
        Run(photos_run, overrides=["dataset.rot=elsewhere", "dataset=mnist", "loss.kl.weight=1"])
    assert error.value.problems[:2] == (
        "dataset.rot: the run has no such setting; did you mean 'dataset.root'?",
        "dataset: is a group; change its settings, dataset.<name>=...",
    )
    assert error.value.problems[2].startswith("loss.kl.weight: the run has no such setting")


def test_what_is_no_run(tmp_path: Path) -> None:
    for folder, what in ((tmp_path, "is not the folder of a run"), (tmp_path / "nowhere", "does not exist")):
        with pytest.raises(UserError) as error:
            aelab.load(str(folder))
        line = f"run: '{folder}' {what}; a run's folder has .hydra/config.yaml and checkpoints"
        assert error.value.problems == (line,)


def test_an_untrainable_model_needs_no_checkpoint(train: Any) -> None:
    folder = train("model=identity")
    assert not (folder / "checkpoints").exists()
    x = torch.arange(128.0).view(2, 1, 8, 8) / 8
    assert torch.equal(aelab.load(str(folder)).reconstruct(x), x)
