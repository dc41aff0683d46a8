"""Clean reconstruction: the same errors under names of their own, and of inputs without noise."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from aelab.metric.reconstruction import Reconstruction
from aelab.metric.reconstruction_clean import CleanReconstruction


def test_is_reconstructions_error_by_another_name() -> None:
    x, x_hat = torch.rand(2, 10, 1, 4, 3)
    scores = []
    for metric in (CleanReconstruction(), Reconstruction()):
        metric.reset()
        metric.update(x, x_hat)
        scores.append(metric.compute())
    assert scores[0] == {f"clean_{name}": value for name, value in scores[1].items()}


@pytest.mark.parametrize("corruption", ["none", "gaussian"])
def test_a_run_is_scored_with_and_without_noise(train: Callable[..., Path], corruption: str) -> None:
    folder = train("metric=[reconstruction,reconstruction_clean]", f"corruption={corruption}", "baseline=pca")
    metrics = json.loads((folder / "results.json").read_text())["metrics"]
    for of in ("", "pca_"):
        assert (metrics[f"test/{of}clean_mse"] == metrics[f"test/{of}mse"]) == (corruption == "none")
    assert metrics["test/pca_clean_mse"] <= metrics["test/pca_mse"]  # the net has hardly been trained
