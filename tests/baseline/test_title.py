"""What figures call the baselines."""

import pytest

from aelab.baseline.title import title


@pytest.mark.parametrize(
    ("name", "called"),
    [("pca", "PCA"), ("kernel_pca", "Kernel PCA"), ("isomap", "Isomap"), ("tsne", "t-SNE")],
)
def test_a_method_has_its_usual_name(name: str, called: str) -> None:
    assert title(name) == called
