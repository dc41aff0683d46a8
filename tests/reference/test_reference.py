"""The reference classifier: trained once, kept by what made it, and nothing else is touched."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from aelab.build import build
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.dataset.scale import Scale, fixed
from aelab.errors import UserError
from aelab.reference import training
from aelab.reference.classifier import Classifier
from aelab.reference.reference import Reference, checksum, labelled, reference


class Bars(Dataset):
    """Images [c, h, w] with a bar, upright or not, in noise; the class is which."""

    def __init__(self, shape: tuple[int, ...] = (1, 9, 7), labels: int = 2, **common: object) -> None:
        super().__init__(**common)  # type: ignore[arg-type]
        self.like, self.labels = shape, labels

    def read(self) -> Rows:
        generator = torch.Generator().manual_seed(0)
        x = torch.randint(0, 100, (120, *self.like), generator=generator, dtype=torch.uint8)
        y = torch.arange(120) % 2
        x[y == 0, :, self.like[1] // 2] = 255
        x[y == 1, :, :, self.like[2] // 2] = 255
        return Rows(x, {0: None, 1: 0 * y, 2: y}[self.labels], test=100)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one, and a short training."""
    monkeypatch.setenv("AELAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(training, "LEAST", 40)
    return tmp_path / "cache"


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each training that took place."""
    done: list[int] = []
    train = training.train

    def counted(dataset: Dataset, rows: torch.Tensor, *rest: object) -> Classifier:
        done.append(len(rows))
        return train(dataset, rows, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "train", counted)
    return done


@pytest.mark.parametrize("shape", [(1, 9, 7), (3, 8, 8), (2, 34, 10)])
def test_it_learns_images_of_any_size(shape: tuple[int, ...], cache: Path) -> None:
    found = reference(Bars(shape).setup())
    assert found.error == 0
    x = torch.rand(5, *shape)
    assert found(x).shape == (5, 2) and found.features(x).shape == (5, 128)
    sizes = [tuple(h.shape[2:]) for h in found.maps(x, Reference.layers)]
    (_, h, w) = shape
    assert sizes == [(-(-h // 2**i), -(-w // 2**i)) for i in range(3)]
    (third, first) = found.maps(x, ("relu3_1", "relu1_1"))
    assert [third.shape[1], first.shape[1]] == [64, 16] and third.min() >= 0


def test_it_is_trained_once_and_says_so(
    cache: Path, trainings: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first, again = reference(Bars().setup()), reference(Bars().setup())
    (file,) = cache.iterdir()
    assert trainings == [100]
    (line,) = [message for message in caplog.messages if message.startswith("reference classifier")]
    assert line == f"reference classifier of Bars: trained once, error 0 %, kept in {file}"
    assert file.name.startswith("reference-") and torch.load(file, weights_only=True)["error"] == 0
    assert not any(p.requires_grad for p in again.parameters()) and not again.training
    x = torch.rand(3, 1, 9, 7)
    assert torch.equal(first(x), again(x)) and again.error == first.error


def test_it_leaves_the_random_state_and_the_modes_alone(cache: Path) -> None:
    dataset = Bars().setup()
    torch.manual_seed(3)
    expected = torch.rand(4)
    for _ in ("trained", "loaded"):
        torch.manual_seed(3)
        with torch.no_grad():
            reference(dataset)
            assert not torch.is_grad_enabled()
        assert torch.equal(torch.rand(4), expected)


def test_a_second_training_gives_the_same_weights(cache: Path) -> None:
    first = reference(Bars().setup())
    torch.manual_seed(77)
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:1000])  # cut short: made again
    again = reference(Bars().setup())
    for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_it_is_the_data_sets_whatever_the_run_sees_of_it(cache: Path, trainings: list[int]) -> None:
    for common in ({}, {"limit": 7}, {"split": "all"}, {"val_fraction": 0.5}, {"batch_size": 3}):
        reference(Bars(**common).setup())  # type: ignore[arg-type]
    assert trainings == [100] and len(list(cache.iterdir())) == 1


def test_its_checksum_is_of_rows_labels_and_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = Bars().setup()
    rows, test = labelled(dataset)
    assert sorted([*rows.tolist(), *test.tolist()]) == list(range(120)) and len(test) == 20
    found = [checksum(dataset, rows), checksum(dataset, rows[1:])]
    assert dataset.rows.y is not None
    dataset.rows.x[119] += 1  # a test row: it learns nothing from that
    assert checksum(dataset, rows) == found[0]
    dataset.rows.y[5] = 0
    found.append(checksum(dataset, rows))
    dataset.rows.x[5] += 1
    found.append(checksum(dataset, rows))
    monkeypatch.setattr(training, "EPOCHS", 6)
    found.append(checksum(dataset, rows))
    assert len(set(found)) == len(found)


def test_it_takes_model_units_whatever_these_are(cache: Path) -> None:
    dataset = Bars().setup()
    raw = dataset.stored(torch.arange(6)).float()
    plain = reference(dataset)
    dataset.scale = Scale(torch.full((1, 9, 7), 20.0), torch.tensor(3.0))
    other = reference(dataset)
    torch.testing.assert_close(other(dataset.scale(raw)), plain(fixed(0, 255)(raw)))


def test_rows_without_a_label_are_left_out(cache: Path, trainings: list[int]) -> None:
    dataset = Bars().setup()
    assert dataset.rows.y is not None
    dataset.rows.y[:30] = -1
    dataset.rows.y[100:] = -1
    found = reference(dataset)
    assert trainings == [70] and found.error is None


@pytest.mark.parametrize(
    ("labels", "said"), [(0, "needs labels, by which its reference"), (1, "needs labels of two classes")]
)
def test_data_without_labels_is_refused(labels: int, said: str, cache: Path) -> None:
    with pytest.raises(UserError) as refusal:
        reference(Bars(labels=labels).setup())
    (line,) = refusal.value.problems
    assert line.startswith(f"dataset: {said}") and not cache.exists()


def test_vectors_are_refused(composed: Callable[..., DictConfig], cache: Path) -> None:
    with pytest.raises(UserError, match=r"^dataset: needs images; these rows are vectors \[2\]$"):
        reference(build(composed("dataset=two_moons").dataset).setup())


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(
    cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    cache.write_text("a file, no folder")
    assert reference(Bars().setup()).error == 0
    assert f"not kept, for {cache} cannot be written" in caplog.text
