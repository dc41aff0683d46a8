"""Names that folders and titles take from overrides."""

from aelab.grammar import endings, name_of_run, slug


def test_a_setting_is_named_by_the_shortest_end_that_is_its_own() -> None:
    keys = ["model.latent.dim", "seed", "loss.kl.weight", "loss.mmd.weight", "model/latent"]
    assert list(endings(keys).values()) == ["dim", "seed", "kl.weight", "mmd.weight", "latent"]


def test_one_that_ends_another_keeps_its_whole_name() -> None:
    assert endings(["optimizer.lr", "recipe.finetune.optimizer.lr"]) == {
        "optimizer.lr": "optimizer.lr",
        "recipe.finetune.optimizer.lr": "finetune.optimizer.lr",
    }
    assert endings(["lr", "optimizer.lr"]) == {"lr": "lr", "optimizer.lr": "optimizer.lr"}


def test_a_folder_tells_what_varies() -> None:
    asked = ["experiment=vae", "loss.kl.weight=4", "loss.mmd.weight=0.5", "model.latent.dim=2"]
    assert slug(asked, ["loss.kl.weight", "loss.mmd.weight"]) == "kl.weight=4,mmd.weight=0.5"
    assert slug(asked, ["model.latent.dim"]) == "dim=2"
    assert slug(asked[3:]) == "dim=2" and slug([]) == "default"
    assert slug(["loss=[mse,kl]", "dataset.root=a b"], ["loss"]) == "loss=_mse,kl_"


def test_a_run_is_named_by_its_data_and_its_experiment_else_its_model() -> None:
    assert name_of_run(None, "mnist", "mlp", "vae2013") == "mnist-vae2013"
    assert name_of_run(None, "frey", "mlp", "frey") == "frey"
    assert name_of_run(None, "digits", "mlp", "none") == "digits-mlp"
    assert name_of_run("my own/run", "digits", "mlp", "none") == "my_own_run"
