"""Each picture that a document shows is there, each that is there is shown, and none of them is large."""

import re

from tests.machinery import REPOSITORY

FOLDER = REPOSITORY / "docs" / "screenshots"
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+\.png)\)")
LARGEST = 160_000
PALETTE = 3  # the colour type that stands in a PNG's header


def test_each_picture_is_shown_and_each_that_is_shown_is_there():
    shown = {
        (path.parent / name).resolve() for path in DOCUMENTS for name in PICTURE.findall(path.read_text())
    }
    assert len(shown) > 20
    assert shown == {path.resolve() for path in FOLDER.glob("*.png")}


def test_each_picture_has_few_colours_and_is_small():
    for path in FOLDER.glob("*.png"):
        data = path.read_bytes()
        assert data[25] == PALETTE, f"{path.name} has no palette: make it with scripts/screenshots --docs"
        assert len(data) <= LARGEST, f"{path.name} is {len(data):,} bytes large"


def test_the_script_makes_each_of_them():
    script = (REPOSITORY / "scripts" / "screenshots").read_text()
    listed = script.split('ONLY="', 1)[1].split('"', 1)[0].split()
    assert sorted(f"{name}.png" for name in listed) == sorted(path.name for path in FOLDER.glob("*.png"))
