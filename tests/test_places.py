"""Where things are kept between runs."""

from pathlib import Path

import pytest

from aelab.places import cache_dir


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    for name in ("AELAB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert cache_dir() == Path("/home/someone/.cache/aelab")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_dir() == Path("/caches/aelab")
    monkeypatch.setenv("AELAB_CACHE", "~/mine")
    assert cache_dir() == Path("/home/someone/mine")
