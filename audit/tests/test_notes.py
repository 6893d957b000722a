"""Checkpoints are signed notes as others read them: Go's published example, and what is refused."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.notes import (
    Checkpoint,
    NoteRefused,
    SealingKeyUnusable,
    Signer,
    Verifier,
    create_sealing_key,
    load_signer,
    load_verifier,
    open_note,
)

# From the documentation of golang.org/x/mod/sumdb/note.
GOS_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GOS_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GOS_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
SIGNER = Signer("tests.example/trail", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
CHECKPOINT = Checkpoint("tests.example/trail", 7, bytes(range(32)))


def test_the_published_example_is_accepted_as_a_signature() -> None:
    """Its text is no checkpoint, which is said only after the signature was found to fit."""
    note = f"{GOS_TEXT}\n— PeterNeumann {GOS_SIGNATURE}\n"
    with pytest.raises(NoteRefused, match="is no checkpoint"):
        open_note(note, Verifier.read(GOS_KEY))
    with pytest.raises(NoteRefused, match="signature does not fit"):
        open_note(note.replace("problem", "question", 1), Verifier.read(GOS_KEY))


def test_a_checkpoint_reads_as_the_specification_wants() -> None:
    lines = SIGNER.sign(CHECKPOINT).split("\n")
    assert lines[:4] == [
        "tests.example/trail", "7", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "",
    ]  # fmt: skip
    assert lines[4].startswith("— tests.example/trail ") and lines[5:] == [""]


def test_what_was_signed_is_opened_again_with_the_public_half_only() -> None:
    verifier = Verifier.read(str(SIGNER.verifier))
    assert open_note(SIGNER.sign(CHECKPOINT), verifier) == CHECKPOINT
    assert Signer.read(str(SIGNER)).sign(CHECKPOINT) == SIGNER.sign(CHECKPOINT)


def test_a_witness_may_sign_as_well() -> None:
    witness = Signer("witness.example", Ed25519PrivateKey.generate())
    second = witness.sign(CHECKPOINT).splitlines()[-1]
    assert open_note(f"{SIGNER.sign(CHECKPOINT)}{second}\n", SIGNER.verifier) == CHECKPOINT


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda note: note.replace("\n7\n", "\n8\n"), "signature does not fit"),
        (lambda note: note.replace("— tests", "— other"), "No signature by"),
        (lambda note: note.partition("\n\n")[0], "not a signed note"),
        (lambda _: Signer(SIGNER.name, Ed25519PrivateKey.generate()).sign(CHECKPOINT), "with the known key"),
    ],
    ids=["size", "name", "unsigned", "another key"],
)
def test_what_is_not_as_it_was_signed_is_refused(change: object, sentence: str) -> None:
    assert callable(change)
    with pytest.raises(NoteRefused, match=sentence):
        open_note(change(SIGNER.sign(CHECKPOINT)), SIGNER.verifier)


def test_the_key_is_made_once_and_only_for_us(tmp_path: Path) -> None:
    assert create_sealing_key(tmp_path, origin="artemis.example/trail")
    first = load_signer(tmp_path)
    assert not create_sealing_key(tmp_path)
    assert str(load_signer(tmp_path)) == str(first)
    assert str(load_verifier(tmp_path / "audit-sealing.vkey")) == str(first.verifier)
    (tmp_path / "audit-sealing.key").chmod(0o640)
    with pytest.raises(SealingKeyUnusable, match="Others may read"):
        load_signer(tmp_path)
    assert str(load_signer(tmp_path, given=str(first))) == str(first)


def test_a_missing_or_damaged_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SealingKeyUnusable, match=r"run “manage\.py create_keys”"):
        load_signer(tmp_path)
    with pytest.raises(SealingKeyUnusable, match="cannot be read"):
        load_signer(tmp_path, given="PRIVATE+KEY+damaged")
