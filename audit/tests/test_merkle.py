"""The tree is the one of RFC 6962: its published roots, and every proof of every small tree."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.merkle import (
    EMPTY_ROOT,
    KEPT_EVERY,
    Frontier,
    Place,
    ProofRefused,
    check_consistency,
    consistency_ranges,
    hash_of,
    inclusion_ranges,
    kept_for,
    leaf_hash,
    root_by_inclusion,
)

# The inputs and roots that the Certificate Transparency project tests its own trees with.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 70


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def grown(hashes: list[bytes]) -> tuple[list[bytes], dict[Place, bytes]]:
    """The root after each leaf, and what is kept of the tree: its leaves and each fourth level."""
    frontier, roots = Frontier(), [EMPTY_ROOT]
    for leaf in hashes:
        frontier.append(leaf)
        roots.append(frontier.root())
    kept = {(0, index): leaf for index, leaf in enumerate(hashes)}
    return roots, kept | {(level, index): found for level, index, found in frontier.completed}


MANY = leaves(9000)
ROOT_OF, KEPT = grown(leaves(LARGEST))


def test_the_roots_are_the_published_ones() -> None:
    roots, _ = grown([leaf_hash(bytes.fromhex(text)) for text in INPUTS])
    assert [root.hex() for root in roots] == [hashlib.sha256().hexdigest(), *ROOTS]


def test_every_leaf_of_every_small_tree_is_proved() -> None:
    for size in range(1, LARGEST + 1):
        for index in range(size):
            parts = inclusion_ranges(index, size)
            proof = [hash_of(part, KEPT) for part in parts]
            assert root_by_inclusion(KEPT[0, index], index=index, size=size, proof=proof) == ROOT_OF[size]


def test_every_older_tree_is_proved_to_be_the_beginning() -> None:
    for new in range(LARGEST + 1):
        for old in range(new + 1):
            proof = [hash_of(part, KEPT) for part in consistency_ranges(old, new)]
            check_consistency(old=old, old_root=ROOT_OF[old], new=new, new_root=ROOT_OF[new], proof=proof)


@given(st.data())
def test_a_changed_proof_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, LARGEST))
    index = data.draw(st.integers(0, size - 1))
    proof = [hash_of(part, KEPT) for part in inclusion_ranges(index, size)]
    wrong = data.draw(st.sampled_from(["shorter", "longer", "byte", "leaf", "index"]))
    leaf, at = KEPT[0, index], index
    if wrong == "shorter":
        proof.pop(data.draw(st.integers(0, len(proof) - 1)))
    elif wrong == "longer":
        proof.insert(data.draw(st.integers(0, len(proof))), ROOT_OF[1])
    elif wrong == "byte":
        place = data.draw(st.integers(0, len(proof) - 1))
        proof[place] = bytes([proof[place][0] ^ 1]) + proof[place][1:]
    elif wrong == "leaf":
        leaf = ROOT_OF[2]
    else:
        at = data.draw(st.integers(0, size - 1).filter(lambda other: other != index))
    try:
        found = root_by_inclusion(leaf, index=at, size=size, proof=proof)
    except ProofRefused:
        return
    assert found != ROOT_OF[size]


@given(st.data())
def test_a_rewritten_history_is_refused(data: st.DataObject) -> None:
    """Whoever holds the older root finds any change below it, though all of the new tree was computed anew."""
    new = data.draw(st.integers(2, LARGEST))
    old = data.draw(st.integers(1, new - 1))
    rewritten = leaves(new)
    rewritten[data.draw(st.integers(0, old - 1))] = leaf_hash(b"another")
    roots, kept = grown(rewritten)
    proof = [hash_of(part, kept) for part in consistency_ranges(old, new)]
    with pytest.raises(ProofRefused):
        check_consistency(old=old, old_root=ROOT_OF[old], new=new, new_root=roots[new], proof=proof)


def test_a_proof_reads_few_hashes_however_large_the_tree() -> None:
    size = 10_000_019
    for index in (0, 4_999_999, size - 1):
        assert len(kept_for(inclusion_ranges(index, size))) <= 15 * (24 // KEPT_EVERY + 2)


def test_the_edge_survives_being_stored() -> None:
    frontier = Frontier()
    for leaf in leaves(37):
        frontier.append(leaf)
    again = Frontier.unpacked(37, frontier.packed())
    assert again.root() == frontier.root() == ROOT_OF[37]
    with pytest.raises(ValueError, match="does not fit its size"):
        Frontier.unpacked(36, frontier.packed())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9000), min_size=1, max_size=4))
def test_many_leaves_at_once_give_the_same_tree(counts: list[int]) -> None:
    """Whatever is appended in one call, root, edge and kept hashes are those of one leaf after the other."""
    singly, at_once = Frontier(), Frontier()
    for count in counts:
        hashes = MANY[:count]
        at_once.extend(hashes)
        for leaf in hashes:
            singly.append(leaf)
    assert at_once.hashes == singly.hashes
    assert (at_once.size, at_once.root()) == (singly.size, singly.root())
    assert sorted(at_once.completed) == sorted(singly.completed)
