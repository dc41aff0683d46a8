"""Finished stages, kept by what made them: a sweep over a later stage trains the earlier ones once."""

import functools
import json
import logging
import os
import shutil
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

import aelab
from aelab.build import locate
from aelab.callback.checkpoint import write
from aelab.files import read_json, write_json
from aelab.optimizer import with_optimizers
from aelab.places import cache_dir
from aelab.processes.group import from_first
from aelab.processes.place import rank
from aelab.reads import reads
from aelab.stage.stage import Stage, Work, capped
from aelab.system import System

LEAST = 5.0
"""Seconds of a stage that is worth keeping."""

MOST = 4 << 30
"""Bytes of all that is kept; what was not used for longest goes."""

READ = 1 << 28
"""Bytes of the data that are looked at, to tell them from others."""

SHARED = ("dataset", "corruption", "model", "trainer", "callback", "seed", "matmul_precision")
"""Settings that any stage depends on; its own and its terms' come to them."""

PLACES = ("root", "file", "default_root_dir")
"""Settings that say where something is, not what."""

OBJECTIVE = "system.objective."
"""How the names of the terms' state begin in a checkpoint."""

notice = logging.getLogger("aelab.notice")


class Kept:
    """The stages of a run, one after the other, that it or another run may have trained before.

    A stage is the same where the program, the data, the settings that it depends on and the stages before it
    are. The last of a recipe is always trained.

    seconds: stage -> what it took when it was trained, of those that were not trained again.
    """

    def __init__(self, config: DictConfig, system: System, recipe: dict[str, Stage]) -> None:
        self.config, self.system, self.recipe = config, system, recipe
        self.nodes = with_optimizers(config).recipe
        self.seconds: dict[str, float] = {}
        self.key = ""

    def enter(self, stage: str) -> Path | None:
        """Where the next stage is, or would be, kept; None where it is not to be."""
        if not self.config.reuse or stage == list(self.recipe)[-1]:
            return None
        self.key = digest(self.key or self.origin(), stage, self.settings(stage))
        return cache_dir() / "stages" / self.key

    def origin(self) -> str:
        """What the first stage depends on beside its settings."""
        objective = self.system.objective
        return digest(program(), data(self.system), torch.__version__, objective.link, objective.maps)

    def settings(self, stage: str) -> str:
        """All that a stage depends on, as text."""
        node = self.nodes[stage]
        found: dict[str, Any] = {name: plain(self.config[name]) for name in SHARED}
        found["trainer"] = capped(node.get("epochs"), found["trainer"])
        found |= {"stage": plain(node), "loss": plain(self.terms(stage))}
        for name in self.system.model.latent.idle_settings if self.is_idle(stage) else ():
            found["model"]["latent"].pop(name, None)
        for part in ("dataset", "trainer"):
            for name in PLACES:
                found[part].pop(name, None)
        return json.dumps(found, sort_keys=True, default=str)

    def terms(self, stage: str) -> DictConfig | dict[str, Any]:
        """Those that a stage descends on."""
        node = self.nodes[stage]
        return (node.loss or self.config.loss) if "loss" in node else {}

    def is_idle(self, stage: str) -> bool:
        """Whether a stage does not make the idle entries of the latent, and none of its terms reads them."""
        forwards = (locate(term["_target_"]).forward for term in self.terms(stage).values())
        names = {name for forward in forwards for name in reads(forward)}
        return not {*names, *self.recipe[stage].makes} & set(self.system.model.latent.idle_entries)

    def take(self, place: Path | None, work: Work) -> None:
        """Put a kept stage's checkpoints, rows and record into the run, which will find it finished."""
        told = from_first(read_json(place / "stage.json") if place else None)
        if place is None or told is None or not work.keeps or work.name in map(stage_of, work.record.lengths):
            return
        for training in told["lengths"]:
            folder = work.folder(training)
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted((place / training).iterdir()):
                checkpoint = torch.load(path, weights_only=True, map_location="cpu")
                write(self.fitted(checkpoint, work.name), folder / path.name)
        work.record.lengths |= told["lengths"]
        work.record.write()
        work.history.extend(told["rows"])
        self.seconds[work.name] = told["seconds"]
        os.utime(place / "stage.json")
        notice.info(
            "stage %s: trained before, %.0f s; reuse=false trains it again", work.name, told["seconds"]
        )

    def fitted(self, checkpoint: dict[str, Any], stage: str) -> dict[str, Any]:
        """Another run's checkpoint; what is not of this stage is as this run has it: idle parameters,
        perhaps of another size, and the state of terms on which the stage does not descend.
        """
        own = {f"system.{name}": value.cpu() for name, value in self.system.state_dict().items()}
        state: dict[str, Any] = checkpoint["state_dict"]
        for name in self.system.model.latent.idle_parameters if self.is_idle(stage) else ():
            if f"system.model.latent.{name}" in state:
                state[f"system.model.latent.{name}"] = own[f"system.model.latent.{name}"]
        if "loss" not in self.nodes[stage]:
            others = {name: value for name, value in state.items() if not name.startswith(OBJECTIVE)}
            terms = {name: value for name, value in own.items() if name.startswith(OBJECTIVE)}
            checkpoint["state_dict"] = others | terms
        return checkpoint

    def keep(self, place: Path | None, work: Work, seconds: float) -> None:
        """Keep a stage that was trained here, whole or not at all."""
        lengths = {name: n for name, n in work.record.lengths.items() if stage_of(name) == work.name}
        if place is None or place.exists() or not lengths or seconds < LEAST or work.name in self.seconds:
            return
        if rank() > 0:  # has no checkpoints of its own
            return
        rows = [row for row in work.history.rows if stage_of(row["stage"]) == work.name]
        told = {"lengths": lengths, "rows": rows, "seconds": round(seconds, 2)}
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(".partial", f"{place.name}.", place.parent) as partial:
                whole = Path(partial) / "whole"
                for training in lengths:
                    (whole / training).mkdir(parents=True)
                    for path in checkpoints(work.folder(training)):
                        shutil.copy(path, whole / training)
                write_json(whole / "stage.json", told)
                if not place.exists():  # else another run was first
                    os.replace(whole, place)
            thin(place.parent)
        except OSError as problem:
            notice.info("stage %s: not kept, %s (%s)", work.name, place.parent, problem.strerror)


def stage_of(training: str) -> str:
    """`pretrain` of `pretrain.1`."""
    return training.partition(".")[0]


def checkpoints(folder: Path) -> Iterator[Path]:
    return (path for path in (folder / "last.ckpt", folder / "best.ckpt") if path.is_file())


def thin(shelf: Path) -> None:
    """Take away what was not used for longest, until what is left is no larger than it may be."""
    kept = sorted(shelf.glob("*/stage.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    size = 0
    for told in kept:
        size += sum(path.stat().st_size for path in told.parent.rglob("*") if path.is_file())
        if size > MOST:
            shutil.rmtree(told.parent, ignore_errors=True)


def plain(node: Any) -> Any:
    return OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node


def digest(*parts: object) -> str:
    return blake2b(repr(parts).encode(), digest_size=12).hexdigest()


@functools.cache
def program() -> str:
    """Of all the package's source."""
    whole = blake2b(digest_size=12)
    for path in sorted(Path(aelab.__file__).parent.rglob("*.py")):
        whole.update(path.read_bytes())
    return whole.hexdigest()


def data(system: System) -> str:
    """Of the training and validation rows, and which they are; of many, evenly thinned."""
    dataset, whole = system.dataset, blake2b(digest_size=12)
    for split in ("train", "val"):
        rows = dataset.splits.get(split, torch.empty(0, dtype=torch.long)).cpu()
        whole.update(rows.numpy().tobytes())
        size = dataset.stored(rows[:1]).nbytes * len(rows)
        for piece in rows[:: 1 + size // READ].split(1024):
            whole.update(dataset.stored(piece).cpu().contiguous().numpy().tobytes())
    return whole.hexdigest()
