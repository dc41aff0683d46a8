"""One stage's training as a Lightning module: manual optimisation, a chunk of minibatches a step."""

import time
from collections.abc import Callable, Iterator
from itertools import chain
from math import fsum, isfinite
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from aelab.errors import Diverged
from aelab.evaluation import evaluate, part_names
from aelab.history import History
from aelab.interrupt import Interrupt
from aelab.plan import Chunks, Plan, Position
from aelab.seed import derive, seeder
from aelab.system import System

GATHER = 8 << 20
"""Bytes of model input that are taken from the data set at once."""


class Training(pl.LightningModule):
    """Trains a System through a Plan; what it measures goes to a History and the loggers.

    The state that a checkpoint adds to the weights and the optimizer's is the position and the losses of the
    epoch under way: data order and every draw follow from (seed, stage, position).

    make_optimizer: from the parameters to the optimizer.
    clip: (gradient_clip_val, gradient_clip_algorithm), Lightning's.
    accumulate: minibatches whose gradients are added up before a step.
    val_rows: rows to validate on; 0 for no validation.
    log_every: minibatches between two `step/loss` in the loggers; None for epochs' means only.
    """

    def __init__(
        self,
        system: System,
        plan: Plan,
        stage: str,
        seed: int,
        make_optimizer: Callable[..., torch.optim.Optimizer],
        history: History,
        interrupt: Interrupt,
        clip: tuple[float | None, str | None] = (None, None),
        accumulate: int = 1,
        val_rows: int = 0,
        log_every: int | None = None,
        shuffle: bool = True,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.system, self.plan, self.stage, self.make_optimizer = system, plan, stage, make_optimizer
        self.history, self.interrupt = history, interrupt
        self.clip, self.accumulate, self.shuffle = clip, accumulate, shuffle
        self.val_rows, self.log_every = val_rows, log_every
        self.draws, self.orders = derive(seed, stage, "draws"), derive(seed, stage, "order")
        self.position = Position()
        self.chunks = Chunks(plan, self.position)
        self.names = part_names(system)
        self.pending: list[Tensor] = []  # the losses of this chunk, on the device, minibatch by minibatch
        self.losses: list[float] = []  # those of this epoch
        self.latest: dict[str, float] = {}

    # --- data -------------------------------------------------------------------------------------------

    def order(self, epoch: int) -> Tensor:
        """This process's training rows, in the order of this epoch."""
        rows = self.system.dataset.splits["train"]
        if self.shuffle:
            generator = torch.Generator().manual_seed(self.orders + epoch)
            rows = rows[torch.randperm(len(rows), generator=generator)]
        if self.trainer.world_size > 1:
            rows = rows[self.global_rank :: self.trainer.world_size]
        return rows[: self.plan.rows]

    def minibatches(self, start: int, stop: int) -> Iterator[tuple[Tensor, Tensor | None, Tensor]]:
        """(x, y, rows) of these positions; many are gathered at once: a gather costs as much as a layer."""
        dataset, b, n = self.system.dataset, self.plan.batch_size, self.plan.epoch
        at_once = max(1, GATHER // (4 * b * dataset.rows.x[0].numel()))
        while start < stop:
            epoch, first = divmod(start, n)
            last = min(first + at_once, n, first + stop - start)
            rows = self.order_of(epoch)[first * b : last * b]
            x, y = dataset.gather(rows)
            ys = y.split(b) if y is not None else [None] * (last - first)
            yield from zip(x.split(b), ys, rows.split(b), strict=True)
            start += last - first

    def order_of(self, epoch: int) -> Tensor:
        """`order` on the device, kept for the epoch."""
        if self._order is None or self._order[0] != epoch:
            self._order = epoch, self.order(epoch).to(self.device)
        return self._order[1]

    _order: tuple[int, Tensor] | None = None

    def train_dataloader(self) -> Chunks:
        return self.chunks

    def val_dataloader(self) -> list[int]:
        """One item: `validation_step` scores the whole split itself."""
        return [0]

    # --- steps ------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> torch.optim.Optimizer:
        optimizer = self.make_optimizer(params=[p for p in self.system.parameters() if p.requires_grad])
        self.settings = [
            {name: value for name, value in group.items() if name != "params"}
            for group in optimizer.param_groups
        ]
        return optimizer

    def on_train_start(self) -> None:
        # a checkpoint brings its optimizer's settings along: the run's own stand, schedules among them
        for group, settings in zip(self.optimizer.param_groups, self.settings, strict=True):
            group.update(settings)
        self.system.clock.watch(*self.optimizer.param_groups)
        self.system.clock.set(self.position.value / self.plan.total)

    def on_fit_start(self) -> None:
        self.system.dataset.to(self.device)
        self.seed = seeder(self.device)
        wrapped = self.optimizers()
        assert not isinstance(wrapped, list)
        self.updated = [p for group in wrapped.param_groups for p in group["params"]]
        # Lightning's wrappers serve several processes and scaled gradients; alone they only cost time
        scaler = getattr(self.trainer.precision_plugin, "scaler", None)
        plain = self.trainer.world_size == 1 and scaler is None
        self.optimizer: Any = wrapped.optimizer if plain else wrapped
        self.backward_pass = Tensor.backward if plain else self.manual_backward
        self.unscale = (lambda: scaler.unscale_(wrapped.optimizer)) if scaler else (lambda: None)
        self.mixed = torch.is_autocast_enabled(self.device.type) or "mixed" in str(self.trainer.precision)

    def training_step(self, chunk: tuple[int, int], batch_idx: int) -> None:
        start, stop = chunk
        began = time.perf_counter()
        step, position, interrupt = self.step(), self.position, self.interrupt
        for x, y, rows in self.minibatches(start, stop):
            step(x, y, rows)
            if position.value % self.plan.epoch == 0 or position.value == self.plan.total:
                self.end_epoch()
            if interrupt.requested:
                break
        self.collect()
        self.chunks.adapt(position.value - start, time.perf_counter() - began)
        # Lightning counts the steps of its own wrapper only; keep its count right for either
        self.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress.total.completed = (
            position.value
        )

    def step(self) -> Callable[[Tensor, Tensor | None, Tensor], None]:
        """One minibatch's step, x [b, *shape], y [b], rows [b], as a closure: looking up a module's attribute
        costs a microsecond, and a small net's whole step a few hundred."""
        plan, position, system, optimizer, parameters = (
            self.plan,
            self.position,
            self.system,
            self.optimizer,
            self.updated,
        )
        trace_of, losses_of, clock, seed, draws = (
            system.forward,
            system.objective.forward,
            system.clock,
            self.seed,
            self.draws,
        )
        draw = system.dataset.draw if system.dataset.is_random(train=True) else None
        backward, accumulate, clip, mixed, pending = (
            self.backward_pass,
            self.accumulate,
            self.clip[0],
            self.mixed,
            self.pending,
        )

        def step(x: Tensor, y: Tensor | None, rows: Tensor) -> None:
            seed(draws + position.value)
            if clock.attributes:
                clock.set(position.value / plan.total)
            if mixed:
                torch.clear_autocast_cache()  # it would keep the weights as they were before the last step
            loss, parts = losses_of(trace_of(x if draw is None else draw(x, True), y, rows))
            backward(loss if accumulate == 1 else loss / accumulate)
            position.value = done = position.value + 1
            if accumulate == 1 or done % plan.epoch % accumulate == 0 or done == plan.total:
                if clip:
                    self.clip_gradients_now()
                optimizer.step()
                for parameter in parameters:
                    parameter.grad = None
            pending.append(loss.detach())
            if len(parts) > 1:
                pending.extend(part.detach() for part in parts)

        return step

    def clip_gradients_now(self) -> None:
        value, algorithm = self.clip
        self.unscale()
        if algorithm == "value":
            torch.nn.utils.clip_grad_value_(self.updated, value)  # type: ignore[arg-type]
        else:
            torch.nn.utils.clip_grad_norm_(self.updated, value)  # type: ignore[arg-type]

    # --- bookkeeping ------------------------------------------------------------------------------------

    def collect(self) -> None:
        """Bring the pending losses to the host, once a chunk, and look for the first that is not finite."""
        if not self.pending:
            return
        values = torch.stack(self.pending).double().tolist()
        self.pending.clear()
        k = len(self.names)
        if not all(map(isfinite, values)):
            bad = next(i for i, value in enumerate(values) if not isfinite(value)) // k
            step = self.position.value - len(values) // k + bad
            terms = list(self.system.objective.terms)
            wrong = [
                t
                for t, v in zip(terms, values[bad * k : bad * k + k][-len(terms) :], strict=False)
                if not isfinite(v)
            ]
            raise Diverged(
                ", ".join(f"loss.{t}" for t in wrong or terms),
                self.stage,
                step // self.plan.epoch + 1,
                step + 1,
            )
        self.losses += values
        if self.log_every:
            done = self.position.value - len(values) // k
            for i, loss in enumerate(values[::k]):
                if (done + i + 1) % self.log_every == 0:
                    for logger in self.trainer.loggers:
                        logger.log_metrics({"step/loss": loss}, step=done + i + 1)

    def end_epoch(self) -> None:
        """A row of the history; losses are means over the epoch's samples."""
        self.collect()
        position, k = self.position.value, len(self.names)
        done = position - len(self.losses) // k
        sizes = [self.plan.size(p) for p in range(done, position)]
        n = sum(sizes)
        means = [fsum(map(float.__mul__, self.losses[i::k], map(float, sizes))) / n for i in range(k)]
        self.losses = []
        row = {f"train/{name}": mean for name, mean in zip(self.names, means, strict=True)}
        row["lr"] = self.optimizer.param_groups[0]["lr"]
        self.latest = row
        self.history.add(stage=self.stage, epoch=-(-position // self.plan.epoch), step=position, **row)
        for logger in self.trainer.loggers:
            logger.log_metrics(row, step=position)
        if position < self.plan.pause(position - 1):
            self.count_epoch()

    def count_epoch(self) -> None:
        """An epoch inside a visit: Lightning sees only the visit, so its own count is moved on for it."""
        progress = self.trainer.fit_loop.epoch_progress
        for counts in (progress.total, progress.current):
            for name in ("ready", "started", "processed", "completed"):
                setattr(counts, name, getattr(counts, name) + 1)

    def validation_step(self, batch: int, batch_idx: int) -> None:
        scores = {f"val/{name}": value for name, value in evaluate(self.system, "val", self.val_rows).items()}
        self.history.amend(**scores)
        for logger in self.trainer.loggers:
            logger.log_metrics(scores, step=self.position.value)
        self.latest |= scores
        self.log_dict(scores, logger=False, batch_size=1)  # what callbacks such as early stopping monitor

    def on_train_epoch_end(self) -> None:
        self.log_dict(
            {k: v for k, v in self.latest.items() if k.startswith("train/")}, logger=False, batch_size=1
        )

    # --- checkpoints ------------------------------------------------------------------------------------

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["aelab"] = self.place()

    def place(self) -> dict[str, Any]:
        """Where in the run this is, in plain values."""
        return {
            "stage": self.stage,
            "position": self.position.value,
            "losses": list(self.losses),
            "should_stop": bool(self.trainer.should_stop),
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        state = checkpoint["aelab"]
        self.position.value, self.losses = state["position"], list(state["losses"])
        self.trainer.should_stop = state["should_stop"]
        # where Lightning's loops stood follows from the position alone
        checkpoint.pop("loops", None)
        done = self.position.value // self.plan.epoch
        progress = self.trainer.fit_loop.epoch_progress
        for counts in chain((progress.total, progress.current)):
            for name in ("ready", "started", "processed", "completed"):
                setattr(counts, name, done)
        self.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress.total.completed = (
            self.position.value
        )
