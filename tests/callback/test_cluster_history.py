"""The scores of every epoch are those of the clusters that were there then."""

import signal
from pathlib import Path

import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from training import same, trained, weights

from aelab.callback.cluster_history import ClusterHistory
from aelab.evaluation import whole
from aelab.history import read
from aelab.interrupt import Interrupted
from aelab.training import Training

RUN = [
    "model/latent=clusters",
    "model.latent.dim=3",
    "clusters=4",
    "recipe=fit_kmeans_fit",
    "loss=[mse,dcn]",
    "loss.dcn.strength=1",
    "trainer.max_epochs=4",
]
WATCHED = [*RUN, "callback=[checkpoint,cluster_history]"]
"""7 minibatches an epoch."""


def column(folder: Path, name: str) -> dict[int, float]:
    """Epoch -> its number, of the epochs that have one."""
    rows = [row for row in read(folder / "metrics.csv") if row["stage"] == "train"]
    return {row["epoch"]: row[f"train/{name}"] for row in rows if f"train/{name}" in row}


def test_the_last_scores_are_of_the_clusters_in_the_end(tmp_path: Path) -> None:
    found = whole(trained(tmp_path, *WATCHED).system, "train", "assignment", "y")
    clusters = found["assignment"].argmax(1)
    nmi, ari = column(tmp_path, "nmi"), column(tmp_path, "ari")
    assert list(nmi) == list(ari) == list(column(tmp_path, "acc")) == [1, 2, 3, 4]
    assert nmi[4] == pytest.approx(normalized_mutual_info_score(found["y"], clusters))
    assert ari[4] == pytest.approx(adjusted_rand_score(found["y"], clusters))
    assert same(weights(tmp_path), weights_of(tmp_path / "plain"))


def weights_of(folder: Path) -> dict:
    trained(folder, *RUN)
    return weights(folder)


def test_what_was_before_is_of_the_last_look(tmp_path: Path) -> None:
    """Looks at 0, 1, 2, ... and at 0, 3, 4: the end is always looked at."""
    trained(tmp_path / "each", *WATCHED)
    trained(tmp_path / "some", *WATCHED, "callback.cluster_history.every=3")
    each, some = column(tmp_path / "each", "nmi_before"), column(tmp_path / "some", "nmi_before")
    assert list(each) == [1, 2, 3, 4] and list(some) == [3, 4]
    assert some[4] == each[4] and some[3] <= each[3] <= 1


def test_a_run_without_labels_tells_how_much_changes(tmp_path: Path) -> None:
    x = tmp_path / "x.csv"
    x.write_text("\n".join(f"{i % 7},{i % 5}.5,{i}" for i in range(60)))
    data = ["dataset=arrays", f"dataset.file={x}", "dataset.limit=null", "dataset.split=all"]
    trained(tmp_path / "run", *WATCHED, *data)
    assert column(tmp_path / "run", "nmi_before") and not column(tmp_path / "run", "acc")


@pytest.mark.parametrize("at", [7, 10, 21])
def test_a_stopped_run_goes_on_as_if_it_had_not_been(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within an epoch, and at the end of one."""
    make = Training.step

    def stopping(self: Training):
        step = make(self)

        def until(*batch) -> None:
            step(*batch)
            if self.stage == "train" and self.position.value == at:
                self.interrupt.asked = signal.SIGTERM

        return until

    trained(tmp_path / "whole", *WATCHED)
    with monkeypatch.context() as patch:
        patch.setattr(Training, "step", stopping)
        with pytest.raises(Interrupted):
            trained(tmp_path / "parts", *WATCHED)
    trained(tmp_path / "parts", *WATCHED, resume=True)
    for name in ("acc", "nmi", "nmi_before"):
        assert column(tmp_path / "parts", name) == column(tmp_path / "whole", name)


def test_an_autoencoder_that_knows_no_clusters_has_none(tmp_path: Path) -> None:
    trained(tmp_path, "callback=[cluster_history]")
    assert not column(tmp_path, "acc")


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"every": 0}, "every must be at least 1, got 0"), ({"rows": 1}, "rows must be at least 2, got 1")],
)
def test_refusals(settings: dict, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        ClusterHistory(**settings)
    assert str(caught.value) == said
