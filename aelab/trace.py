"""The vocabulary: the named tensors of one forward pass, in the lectures' letters.

b is the batch, d the code, *shape the data's own: [c, h, w] for images, [features] for vectors.
"""

from typing import Any

VOCABULARY = {
    "x": "[b, *shape] the clean input, and the target of the reconstruction",
    "x_tilde": "[b, *shape] the input as the encoder sees it, corrupted",
    "mask": "[b, 1, h, w] 1 where a corruption hid the input",
    "y": "[b] the labels; absent where the data has none",
    "index": "[b] the rows' numbers in the data set",
    "factors": "[b, k] the generating factors, where the data knows them",
    "attributes": "[b, k] what is known of a picture, named numbers in [0, 1]",
    "anomaly": "[b] 1 where a row is of no normal class, 0 where it is of one, −1 where it has no label",
    "segment": "[b, 1, h, w] 1 where the foreground is, as the data knows it",
    "c": "[b, k] the condition, made of y, attributes or x_tilde",
    "h": "[b, width] what the encoder gives the latent",
    "z": "[b, d] the code",
    "mean": "[b, d] μ of q(z given x)",
    "logvar": "[b, d] log σ² of q(z given x), coordinate by coordinate",
    "q": "q(z given x), a torch.distributions.Distribution over [b, d]",
    "centroids": "[K, d] the clusters' centres among the codes",
    "assignment": "[b, K] how much of a row each cluster has; a row sums to 1",
    "prior": "p(z), to draw from and, where it has one, for its density",
    "x_logits": "[b, *shape] the decoder's output before its activation",
    "x_hat": "[b, *shape] the reconstruction",
    "x_logvar": "[b, *shape] log σ² of every pixel, from a decoder that gives two maps",
    "x_foreground": "[b, *shape] the foreground's layer of the reconstruction, 0 elsewhere",
    "x_background": "[b, *shape] the background's layer, behind the foreground as well",
    "gate_logits": "[b, 1, h, w] logits of the gate: 1 where the background shows, 0 before the foreground",
    "weights": "the weight matrices and kernels of the nets, biases and norms left out",
    "encode": "x [b, *shape] -> {h, z, ...}, to call the encoder again",
    "decode": "z [b, d] -> {x_logits, x_hat, ...}, to call the decoder again",
    "likelihood": "p(x given z) of the objective, where it has exactly one",
    "logits": "[b, classes] what a classifier says, before the softmax",
}


def is_of_rows(name: str) -> bool:
    """Whether an entry has a row for each of the minibatch's."""
    return VOCABULARY[name].startswith("[b")


class Trace(dict[str, Any]):
    """Entries by name, `trace.z` for `trace["z"]`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(f"the Trace has no '{name}'; it has {', '.join(self)}") from error
