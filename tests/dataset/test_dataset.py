"""The data set: what a minibatch holds, and what is drawn once or anew."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.dataset.scale import Scale, fixed, standard, unit
from aelab.errors import UserError

BYTES = torch.randint(0, 256, (300, 1, 6, 6), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
LABELS = torch.arange(300) % 3


class Given(Dataset):
    """Rows and scale that a test gives."""

    def __init__(
        self, rows: Rows, scale: Callable[[Tensor], Scale] = lambda train: fixed(0, 255), **common
    ) -> None:
        super().__init__(**common)
        self.given, self.learn = rows, scale

    def read(self) -> Rows:
        return self.given

    def make_scale(self, x: Tensor, train: Tensor) -> Scale:
        return self.learn(x[train])


def grey(**common) -> Dataset:
    return Given(Rows(BYTES.clone(), LABELS), **common).setup()


def test_batch_is_the_raw_rows_in_model_units() -> None:
    picked = torch.tensor([7, 3, 299, 3])
    x, y = grey().batch(picked, train=True)
    assert torch.equal(x, BYTES[picked].float() / 255)
    assert y is not None and torch.equal(y, LABELS[picked])


def test_rows_stay_bytes_and_are_not_copied() -> None:
    rows = Rows(BYTES.clone())
    data = Given(rows).setup()
    data.batch(torch.arange(10))
    assert data.rows.x.data_ptr() == rows.x.data_ptr()
    assert torch.equal(data.rows.x, BYTES)


def test_scale_is_learnt_from_the_training_rows_alone() -> None:
    x = torch.zeros(10, 2)
    x[:8] = torch.rand(8, 2)
    x[8:] = 1000
    data = Given(Rows(x, test=8), unit, val_fraction=0.0).setup()
    assert data.batch(data.splits["train"])[0].max() == 1
    assert data.batch(data.splits["test"])[0].min() > 100
    assert data.is_unit  # as trained


def test_is_unit() -> None:
    assert grey().is_unit
    assert (
        Given(Rows(torch.full((10, 1, 2, 2), 16, dtype=torch.uint8)), lambda train: fixed(0, 16))
        .setup()
        .is_unit
    )
    assert not Given(Rows(BYTES.clone()), lambda train: fixed(0, 16)).setup().is_unit
    assert not Given(Rows(torch.randn(50, 3)), standard).setup().is_unit
    assert Given(Rows(torch.randn(50, 3)), unit, split="all").setup().is_unit


def test_ends_are_what_black_and_white_are_stored_as() -> None:
    assert grey().ends == (0, 255)
    dark = Given(Rows(BYTES.clone() // 2), lambda train: fixed(0, 16)).setup()
    assert dark.ends == (0, 127)
    assert Given(Rows(torch.rand(9, 1, 2, 2) * 4 - 1), lambda train: fixed(-1, 4)).setup().ends == (-1, 3)


def test_centred_rows_lack_the_mean_of_the_training_rows() -> None:
    data, train = grey(centred=True), grey().splits["train"]
    x, _ = data.batch(train)
    torch.testing.assert_close(x, (BYTES[train].float() - BYTES[train].float().mean(0)) / 255)
    assert data.ends == (BYTES[train].min(), BYTES[train].max())
    torch.testing.assert_close(data.scale.inverse(x), BYTES[train].float(), atol=1e-3, rtol=0)
    with pytest.raises(UserError, match=r"needs data in \[0, 1\]"):
        grey(centred=True, binarize="dynamic")


def test_training_rows_are_looked_through_once() -> None:
    data = grey(centred=True)
    found = data.extremes(), data.ends, data.is_unit
    stored, data.rows.x = data.rows.x, data.rows.x[:0]  # where no row can be found
    assert (data.extremes(), data.ends, data.is_unit) == found
    data.rows.x, data.splits["train"] = stored, torch.tensor([3])
    low, high = data.gather(data.splits["train"])[0].aminmax()
    assert data.extremes() == (low, high) != found[0]


def test_what_is_binarized_is_looked_at_again() -> None:
    data = Given(Rows(torch.full((300, 4), 0.5)), lambda train: fixed(0, 1), binarize="static").setup()
    assert data.extremes() == (0, 1)


def test_limit_holds_for_every_split() -> None:
    data = grey(limit=12)
    assert {name: len(rows) for name, rows in data.splits.items()} == {"train": 12, "val": 12, "test": 12}


def test_all_trains_and_scores_on_every_row() -> None:
    data = grey(split="all")
    assert data.splits.keys() == {"train", "all"}
    assert data.splits["train"].tolist() == data.splits["all"].tolist() == list(range(300))
    assert data.final == "all"
    assert grey().final == "test"


def test_limit_of_all_is_not_the_first_class() -> None:
    sorted_by_class = Rows(BYTES.clone(), LABELS.sort().values)
    data = Given(sorted_by_class, split="all", limit=30).setup()
    assert LABELS.sort().values[data.splits["all"]].unique().tolist() == [0, 1, 2]


def test_static_binarization_is_drawn_once() -> None:
    data, again = grey(binarize="static"), grey(binarize="static")
    rows = torch.arange(300)
    x = data.batch(rows)[0]
    assert x.unique().tolist() == [0, 1]
    assert torch.equal(x, data.batch(rows, train=True)[0])
    assert torch.equal(x, again.batch(rows)[0])
    assert not data.is_random(train=True)
    p = BYTES.float() / 255
    assert abs((x - p).mean()) < 4 * (p * (1 - p)).mean().sqrt() / len(p.flatten()) ** 0.5
    assert x[p == 0].sum() == 0 and x[p == 1].all()


def test_dynamic_binarization_is_drawn_anew_with_the_right_mean() -> None:
    data = grey(binarize="dynamic")
    rows = torch.arange(20)
    torch.manual_seed(0)
    draws = torch.stack([data.batch(rows)[0] for _ in range(2000)])
    assert draws.unique().tolist() == [0, 1]
    assert not torch.equal(draws[0], draws[1])
    torch.testing.assert_close(
        draws.mean(0), BYTES[:20].float() / 255, atol=0.06, rtol=0
    )  # over 5 deviations
    assert data.is_random(train=False)
    assert torch.equal(data.gather(rows)[0], BYTES[:20].float() / 255)


def test_binarize_needs_the_unit_range() -> None:
    with pytest.raises(UserError) as error:
        Given(Rows(torch.tensor([[-2.0], [3.0]] * 50)), lambda train: fixed(0, 1), binarize="static").setup()
    assert str(error.value) == "dataset.binarize: static needs data in [0, 1]; this lies in [-2, 3]"


def test_only_training_rows_are_augmented() -> None:
    data = grey(augment=["flip", "shift"])
    rows = torch.arange(100)
    assert data.is_random(train=True) and not data.is_random(train=False)
    assert torch.equal(data.batch(rows, train=False)[0], BYTES[:100].float() / 255)
    assert not torch.equal(data.batch(rows, train=True)[0], BYTES[:100].float() / 255)


def test_augment_needs_images() -> None:
    with pytest.raises(UserError) as error:
        Given(Rows(torch.rand(10, 4)), augment=["flip"]).setup()
    assert str(error.value) == "dataset.augment: ['flip'] needs images; these rows are vectors [4]"


def test_nan_is_counted_and_the_first_is_named() -> None:
    x = torch.rand(10, 4)
    x[3, 1], x[6, 0] = float("nan"), float("inf")
    with pytest.raises(UserError) as error:
        Given(Rows(x)).setup()
    assert str(error.value) == "dataset: 2 of 10 rows hold NaN or infinity; the first is row 3"


def test_nothing_left_to_train_on() -> None:
    with pytest.raises(UserError, match="dataset: 1 rows leave none to train on"):
        Given(Rows(torch.rand(1, 4)), test_fraction=0.9).setup()


@pytest.mark.parametrize(
    "wrong", [{"batch_size": 0}, {"limit": 0}, {"val_fraction": 1.0}, {"test_fraction": -0.1}]
)
def test_settings_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Given(Rows(torch.rand(10, 4)), **wrong)


def test_rows_move_once_to_the_device() -> None:
    data = grey().to(torch.device("meta"))
    assert data.rows.x.is_meta and data.rows.y is not None and data.rows.y.is_meta
    assert data.batch(torch.arange(4))[0].is_meta


def test_mapped_rows_stay_and_minibatches_move() -> None:
    data = Given(Rows(BYTES.clone(), LABELS, mapped=True)).setup().to(torch.device("meta"))
    assert data.rows.x.device.type == "cpu"
    x, y = data.batch(torch.arange(4))
    assert x.is_meta and x.dtype == torch.float32 and y is not None and y.is_meta


def test_mapped_rows_are_never_written() -> None:
    with pytest.raises(UserError) as error:
        Given(Rows(BYTES.clone(), mapped=True), binarize="static").setup()
    assert str(error.value) == "dataset.binarize: static needs the data in memory; use dynamic"


def test_classes_are_thinned_from_the_first_to_the_last() -> None:
    """DEC's imbalance: of class c the share r + (1 − r) c/(C − 1)."""
    y = torch.arange(9000) % 3
    rows = Rows(torch.zeros(9000, 1, dtype=torch.uint8), y)
    for split in ("all", "standard"):
        data = Given(rows, retention=0.2, split=split, test_fraction=0.0, val_fraction=0.0).setup()
        left = y[data.splits["train"]].bincount() / 3000
        torch.testing.assert_close(left, torch.tensor([0.2, 0.6, 1.0]), atol=0.03, rtol=0)
        again = Given(rows, retention=0.2, split=split, test_fraction=0.0, val_fraction=0.0).setup()
        assert torch.equal(data.splits["train"], again.splits["train"])


def test_retention_needs_labels_and_a_share() -> None:
    with pytest.raises(UserError, match=r"dataset\.retention: thins classes, and this data has no labels"):
        Given(Rows(BYTES.clone()), retention=0.5).setup()
    with pytest.raises(ValueError, match=r"retention must lie in \(0, 1\], got 0"):
        grey(retention=0.0)


def test_normal_classes_train_and_the_others_are_tested() -> None:
    rows = Rows(BYTES.clone(), torch.arange(300) % 4 - 1, ["cat", "dog", "owl"])
    whole = Given(rows).setup().splits
    data = Given(rows, normal=["dog", 0]).setup()
    for split in ("train", "val"):
        assert rows.y is not None
        assert data.splits[split].tolist() == [row for row in whole[split].tolist() if rows.y[row] in (0, 1)]
    assert torch.equal(data.splits["test"], whole["test"])
    known = data.beside(torch.arange(8))
    assert known["anomaly"].tolist() == [-1, 0, 0, 1, -1, 0, 0, 1] and data.knows == {"anomaly"}
    assert Given(rows).setup().knows == set()
    assert data.to(torch.device("meta")).beside(torch.arange(8))["anomaly"].is_meta


def test_normal_classes_may_be_the_source_s_own_training_rows() -> None:
    """As where only good ones are in `train`, good and broken ones in `test`."""
    rows = Rows(BYTES[:20].clone(), torch.tensor([0] * 15 + [1] * 5), ["good", "broken"], test=12)
    data = Given(rows, normal="good", val_fraction=0.0).setup()
    assert {name: len(part) for name, part in data.splits.items()} == {"train": 12, "test": 8}
    with pytest.raises(UserError, match=r"dataset\.normal: no training row is of \['broken'\]"):
        Given(rows, normal="broken").setup()


def test_what_is_no_normal_class() -> None:
    with pytest.raises(UserError, match=r"^dataset\.normal: names classes, and this data has no labels$"):
        Given(Rows(BYTES.clone()), normal=1).setup()
    with pytest.raises(UserError, match=r"^dataset\.normal: takes 0 to 2; got '3'$"):
        grey(normal=[0, 3])
    with pytest.raises(ValueError, match=r"normal must name .* null; split=all trains on every row"):
        grey(normal=0, split="all")
    with pytest.raises(ValueError, match=r"normal must name .* null; got \[\]"):
        grey(normal=[])
