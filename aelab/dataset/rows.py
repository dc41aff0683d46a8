"""What a source of data gives."""

from dataclasses import dataclass

from torch import Tensor


@dataclass
class Rows:
    """Every row, in stored form, the training rows first where the source has a split of its own."""

    x: Tensor  # [n, c, h, w] or [n, features]; uint8 or float32
    y: Tensor | None = None  # [n] int64; −1 where a row has no label
    classes: list[str] | None = None
    names: list[str] | None = None  # a file of each row
    test: int | None = None  # rows from here on are the source's own test split
    val: int | None = None  # rows from here to `test` are its own validation split
    factors: Tensor | None = None  # [n, k] int64, the generating factors of each row
    factor_names: list[str] | None = None
    attributes: Tensor | None = None  # [n, k] float32 in [0, 1], what is known of each row
    attribute_names: list[str] | None = None  # those that are also classes exclude each other
    mapped: bool = False  # x is a view of a file too large for memory: never moved, never written
