"""What evaluation gives a metric: entries by name, training rows to learn from, inputs as it wants them."""

import pytest
import torch
from small_system import Seen, make
from torch import Tensor

from aelab.corruption.gaussian import Gaussian as Noise
from aelab.evaluation import evaluate, score, traces
from aelab.metric.metric import Metric


def test_an_entry_goes_to_the_parameter_of_its_name_also_behind_one_that_nobody_gives() -> None:
    seen = Seen()
    system = make(metrics={"seen": seen})
    evaluate(system, "val")
    ((mask, y),) = seen.named
    assert mask is None and y.tolist() == (system.dataset.splits["val"] % 5).tolist()


class Centre(Metric):
    """How far the codes' mean lies from that of the training rows."""

    def __init__(self, clean: bool, final: bool) -> None:
        self.clean, self.final = clean, final
        self.fits = 0

    def fit(self, z: Tensor, index: Tensor) -> None:  # type: ignore[override]
        self.centre, self.learnt, self.fits = z.mean(0), index.tolist(), self.fits + 1

    def reset(self) -> None:
        self.z = []

    def update(self, z: Tensor) -> None:  # type: ignore[override]
        self.z.append(z)

    def compute(self) -> dict[str, float]:
        return {"distance": (torch.cat(self.z).mean(0) - self.centre).norm().item()}


@pytest.mark.parametrize("clean", [True, False])
def test_a_metric_learns_once_from_every_training_row_as_it_sees_them(clean: bool) -> None:
    metric = Centre(clean, final=True)
    system = make(corruption={"noise": Noise(2.0)}, metrics={"centre": metric})
    scores = score(system, ["val", "test"])
    assert metric.fits == 1 and metric.learnt == system.dataset.splits["train"].tolist()
    z = {
        split: torch.cat([trace.z for trace in traces(system, split, in_use=clean)])
        for split in ("train", "val", "test")
    }
    for split in ("val", "test"):
        expected = (z[split].mean(0) - z["train"].mean(0)).norm().item()
        assert scores[f"{split}/distance"] == pytest.approx(expected, rel=1e-5)


def test_what_is_dear_is_left_out_of_validation() -> None:
    system = make(metrics={"centre": Centre(clean=False, final=True)})
    assert set(evaluate(system, "val")) == {"loss"}
    assert set(score(system, ["val"])) == {"val/loss", "val/distance"}


def test_clean_metrics_do_not_see_the_noise_that_losses_see() -> None:
    class Distance(Seen):
        clean = True

        def update(self, x: Tensor, x_tilde: Tensor) -> None:  # type: ignore[override]
            self.index.append((x - x_tilde).abs().max().item())

        def compute(self) -> dict[str, float]:
            return {"noise": max(self.index)}

    noisy = make(corruption={"noise": Noise(2.0)}, metrics={"distance": Distance()})
    scores = evaluate(noisy, "val")
    assert scores["noise"] == 0
    assert scores["loss"] > 1.05 * evaluate(make(), "val")["loss"]
