"""Frey Face: one face in a short film, as the original MATLAB file has it."""

from pathlib import Path

import torch

from aelab.build import one_line
from aelab.dataset.dataset import Dataset
from aelab.dataset.rows import Rows
from aelab.errors import UserError

FILE = "frey_rawface.mat"


class Frey(Dataset):
    """1,965 grey faces of 28 x 20, frame after frame, without labels     [Roweis & Frey]"""

    def read(self) -> Rows:
        from scipy.io import loadmat

        root = Path(self.root)
        path = next((p for p in (root / FILE, root / "frey" / FILE, root) if p.is_file()), None)
        if path is None:
            raise UserError(
                f"dataset.root: no {FILE} under '{root}'. It is not downloaded: "
                f"put it in {root / 'frey'}, or use dataset=digits."
            )
        try:
            faces = loadmat(path, variable_names=["ff"])["ff"]  # [560, n]
            x = torch.from_numpy(faces).t().reshape(-1, 1, 28, 20).contiguous()
            if x.dtype != torch.uint8:
                raise ValueError(f"'ff' holds {faces.dtype}, not uint8")
        except Exception as error:  # whatever foreign bytes come to in scipy's reader
            said = "no key 'ff'" if isinstance(error, KeyError) else one_line(error)
            raise UserError(f"dataset.root: {path} is truncated or not the Frey faces ({said})") from error
        return Rows(x)
