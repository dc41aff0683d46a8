"""A run's folder as an object: its settings, its trained system, and what can be done with it."""

from collections.abc import Sequence
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from aelab.errors import UserError
from aelab.files import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import ArrayLike
    from PIL.Image import Image
    from torch import Tensor

    from aelab.attributes import Attributes
    from aelab.label import Label
    from aelab.sampler.sampler import Sampler
    from aelab.system import System
    from aelab.trace import Trace

PIECE = 1000
"""Rows that pass through the nets at once."""


class Run:
    """A trained run. Arrays go in and come out in the data's own units, as scikit-learn has it.

    folder: the run's folder.
    weights: `best` (where a validation metric chose one, else the last) or `last`.
    overrides: settings to change, for example `dataset.root=elsewhere`.
    """

    def __init__(self, folder: str | Path, weights: str = "best", overrides: Sequence[str] = ()) -> None:
        if weights not in ("best", "last"):
            raise UserError(f"weights: takes best or last, got '{weights}'")
        self.folder, self.weights = Path(folder), weights
        path = self.folder / ".hydra" / "config.yaml"
        if not path.is_file():
            what = "is not the folder of a run" if self.folder.is_dir() else "does not exist"
            raise UserError(f"run: '{folder}' {what}; a run's folder has .hydra/config.yaml and checkpoints")
        loaded = OmegaConf.load(path)
        assert isinstance(loaded, DictConfig)
        self.config = override(loaded, overrides)

    @property
    def results(self) -> dict[str, Any] | None:
        """results.json; None while the run is not whole."""
        return read_json(self.folder / "results.json")

    @property
    def checkpoint(self) -> Path:
        """The file that the weights come from."""
        names = ("best.ckpt", "last.ckpt") if self.weights == "best" else ("last.ckpt",)
        for name in names:
            if (path := self.folder / "checkpoints" / name).is_file():
                return path
        raise UserError(f"run: '{self.folder}' has no {' or '.join(names)} in checkpoints; was it trained?")

    @cached_property
    def system(self) -> "System":
        """The trained system, its data read; nets in evaluation mode, on the CPU."""
        from torch.random import fork_rng

        from aelab.assemble import assemble_system, check
        from aelab.weights import load_weights

        check(self.config)
        with fork_rng(devices=[]):  # weights that are replaced at once are no draws of the caller's
            system = assemble_system(self.config)
        if any(True for _ in system.parameters()):  # an untrainable model leaves no checkpoint
            load_weights(system, self.checkpoint)
        system.clock.set(1.0)
        return system.eval()

    def encode(
        self, x: "ArrayLike | Tensor", label: "Label" = None, attributes: "Attributes" = None
    ) -> "Tensor":
        """Codes [n, d] of rows [n, *shape]."""
        from torch import cat

        return cat([trace.z for trace in self.traces(x, label=label, attributes=attributes)])

    def cluster(
        self, x: "ArrayLike | Tensor", label: "Label" = None, attributes: "Attributes" = None
    ) -> "Tensor":
        """The numbers [n] of the clusters that rows [n, *shape] are in."""
        from aelab.cluster.assigned import assigned

        if self.system.model.clustering is None:
            raise UserError(f"run: '{self.folder}' makes no clusters; model/latent=clusters does")
        return assigned(self.encode(x, label, attributes), self.system.model.clustering).cluster

    def decode(
        self, z: "ArrayLike | Tensor", label: "Label" = None, attributes: "Attributes" = None
    ) -> "Tensor":
        """Rows [n, *shape] of codes [n, d]."""
        from torch import as_tensor, cat, float32, no_grad

        from aelab.label import condition

        z = as_tensor(z, dtype=float32)
        c = condition(self.system, label, len(z), attributes)
        cs = [None] * len(z) if c is None else c.split(PIECE)
        with no_grad():
            pieces = [self.system.model.decode(*pair) for pair in zip(z.split(PIECE), cs, strict=False)]
        if not pieces[0]:
            raise UserError("run: its model has no decoder")
        return self.system.dataset.scale.inverse(cat([piece["x_hat"] for piece in pieces]))

    def reconstruct(
        self,
        x: "ArrayLike | Tensor",
        degrade: bool = False,
        label: "Label" = None,
        attributes: "Attributes" = None,
    ) -> "Tensor":
        """Rows [n, *shape] through the model; corrupted first if asked."""
        from torch import cat

        scale = self.system.dataset.scale
        return cat([scale.inverse(trace.x_hat) for trace in self.traces(x, degrade, label, attributes)])

    def restore(
        self,
        image: "np.ndarray | Image",
        overlap: float | None = None,
        label: "Label" = None,
        attributes: "Attributes" = None,
    ) -> "np.ndarray | Image":
        """A photo of any size, tile by tile, by a run with dataset=photos: restored, enlarged or coloured.

        image: bytes [h, w] or [h, w, 3], perhaps with alpha, 16 bits [h, w], or Pillow's; the same comes
            back, in colour from a colorizer.
        """
        import numpy as np
        import torch
        from PIL.Image import fromarray

        from aelab.label import said
        from aelab.photo import image_of, photo_of
        from aelab.restore import restore
        from aelab.seed import derive

        if not self.system.dataset.has_photos:
            raise UserError("run: has no whole photos; those with dataset=photos do")
        given = said(self.system, label, 1, attributes)
        photo = photo_of(fromarray(image) if isinstance(image, np.ndarray) else image)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive("use"))
            restored = image_of(restore(self.system, photo, overlap=overlap, given=given)[0])
        return np.asarray(restored) if isinstance(image, np.ndarray) else restored

    def scores(
        self, x: "ArrayLike | Tensor", label: "Label" = None, attributes: "Attributes" = None
    ) -> "Tensor":
        """Anomaly scores [n] of rows [n, *shape]: ‖x − x̂‖² in model units, as the metric has it."""
        from torch import cat

        from aelab.metric.anomaly import score

        traces = self.traces(x, label=label, attributes=attributes)
        return cat([score(trace.x, trace.x_hat) for trace in traces])

    def sample(
        self,
        n: int,
        label: "Label" = None,
        sampler: "Sampler | None" = None,
        attributes: "Attributes" = None,
    ) -> "Tensor":
        """New rows [n, *shape]; where the label is the condition and none is given, of each class in turn.

        attributes: some by name; the others are those of the final split's rows in turn.
        sampler: where codes come from, the prior unless another is given. Draws follow `torch.manual_seed`.
        """
        from torch import Tensor
        from torch.random import fork_rng

        from aelab.attributes import filled
        from aelab.label import condition
        from aelab.model.condition.given import by_attributes, by_label
        from aelab.sampler.prior import Prior
        from aelab.view import codes

        if n < 1:
            raise UserError(f"n: takes a whole number of at least 1, got {n}")
        sampler = sampler or Prior()
        with fork_rng(devices=[]):  # what comes before the draws leaves them alone
            system = self.system
            if label is None and by_label(system.model):
                label = [i % system.dataset.classes for i in range(n)]
            if by_attributes(system.model) and not isinstance(attributes, Tensor):
                attributes = filled(attributes or {}, system.dataset, n)
            c = condition(system, label, n, attributes)
            if found := list(sampler.objections(system.model, system.objective.terms.values())):  # type: ignore[arg-type]
                raise UserError(*(f"sampler: {line}" for line in found))
            sampler.fit(system.model, lambda split: codes(system, split))
        return self.decode(sampler.draw(n, c), label, attributes)

    def traces(
        self,
        x: "ArrayLike | Tensor",
        degrade: bool = False,
        label: "Label" = None,
        attributes: "Attributes" = None,
    ) -> "Iterator[Trace]":
        """The Traces of rows in the data's own units, a thousand at a time."""
        import torch

        from aelab.label import said
        from aelab.seed import derive

        rows = torch.as_tensor(x)
        shape = self.system.dataset.shape
        if rows[0].numel() != prod(shape):
            raise ValueError(f"rows of {list(rows.shape[1:])}; the run was trained on {list(shape)}")
        if tuple(rows.shape[1:]) != shape:
            rows = rows.reshape(len(rows), *shape)  # scikit-learn's rows are flat
        system, entries = self.system, said(self.system, label, len(rows), attributes)
        for start in range(0, len(rows), PIECE):
            piece = slice(start, start + PIECE)
            with torch.random.fork_rng(devices=[]), torch.no_grad():
                torch.manual_seed(derive("use") + start)
                trace = system.corrupted(system.dataset.scale(rows[piece]), in_use=not degrade)
                trace.update({name: entry[piece] for name, entry in entries.items()})
                trace = system.passed(trace, in_use=not degrade)
            yield trace

    def transform(self, x: "ArrayLike") -> "np.ndarray":
        """scikit-learn's name for `encode`, [n, features] -> [n, d]."""
        return self.encode(x).numpy()

    def predict(self, x: "ArrayLike") -> "np.ndarray":
        """scikit-learn's name for `cluster`, [n, features] -> [n]."""
        return self.cluster(x).numpy()

    def inverse_transform(self, z: "ArrayLike") -> "np.ndarray":
        """scikit-learn's name for `decode`, [n, d] -> [n, features]."""
        return self.decode(z).flatten(1).numpy()


def override(config: DictConfig, overrides: Sequence[str]) -> DictConfig:
    """The config with some settings changed; they must exist."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from aelab.errors import suggest
    from aelab.setting import names

    OmegaConf.set_struct(config, True)
    wrong, known = [], set(names(config))
    for given in OverridesParser.create().parse_overrides(list(overrides)):
        key = str(given.key_or_group)
        if key not in known:
            wrong.append(f"{key}: the run has no such setting{suggest(key, known)}")
        elif OmegaConf.is_dict(OmegaConf.select(config, key)):
            wrong.append(f"{key}: is a group; change its settings, {key}.<name>=...")
        else:
            OmegaConf.update(config, key, given.value())
    if wrong:
        raise UserError(*wrong)
    return config
