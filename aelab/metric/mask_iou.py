"""Whether the gate has found the foreground."""

import torch
from torch import Tensor

from aelab.metric.metric import Metric


class MaskIoU(Metric):
    """mask_iou = mean over samples of |A ∩ S| / |A ∪ S|,  A where 1 − g > ½, S the foreground

    As in use, of a Gaussian latent its mean. 1 where both are empty.     [Jaccard 1912]
    """

    clean = True

    def reset(self) -> None:
        self.total, self.samples = 0.0, 0

    def update(self, segment: Tensor, gate_logits: Tensor) -> None:  # type: ignore[override]
        self.total += overlap(gate_logits < 0, segment > 0.5).double().sum().item()
        self.samples += len(segment)

    def compute(self) -> dict[str, float]:
        return {"mask_iou": self.total / self.samples} if self.samples else {}


def overlap(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of two masks [b, 1, h, w] bool: [b]"""
    both, either = (a & b).flatten(1).sum(1), (a | b).flatten(1).sum(1)
    return torch.where(either > 0, both / either.clamp_min(1), 1.0)
