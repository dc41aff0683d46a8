"""A softmax on top of an encoder, for supervised fine-tuning."""

import copy
from collections.abc import Collection

from torch import nn

from aelab.model.autoencoder import Autoencoder
from aelab.model.top_k import TopK
from aelab.schedule import settle
from aelab.trace import Trace


class Classifier(Autoencoder):
    """logits = V z + c,  z the code of a copy of an autoencoder's encoder

    The latent stays as it is in use, without its own noise and with αk units where a code is k-sparse
    [Makhzani & Frey 2014, sec. 2.3]; dropout is of the code, before V.
    """

    def __init__(self, model: Autoencoder, classes: int, dropout: float = 0.0) -> None:
        encoder, latent, prior = copy.deepcopy((model.encoder, model.latent, model.prior))
        super().__init__(encoder, latent, prior, decoder=None, condition=model.condition)
        settle(self)
        self.dropout = nn.Dropout(dropout) if dropout else None
        self.head = nn.Linear(latent.dim, classes)
        self.train()  # Lightning trains in the modes that it finds

    @property
    def gives(self) -> tuple[str, ...]:
        return (*super().gives, "logits")

    def train(self, mode: bool = True) -> "Classifier":
        super().train(mode)
        for part in self.modules():
            if isinstance(part, TopK):
                part.eval()
        self.latent.eval()
        return self

    def forward(self, trace: Trace, in_use: bool = False, reads: Collection[str] | None = None) -> Trace:
        super().forward(trace, in_use=True)
        z = trace["z"]
        trace["logits"] = self.head(self.dropout(z) if self.dropout else z)  # [b, classes]
        return trace
