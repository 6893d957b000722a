"""A packet's content made by hand, for the tests that need no database."""

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.merkle import Frontier, hash_of, inclusion_ranges, leaf_hash
from audit.notes import Checkpoint, Signer
from referrals.formats.custody import Hand
from referrals.formats.trail import Proof, Trail, TrailEntry
from referrals.packet_builder import Draft, build
from referrals.packet_content import (
    Account,
    EarlierVersion,
    LicenseeFacts,
    PacketContent,
    RecipientFacts,
    ScoreFacts,
    TranscriptMessage,
    Viewed,
)
from referrals.packet_layout import PAYLOAD
from referrals.sealing import ApprovalFacts, seal

BEGAN_AT = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)
ASKED_AT = BEGAN_AT + timedelta(hours=3)
ACCOUNT_A = Account(pseudonym="Account A", platform_id="u0", declared_age_band="adult")
ACCOUNT_B = Account(pseudonym="Account B", platform_id="u1", declared_age_band="13_15")
SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def message(
    number: int, *, text: str, is_evidence: bool = False, earlier: tuple[EarlierVersion, ...] = ()
) -> TranscriptMessage:
    sent_at = BEGAN_AT + timedelta(minutes=number)
    return TranscriptMessage(
        number=number,
        platform_id=f"m{number}",
        sender=ACCOUNT_A if number % 2 else ACCOUNT_B,
        sent_at=sent_at,
        received_at=sent_at,
        is_evidence=is_evidence,
        text=text,
        version=len(earlier) + 1,
        edited_at=sent_at if earlier else None,
        deleted_at=None,
        reply_to="",
        earlier_versions=earlier,
    )


CONTENT = PacketContent(
    software="Artemis 0.1.0",
    case_reference="NW-2031-7",
    case_opened_at=BEGAN_AT + timedelta(hours=1),
    licensee=LicenseeFacts(
        name="Northwind", code="NW", jurisdiction="GB", contact="safety@northwind.example"
    ),
    exit="suspected_exploitation",
    recipient=RecipientFacts(
        name="Test desk of the clearing house",
        jurisdiction="US",
        contact="desk@recipient.example",
        is_test=True,
    ),
    version=1,
    submitted_by="person:3",
    submitted_at=ASKED_AT,
    conversation_platform_id="c1",
    conversation_kind="direct",
    conversation_language="en",
    subject=ACCOUNT_A,
    possible_minor=ACCOUNT_B,
    incident_at=BEGAN_AT,
    grounds="The account asks for secrecy.",
    context=1,
    messages=(
        message(1, text="Hi, good match yesterday"),
        message(
            2,
            text="=Let us keep this chat between the two of us",
            is_evidence=True,
            earlier=(
                EarlierVersion(
                    version=1,
                    text="Keep this chat between the two of us",
                    edited_at=None,
                    received_at=BEGAN_AT,
                ),
            ),
        ),
    ),
    viewed=(Viewed(number=2, people=2, first_viewed_at=BEGAN_AT + timedelta(hours=2)),),
    score=ScoreFacts(
        model_name="sample",
        model_digest="ab" * 32,
        is_demonstration=True,
        probability=0.91,
        abstained="",
        band="high",
        threshold=0.7,
        scored_at=BEGAN_AT + timedelta(minutes=30),
        characteristics=(("age_probe", 0.8), ("secrecy_request", 0.9)),
    ),
)


SMALL = Draft(
    case_reference=CONTENT.case_reference,
    files=tuple(
        (path, f'{{"case":{{"reference":"{CONTENT.case_reference}"}}}}'.encode()) for path in PAYLOAD
    ),
)


ENTRY = '{"actor":"person:4","verb":"packet:viewed"}'
HANDS = (
    Hand(
        at=ASKED_AT + timedelta(minutes=10),
        act="packet:viewed",
        words="viewed the draft packet",
        who="person:4",
        role="supervisor",
        version=1,
        digest="0" * 64,
        trail_number=2,
    ),
)
APPROVED = '{"actor":"person:4","verb":"escalation:approved"}'
# A trail of five entries, of which the case has the third and the last.
OTHERS = [bytes([number]) * 32 for number in range(5)]
TRAIL_SIGNER = Signer("tests.example/trail", Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34))))


def _trail() -> Trail:
    leaves = [*OTHERS[:4], leaf_hash(ENTRY.encode())]
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    kept = {(0, index): leaf for index, leaf in enumerate(leaves)}

    def proof(index: int) -> Proof:
        hashes = [hash_of(part, kept) for part in inclusion_ranges(index, 5)]
        return Proof(index, 5, tuple(one.hex() for one in hashes))

    return Trail(
        entries=(
            TrailEntry(number=1, leaf_hash=leaves[2].hex(), proof=proof(2)),
            TrailEntry(number=2, leaf_hash=leaves[4].hex(), entry=ENTRY, proof=proof(4)),
        ),
        with_packet=(TrailEntry(number=3, leaf_hash=leaf_hash(APPROVED.encode()).hex(), entry=APPROVED),),
        checkpoint=TRAIL_SIGNER.sign(Checkpoint(TRAIL_SIGNER.name, 5, frontier.root())),
        checkpoint_key=str(TRAIL_SIGNER.verifier),
    )


TRAIL = _trail()


@cache
def sealed(content: PacketContent = CONTENT, *, key: Ed25519PrivateKey = SIGNING_KEY) -> bytes:
    return seal_draft(build(content), key=key)


def seal_draft(draft: Draft, *, key: Ed25519PrivateKey = SIGNING_KEY) -> bytes:
    facts = ApprovalFacts(
        requested_by="person:3",
        requested_at=ASKED_AT,
        approved_by="person:4",
        approved_at=ASKED_AT + timedelta(minutes=20),
        packet_digest=draft.digest,
        version=1,
        software=CONTENT.software,
    )
    return seal(draft, approval_facts=facts, hands=HANDS, trail=TRAIL, signing_key=key)
