"""Verifies trail.json of a referral packet without Artemis: each entry is under the sender's signed checkpoint.

    python3 -I verify_trail.py trail.json audit-sealing.vkey

Run verify.py over the packet first: it shows that trail.json is as it was sealed. audit-sealing.vkey is the public key of
the sender's trail, one line, got by another way; without it the key in trail.json is used. Exit code 0: every entry is
proved. 1: something is not, and is named. Needs Python 3.9 or later and “cryptography”; take it from a copy you trust.
"""
import base64, hashlib, json, sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
faults = []
def signed_root(note, verifier):  # C2SP signed note: a text, a blank line, and a line for each signature
    name, mark, public = verifier.strip().split("+", 2)
    public = base64.b64decode(public)
    if hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8] != mark or public[:1] != b"\1":
        raise ValueError("key")
    text, _, signatures = note.rpartition("\n\n")
    for line in signatures.splitlines():
        if line.startswith(f"\u2014 {name} "):
            raw = base64.b64decode(line.rpartition(" ")[2])
            if raw[:4].hex() == mark:
                Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], (text + "\n").encode())
                origin, size, root = (text + "\n").split("\n")[:3]
                return int(size), base64.b64decode(root)
    raise ValueError("no signature with this key")
def root_of(leaf, index, size, hashes):  # RFC 9162, 2.1.3.2
    found, last = leaf, size - 1
    if not 0 <= index < size:
        return b""
    for other in hashes:
        if not last:
            return b""
        if index & 1 or index == last:
            found = hashlib.sha256(b"\1" + other + found).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\1" + found + other).digest()
        index, last = index >> 1, last >> 1
    return b"" if last else found

try:
    trail, given = json.loads(Path(sys.argv[1]).read_bytes()), [Path(name).read_text() for name in sys.argv[2:]]
    size, root = signed_root(trail["checkpoint"], given[0] if given else trail["checkpoint_key"])
    for number, entry in enumerate(trail["entries"] + trail["written_with_the_packet"], start=1):
        if entry["number"] != number:
            faults.append(f"Entry {number} of the case was left out.")
        if entry["entry"] and hashlib.sha256(b"\0" + entry["entry"].encode()).hexdigest() != entry["leaf_hash"]:
            faults.append(f"Entry {number} is not what its leaf hash says.")
    for entry in trail["entries"]:
        proof, leaf = entry["proof"], bytes.fromhex(entry["leaf_hash"])
        if proof["tree_size"] != size or root_of(leaf, proof["index"], size, map(bytes.fromhex, proof["hashes"])) != root:
            faults.append(f"Entry {entry['number']} is not under the checkpoint.")
except Exception as problem:
    faults.append(f"There is no checkpoint that the key has signed ({type(problem).__name__}).")
key = "PROVED" if sys.argv[2:] else "PROVED, BUT YOU GAVE NO KEY: anybody could have signed the checkpoint"
sys.stdout.write("\n  - ".join(["NOT PROVED" if faults else f"{key} ({len(trail['entries'])} entries)", *faults]) + "\n")
sys.exit(bool(faults))
