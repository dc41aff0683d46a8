"""A model's condition from what somebody says, rather than from rows of data."""

from torch import Tensor

from aelab.model.autoencoder import Autoencoder


def by_label(model: Autoencoder) -> bool:
    """Whether the label is all that must be given beside x or z."""
    return model.condition is not None and model.condition.reads == ("y",)


def by_attributes(model: Autoencoder) -> bool:
    """Whether attributes are all that must be given beside x or z."""
    return model.condition is not None and model.condition.reads == ("attributes",)


def given(model: Autoencoder, y: Tensor | None) -> Tensor | None:
    """c [n, k] of labels y [n], for a model conditioned on them; None for one without a condition."""
    return None if model.condition is None or y is None else model.condition(y=y)
