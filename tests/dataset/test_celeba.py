"""CelebA in torchvision's own folder, and what is said where it is not whole."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aelab.dataset.dataset import Dataset
from aelab.errors import UserError

Make = Callable[..., Dataset]
NAMES = ["Bald", "Male", "Smiling"]


def write(root: Path, n: int = 30) -> Path:
    """n faces of 20 x 30, each of one grey; every tenth validates, the next tests."""
    home = root / "celeba"
    (home / "img_align_celeba").mkdir(parents=True)
    attributes, parts = [str(n), " ".join(NAMES) + " "], []
    for i in range(n):
        name = f"{i + 1:06}.jpg"
        Image.fromarray(np.full((30, 20, 3), 8 * i, np.uint8)).save(home / "img_align_celeba" / name)
        attributes.append(f"{name}  {1 if i % 2 else -1} {1 if i % 3 else -1} -1")
        parts.append(f"{name} {(i % 10 == 3) + 2 * (i % 10 == 4)}")
    (home / "list_attr_celeba.txt").write_text("\n".join(attributes) + "\n")
    (home / "list_eval_partition.txt").write_text("\n".join(parts) + "\n")
    return home


def test_rows_by_the_sources_own_splits(dataset: Make, tmp_path: Path) -> None:
    write(tmp_path)
    data = dataset("celeba", "size=8").setup()
    assert {name: len(rows) for name, rows in data.splits.items()} == {"train": 24, "val": 3, "test": 3}
    assert data.shape == (3, 8, 8) and data.rows.attribute_names == NAMES and data.rows.y is None
    names = data.rows.names or []
    for split, expected in (("val", [3, 13, 23]), ("test", [4, 14, 24])):
        rows = data.splits[split]
        assert [int(names[row][:6]) - 1 for row in rows] == expected
        x = data.batch(rows)[0] * 255
        torch.testing.assert_close(x.mean((1, 2, 3)), 8 * torch.tensor(expected).float(), atol=1.5, rtol=0)
        found = data.beside(rows)["attributes"].tolist()
        assert found == [[i % 2, float(i % 3 > 0), 0] for i in expected]


def test_more_than_the_memory_is_mapped(
    dataset: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write(tmp_path)
    plain, mapped = dataset("celeba", "size=8").setup(), dataset("celeba", "size=8", "memory=1e-6").setup()
    assert mapped.rows.mapped and not plain.rows.mapped and torch.equal(mapped.rows.x, plain.rows.x)


def test_nothing_there(dataset: Make, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        dataset("celeba").setup()
    (line,) = caught.value.problems
    assert line == (
        f"dataset.root: no CelebA under '{tmp_path}'. It is not downloaded: put img_align_celeba with its "
        f"images, list_attr_celeba.txt and list_eval_partition.txt in {tmp_path / 'celeba'}, or use "
        "dataset=coloured_shapes."
    )


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda home: (home / "list_attr_celeba.txt").unlink(), "{home} lacks list_attr_celeba.txt"),
        (
            lambda home: (home / "img_align_celeba" / "000007.jpg").unlink(),
            "{home}/img_align_celeba lacks 1 of 30 images, 000007.jpg the first",
        ),
        (
            lambda home: (home / "img_align_celeba" / "000007.jpg").write_text("no image"),
            "1 of 30 images cannot be read: 000007.jpg (not an image)",
        ),
        (
            lambda home: cut(home / "list_attr_celeba.txt", lines=20),
            "{home}/list_attr_celeba.txt is truncated or not CelebA's",
        ),
        (
            lambda home: cut(home / "list_eval_partition.txt", lines=20),
            "{home} has 000021.jpg in only one of list_attr_celeba.txt and list_eval_partition.txt",
        ),
        (
            lambda home: (home / "list_eval_partition.txt").write_text("000001.jpg train\n"),
            "{home}/list_eval_partition.txt is truncated or not CelebA's",
        ),
    ],
)
def test_files_that_are_not_whole(
    spoil: Callable[[Path], object], said: str, dataset: Make, tmp_path: Path
) -> None:
    home = write(tmp_path)
    spoil(home)
    with pytest.raises(UserError) as caught:
        dataset("celeba", "size=8").setup()
    assert caught.value.problems == ("dataset.root: " + said.format(home=home),)


def cut(path: Path, lines: int) -> None:
    path.write_text("\n".join(path.read_text().splitlines()[:lines]))
