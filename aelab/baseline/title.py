"""What a figure calls a baseline."""

OWN = {"tsne": "t-SNE"}


def title(name: str) -> str:
    """`pca` -> `PCA`, `kernel_pca` -> `Kernel PCA`: what has three letters is an abbreviation."""
    return " ".join(
        OWN.get(word, word.upper() if len(word) <= 3 else word.capitalize()) for word in name.split("_")
    )
