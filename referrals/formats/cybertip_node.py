"""Elements of the CyberTipline's XML, and how they are written: the same bytes for the same elements, everywhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

SCHEMA_ADDRESS = "https://report.cybertip.org/ispws/xsd"


@dataclass(frozen=True)
class Node:
    """An element: text or children, in the order in which they are written."""

    name: str
    content: "str | tuple[Node, ...]"
    attributes: tuple[tuple[str, str], ...] = ()


def written(root: Node) -> bytes:
    """By hand, so that the same content gives the same bytes whatever library is installed."""
    attributes = {"xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance"}
    attributes["xsi:noNamespaceSchemaLocation"] = SCHEMA_ADDRESS
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *_lines(root, 0, attributes)]
    return ("\n".join(lines) + "\n").encode()


def _lines(node: Node, depth: int, attributes: Mapping[str, str]) -> Iterator[str]:
    indent = "  " * depth
    facts = "".join(f" {name}={quoteattr(_xml_text(value))}" for name, value in attributes.items())
    if isinstance(node.content, str):
        yield f"{indent}<{node.name}{facts}>{_escape(node.content)}</{node.name}>"
    elif not node.content:
        yield f"{indent}<{node.name}{facts}/>"
    else:
        yield f"{indent}<{node.name}{facts}>"
        for child in node.content:
            yield from _lines(child, depth + 1, dict(child.attributes))
        yield f"{indent}</{node.name}>"


def _escape(text: str) -> str:
    return escape(_xml_text(text), {"\r": "&#13;"})


def _xml_text(text: str) -> str:
    r"""XML 1.0 cannot hold most control characters: they are written as \uXXXX, as everywhere in a packet."""
    return "".join(character if _is_allowed(character) else f"\\u{ord(character):04x}" for character in text)


def _is_allowed(character: str) -> bool:
    code = ord(character)
    return character in "\t\n\r" or (
        code >= 0x20 and not 0xD800 <= code <= 0xDFFF and code not in (0xFFFE, 0xFFFF)
    )
