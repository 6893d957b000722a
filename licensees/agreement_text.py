"""The agreement as paragraphs for a page: its files use headings and paragraphs, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Paragraph:
    text: str
    is_heading: bool = False


def paragraphs(text: str) -> list[Paragraph]:
    """Without the title, which the page has already."""
    return list(_read(text))


def _read(text: str) -> Iterator[Paragraph]:
    for block in text.strip().split("\n\n"):
        if block.startswith("## "):
            yield Paragraph(block.removeprefix("## "), is_heading=True)
        elif not block.startswith("# "):
            yield Paragraph(block)
