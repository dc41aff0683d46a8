"""The weights of a restricted Boltzmann machine for an autoencoder of one sigmoid layer."""

from collections.abc import Iterable

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from aelab.baseline.baseline import training_rows
from aelab.seed import derive
from aelab.stage.pair import pair, write
from aelab.stage.stage import Stage, Work
from aelab.system import System


class RBM(Stage):
    """p(h_j = 1 given x) = sigmoid(W_j x + b_j), p(x_i = 1 given h) = sigmoid(W_iᵀ h + c_i)

    Trained by persistent contrastive divergence     [Tieleman 2008; scikit-learn's BernoulliRBM]

    epochs: passes over the training rows.
    lr, batch_size: of its own gradient steps.
    """

    steps = False

    def __init__(self, epochs: int = 10, lr: float = 0.05, batch_size: int = 100) -> None:
        if epochs < 0 or lr <= 0 or batch_size < 1:
            raise ValueError(
                "epochs must not be negative, lr and batch_size must be positive, "
                f"got {epochs}, {lr}, {batch_size}"
            )
        self.passes, self.lr, self.batch_size = epochs, lr, batch_size

    def run(self, work: Work) -> dict[str, float]:
        from sklearn.neural_network import BernoulliRBM
        from sklearn.utils import gen_batches

        model, dataset = work.system.model, work.system.dataset
        most = work.trainer.get("max_epochs")
        passes = self.passes if most is None or most < 0 else min(self.passes, most)
        if work.has(passes):
            return {}
        x, _ = training_rows(dataset)
        seed = derive(work.seed, work.name) % 2**32
        machine = BernoulliRBM(
            model.latent.dim, learning_rate=self.lr, batch_size=self.batch_size, random_state=seed
        )
        for _ in range(passes):
            for minibatch in gen_batches(len(x), self.batch_size):
                work.interrupt.check()
                machine.partial_fit(x[minibatch])
        if passes:
            parts = (machine.components_, machine.intercept_hidden_, machine.intercept_visible_)
            write(model, *(torch.from_numpy(part).float() for part in parts))
        work.end(passes)
        return {}

    def objections(self, system: System) -> Iterable[str]:
        model = system.model
        if pair(model) is None or not isinstance(getattr(model.latent, "activation", None), nn.Sigmoid):
            needs = "model=mlp model.widths=[] model.latent.activation=sigmoid"
            yield f"a restricted Boltzmann machine is one sigmoid layer each way: {needs}"
        elif model.maps > 1 or any(map(is_parametrized, model.modules())):
            yield "a restricted Boltzmann machine needs free weights and a loss of one number for a pixel"
        elif model.output is not torch.sigmoid:
            needs = "loss=bce, or model.output_activation=sigmoid"
            yield f"a restricted Boltzmann machine's x̂ is a sigmoid, as p(x given h) is: {needs}"
        if not system.dataset.is_unit:
            yield "a restricted Boltzmann machine takes data in [0, 1]"
