"""The closed form: scikit-learn's PCA, written into a linear autoencoder."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from training import composed, trained

import aelab
from aelab.assemble import assemble
from aelab.errors import UserError
from aelab.history import read
from aelab.stage.closed_form import ClosedForm
from aelab.stage.pair import pair

LINEAR = ["recipe=closed_form", "model.widths=[]", "model.latent.dim=5"]


@pytest.mark.parametrize(
    "settings",
    [
        [],
        ["model.tied=true"],
        ["recipe.train.memory=0"],
        ["model.orthonormal=true"],
        ["loss=gaussian", "loss.gaussian.variance=0.1"],
    ],
    ids=str,
)
def test_weights_are_those_of_pca(settings: list[str], tmp_path: Path) -> None:
    system = trained(tmp_path, *LINEAR, *settings).system.eval()
    dataset = system.dataset
    train, test = (dataset.gather(dataset.splits[name])[0].flatten(1) for name in ("train", "test"))
    pca = PCA(5, svd_solver="full").fit(train.double())
    components = np.asarray(pca.components_)
    encoder, _ = pair(system.model) or pytest.fail("no pair of layers")
    v = encoder.weight.detach()
    np.testing.assert_allclose(v @ v.T, np.eye(5), atol=1e-4)
    np.testing.assert_allclose(v.T @ v, components.T @ components, atol=1e-4)
    trace = system(test.view(-1, *dataset.shape), in_use=True)
    expected = pca.inverse_transform(pca.transform(test.double()))
    np.testing.assert_allclose(trace.x_hat.detach().flatten(1), expected, atol=1e-4)
    np.testing.assert_allclose(trace.z.detach().abs(), np.abs(pca.transform(test.double())), atol=1e-4)


def test_a_run_has_pcas_error_and_can_be_used(train: Callable[..., Path]) -> None:
    folder = train(*LINEAR, "baseline=pca")
    results = json.loads((folder / "results.json").read_text())
    metrics = results["metrics"]
    assert metrics["test/sse"] == pytest.approx(metrics["test/pca_sse"], rel=1e-4)
    assert read(folder / "metrics.csv") == [] and results["epochs"] == 0
    run = aelab.load(str(folder))
    dataset = run.system.dataset
    x = dataset.rows.x
    rows = dataset.gather(dataset.splits["train"])[0].flatten(1).double()
    z = PCA(5, svd_solver="full").fit(rows).transform(dataset.scale(x).flatten(1).double())
    np.testing.assert_allclose(run.encode(x).abs(), np.abs(z), atol=1e-4)
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["last.ckpt"]


LAYER = "solves the linear autoencoder, one full layer each way: model=mlp model.widths=[]"
IDENTITY = "solves the linear autoencoder; its activations are the identity"
PLAIN = "solves the linear autoencoder, x to z to x̂; model/latent=deterministic loss=[mse]"
SQUARES = "minimises ‖x − x̂‖² of clean x alone; loss=[mse] corruption=none"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (["loss=l1"], SQUARES),
        (["loss=[mse,weight_decay]"], SQUARES),
        (["loss=gaussian", "loss.gaussian.variance=learned"], SQUARES),
        (["corruption=gaussian"], SQUARES),
        (["model.widths=[8]"], LAYER),
        (["model=conv", "~model.widths"], LAYER),
        (["model=identity", "~model.widths"], LAYER),
        (["model.latent.activation=relu"], IDENTITY),
        (["loss=bce"], IDENTITY),
        (["model.output_activation=sigmoid"], IDENTITY),
        (["model/latent=k_sparse", "model.latent.k=2"], PLAIN),
        (["loss=gaussian", "loss.gaussian.variance=per_pixel"], PLAIN),
        (["model.latent.dim=65"], "there are 64 principal components, fewer than model.latent.dim=65"),
        (["dataset.limit=4"], "there are 4 principal components, fewer than model.latent.dim=5"),
    ],
)
def test_says_what_it_cannot_solve(settings: list[str], line: str, tmp_path: Path) -> None:
    tiny = ["name=test", "dataset.limit=100", "trainer=cpu", "logger=none", "figure=none", "baseline=none"]
    widths = [] if any("~" in text for text in settings) else ["model.widths=[]"]
    dim = [] if "model=identity" in settings else ["model.latent.dim=5"]
    own = [text for text in settings if "~" not in text]
    with pytest.raises(UserError) as caught:
        assemble(composed("recipe=closed_form", *widths, *dim, *own, tiny=tiny), tmp_path)
    assert list(caught.value.problems) == [f"recipe.train: {line}"]


def test_memory_is_not_negative() -> None:
    with pytest.raises(ValueError, match=r"^memory must not be negative, got -1$"):
        ClosedForm(memory=-1)


def test_gradient_descent_comes_no_lower(tmp_path: Path) -> None:
    """Baldi & Hornik: there is no better linear autoencoder of the training rows."""

    def loss(name: str, *settings: str) -> float:
        system = trained(tmp_path / name, *settings).system.eval()
        x = system.dataset.gather(system.dataset.splits["train"])[0]
        with torch.no_grad():
            return (system(x).x_hat - x).square().flatten(1).sum(1).mean().item()

    best = loss("a", *LINEAR)
    descended = loss("b", *LINEAR[1:], "trainer.max_epochs=150", "optimizer.lr=0.01")
    assert best < descended < 1.2 * best
