"""USPS: digits from envelopes, in the text format of libsvm."""

from pathlib import Path

import numpy as np

from aelab.dataset.published import Part, Published


class USPS(Published):
    """9,298 grey digits of 16 x 16, the last 2,007 for the test     [Hull 1994]"""

    source = "USPS"
    size = (1, 16, 16)

    def files(self) -> tuple[list[Part], list[Part]]:
        return [("usps.bz2",)], [("usps.t.bz2",)]

    def decode(self, path: Path) -> dict[str, np.ndarray]:
        from sklearn.datasets import load_svmlight_file

        x, y = load_svmlight_file(str(path), n_features=256)[:2]
        bytes_ = ((x.toarray().astype(np.float32) + 1) / 2 * 255).astype(
            np.uint8
        )  # from [-1, 1], rounded down as torchvision does
        return {"x": bytes_.reshape(-1, *self.size), "y": y.astype(np.int64) - 1}

    def names(self) -> list[str]:
        return [str(digit) for digit in range(10)]
