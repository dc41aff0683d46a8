"""The squared error between codes."""

import torch

from aelab.loss.code_mse import CodeMSE


def test_is_the_squared_distance_of_every_row() -> None:
    z, z_high = torch.randn(2, 5, 3, dtype=torch.float64)
    torch.testing.assert_close(CodeMSE()(z, z_high), torch.cdist(z, z_high).diagonal() ** 2)
    assert CodeMSE()(z, z).abs().max() == 0
