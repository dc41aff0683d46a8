"""What metrics of images in [0, 1] share: the refusal of other data."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aelab.metric.metric import Metric

if TYPE_CHECKING:
    from aelab.system import System


class ImageMetric(Metric):
    """A number about images whose black is 0 and whose white is 1."""

    def objections(self, system: "System") -> Iterable[str]:
        dataset = system.dataset
        if not dataset.is_image:
            yield f"needs images; these rows are vectors {list(dataset.shape)}"
        elif not dataset.is_unit:
            low, high = dataset.extremes()
            yield (
                f"needs images in [0, 1], these lie in [{low:.3g}, {high:.3g}]; dataset.centred=false, and "
                "dataset.scale=unit for arrays, bring them there"
            )
