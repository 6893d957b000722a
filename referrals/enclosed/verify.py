"""Verifies a referral packet, zipped or unpacked, without Artemis. Needs Python 3.9 or later and “cryptography”.

    python3 -I verify.py referral-XX-2031-5.zip packet-signing.pub

packet-signing.pub is the sender's public key, got by another way. Exit code 0: all is as signed with that key (without
one: as signed by somebody). 1: it is not, and each difference is named. Do not take this script from the packet that
it is to judge: its SHA-256 is published with Artemis, in docs/packet-format.md.
"""
import base64, hashlib, struct, sys, zipfile, zlib
from pathlib import Path
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
TAGS, PAYLOAD, KEY = "tagmanifest-sha256.txt", "manifest-sha256.txt", "signing-key.pub"
SEALS, faults = {TAGS, TAGS + ".ed25519", TAGS + ".sig"}, []
def packed(members):  # the one way to write a packet: names in order, nothing compressed, one fixed time
    body, directory = b"", b""
    for name, data in sorted((name.encode(), data) for name, data in members.items()):
        facts = (20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0)
        more = (788, *facts, 0, 0, 0, 0o100644 << 16, len(body))
        directory += struct.pack("<4s6H3L5H2L", b"PK\1\2", *more) + name
        body += struct.pack("<4s5H3L2H", b"PK\3\4", *facts) + name + data
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return body + directory + end
def read(packet):  # the files by their path in the packet's folder; nothing compressed is inflated
    if packet.is_dir():
        return {one.relative_to(packet).as_posix(): one.read_bytes() for one in packet.rglob("*") if not one.is_dir()}
    with zipfile.ZipFile(packet) as file:
        members = {one.filename: file.read(one) for one in file.infolist() if not one.compress_type}
    if packed(members) != packet.read_bytes() or len({name.partition("/")[0] for name in members}) != 1:
        faults.append("The zip file was changed around its files.")
    return {name.partition("/")[2]: data for name, data in members.items()}
def check_manifest(files, manifest, present):
    named = {path: digest for digest, path in (line.split("  ", 1) for line in files[manifest].decode().splitlines())}
    faults.extend(f"{path!r} is missing." for path in named.keys() - present)
    faults.extend(f"{path!r} was added: {manifest} does not name it." for path in present - named.keys())
    digests = {path: hashlib.sha256(files[path]).hexdigest() for path in present & named.keys()}
    faults.extend(f"{path!r} was changed." for path, digest in digests.items() if digest != named[path])
def check_signatures(files, key):
    text = lambda data: struct.pack(">L", len(data)) + data
    kind, head = text(b"ssh-ed25519"), text(b"artemis-packet") + text(b"") + text(b"sha512")
    key.verify(files[TAGS + ".ed25519"], files[TAGS])
    signature = base64.b64decode(b"".join(files[TAGS + ".sig"].splitlines()[1:-1]))[-64:]
    key.verify(signature, b"SSHSIG" + head + text(hashlib.sha512(files[TAGS]).digest()))
    public = text(kind + text(key.public_bytes(Encoding.Raw, PublicFormat.Raw)))
    blob = base64.b64encode(b"SSHSIG\0\0\0\1" + public + head + text(kind + text(signature)))
    lines = [b"-----BEGIN SSH SIGNATURE-----", *(blob[at : at + 70] for at in range(0, len(blob), 70))]
    if files[TAGS + ".sig"] != b"\n".join([*lines, b"-----END SSH SIGNATURE-----", b""]):
        raise ValueError

try:
    files, known = read(Path(sys.argv[1])), [Path(name).read_bytes() for name in sys.argv[2:]]
    if known and known[0].split() != files[KEY].split():
        faults.append("It was signed with another key than the one that you gave.")
    check_manifest(files, TAGS, {path for path in files if not path.startswith("data/")} - SEALS)
    check_manifest(files, PAYLOAD, {path for path in files if path.startswith("data/")})
    check_signatures(files, load_pem_public_key(files[KEY]))
except Exception as problem:
    faults.append(f"It is unreadable, or its signatures do not fit ({type(problem).__name__}).")
signer = "VALID" if sys.argv[2:] else "WHOLE, BUT YOU GAVE NO KEY: anybody could have signed it"
sys.stdout.write("\n  - ".join(["NOT VALID" if faults else signer, *sorted(faults)]) + "\n")
sys.exit(bool(faults))
