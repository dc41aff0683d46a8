"""One stage's training as a Lightning module: manual optimisation, a chunk of minibatches a step."""

import functools
import time
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.profilers import PassThroughProfiler
from torch import Tensor

from aelab.evaluation import evaluate, part_names
from aelab.history import History
from aelab.interrupt import Interrupt
from aelab.ledger import Ledger
from aelab.minibatches import Minibatches
from aelab.optimizer import MakeOptimizer
from aelab.plan import Chunks, Plan, Position
from aelab.processes.draws import OwnRows
from aelab.processes.group import average_gradients, level, several
from aelab.seed import derive, seeder
from aelab.surveys import Surveys
from aelab.system import System


class Training(pl.LightningModule):
    """Trains a System through a Plan; what it measures goes to a History and the loggers.

    The state that a checkpoint adds to the weights and the optimizer's is the position and the losses of the
    epoch under way: data order and every draw follow from (seed, stage, position).

    make_optimizer: from the parameters to the optimizer.
    clip: (gradient_clip_val, gradient_clip_algorithm), Lightning's.
    val_rows: rows to validate on; 0 for no validation.
    log_every: minibatches between two `step/loss` in the loggers; None for epochs' means only.
    prefix: of the names in the loggers, to tell the trainings of a run apart.
    """

    def __init__(
        self,
        system: System,
        plan: Plan,
        stage: str,
        seed: int,
        make_optimizer: MakeOptimizer,
        history: History,
        interrupt: Interrupt,
        clip: tuple[float | None, str | None] = (None, None),
        val_rows: int = 0,
        log_every: int | None = None,
        shuffle: bool = True,
        prefix: str = "",
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.system, self.plan, self.stage, self.make_optimizer = system, plan, stage, make_optimizer
        self.history, self.interrupt = history, interrupt
        terms = list(system.objective.terms)
        players = system.objective.players
        answering = [name for name, player in players.items() if player.answers]
        names = [*part_names(system), *(f"answer.{name}" for name in answering)]
        self.ledger = Ledger(stage, names, terms, plan, history, log_every, prefix)
        self.clip, self.val_rows = clip, val_rows
        self.draws = derive(seed, stage, "draws")
        self.order_seed = derive(seed, stage, "order") if shuffle else None
        self.position = Position()
        self.surveys = Surveys(system, plan, self.draws)
        self.chunks = Chunks(plan, self.position, self.surveys.intervals)

    def train_dataloader(self) -> Chunks:
        return self.chunks

    def val_dataloader(self) -> list[int]:
        """One item: `validation_step` scores the whole split itself."""
        return [0]

    # --- steps ------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """The nets' own, then the critics'."""
        critics = self.system.objective.critics
        others = {id(p) for critic in critics for p in critic.own.parameters()}
        nets = [p for p in self.system.parameters() if p.requires_grad and id(p) not in others]
        optimizers = [self.make_optimizer(params=nets)]
        optimizers += [critic.make_optimizer(params=critic.own.parameters()) for critic in critics]
        self.settings = [
            {name: value for name, value in group.items() if name != "params"}
            for optimizer in optimizers
            for group in optimizer.param_groups
        ]
        return optimizers

    def on_train_start(self) -> None:
        self.interrupt.listen()  # Lightning's own way with SIGTERM speaks to other processes at once
        # a checkpoint brings its optimizer's settings along: the run's own stand, schedules among them
        optimizers = (self.optimizer, *self.opponents)
        groups = [group for optimizer in optimizers for group in optimizer.param_groups]
        for group, settings in zip(groups, self.settings, strict=True):
            group.update(settings)
        self.system.clock.watch(*groups)
        self.system.clock.set(self.position.value / self.plan.total)

    def on_fit_start(self) -> None:
        self.system.dataset.to(self.device)
        processes = (self.global_rank, self.trainer.world_size)
        self.minibatches = Minibatches(self.system, self.plan, self.order_seed, *processes)
        self.seed = seeder(self.device)
        self.ledger.loggers = self.trainer.loggers
        made = self.optimizers()
        wrapped, *others = made if isinstance(made, list) else [made]
        critics = self.system.objective.critics
        self.opponents = [other.optimizer for other in others]
        self.optimizer_of = dict(zip(map(id, critics), self.opponents, strict=True))
        self.updated = [p for group in wrapped.param_groups for p in group["params"]]
        if several():
            # `average_gradients` does it, once a step, of those parameters that the stage's loss reaches
            self.trainer.strategy.model.require_backward_grad_sync = False  # type: ignore[union-attr]
        # Lightning's wrappers serve scaled gradients; without them they only cost time
        scaler = getattr(self.trainer.precision_plugin, "scaler", None)
        plain = scaler is None
        profiled = not isinstance(self.trainer.profiler, PassThroughProfiler)  # type: ignore[attr-defined]
        self.optimizer: Any = wrapped.optimizer if plain else wrapped
        self.backward_pass = Tensor.backward if plain else self.manual_backward
        self.update = unrecorded(self.optimizer) if plain and not profiled else self.optimizer.step
        self.unscale = (lambda: scaler.unscale_(wrapped.optimizer)) if scaler else (lambda: None)
        self.mixed = torch.is_autocast_enabled(self.device.type) or "mixed" in str(self.trainer.precision)

    # when asked to stop, stop where callbacks have saved: after a chunk, or past a pause and its validation

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        if not self.plan.is_pause(self.position.value):
            self.interrupt.heed()

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        self.interrupt.heed()

    def training_step(self, chunk: tuple[int, int], batch_idx: int) -> None:
        start, stop = chunk
        began = time.perf_counter()
        step, position, interrupt, alone = self.step(), self.position, self.interrupt, not several()
        if self.surveys.players and self.survey():
            interrupt.agree()
            return
        for x, y, rows in self.minibatches(start, stop):
            step(x, y, rows)
            if position.value % self.plan.epoch == 0 or position.value == self.plan.total:
                self.close_epoch()
            if alone and interrupt.asked and self.plan.ends_step(position.value):
                break
        self.ledger.collect(position.value)
        interrupt.agree()
        self.chunks.adapt(position.value - start, time.perf_counter() - began)
        self.count_steps()

    def step(self) -> Callable[[Tensor, Tensor | None, Tensor | None], None]:
        """One minibatch's step, x [b, *shape], y [b], rows [b], as a closure: looking up a module's attribute
        costs a microsecond, and a small net's whole step a few hundred."""
        plan, position, clock = self.plan, self.position, self.system.clock
        seed, draws, mixed = self.seed, self.draws, self.mixed
        trace_of = functools.partial(self.system.forward, needed=self.system.reads)
        losses_of = self.system.objective.forward
        draw = self.system.dataset.draw if self.system.dataset.is_random(train=True) else None
        backward, update, parameters = self.backward_pass, self.update, self.updated
        clip, pending, together = self.clip[0], self.ledger.pending, several()
        answers = [
            (player.move, self.optimizer_of.get(id(player)), names)
            for player, names in self.system.objective.answers
        ]
        # the gradient of L itself, handed in: else PyTorch would make a 1 for every step
        share = torch.full((), 1 / plan.accumulate, device=self.device, dtype=torch.float32)

        def step(x: Tensor, y: Tensor | None, rows: Tensor | None) -> None:
            seed(draws + position.value)
            if clock.attributes:
                clock.set(position.value / plan.total)
            if mixed:
                torch.clear_autocast_cache()  # it would keep the weights as they were before the last step
            trace = trace_of(x if draw is None else draw(x, True), y, rows)
            loss, parts = losses_of(trace)
            backward(loss, share)
            position.value += 1
            if plan.accumulate == 1 or plan.ends_step(position.value):
                if together:
                    average_gradients(parameters)
                if clip:
                    self.clip_gradients_now()
                update()
                for parameter in parameters:
                    parameter.grad = None
            pending.append(loss.detach())
            if len(parts) > 1:
                pending.extend(part.detach() for part in parts)
            for move, optimizer, names in answers:
                pending.append(move({name: trace[name] for name in names}, optimizer))

        if not together:
            return step
        rank, world_size = self.global_rank, self.trainer.world_size

        def shared(x: Tensor, y: Tensor | None, rows: Tensor | None) -> None:
            with OwnRows(rank, world_size, len(x)):
                step(x, y, rows)

        return shared

    def survey(self) -> bool:
        """Let the players look at all rows; whether one of them ends the training."""
        position = self.position.value
        if told := self.surveys.hold(position, self.optimizer_of):
            self.ledger.note(told, position)
        if not self.surveys.are_over:
            return False
        self.trainer.should_stop = True
        if position % self.plan.epoch:
            self.close_epoch()
        return True

    def clip_gradients_now(self) -> None:
        value, algorithm = self.clip
        self.unscale()
        if algorithm == "value":
            torch.nn.utils.clip_grad_value_(self.updated, value)  # type: ignore[arg-type]
        else:
            torch.nn.utils.clip_grad_norm_(self.updated, value)  # type: ignore[arg-type]

    # --- epochs -----------------------------------------------------------------------------------------

    def close_epoch(self) -> None:
        position = self.position.value
        self.ledger.close(position, self.optimizer.param_groups[0]["lr"])
        if not self.plan.is_pause(position):
            # an epoch inside a visit: Lightning sees only the visit, so its own count is moved on for it
            move(self.trainer.fit_loop.epoch_progress, by=1)

    def validation_step(self, batch: int, batch_idx: int) -> None:
        level(self.system)  # what batch norm has seen differs from process to process
        found = evaluate(self.system, "val", self.val_rows)
        scores = {f"val/{name}": value for name, value in found.items()}
        self.ledger.amend(scores, self.position.value)
        self.log_dict(
            scores, logger=False, batch_size=1, sync_dist=several()
        )  # what callbacks such as early stopping monitor

    def on_train_epoch_end(self) -> None:
        losses = {name: value for name, value in self.ledger.latest.items() if name.startswith("train/")}
        self.log_dict(losses, logger=False, batch_size=1, sync_dist=several())

    # --- checkpoints ------------------------------------------------------------------------------------

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        players = {name: player.state() for name, player in self.system.objective.players.items()}
        checkpoint["aelab"] = {**self.place(), "players": players}

    def place(self) -> dict[str, Any]:
        """Where in the run this is, in plain values."""
        return {
            "stage": self.stage,
            "position": self.position.value,
            "losses": list(self.ledger.losses),
            "notes": dict(self.ledger.notes),
            "should_stop": bool(self.trainer.should_stop),
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        state = checkpoint["aelab"]
        self.position.value, self.ledger.losses = state["position"], list(state["losses"])
        self.ledger.notes = dict(state.get("notes", {}))
        for name, player in self.system.objective.players.items():
            player.restore(state.get("players", {}).get(name, {}))
        self.trainer.should_stop = state["should_stop"]
        # where Lightning's loops stood follows from the position alone
        checkpoint.pop("loops", None)
        move(self.trainer.fit_loop.epoch_progress, by=self.position.value // self.plan.epoch)
        self.count_steps()

    def count_steps(self) -> None:
        """Lightning counts the steps of its own wrapper only; keep its count right for any optimizer."""
        loop = self.trainer.fit_loop.epoch_loop.manual_optimization
        loop.optim_step_progress.total.completed = self.position.value


def unrecorded(optimizer: torch.optim.Optimizer) -> Callable[[], Any]:
    """The optimizer's step without the profiler's record around it, 2 % of a small net's time."""
    step = type(optimizer).step
    return functools.partial(getattr(step, "__wrapped__", step), optimizer)


def move(progress: Any, by: int) -> None:
    """Lightning's epoch count, by so many whole epochs."""
    for counts in (progress.total, progress.current):
        for name in ("ready", "started", "processed", "completed"):
            setattr(counts, name, getattr(counts, name) + by)
