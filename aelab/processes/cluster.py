"""How Lightning is told of the processes: they are there already, and nobody but the program starts any."""

from typing import Any

from lightning_fabric.plugins.environments.lightning import LightningEnvironment


class Cluster(LightningEnvironment):
    """Reads where a process stands from the environment variables that torchrun sets."""

    @property
    def creates_processes_externally(self) -> bool:
        return True


def with_processes(trainer: dict[str, Any]) -> dict[str, Any]:
    """Lightning's Trainer settings, told so."""
    own = trainer.get("plugins") or []
    return {**trainer, "plugins": [*(own if isinstance(own, list) else [own]), Cluster()]}
