"""One process at a time trains in a folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from aelab.errors import UserError
from aelab.lock import is_held, locked

HOLD = """
import sys, time
from pathlib import Path
from aelab.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_another_process_is_kept_out_until_it_ends_however_it_does(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        assert is_held(tmp_path)
        with pytest.raises(UserError, match="is being trained by another process"), locked(tmp_path):
            pass
        other.kill()
        with locked(tmp_path, patience=30):
            assert is_held(tmp_path)
    assert not is_held(tmp_path) and list(tmp_path.iterdir()) == []
