"""Which rows to show: some of every class where there are classes, else the first."""

from aelab.dataset.dataset import Dataset

POOL = 256  # look no further: every row up to the last one shown must pass through the nets


def pick(dataset: Dataset, split: str, n: int) -> list[int]:
    """At most n positions in a split: the first of each class, then the second of each, in order of class."""
    rows = dataset.splits[split][:POOL]
    if dataset.rows.y is None:
        return list(range(min(n, len(rows))))
    seen: dict[int, int] = {}
    ranked = []  # (how many of its class came before, position, class)
    for position, label in enumerate(dataset.rows.y[rows].tolist()):
        ranked.append((seen.get(label, 0), position, label))
        seen[label] = seen.get(label, 0) + 1
    return [position for _, position, _ in sorted(sorted(ranked)[:n], key=lambda row: (row[2], row[1]))]
