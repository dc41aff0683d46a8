"""Greedy layer-wise training: each layer with its mirror image is an autoencoder of the codes below it."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import cast

import torch
from torch import Tensor, nn

from aelab.corruption.corruption import Corruption, Corruptions
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.dataset.scale import fixed
from aelab.evaluation import traces
from aelab.loss.term import Likelihood, Term
from aelab.model.activation import range_of
from aelab.model.autoencoder import Autoencoder, Latent
from aelab.model.net import Block, Net, Tied
from aelab.model.top_k import TopK
from aelab.objective import Objective
from aelab.optimizer import MakeOptimizer
from aelab.precision import single
from aelab.reads import missing
from aelab.stage.descent import descend
from aelab.stage.stage import Stage, Work, check_epochs
from aelab.system import System


class Layerwise(Stage):
    """For i = 1, 2, ...: h_i = f_i(h̃_{i−1}), minimise L(h_{i−1}, g_i(h_i)), h_0 = x

    [Bengio et al. 2007; Vincent et al. 2010, denoising: h̃ is corrupted; Masci et al. 2011, convolutional]

    f_i is the encoder's i-th block and g_i its mirror image in the decoder, so that the whole net is unrolled
    when the last of them is trained. The codes of a trained layer are computed once, clean and in evaluation
    mode. Each layer is a training of its own: `pretrain.1`, `pretrain.2`, ...

    epochs: of each layer, at most the trainer's; null takes the trainer's.
    loss: terms by name; null takes the run's.
    corruption: of each layer's input, by name; null takes the run's.
    optimizer: the run's, but for settings that it changes; with a `_target_`, another.
    """

    def __init__(
        self,
        optimizer: MakeOptimizer,
        epochs: int | None = None,
        loss: dict[str, Term] | None = None,
        corruption: Mapping[str, Corruption] | None = None,
    ) -> None:
        self.epochs, self.loss, self.corruption = check_epochs(epochs), loss, corruption
        self.optimizer = optimizer

    def run(self, work: Work) -> dict[str, float]:
        system = work.system
        for i, layer in enumerate(layers(system.model, system.dataset.shape), 1):
            dataset = codes(system) if i > 1 else system.dataset
            terms = work.make_terms() if self.loss is None else copy.deepcopy(self.loss)
            parts = (
                work.make_corruptions() if self.corruption is None else copy.deepcopy(dict(self.corruption))
            )
            if i > 1:  # what is always there is there in x, and so in the codes already
                for part in parts.values():
                    part.always = False
            system = System(dataset, Corruptions(parts), layer, Objective(terms), {})
            name = f"{work.name}.{i}"
            descend(work, system, name, self.optimizer, self.epochs)
        return {}

    def objections(self, system: System) -> Iterable[str]:
        if remedy := unstackable(system.model):
            yield remedy
            return
        terms = cast(Mapping[str, Term], system.objective.terms if self.loss is None else self.loss)
        own = system.corruption.parts if self.corruption is None else self.corruption
        chain = cast(Mapping[str, Corruption], own)
        bounds = (0.0, 1.0) if system.dataset.is_unit else (-inf, inf)
        for i, layer in enumerate(layers(system.model, system.dataset.shape), 1):
            yield from (f"layer {i}, {line}" for line in unfit(layer, terms, chain, bounds))
            bounds = layer.latent.bounds


def unfit(
    layer: Autoencoder,
    terms: Mapping[str, Term],
    chain: Mapping[str, Corruption],
    bounds: tuple[float, float],
) -> Iterator[str]:
    """A line for each term or corruption that a layer cannot be trained with, its input in these bounds."""
    there = ("x", "x_tilde", "index", "y", *Corruptions(dict(chain)).gives, *layer.gives)
    for name, term in terms.items():
        if lacking := missing(term.forward, there):
            yield f"loss.{name}: reads {', '.join(lacking)}, which no layer of its own gives"
        if type(term).prepare is not Term.prepare:
            other = "recipe.pretrain.loss sets another"
            yield f"loss.{name}: knows the data set's rows, not a layer's codes; {other}"
            continue
        for line in term.objections(layer):
            yield f"loss.{name}: {line}"
        if isinstance(term, Likelihood) and term.maps > layer.maps:
            only = "only the first layer has; recipe.pretrain.loss sets another"
            yield f"loss.{name}: needs {term.maps} maps, which {only}"
        if isinstance(term, Likelihood) and term.unit and not 0 <= bounds[0] < bounds[1] <= 1:
            yield f"loss.{name}: needs codes in [0, 1] to rebuild; model.activation=sigmoid gives them"
    assert layer.decoder is not None
    channels, *size = cast(tuple[int, ...], layer.decoder.shape)
    for name, part in chain.items():
        try:
            part.output_shape((channels // layer.maps, *size))
        except ValueError as error:
            yield f"corruption.{name}: {error}"


def unstackable(model: Autoencoder) -> str | None:
    """Why a model cannot be trained layer by layer; None where it can."""
    if not (isinstance(model.encoder, Net) and isinstance(model.decoder, Net)) or not model.encoder.layers:
        return "this model has no layers to stack; model=mlp and model=conv have"
    if not mirrored(model.encoder, model.decoder):
        return "its decoder does not mirror the encoder layer by layer; model=mlp and model=conv do"
    return None


def mirrored(encoder: Net, decoder: Net) -> bool:
    """Whether as many features enter each layer of the decoder as leave its twin in the encoder."""
    down, up = encoder.layers, decoder.layers[::-1]
    if any(isinstance(layer, Tied) for layer in up):
        return True
    ins = [layer.in_channels if isinstance(layer, nn.ConvTranspose2d) else layer.in_features for layer in up]
    return len(down) == len(up) and [layer.weight.shape[0] for layer in down[:-1]] == ins[:-1]  # type: ignore[union-attr]


def layers(model: Autoencoder, shape: tuple[int, ...]) -> Iterator[Autoencoder]:
    """Each block of the encoder with its mirror image, as an autoencoder that shares their weights."""
    down = cast(Net, model.encoder).blocks
    up = cast(Net, model.decoder).blocks
    for i, (block, mirror) in enumerate(zip(down, reversed(up), strict=True)):
        first, last = i == 0, i == len(down) - 1
        linear, act = halves(cast(Block, block))
        back, output = halves(cast(Block, mirror))
        latent = model.latent if last else Hidden(act)
        encoder = Reshaped(Block(**linear), flat=isinstance(block.layer, nn.Linear))
        maps, out = (model.maps, model.output) if first else (1, rebuilding(output.get("activation")))
        residual = first and model.residual
        decoder = Reshaped(Block(**back), shape=(maps * shape[0], *shape[1:]))
        yield Autoencoder(encoder, latent, model.prior, decoder, out, maps, residual=residual)
        weight = next(block.parameters())  # as it is now: a trained layer is where, and in what, it trained
        with torch.no_grad():
            was = encoder.training
            probe = latent.eval()(encoder.eval()(weight.new_zeros(2, *shape)))["z"]
            encoder.train(was)
            latent.train(was)
        shape = tuple(probe.shape[1:])


BEHIND = ("activation", "dropout", "pool")
"""Parts of a block that come behind its linear map, its shape and its norm."""


def halves(block: Block) -> tuple[dict[str, nn.Module], dict[str, nn.Module]]:
    """A block's linear map with its shape and norm, and what comes behind them."""
    before, behind = {}, {}
    for name, part in block.named_children():
        (behind if name in BEHIND else before)[name] = part
    return before, behind


def rebuilding(activation: nn.Module | None) -> nn.Module | None:
    """The mirrored activation, through which codes are rebuilt; none for TopK, whose codes have αk units in
    use, of which training would let k through."""
    return None if isinstance(activation, TopK) else activation


class Reshaped(Net):
    """A block between tensors of any shape; `flat` flattens what comes, `shape` shapes what goes."""

    def __init__(self, block: Block, flat: bool = False, shape: tuple[int, ...] | None = None) -> None:
        super().__init__(block)
        self.flat, self.shape = flat, shape

    def forward(self, h: Tensor) -> Tensor:
        out = super().forward(h.flatten(1) if self.flat else h)
        return out if self.shape is None else out.view(-1, *self.shape)


class Hidden(Latent):
    """The code of a hidden layer: what its block does behind the linear map."""

    def __init__(self, parts: Mapping[str, nn.Module]) -> None:
        super().__init__(dim=1)
        self.parts = nn.ModuleList(parts.values())
        self.bounds = range_of(parts.get("activation"))

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        for part in self.parts:
            h = part(h)
        return {"z": h}


def codes(system: System) -> Dataset:
    """The training and validation rows' codes as a data set, clean and in evaluation mode."""
    below = system.dataset
    found = {split: rows for split, rows in below.splits.items() if split in ("train", "val")}
    rows, sizes = torch.cat(list(found.values())), [len(part) for part in found.values()]
    z, done = torch.empty(0), 0
    for trace in (t for split in found for t in traces(system, split, in_use=True, needed=("z",))):
        if not done:  # the codes may be large: all of them are held once
            z = trace.z.new_empty((len(rows), *trace.z.shape[1:]), dtype=single(trace.z).dtype)
        z[done : done + len(trace.z)] = trace.z
        done += len(trace.z)
    y = below.rows.y
    above = Dataset(batch_size=below.batch_size)
    above.rows = Rows(z, None if y is None else y[rows.to(y.device)])
    above.splits = dict(zip(found, torch.arange(len(rows)).split(sizes), strict=True))
    above.scale = fixed(0, 1)
    return above.to(below.device)
