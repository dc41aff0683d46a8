"""The reference classifier of a data set: trained once, kept by its checksum, the judge of draws."""

import logging
import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from aelab.dataset.dataset import Dataset
from aelab.dataset.split import standard
from aelab.errors import UserError
from aelab.places import cache_dir
from aelab.reference import classifier, training
from aelab.reference.classifier import Classifier

notice = logging.getLogger("aelab.notice")


class Reference(nn.Module):
    """A data set's classifier on images in model units, frozen and in evaluation mode.

    error: on the test rows; None where the data has none with a label.
    """

    layers = Classifier.layers

    def __init__(self, net: Classifier, dataset: Dataset, error: float | None) -> None:
        super().__init__()
        self.net, self.error = net, error
        self.offset: Tensor
        self.factor: Tensor
        self.register_buffer("offset", dataset.scale.offset.clone())
        self.register_buffer("factor", dataset.scale.factor.clone())
        self.eval().requires_grad_(False)

    def raw(self, x: Tensor) -> Tensor:
        """The data's stored units."""
        return x * self.factor + self.offset

    def maps(self, x: Tensor, names: tuple[str, ...]) -> list[Tensor]:
        """The feature maps of these names, each [b, n, h, w]."""
        return self.net.maps(self.raw(x), names)

    def features(self, x: Tensor) -> Tensor:
        """[b, k]"""
        return self.net.features(self.raw(x))

    def forward(self, x: Tensor) -> Tensor:
        """Logits [b, classes]."""
        return self.net(self.raw(x))


def objections(dataset: Dataset) -> Iterator[str]:
    """Why such data can have no reference classifier, a line."""
    y = dataset.rows.y
    if not dataset.is_image:
        yield f"needs images; these rows are vectors {list(dataset.shape)}"
    elif y is None or not (y >= 0).any():
        yield "needs labels, by which its reference classifier learns; this data has none"
    elif len(y[y >= 0].unique()) < 2:
        yield "needs labels of two classes at least, for its reference classifier; this data has one"


def reference(dataset: Dataset) -> Reference:
    """The data set's own, on its device: from the cache, or trained now and kept there."""
    if found := list(objections(dataset)):
        raise UserError(*(f"dataset: {line}" for line in found))
    rows, test = labelled(dataset)
    path = cache_dir() / f"reference-{checksum(dataset, rows)}.pt"
    device = dataset.device if dataset.device.type == "cuda" else torch.device("cpu")
    with torch.inference_mode(False):  # else its weights could take no part in a gradient
        if path.is_file() and (kept := load(path, dataset)):
            net, error = kept
        else:
            net = training.train(dataset, rows, dataset.classes, device)
            error = training.error(net, dataset, test)
            keep({"net": net.state_dict(), "error": error}, path, dataset)
        return Reference(net, dataset, error).to(device)


def labelled(dataset: Dataset) -> tuple[Tensor, Tensor]:
    """(all labelled rows but the test rows, those among them), whatever the run's limit and split."""
    assert dataset.rows.y is not None
    y = dataset.rows.y.cpu()
    splits = standard(dataset.rows, dataset.val_fraction, dataset.test_fraction, dataset.split_seed)
    test = splits.get("test", torch.empty(0, dtype=torch.long))
    rest = torch.ones(len(y), dtype=torch.bool)
    rest[test] = False
    return (rest & (y >= 0)).nonzero().flatten(), test[y[test] >= 0]


def checksum(dataset: Dataset, rows: Tensor) -> str:
    """Of these rows with their labels, and of all settings of the classifier and its training."""
    assert dataset.rows.y is not None
    made = {
        f"{module.__name__}.{name}": value
        for module in (classifier, training)
        for name, value in vars(module).items()
        if name.isupper()
    }
    digest = blake2b(repr((sorted(made.items()), dataset.shape, dataset.classes)).encode(), digest_size=8)
    for piece in rows.split(4096):
        stored = dataset.stored(piece).cpu()
        digest.update(str(stored.dtype).encode())
        digest.update(stored.numpy().tobytes())
    digest.update(dataset.rows.y.cpu()[rows].numpy().tobytes())
    return digest.hexdigest()


def load(path: Path, dataset: Dataset) -> tuple[Classifier, float | None] | None:
    """(net, its error) of a file; None where it was cut short."""
    with torch.random.fork_rng([]):
        net = Classifier(dataset.shape, dataset.classes)
    try:
        kept = torch.load(path, weights_only=True, map_location="cpu")
        net.load_state_dict(kept["net"])
        return net, kept["error"]
    except (RuntimeError, EOFError, UnpicklingError, KeyError):
        return None


def keep(state: dict[str, object], path: Path, dataset: Dataset) -> None:
    """Write it atomically, since another run may read or write the same; and say so."""
    error = state["error"]
    name = getattr(dataset, "source", type(dataset).__name__)
    known = "no test row has a label" if error is None else f"error {100 * float(str(error)):.2g} %"
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, partial)
        os.replace(partial, path)
        where = f"kept in {path}"
    except OSError as problem:
        where = (
            f"not kept, for {path.parent} cannot be written ({problem.strerror}); AELAB_CACHE names another"
        )
    notice.info("reference classifier of %s: trained once, %s, %s", name, known, where)
