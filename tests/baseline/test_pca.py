"""PCA: the best linear reconstruction, by the singular values of the centred training rows."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from baseline.made_up import Memory, scores
from omegaconf import DictConfig
from sklearn import decomposition
from torch import Tensor

from aelab.baseline.pca import PCA
from aelab.build import build
from aelab.dataset.dataset import Dataset
from aelab.dataset.scale import fixed


def vectors(n: int, features: int, offset: float = 0.0) -> Dataset:
    """Correlated vectors, whose directions differ in size."""
    generator = np.random.default_rng(0)
    mixed = generator.standard_normal((n, features)) @ generator.standard_normal((features, features))
    return Memory(torch.tensor(mixed * np.linspace(0.1, 2, features) + offset).float(), fixed(0, 1)).setup()


def images(n: int = 120, shape: tuple[int, ...] = (3, 4, 5)) -> Dataset:
    x = torch.randint(0, 256, (n, *shape), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return Memory(x, fixed(0, 255)).setup()


def matrix(dataset: Dataset, split: str) -> np.ndarray:
    """The split in double precision, in model units."""
    x = dataset.rows.x[dataset.splits[split]].flatten(1).double()
    return ((x - dataset.scale.offset) / dataset.scale.factor).numpy()


def by_svd(dataset: Dataset, split: str, dim: int) -> float:
    """‖(I − VVᵀ)(x − μ)‖² averaged over the split, V from the SVD of the training rows."""
    train, x = matrix(dataset, "train"), matrix(dataset, split)
    mean = train.mean(0)
    v = np.linalg.svd(train - mean, full_matrices=False)[2][:dim].T
    residual = (x - mean) - (x - mean) @ v @ v.T
    return float((residual**2).sum(1).mean())


CASES = {
    "more rows than features": lambda: vectors(400, 12),
    "fewer rows than features": lambda: vectors(40, 60),
    "colour": lambda: images(),
}


@pytest.mark.parametrize("split", ["train", "val", "test"])
@pytest.mark.parametrize("dim", [1, 3, 8])
@pytest.mark.parametrize("case", CASES)
def test_is_the_truncated_svd(case: str, dim: int, split: str) -> None:
    dataset = CASES[case]()
    sse = by_svd(dataset, split, dim)
    expected = {"mse": sse / matrix(dataset, split).shape[1], "sse": sse}
    assert scores(PCA(2.0), dataset, split, dim) == pytest.approx(expected, rel=1e-3)


def test_is_scikit_learns_own() -> None:
    dataset = images()
    fitted = decomposition.PCA(5, svd_solver="full").fit(matrix(dataset, "train"))
    x = matrix(dataset, "test")
    mse = ((x - fitted.inverse_transform(fitted.transform(x))) ** 2).mean()
    assert scores(PCA(2.0), dataset, "test", 5)["mse"] == pytest.approx(mse, rel=1e-4)


def test_what_is_left_on_the_training_rows_is_the_discarded_variance() -> None:
    dataset = vectors(400, 12)
    train = matrix(dataset, "train")
    variances = np.sort(np.linalg.eigvalsh(np.cov(train.T, bias=True)))[::-1]
    left = [scores(PCA(2.0), dataset, "train", dim)["sse"] for dim in range(1, 12)]
    assert left == pytest.approx([variances[dim:].sum() for dim in range(1, 12)], rel=1e-3)


@pytest.mark.parametrize("memory", [2.0, 0.0])
@pytest.mark.parametrize("dim", [12, 500])
def test_as_many_components_as_features_leave_nothing(dim: int, memory: float) -> None:
    dataset = vectors(400, 12)
    scale = matrix(dataset, "test").var()
    assert scores(PCA(memory), dataset, "test", dim)["mse"] < 1e-8 * scale


def test_more_components_than_training_rows_leave_nothing_of_those() -> None:
    dataset = vectors(30, 60)
    assert scores(PCA(2.0), dataset, "train", 50)["mse"] < 1e-8 * matrix(dataset, "train").var()


@pytest.mark.parametrize(("n", "trains"), [(1000, 720), (2847, 2049)])
def test_batch_by_batch_is_close_to_all_at_once(n: int, trains: int) -> None:
    """2049 are two batches and a single row, fewer than the code's numbers."""
    dataset = vectors(n, 8)
    assert len(dataset.splits["train"]) == trains
    incremental, exact = (scores(PCA(memory), dataset, "test", 3)["sse"] for memory in (0.0, 2.0))
    assert incremental == pytest.approx(exact, rel=0.05)
    assert incremental != exact  # it did go batch by batch


@pytest.mark.parametrize("memory", [2.0, 0.0])
def test_a_mean_far_from_zero_does_not_blur_it(memory: float) -> None:
    """As a user's own numbers may have it, dataset.scale=none."""
    far, near = vectors(400, 12, offset=3000.0), vectors(400, 12)
    assert scores(PCA(memory), far, "test", 4)["sse"] == pytest.approx(by_svd(near, "test", 4), rel=1e-2)


def test_no_linear_autoencoder_beats_it_on_the_training_rows(composed: Callable[..., DictConfig]) -> None:
    """Baldi & Hornik 1989: its optimum spans the principal subspace."""
    dataset, dim = vectors(60, 4), 2
    torch.manual_seed(0)
    config = composed("model.widths=[]", f"model.latent.dim={dim}")
    model = build(config.model, shape=(4,), target=(4,), maps=1, link="identity")
    x, _ = dataset.batch(dataset.splits["train"])
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def cost() -> Tensor:
        optimizer.zero_grad()
        loss = (model.decode(model.encode(x)["z"])["x_hat"] - x).square().sum(1).mean()
        loss.backward()
        return loss

    optimizer.step(cost)  # type: ignore[arg-type]
    assert cost().item() == pytest.approx(scores(PCA(2.0), dataset, "train", dim)["sse"], rel=1e-3)
