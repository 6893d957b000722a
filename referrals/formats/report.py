"""data/referral.pdf: the referral as pages for people, PDF/A-3. A summary: the exact texts are in the JSON files."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from referrals.completeness import listed
from referrals.formats.printed import (
    Press,
    evidence_rows,
    printed_messages,
    printed_time,
    transcript_rows,
)
from referrals.formats.referral import (
    REAL_RECIPIENT,
    ROLES_ARE_NOT_FINDINGS,
    SCORE_IS_NOT_A_FINDING,
    TEST_RECIPIENT,
    VIEWED_MEANS,
)
from referrals.formats.typesetting import CannotBeSet, TookTooLong, typeset
from referrals.packet_content import Account, AccountFacts, PacketContent, PreviousPacket, ScoreFacts

TEMPLATE = Path(__file__).parent / "report.typ"

EXITS = {"imminent_threat": "Imminent threat", "suspected_exploitation": "Suspected exploitation"}
AGES = {
    "under_13": "under 13",
    "13_15": "13–15",
    "16_17": "16–17",
    "adult": "adult",
    "unknown": "not declared",
}

RELATIONS = {
    "supplements": "This packet adds to one that was sealed before. That one stays as it is.",
    "retracts": "This packet takes back one that was sealed before. That one stays as it is.",
}
PRIORITIES = {
    1: "1: a child's life or safety is at immediate risk",
    2: "2: as soon as it can reasonably be done",
    3: "3: without undue delay",
}

OPENING = (
    "A moderator read this conversation and asked for its referral. It was sealed only after a second person had "
    "read exactly this packet and approved it: approval.json names both, by their ids."
)
TRANSCRIPT_MEANS = (
    "The evidence messages with the turns around them, in the order in which they were received. What no font of this "
    "report can draw, and what would hide or move other text, stands here as its code, as in [U+202E]. The exact "
    "texts, with the SHA-256 of each, are in data/transcript.json."
)
EVIDENCE_MEANS = (
    "The messages that this referral rests on. They stand again, among their neighbours, in the transcript."
)
DIGESTS_MEAN = (
    "SHA-256 of the files that this report was made with. The report is part of the signed packet: README.txt beside "
    "the folder “data” says how to verify all of it, on a machine without Artemis."
)


def referral_pdf(content: PacketContent, files: Mapping[str, bytes]) -> bytes:
    """`files` are those of the packet that the report names by digest."""
    at = int(content.submitted_at.timestamp())
    try:
        return typeset(template(), said=said(content, files, Press()), at=at)
    except TookTooLong:
        raise
    except CannotBeSet:
        # A mixture of scripts that the fonts together cannot set: then every character beyond ASCII is its code.
        return typeset(template(), said=said(content, files, Press(ascii_only=True)), at=at)


@cache
def template() -> bytes:
    return TEMPLATE.read_bytes()


def said(content: PacketContent, files: Mapping[str, bytes], press: Press) -> dict[str, Any]:
    """All that the pages say, in their order."""
    title = f"Referral {content.case_reference}"
    return {
        "title": press.line(title),
        "author": press.line(content.licensee.name),
        "running": press.line(f"{title}, version {content.version}"),
        "confidential": "Confidential: contains evidence",
        "software": press.line(content.software),
        "test": TEST_RECIPIENT if content.recipient.is_test else None,
        "opening": [OPENING],
        "parts": [part for part in _parts(content, press) if part["facts"] or part["lines"]],
        "evidence_means": EVIDENCE_MEANS,
        "evidence": evidence_rows(content, press),
        "transcript_means": " ".join([TRANSCRIPT_MEANS, *_left_out(content)]),
        "transcript": transcript_rows(content, press),
        "digests_mean": DIGESTS_MEAN,
        "digests": [
            {"path": path, "sha256": hashlib.sha256(data).hexdigest()} for path, data in sorted(files.items())
        ],
    }


def _parts(content: PacketContent, press: Press) -> list[dict[str, Any]]:
    return [
        _part("Who refers to whom", press, _parties(content)),
        _part("Packet that came before", press, _previous(content.previous)),
        _part("Accounts", press, _accounts(content), [ROLES_ARE_NOT_FINDINGS]),
        _part("What and when", press, _incident(content)),
        _part("Why", press, {"Grounds": content.grounds}),
        *(
            _part(f"What the platform says of {facts.pseudonym}", press, _facts(facts))
            for facts in content.account_facts
        ),
        _part("What people had read", press, _read(content), [VIEWED_MEANS]),
        _part("What this referral does not say", press, {}, list(content.completeness)),
        _score(content.score, press),
    ]


def _part(
    heading: str, press: Press, facts: Mapping[str, str], lines: list[str] | None = None
) -> dict[str, Any]:
    return {
        "heading": heading,
        "facts": [
            {"label": label, **press.words(text, most=10_000)} for label, text in facts.items() if text
        ],
        "lines": [press.line(line) for line in lines or []],
    }


def _parties(content: PacketContent) -> dict[str, str]:
    licensee, recipient = content.licensee, content.recipient
    return {
        "From": f"{licensee.name} ({licensee.code}, {licensee.jurisdiction}), {licensee.contact}",
        "To": f"{recipient.name} ({recipient.jurisdiction}), {recipient.contact}",
        "Recipient": TEST_RECIPIENT if recipient.is_test else REAL_RECIPIENT,
        "Case": f"{content.case_reference}, opened {printed_time(content.case_opened_at)} UTC",
        "Request": f"version {content.version}, submitted by {content.submitted_by} (moderator) "
        f"{printed_time(content.submitted_at)} UTC",
    }


def _accounts(content: PacketContent) -> dict[str, str]:
    return {
        "Subject account": _account(content.subject),
        "Possible minor": _account(content.possible_minor),
    }


def _account(account: Account) -> str:
    age = AGES.get(account.declared_age_band, account.declared_age_band)
    return f"{account.pseudonym}\nPlatform's id: {account.platform_id}\nAge declared: {age}"


def _facts(facts: AccountFacts) -> dict[str, str]:
    created = facts.account_created_at
    return {
        "Role": facts.role.replace("_", " "),
        "Name shown": facts.display_name,
        "Account made": f"{printed_time(created)} UTC" if created else "",
        **{name.replace("_", " "): value for name, value in facts.facts},
    }


def _previous(previous: PreviousPacket | None) -> dict[str, str]:
    if previous is None:
        return {}
    return {
        "Relation": RELATIONS.get(previous.relation, previous.relation),
        "Packet digest": previous.packet_digest,
        "Archive digest": previous.archive_digest,
        "Sealed": f"{printed_time(previous.sealed_at)} UTC",
        "Reason": previous.reason,
        "Their reference": ", ".join(previous.references) or "none recorded",
    }


def _incident(content: PacketContent) -> dict[str, str]:
    incident = content.incident_at
    return {
        "Exit": EXITS.get(content.exit, content.exit),
        "Incident": f"{printed_time(incident)} UTC" if incident else "not stated",
        "Defined as": content.incident_definition,
        "Priority": PRIORITIES.get(content.priority or 0, ""),
        "Conversation": f"{content.conversation_platform_id} ({content.conversation_kind})",
        "Language": content.conversation_language or "not declared",
        "Evidence": listed(content.evidence_numbers) if content.evidence_numbers else "none",
        "Changed later": listed(content.changed_after_request) if content.changed_after_request else "",
    }


def _read(content: PacketContent) -> dict[str, str]:
    if not content.viewed:
        return {"Shown": "no message of this packet"}
    first = min(viewed.first_viewed_at for viewed in content.viewed)
    return {
        "Shown": listed(viewed.number for viewed in content.viewed),
        "First": f"{printed_time(first)} UTC",
        "By": f"at most {max(viewed.people for viewed in content.viewed)} people for one message",
    }


def _score(score: ScoreFacts | None, press: Press) -> dict[str, Any]:
    if score is None:
        return _part("Machine's score", press, {})
    facts = {
        "Model": f"{score.model_name}{' (a demonstration)' if score.is_demonstration else ''}",
        "Result": f"abstained: {score.abstained}"
        if score.probability is None
        else f"probability {score.probability:.2f}, threshold {score.threshold:.2f}",
        "Scored": f"{printed_time(score.scored_at)} UTC",
    }
    return _part("Machine's score", press, facts, [SCORE_IS_NOT_A_FINDING])


def _left_out(content: PacketContent) -> list[str]:
    left_out = len(content.messages) - len(printed_messages(content))
    if not left_out:
        return []
    every = len(content.messages)
    return [
        f"{left_out:,} of the {every:,} turns of this packet are only there: they would fill too many pages."
    ]
