"""Where a user's photos lie and where the restored ones go, checked before anything is written."""

from dataclasses import dataclass
from pathlib import Path

from aelab.dataset.images import find, is_image
from aelab.errors import UserError


@dataclass
class Places:
    """names: of the photos, relative to root, and to output but perhaps for their suffix.

    references: name without suffix -> the files of the reference folder that bear it.
    """

    root: Path
    names: list[str]
    output: Path
    reference: Path | None
    references: dict[str, list[str]]

    def truth(self, name: str) -> tuple[Path | None, str]:
        """(the reference of a photo, why there is none)"""
        found = self.references.get(stem(name), [])
        if self.reference is None or not found:
            return None, "" if self.reference is None else "without a reference"
        if name not in found and len(found) > 1:
            return None, "several references bear its name"
        return self.reference / (name if name in found else found[0]), ""


def places(source: Path, output: Path, reference: Path | None, sheet: bool) -> Places:
    """Raises UserError where something is missing, or would be written over."""
    root, names = listed(source, "input")
    names = [name for name in names if output.resolve() not in (root / name).resolve().parents] or names
    theirs = {(root / name).resolve().parent: "input" for name in names}
    references: dict[str, list[str]] = {}
    if reference is not None:
        pair = not source.is_dir() and not reference.is_dir()  # two files need no common name
        reference, known = listed(reference, "reference")
        for name in known:
            references.setdefault(stem(names[0] if pair else name), []).append(name)
        theirs = {(reference / name).resolve().parent: "reference" for name in known} | theirs
    spare(output, names, theirs)
    if sheet and (alike := next((name for name in names if stem(name) == "sheet"), None)):
        raise UserError(f"sheet: takes false where a photo is named {alike}: its result may be sheet.png")
    return Places(root, names, output, reference, references)


def spare(output: Path, names: list[str], theirs: dict[Path, str]) -> None:
    """Raises UserError where a file of this name would lie in a folder of theirs, folder -> whose."""
    for name in names:
        if kept := theirs.get((output / name).parent.resolve()):
            raise UserError(f"output: '{output}' would write over files of {kept}; give another folder")


def listed(path: Path, setting: str) -> tuple[Path, list[str]]:
    """(folder, the images in it), or a single one."""
    if path.is_dir():
        return path, find(path, setting)
    if not path.exists():
        raise UserError(f"{setting}: no file or folder '{path}'")
    if not is_image(path.name):
        raise UserError(f"{setting}: '{path}' is neither an image nor a folder of images")
    return path.parent, [path.name]


def stem(name: str) -> str:
    return Path(name).with_suffix("").as_posix()
