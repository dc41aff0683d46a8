"""What the tests of layerwise training share: a recipe and nets of several layers."""

ONLY = ["recipe=layerwise", "recipe.train.epochs=0", "callback.checkpoint.monitor=null"]
"""The last stage leaves the net as the layers were trained."""

NETS = {
    "mlp": ["model=mlp", "model.widths=[9,5]"],
    "stride": ["model=conv", "model.channels=[3,2]", "model.down=stride"],
    "pool": ["model=conv", "model.channels=[3,2]", "model.down=pool"],
    "linear": ["model=mlp", "model.widths=[9]", "model.activation=identity"],
}
