"""Holds a CyberTipline document to its three layers: readable XML, the schema, and the rules that no schema holds.

Each fault is a sentence for the supervisor who has to act on it; the layer says who can mend it.
"""

import difflib
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lxml import etree

from referrals.formats.cybertip_schema import LISTS, PATTERNS, ROOTS, Attribute, Kind, Part, kinds

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
LARGEST = 20_000_000
DATETIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
Element = Any


@dataclass(frozen=True)
class Fault:
    """`layer` is xml, schema, rule or xsd (the operator's own copy)."""

    layer: str
    place: str
    sentence: str


class NotReadable(ValueError):
    """This is no XML that can be taken apart safely."""


def read_xml(raw: bytes) -> Element:
    """Nothing is loaded, fetched or expanded: what came from outside is only taken apart."""
    if len(raw) > LARGEST:
        raise NotReadable("The document is too large to be read.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(raw, parser=parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        line = getattr(fault, "lineno", 0) or 1
        raise NotReadable(f"The document is no readable XML: it breaks off at line {line}.") from None
    if root.getroottree().docinfo.doctype:
        raise NotReadable("The document declares a type of its own, which the CyberTipline does not take.")
    return root


def schema_faults(root: Element) -> list[Fault]:
    if root.tag not in ROOTS:
        wanted = ", ".join(ROOTS[:2])
        return [Fault("schema", str(root.tag), f"“{root.tag}” is no document of the CyberTipline: {wanted}.")]
    return list(_element(root, str(root.tag), place=str(root.tag)))


def xsd_faults(raw: bytes, xsd: Path) -> list[Fault]:
    """Against the schema that the operator fetched from the CyberTipline."""
    try:
        schema = etree.XMLSchema(etree.parse(str(xsd)))
    except (OSError, etree.LxmlError):
        sentence = (
            f"The schema {xsd.name} of ARTEMIS_CYBERTIP_XSD cannot be read. The operator can fetch it again."
        )
        return [Fault("xsd", "", sentence)]
    if schema.validate(read_xml(raw)):
        return []
    return [
        Fault("xsd", str(error.path or ""), f"The CyberTipline's current schema says: {error.message}")
        for error in schema.error_log
    ]


def _element(element: Element, kind_name: str, *, place: str) -> Iterator[Fault]:
    kind = kinds().get(kind_name)
    if kind is None or kind.order == "text":
        yield from _text(element, kind.text if kind else kind_name, place=place)
    yield from _attributes(element, kind.attributes if kind else (), place=place)
    if kind is not None and kind.order != "text":
        yield from _children(element, kind, place=place)


def _text(element: Element, kind: str, *, place: str) -> Iterator[Fault]:
    if len(element):
        yield Fault(
            "schema", place, f"“{element[0].tag}” stands inside “{element.tag}”, which holds text only."
        )
    fault = value_fault(element.text or "", kind, name=str(element.tag))
    if fault:
        yield Fault("schema", place, fault)


def _attributes(element: Element, known: tuple[Attribute, ...], *, place: str) -> Iterator[Fault]:
    by_name = {attribute.name: attribute for attribute in known}
    for name, value in element.attrib.items():
        if str(name).startswith(XSI):
            continue
        if name not in by_name:
            yield Fault("schema", place, f"“{element.tag}” carries “{name}”, which it may not carry.")
            continue
        fault = value_fault(str(value), by_name[name].type, name=str(name))
        if fault:
            yield Fault("schema", place, fault)
    for attribute in known:
        if attribute.is_required and attribute.name not in element.attrib:
            sentence = (
                f"“{element.tag}” does not say its “{attribute.name}”, which the CyberTipline requires."
            )
            yield Fault("schema", place, sentence)


def _children(element: Element, kind: Kind, *, place: str) -> Iterator[Fault]:
    if (element.text or "").strip():
        yield Fault("schema", place, f"“{element.tag}” holds text where only elements may stand.")
    parts = {part.name: part for part in kind.parts}
    names = [str(child.tag) for child in element]
    for name in dict.fromkeys(names):
        if name not in parts:
            yield Fault("schema", place, f"“{name}” is no part of “{element.tag}”.")
    yield from _counts(str(element.tag), kind, names, place=place)
    if kind.order == "seq":
        yield from _order(
            str(element.tag), kind.parts, [name for name in names if name in parts], place=place
        )
    for child in element:
        if str(child.tag) in parts:
            yield from _element(child, parts[str(child.tag)].type, place=f"{place}/{child.tag}")


def _counts(holder: str, kind: Kind, names: list[str], *, place: str) -> Iterator[Fault]:
    if kind.order == "choice":
        if len(names) != 1:
            yield Fault(
                "schema", place, f"“{holder}” holds {len(names)} kinds of place; it may hold exactly one."
            )
        return
    for part in kind.parts:
        count = names.count(part.name)
        if count < part.least:
            sentence = f"“{part.name}” is missing in “{holder}”, and the CyberTipline requires it."
            yield Fault("schema", place, sentence)
        if part.most is not None and count > part.most:
            yield Fault(
                "schema", place, f"“{part.name}” stands {count} times in “{holder}”; once is allowed."
            )


def _order(holder: str, parts: tuple[Part, ...], names: list[str], *, place: str) -> Iterator[Fault]:
    rank = {part.name: number for number, part in enumerate(parts)}
    for before, after in itertools.pairwise(names):
        if rank[after] < rank[before]:
            sentence = f"“{after}” stands after “{before}” in “{holder}”; the CyberTipline wants it before."
            yield Fault("schema", place, sentence)
            return


# --- Values ------------------------------------------------------------------------------------


def value_fault(value: str, kind: str, *, name: str) -> str:
    """A sentence if the value is none of its kind, else nothing."""
    if kind in LISTS:
        return "" if value in LISTS[kind] else _not_in_list(value, kind, name)
    if kind in PATTERNS:
        wanted = "a plus and one to three digits" if "Calling" in kind else "digits only"
        return "" if re.fullmatch(PATTERNS[kind], value) else f"“{value}” is no {name}: it is {wanted}."
    check, wanted = VALUES.get(kind, (_anything, ""))
    return "" if check(value.strip()) else f"“{value[:60]}” is no {name}: it has to be {wanted}."


def _not_in_list(value: str, kind: str, name: str) -> str:
    near = difflib.get_close_matches(value, LISTS[kind], n=1)
    hint = f" The nearest is “{near[0]}”." if near else ""
    return f"“{value[:80]}” is none of the values that {name} may have.{hint}"


def _is_datetime(value: str) -> bool:
    return bool(DATETIME.fullmatch(value)) and _parses(datetime.fromisoformat, value.replace("Z", "+00:00"))


def _parses(reader: Callable[[str], Any], value: str) -> bool:
    try:
        reader(value)
    except ValueError:
        return False
    return True


def _is_whole(value: str) -> bool:
    return re.fullmatch(r"[+-]?\d{1,18}", value) is not None


def _anything(_: str) -> bool:
    return True


VALUES: dict[str, tuple[Callable[[str], bool], str]] = {
    "boolean": (lambda value: value in {"true", "false", "1", "0"}, "true or false"),
    # Fixed to true by the schema: it is there or it is not.
    "mark": (lambda value: value in {"", "true", "1"}, "true or left out"),
    "int": (_is_whole, "a whole number"),
    "long": (_is_whole, "a whole number"),
    "double": (lambda value: _parses(float, value), "a number"),
    "date": (lambda value: len(value) == 10 and _parses(date.fromisoformat, value), "a date as 2026-03-03"),
    "dateTime": (_is_datetime, "a time as 2026-03-03T20:00:00Z"),
}
