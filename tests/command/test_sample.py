"""New data from a run's decoder: files, a sheet, classes by number and by name, and what is refused."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import finished
from PIL import Image

from aelab.command.sample import sheet
from aelab.errors import UserError
from aelab.run import Run
from aelab.sampler.gaussian_mixture import GaussianMixture
from aelab.sampler.prior import Prior

Aelab = Callable[..., tuple[int, str, str]]

VAE = ("model.widths=[8]", "model/latent=gaussian", "loss=[elbo]", "trainer.limit_train_batches=2")


@pytest.fixture(scope="module")
def vae_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished(tmp_path_factory, "vae", *VAE)


@pytest.fixture(scope="module")
def labelled_run(tmp_path_factory: pytest.TempPathFactory, vectors: np.ndarray) -> Path:
    """Colour photos of cats and dogs, given which."""
    folder = tmp_path_factory.mktemp("animals")
    generator = np.random.default_rng(0)
    for i in range(24):
        path = folder / ("cat", "dog")[i % 2] / f"{i:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (8, 6, 3), np.uint8)).save(path)
    data = ("dataset=image_folder", f"dataset.root='{folder}'", "dataset.size=[8,6]")
    return finished(tmp_path_factory, "labelled", *VAE, *data, "model/condition=label")


@pytest.fixture(scope="module")
def shapes_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Coloured shapes, given their attributes."""
    parts = ("model=layered", "model/latent=gaussian", "model/condition=attributes", "loss=[mse,kl]")
    data = ("dataset=coloured_shapes", "dataset.n=60", "trainer.limit_train_batches=2")
    return finished(tmp_path_factory, "shapes", *parts, *data, "model.channels=[4,4]")


def pictures(folder: Path) -> dict[str, np.ndarray]:
    return {path.name: np.asarray(Image.open(path)) for path in sorted(folder.glob("[0-9]*.png"))}


def drawn(run: Run, n: int, label: int | str | None = None, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return run.sample(n, label)


def test_images_and_a_sheet_of_them(aelab: Aelab, vae_run: Path, tmp_path: Path) -> None:
    status, out, err = aelab("sample", f"run='{vae_run}'", "n=7", "output=new")
    assert (status, out, err) == (0, "7 images in new, all of them in new/samples.png\n", "")
    found = pictures(tmp_path / "new")
    assert list(found) == [f"{i:04}.png" for i in range(7)]
    x = drawn(Run(vae_run), 7) / 16  # digits are 0 to 16
    for image, expected in zip(found.values(), x.numpy(), strict=True):
        np.testing.assert_allclose(image / 255, expected[0].clip(0, 1), atol=0.51 / 255)
    with Image.open(tmp_path / "new" / "samples.png") as sheet:
        assert sheet.width > 100


def test_samplers_leave_each_other_alone(aelab: Aelab, vae_run: Path, tmp_path: Path) -> None:
    shutil.copytree(vae_run, tmp_path / "run")
    for sampler, name in (("prior", "samples"), ("gaussian_mixture", "samples_gaussian_mixture")):
        out = aelab("sample", "run=run", "n=2", f"sampler={sampler}")[1]
        assert out.startswith(f"2 images in run/{name}, ") and len(pictures(tmp_path / "run" / name)) == 2


@pytest.mark.parametrize(("label", "said"), [(None, ""), (1, ", label dog"), ("cat", ", label cat")])
def test_the_sheet_says_what_it_shows(label: int | str | None, said: str, labelled_run: Path) -> None:
    run, shades = Run(labelled_run), np.zeros((4, 8, 6))
    for sampler, name in ((Prior(), "prior"), (GaussianMixture(2, 10), "gaussian_mixture")):
        title = sheet(shades, run, sampler, label, None).get_suptitle().replace("\n", " ")
        assert title == f"Samples, sampler={name}: {run.config.name} on ImageFolder{said}"


def test_fewer_images_leave_none_of_those_before(aelab: Aelab, vae_run: Path, tmp_path: Path) -> None:
    for n in (12, 3):
        assert aelab("sample", f"run='{vae_run}'", f"n={n}", "output=new")[0] == 0
    assert len(pictures(tmp_path / "new")) == 3


def test_a_seed_gives_the_same_again_and_another_does_not(
    aelab: Aelab, vae_run: Path, tmp_path: Path
) -> None:
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        aelab("sample", f"run='{vae_run}'", "n=2", f"seed={seed}", f"output={folder}")
    a, b, c = (pictures(tmp_path / folder)["0001.png"] for folder in "abc")
    assert (a == b).all() and (a != c).any()


@pytest.mark.parametrize("label", [1, "dog"])
def test_of_one_class_by_number_or_name(label: int | str, labelled_run: Path) -> None:
    run = Run(labelled_run)
    model = run.system.model
    torch.manual_seed(0)
    z = model.prior.sample(3)
    with torch.no_grad():
        out = model.decoder(torch.cat([z, torch.tensor([[0.0, 1.0]]).expand(3, 2)], 1))  # type: ignore[misc]
    torch.testing.assert_close(drawn(run, 3, label), 255 * out.sigmoid())
    assert not torch.equal(drawn(run, 3, "cat"), drawn(run, 3, "dog"))


def test_of_each_class_in_turn(aelab: Aelab, labelled_run: Path, tmp_path: Path) -> None:
    assert aelab("sample", f"run='{labelled_run}'", "n=5", "output=new")[0] == 0
    assert [image.shape for image in pictures(tmp_path / "new").values()] == [(8, 6, 3)] * 5
    run = Run(labelled_run)
    mixed, dogs = drawn(run, 5), drawn(run, 5, "dog")
    assert [bool(torch.equal(a, b)) for a, b in zip(mixed, dogs, strict=True)] == [False, True] * 2 + [False]


def test_rows_of_a_table_in_its_own_units(
    aelab: Aelab, vectors_run: Path, vectors: np.ndarray, tmp_path: Path
) -> None:
    arguments = ("sampler=gaussian_mixture", "sampler.components=3", "n=500", "output=new")
    status, out, err = aelab("sample", f"run='{vectors_run}'", *arguments)
    assert (status, out, err) == (0, "500 rows in new/samples.npy\n", "")
    found = np.load(tmp_path / "new" / "samples.npy")
    run = Run(vectors_run)
    rebuilt = run.reconstruct(vectors[run.system.dataset.splits["train"].numpy()]).numpy()
    assert found.shape == (500, 5)
    np.testing.assert_allclose(found.mean(0), rebuilt.mean(0), atol=(0.3 * rebuilt.std(0)).max())
    assert (np.abs(found.std(0) / rebuilt.std(0) - 1) < 0.3).all()


def test_a_run_given_labels_encodes_decodes_and_rebuilds(labelled_run: Path) -> None:
    run = Run(labelled_run)
    rows = run.system.dataset.rows
    assert rows.y is not None
    z = run.encode(rows.x, label=rows.y.tolist())
    assert torch.equal(z, run.encode(rows.x, label=[("cat", "dog")[y] for y in rows.y.tolist()]))
    again = run.decode(z, label=rows.y.tolist())
    torch.testing.assert_close(again, run.reconstruct(rows.x, label=rows.y.tolist()))
    assert not torch.equal(again, run.decode(z, label="cat"))
    for call in (run.encode, run.reconstruct):
        with pytest.raises(UserError, match="label: this run is conditioned on it"):
            call(rows.x)
    with pytest.raises(UserError, match="label: this run is conditioned on it"):
        run.decode(z)
    with pytest.raises(UserError, match="label: takes one, or one for each of 24 rows"):
        run.encode(rows.x, label=[0, 1])


def test_own_files_with_their_label(aelab: Aelab, labelled_run: Path, tmp_path: Path) -> None:
    Image.new("RGB", (6, 8), "white").save(tmp_path / "a.png")
    given = (f"run='{labelled_run}'", "input=a.png")
    for command, output in (("encode", "new.npz"), ("reconstruct", "new")):
        status, _, err = aelab(command, *given, f"output={output}")
        assert status == 2 and err.startswith("label: this run is conditioned on it") and err.count("\n") == 1
    assert aelab("reconstruct", *given, "label=dog", "output=new")[0] == 0
    assert aelab("encode", *given, "label=dog", "output=new/z.npy")[0] == 0
    run = Run(labelled_run)
    z = run.encode(torch.full((1, 3, 8, 6), 255), label="dog")
    np.testing.assert_allclose(np.load(tmp_path / "new" / "z.npy"), z, rtol=1e-5)


def test_of_attributes_by_name(aelab: Aelab, shapes_run: Path, tmp_path: Path) -> None:
    given = {"heart": 1, "red": 0.25}
    arguments = ("n=3", "output=new", "attributes={heart: 1, red: 0.25}")
    assert aelab("sample", f"run='{shapes_run}'", *arguments)[0] == 0
    found = pictures(tmp_path / "new")
    assert len(found) == 3
    run = Run(shapes_run)
    torch.manual_seed(0)
    x = run.sample(3, attributes=given)
    for image, expected in zip(found.values(), x.numpy(), strict=True):
        np.testing.assert_allclose(image, expected.transpose(1, 2, 0).clip(0, 255), atol=0.51)
    dataset = run.system.dataset
    c = dataset.beside(dataset.splits["test"][:3])["attributes"]
    c[:, :3], c[:, 3] = torch.tensor([0, 0, 1]), 0.25
    torch.manual_seed(0)
    z = run.system.model.prior.sample(3)
    torch.testing.assert_close(x, run.decode(z, attributes=c))
    assert not torch.equal(x, run.decode(z, attributes=1 - c))


def test_a_run_given_attributes_encodes_and_rebuilds(shapes_run: Path) -> None:
    run = Run(shapes_run)
    dataset = run.system.dataset
    rows = dataset.splits["test"][:4]
    x, c = dataset.stored(rows), dataset.beside(rows)["attributes"]
    z = run.encode(x, attributes=c)
    torch.testing.assert_close(run.reconstruct(x, attributes=c), run.decode(z, attributes=c))
    by_name = dict(zip(dataset.rows.attribute_names or [], c[0].tolist(), strict=True))
    torch.testing.assert_close(run.encode(x[:1], attributes=by_name), z[:1])
    for call in (run.encode, run.reconstruct):
        with pytest.raises(UserError, match="attributes: this run is conditioned on them; give all of them"):
            call(x)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ("{reed: 1}", "attributes: no attribute 'reed'; did you mean 'red'?"),
        ("{red: 2}", "attributes.red: takes a number from 0 to 1, got 2"),
        ("red", "attributes: takes numbers by name, for example {red: 1}, got 'red'"),
    ],
)
def test_attributes_that_are_none(attributes: str, said: str, aelab: Aelab, shapes_run: Path) -> None:
    status, out, err = aelab("sample", f"run='{shapes_run}'", "output=new", f"attributes={attributes}")
    assert (status, out, err) == (2, "", f"{said}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["attributes={red: 1}"], "attributes: takes null, for this run is not conditioned on them; got"),
        (["n=0"], "n: takes a whole number of at least 1, got 0\n"),
        (["n=few"], "n: takes a whole number, got 'few'\n"),
        (["label=3"], "label: takes null, for this run is not conditioned on it; got '3'\n"),
        (["sampler=priors"], "sampler: no option 'priors'"),
        (["output=taken"], "output: takes a folder, got the file 'taken'\n"),
        (
            ["sampler=gaussian_mixture", "sampler.components=0"],
            "sampler: components must be at least 1, got 0\n",
        ),
    ],
)
def test_refusals_are_one_line(
    arguments: list[str], said: str, aelab: Aelab, vae_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("mine")
    status, out, err = aelab("sample", f"run='{vae_run}'", *arguments)
    assert (status, out) == (2, "") and err.startswith(said) and err.count("\n") == 1


def test_unknown_classes(aelab: Aelab, labelled_run: Path) -> None:
    for label, hint in (("2", ""), ("-1", ""), ("dgo", "; did you mean 'dog'?")):
        status, out, err = aelab("sample", f"run='{labelled_run}'", f"label={label}", "output=new")
        assert (status, out) == (2, "")
        assert err == f"label: takes 0 to 1 or one of cat, dog; got '{label}'{hint}\n"


def test_codes_that_know_no_prior(aelab: Aelab, digits_run: Path, tmp_path: Path) -> None:
    status, out, err = aelab("sample", f"run='{digits_run}'", "n=2", "output=new")
    assert (status, out) == (2, "") and err.count("\n") == 1 and not (tmp_path / "new").exists()
    assert err.startswith("sampler: prior draws codes that no term of this run's loss brought its own to")
    assert aelab("sample", f"run='{digits_run}'", "n=2", "output=new", "sampler=gaussian_mixture")[0] == 0


def test_given_images_only_completions_make_sense(
    tmp_path_factory: pytest.TempPathFactory, aelab: Aelab
) -> None:
    parts = ("model/condition=observed", "corruption=quadrants")
    folder = finished(tmp_path_factory, "quadrants", *VAE, *parts)
    status, out, err = aelab("sample", f"run='{folder}'", "n=2", "output=new")
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert err.startswith("run: is conditioned on x_tilde") and "figure=[completions]" in err
    x = Run(folder).system.dataset.rows.x[:3]
    assert Run(folder).reconstruct(x).shape == x.shape  # where x̃ is made of x
