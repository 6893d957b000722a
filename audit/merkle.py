"""The hash tree of RFC 6962 over the trail: what is kept of it, its proofs, and how they are checked. Pure.

Nothing of the history is read to add a leaf: the edge (`Frontier`) is enough. Of the complete subtrees each fourth
level is kept, so a proof reads at most fifteen hashes for every four levels.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# RFC 6962, 2.1: the first byte keeps a leaf from being taken for a node.
LEAF, NODE = b"\x00", b"\x01"
KEPT_EVERY = 4
# Of the subtrees that are hashed level by level: below, the preparation would cost more than it saves.
SMALLEST, WIDEST = 16, 4096
EMPTY_ROOT = hashlib.sha256(b"").digest()

# A complete subtree: its height, and its place among those of its height.
Place = tuple[int, int]
# Leaves from the first up to, but without, the second.
Range = tuple[int, int]


class ProofRefused(ValueError):
    """A proof does not lead to the root."""


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()


def folded(hashes: Sequence[bytes]) -> bytes:
    """The hash over neighbouring complete subtrees, largest first."""
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


# --- Growing -----------------------------------------------------------------------------------


@dataclass
class Frontier:
    """The complete subtrees along the right edge, largest first. `completed` gathers those that are to be kept."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)
    completed: list[tuple[int, int, bytes]] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        sha256, hashes = hashlib.sha256, self.hashes
        hashes.append(leaf)
        self.size += 1
        rest, level = self.size, 0
        while not rest & 1:
            right = hashes.pop()
            hashes[-1] = sha256(NODE + hashes[-1] + right).digest()
            rest, level = rest >> 1, level + 1
            if level % KEPT_EVERY == 0:
                self.completed.append((level, rest - 1, hashes[-1]))

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Many at once: whole subtrees of 16 leaves are hashed level by level, which takes half the time."""
        at = 0
        while at < len(leaves):
            width = min(_room(self.size), len(leaves) - at)
            if width < SMALLEST:
                self.append(leaves[at])
                at += 1
                continue
            width = 1 << width.bit_length() - 1
            self._add_subtree(leaves[at : at + width])
            at += width

    def _add_subtree(self, hashes: Sequence[bytes]) -> None:
        """A complete subtree, at a place that is a multiple of its width."""
        width, sha256, level = len(hashes), hashlib.sha256, 0
        while len(hashes) > 1:
            pairs = iter(hashes)
            hashes = [sha256(NODE + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
            level += 1
            self._keep(level, (self.size >> level), hashes)
        self.hashes.append(hashes[0])
        self.size += width
        rest = self.size >> level
        while not rest & 1:
            right = self.hashes.pop()
            self.hashes[-1] = node_hash(self.hashes[-1], right)
            rest, level = rest >> 1, level + 1
            self._keep(level, rest - 1, self.hashes[-1:])

    def _keep(self, level: int, first: int, hashes: Sequence[bytes]) -> None:
        if level % KEPT_EVERY == 0:
            self.completed.extend((level, first + at, found) for at, found in enumerate(hashes))

    def root(self) -> bytes:
        return folded(self.hashes) if self.hashes else EMPTY_ROOT

    def packed(self) -> bytes:
        return b"".join(self.hashes)

    @classmethod
    def unpacked(cls, size: int, packed: bytes) -> "Frontier":
        hashes = [packed[at : at + 32] for at in range(0, len(packed), 32)]
        if len(hashes) != size.bit_count():
            raise ValueError("The edge of the tree does not fit its size.")
        return cls(size=size, hashes=hashes)


def _room(size: int) -> int:
    """How many leaves the largest subtree may have that begins at this place; at most WIDEST."""
    return min(size & -size, WIDEST) if size else WIDEST


# --- What a proof is made of -------------------------------------------------------------------


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """PATH of RFC 6962, 2.1.1: the ranges beside the way from a leaf up to the root, lowest first."""
    begin, end, found = 0, size, list[Range]()
    while end - begin > 1:
        middle = begin + _half(end - begin)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((begin, middle))
            begin = middle
    return found[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """PROOF of RFC 6962, 2.1.2: what shows that the first `old` leaves of the tree of `new` are the older tree."""
    if not 0 < old < new:
        return []
    begin, end, is_whole, found = 0, new, True, list[Range]()
    while old != end:
        middle = begin + _half(end - begin)
        if old <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((begin, middle))
            begin, is_whole = middle, False
    return ([] if is_whole else [(begin, end)]) + found[::-1]


def places_in(part: Range) -> list[Place]:
    """The complete subtrees that a range consists of, left to right."""
    begin, end = part
    found = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def kept_under(place: Place) -> list[Place]:
    """The kept hashes that a subtree's hash is made of: itself, where its level is kept."""
    level, index = place
    above = level % KEPT_EVERY
    return [(level - above, (index << above) + at) for at in range(1 << above)]


def kept_for(parts: Iterable[Range]) -> set[Place]:
    return {kept for part in parts for place in places_in(part) for kept in kept_under(place)}


def hash_of(part: Range, kept: Mapping[Place, bytes]) -> bytes:
    return folded([_complete([kept[one] for one in kept_under(place)]) for place in places_in(part)])


def _complete(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def _half(width: int) -> int:
    """The largest power of two that is smaller than the width."""
    return 1 << (width - 1).bit_length() - 1


# --- Checking (RFC 9162, 2.1.3.2 and 2.1.4.2) --------------------------------------------------


def root_by_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    return list(steps_to_root(leaf, index=index, size=size, proof=proof))[-1][2]


def steps_to_root(
    leaf: bytes, *, index: int, size: int, proof: Sequence[bytes]
) -> Iterator[tuple[str, bytes, bytes]]:
    """Each step: on which side the other hash stands, that hash, and what both give. The last gives the root."""
    if not 0 <= index < size:
        raise ProofRefused("The leaf lies outside the tree.")
    found, at, last = leaf, index, size - 1
    yield "", b"", found
    for other in proof:
        if not last:
            raise ProofRefused("The proof is longer than the way to the root.")
        if at & 1 or at == last:
            found = node_hash(other, found)
            yield "left", other, found
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, other)
            yield "right", other, found
        at, last = at >> 1, last >> 1
    if last:
        raise ProofRefused("The proof ends before the root.")


def check_consistency(
    *, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raises ProofRefused unless the older tree is the beginning of the newer one."""
    if old > new:
        raise ProofRefused("The older tree is larger than the newer one.")
    if old in (0, new):
        if proof or (old == new and old_root != new_root) or (not old and old_root != EMPTY_ROOT):
            raise ProofRefused("Two trees of one size have two roots.")
        return
    hashes = list(proof)
    if not old & (old - 1):
        hashes.insert(0, old_root)
    if not hashes:
        raise ProofRefused("The proof is empty.")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    older = newer = hashes[0]
    for other in hashes[1:]:
        if not last:
            raise ProofRefused("The proof is longer than the way to the root.")
        if at & 1 or at == last:
            older, newer = node_hash(other, older), node_hash(other, newer)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            newer = node_hash(newer, other)
        at, last = at >> 1, last >> 1
    if last or older != old_root or newer != new_root:
        raise ProofRefused("The older tree is not the beginning of the newer one.")
