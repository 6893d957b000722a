"""Verifies an export of Artemis's trail without Artemis and without its database.

    python3 -I verify_export.py trail.txt audit-sealing.vkey CHECKPOINT…

trail.txt is the export; audit-sealing.vkey the public key of the trail, and each CHECKPOINT a signed one, all got by
another way than the export: from your own mail, your own folder. Exit code 0: the export begins with exactly the entries
that each checkpoint covers, and no case has a gap. 1: it does not, and what differs is named. A line that is only a hash
stands for an entry that you may not read. Needs Python 3.9 or later and “cryptography”.
"""
import base64, hashlib, json, sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
sha256, faults, good = hashlib.sha256, [], []
def opened(note, verifier):  # C2SP signed note with a tlog-checkpoint: size and root
    name, mark, public = verifier.strip().split("+", 2)
    public = base64.b64decode(public)
    if sha256(name.encode() + b"\n" + public).hexdigest()[:8] != mark or public[:1] != b"\1":
        raise ValueError("this is not a verifier key")
    text, _, signatures = note.rpartition("\n\n")
    for line in signatures.splitlines():
        raw = base64.b64decode(line.rpartition(" ")[2]) if line.startswith(f"\u2014 {name} ") else b""
        if raw[:4].hex() == mark:
            Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], (text + "\n").encode())
            lines = (text + "\n").split("\n")
            return int(lines[1]), base64.b64decode(lines[2])
    raise ValueError("no signature with this key")
def root_of(edge):  # of the complete subtrees along the right edge
    found = edge[-1] if edge else sha256(b"").digest()
    for left in edge[-2::-1]:
        found = sha256(b"\1" + left + found).digest()
    return found
def walk(lines, wanted, cases):  # RFC 6962, one leaf after the other; the root at each of the wanted sizes
    edge, roots, size = [], {}, 0
    for line in lines:
        line = line.rstrip(b"\n")
        if line[:1] == b"{":
            entry = json.loads(line)
            if entry["case_reference"]:
                cases.setdefault(entry["case_reference"], []).append(entry["case_sequence"])
            edge.append(sha256(b"\0" + line).digest())
        else:
            edge.append(bytes.fromhex(line.decode()))
        size += 1
        rest = size
        while not rest & 1:
            right = edge.pop()
            edge[-1], rest = sha256(b"\1" + edge[-1] + right).digest(), rest >> 1
        if size in wanted:
            roots[size] = root_of(edge)
    return size, roots

try:
    export, key, *paths = sys.argv[1:]
    held = {path: opened(Path(path).read_text(), Path(key).read_text()) for path in paths}
    cases = {}
    with open(export, "rb") as lines:
        next(lines)
        size, roots = walk(lines, {size for size, _ in held.values()}, cases)
    for path, (covered, root) in held.items():
        same = roots.get(covered) == root
        (good if same else faults).append(f"{path}: {'holds' if same else 'does not hold'} ({covered} entries)")
    for case, found in cases.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            faults.append(f"{case}: its numbers have a gap")
    if not held:
        faults.append("without a checkpoint nothing is shown")
except Exception as problem:
    faults.append(f"cannot be verified: {type(problem).__name__}: {problem}")
sys.stdout.write("\n  - ".join(["NOT VALID" if faults else f"VALID, {size} entries", *faults, *good]) + "\n")
sys.exit(bool(faults))
