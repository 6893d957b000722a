"""The zip file of a packet, written in one way only, so that verification can write it again and compare.

Written by hand (PKWARE APPNOTE 6.3.10, §4.3): a packet must verify in ten years, whatever a later library
writes by default. Nothing is compressed, so no reader can be made to swell.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
LOCAL_MARK, CENTRAL_MARK, END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"

VERSION = 20
MADE_ON_UNIX = 3 << 8 | VERSION
STORED = 0
MIDNIGHT, FIRST_DAY = 0, 1 << 5 | 1  # 1 January 1980: a packet carries its real times inside
PLAIN_FILE = 0o100644 << 16

LARGEST_ARCHIVE = 512 * 1024 * 1024
MOST_MEMBERS = 1000


class Unreadable(Exception):
    """This is not a zip file, or too large or too damaged to be taken apart."""


@dataclass
class Opened:
    """What a zip file holds, in its own order, and what is odd about the file itself."""

    members: list[tuple[str, bytes]] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)


def write(members: Mapping[str, bytes]) -> bytes:
    """Members in the order of their names, stored, with a fixed time: the same members give the same bytes."""
    body, directory = bytearray(), bytearray()
    for name, data in sorted(members.items()):
        raw = name.encode("ascii")
        facts = (VERSION, 0, STORED, MIDNIGHT, FIRST_DAY, zlib.crc32(data), len(data), len(data), len(raw), 0)
        directory += CENTRAL.pack(CENTRAL_MARK, MADE_ON_UNIX, *facts, 0, 0, 0, PLAIN_FILE, len(body)) + raw
        body += LOCAL.pack(LOCAL_MARK, *facts) + raw + data
    count = len(members)
    end = END.pack(END_MARK, 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory + end)


def read(raw: bytes) -> Opened:
    """Take a zip file apart without believing it: nothing is inflated, nothing beyond its own bytes is read."""
    if len(raw) > LARGEST_ARCHIVE:
        raise Unreadable(f"The file is larger than {LARGEST_ARCHIVE // 1024 // 1024} MB: no packet is.")
    end = raw.rfind(END_MARK)
    if end < 0 or end + END.size > len(raw):
        raise Unreadable("This is not a zip file, or its end is missing.")
    opened = Opened()
    _, _, _, _, count, size, offset, _ = END.unpack_from(raw, end)
    if end + END.size != len(raw):
        opened.oddities.append(f"{len(raw) - end - END.size} bytes follow the end of the archive.")
    before = end - size - offset
    if before > 0:
        opened.oddities.append(f"{before} bytes stand before the beginning of the archive.")
    if count > MOST_MEMBERS or before < 0:
        raise Unreadable("The directory of the zip file does not fit the file.")
    shift = before if raw.startswith(LOCAL_MARK, before) else 0
    _read_members(raw, opened, directory=end - size, count=count, shift=shift)
    return opened


def printable(name: str) -> str:
    """A name from a strange file may carry commands for a terminal: then only its code is shown."""
    return name if name.isascii() and name.isprintable() else ascii(name)


def _read_members(raw: bytes, opened: Opened, *, directory: int, count: int, shift: int) -> None:
    at = directory
    for _ in range(count):
        try:
            entry = CENTRAL.unpack_from(raw, at)
        except struct.error:
            raise Unreadable("The directory of the zip file ends early.") from None
        if entry[0] != CENTRAL_MARK:
            raise Unreadable("The directory of the zip file is damaged.")
        method, stored, real, name_length, extra, comment = entry[4], *entry[8:13]
        name = raw[at + CENTRAL.size : at + CENTRAL.size + name_length].decode("utf-8", "backslashreplace")
        at += CENTRAL.size + name_length + extra + comment
        if method != STORED or stored != real:
            opened.oddities.append(f"{printable(name)} is compressed; a packet's files are not.")
            continue
        opened.members.append((name, _data(raw, shift + entry[16], stored)))


def _data(raw: bytes, at: int, size: int) -> bytes:
    """What stands where the directory says; anything that does not fit is found by its digest."""
    try:
        header = LOCAL.unpack_from(raw, at)
    except struct.error:
        return b""
    begin = at + LOCAL.size + header[9] + header[10]
    return raw[begin : begin + size]
