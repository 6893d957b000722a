"""What went wrong in the systems that others built for held decisions and reports: each here as a test.

The numbers are those of the public issues in which the mistakes were described.
"""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from referrals.models import Approval, Delivery, Escalation, EscalationVersion, Packet, Recipient
from referrals.signing import KEY_FILE
from referrals.tests.conftest import approved_by, ask, asked, claim_and_read, seen_by
from referrals.tests.test_pages import posted
from referrals.transports.download import open_archive
from referrals.workflow import approve, decline, escalate, reassign, resubmit, return_escalation, withdraw
from review.intake import open_cases
from review.models import Case, Decision
from review.queue import claim_next
from review.tests.racing import race
from scoring.models import Conversation
from tests.factories import make_score
from tests.people import PASSWORD, make_person

Browser = Callable[[User], Client]
REASON = "The second turn is missing, and the time is not the platform’s."


def files_of(packet: Packet) -> dict[str, Any]:
    archive = zipfile.ZipFile(io.BytesIO(open_archive(packet)))
    return {
        name.split("/", 1)[1]: json.loads(archive.read(name))
        for name in archive.namelist()
        if name.endswith((".json",)) and "schema" not in name
    }


def nothing_left(escalation: Escalation) -> bool:
    escalation.refresh_from_db()
    return (
        escalation.state == Escalation.State.REQUESTED
        and not Approval.objects.exists()
        and not Packet.objects.exists()
        and not Delivery.objects.exists()
    )


def test_the_approver_is_recorded_when_it_goes_on(packet: Packet, otto: User) -> None:
    """addons#16136: on “proceed” nobody knew who had confirmed."""
    assert packet.approval.approved_by == otto
    for verb in (Verb.ESCALATION_APPROVED, Verb.PACKET_SEALED, Verb.CASE_REFERRED):
        assert AuditEvent.objects.get(verb=verb).actor == otto.actor_name
    assert files_of(packet)["approval.json"]["approved_by"] == otto.actor_name


def test_the_approver_is_never_the_decider(case: Case, ines: User, otto: User, desk: Recipient) -> None:
    own = ask(case, ines, desk)
    with pytest.raises(NotAllowed):
        approved_by(own, ines)
    assert nothing_left(own)


def test_no_timer_skips_the_hold(escalation: Escalation) -> None:
    """addons#15252: the hold ended by itself. Every task of the house runs on an escalation that is long overdue."""
    Escalation.objects.update(due_at=timezone.now() - timedelta(days=30))
    current_app.loader.import_default_modules()
    own = [name for name in current_app.tasks if not name.startswith("celery.")]
    assert len(own) >= 7
    for name in own:
        current_app.tasks[name].run()
    assert nothing_left(escalation)


@pytest.mark.django_db(transaction=True)
def test_one_action_makes_one_held_row(case: Case, mara: User, desk: Recipient) -> None:
    """addons#16076: a button pressed twice held the same thing twice."""
    claim_and_read(case, mara)
    request = asked(case, desk)

    def press() -> Escalation:
        return escalate(case_id=case.pk, by=mara, seen_revision=1, **request)

    answers = race(press, press)
    assert sorted(type(answer).__name__ for answer in answers) == ["Escalation", "NotPossible"]
    rows = (Escalation, EscalationVersion, Decision)
    assert [model.objects.count() for model in rows] == [1, 1, 1]  # type: ignore[attr-defined]


def test_what_is_held_is_not_flagged_again_into_the_first_queue(
    escalation: Escalation, case: Case, ines: User
) -> None:
    """addons#15618: a new score of what waits for a second person opened it again for a first."""
    Conversation.objects.update(revision=2)
    case.conversation.refresh_from_db()
    make_score(case.conversation, probability=0.99)
    open_cases()
    assert Case.objects.count() == 1
    assert Case.objects.get().state == Case.State.ESCALATED
    assert claim_next(by=ines) is None


def test_every_act_leaves_a_record_with_its_person_and_its_reason(
    escalation: Escalation, mara: User, otto: User, northwind: object, desk: Recipient
) -> None:
    """addons#15653, #15313: who overrode what, and why, was nowhere."""
    nora = make_person("Nora", roles=[*mara.roles], serving=northwind)  # type: ignore[list-item, arg-type]
    case = escalation.case
    return_escalation(escalation_id=escalation.pk, by=otto, reason=REASON)
    reassign(escalation_id=escalation.pk, by=otto, to=nora, reason="away")
    resubmit(escalation_id=escalation.pk, by=nora, seen_revision=1, **asked(case, desk))
    decline(escalation_id=escalation.pk, by=otto, reason=REASON)
    acts = AuditEvent.objects.filter(object_type="escalation", object_id=str(escalation.pk))
    assert list(acts.order_by("case_sequence").values_list("verb", "actor")) == [
        (Verb.ESCALATION_REQUESTED, mara.actor_name),
        (Verb.ESCALATION_RETURNED, otto.actor_name),
        (Verb.ESCALATION_REASSIGNED, otto.actor_name),
        (Verb.ESCALATION_RESUBMITTED, nora.actor_name),
        (Verb.ESCALATION_DECLINED, otto.actor_name),
    ]
    assert escalation.answers.count() == 2


def test_an_attempt_that_was_refused_leaves_a_record_too(
    escalation: Escalation, mara: User, browser_of: Browser
) -> None:
    browser_of(mara).post(reverse("referrals:approve", args=[escalation.pk]), {"password": PASSWORD})
    assert AuditEvent.objects.get(verb=Verb.ATTEMPT_REFUSED).actor == mara.actor_name


def test_the_reason_arrives_word_for_word(
    escalation: Escalation, mara: User, otto: User, ines: User, desk: Recipient, browser_of: Browser
) -> None:
    """addons#9478: the reason was asked for, and lost on the way."""
    return_escalation(escalation_id=escalation.pk, by=otto, reason=REASON)
    asking = browser_of(mara).get(reverse("referrals:resubmit", args=[escalation.pk])).content.decode()
    assert REASON in asking
    resubmit(escalation_id=escalation.pk, by=mara, seen_revision=1, **asked(escalation.case, desk))
    # The next approver reads why it came back before.
    page = browser_of(ines).get(reverse("referrals:escalation", args=[escalation.pk])).content.decode()
    assert REASON in page


def test_a_forward_without_effect_is_never_shown_as_a_success(
    escalation: Escalation, otto: User, signing_key: Path, browser_of: Browser
) -> None:
    """addons#15255: the legal forward did nothing, and the reviewer read that it had."""
    data = {
        "packet_digest": seen_by(escalation, otto),
        "typed_reference": escalation.case.reference,
        "password": PASSWORD,
    }
    key, aside = signing_key / KEY_FILE, signing_key / "aside"
    key.rename(aside)
    try:
        answer = browser_of(otto).post(reverse("referrals:approve", args=[escalation.pk]), data)
    finally:
        aside.rename(key)
    assert answer.status_code == 409
    assert "Nothing was approved or sealed." in answer.content.decode()
    assert "Approved and sealed" not in answer.content.decode()
    assert nothing_left(escalation)


def test_a_case_of_text_alone_goes_the_whole_way(packet: Packet) -> None:
    """coop#661: without a picture or a video a report was dropped, and the reviewer saw success."""
    transcript = files_of(packet)["data/transcript.json"]
    evidence = [message for message in transcript["messages"] if message["is_evidence"]]
    assert [message["number"] for message in evidence] == [3, 5]
    assert all(message["text"] for message in evidence)
    assert Case.objects.get().state == Case.State.REFERRED


def test_the_possible_minor_is_never_empty(
    case: Case, mara: User, otto: User, desk: Recipient, browser_of: Browser
) -> None:
    """coop#846: the block of the person who may need help was in the report, and had nothing in it."""
    claim_and_read(case, mara)
    url = reverse("referrals:escalate", args=[case.reference])
    answer = browser_of(mara).post(url, posted(case, desk, step="submit", possible_minor=""))
    assert answer.status_code == 422
    assert not Escalation.objects.exists()
    escalation = escalate(case_id=case.pk, by=mara, seen_revision=1, **asked(case, desk))
    minor = files_of(approved_by(escalation, otto))["data/referral.json"]["possible_minor"]
    assert (minor["platform_id"], minor["declared_age_band"]) == ("u1", "13_15")


def test_the_approver_sees_who_decided_and_why(
    escalation: Escalation, otto: User, browser_of: Browser
) -> None:
    """addons#15604: the second person could not see who had decided, or in which tool."""
    page = browser_of(otto).get(reverse("referrals:escalation", args=[escalation.pk])).content.decode()
    assert "Mara" in page
    assert "The account asks for age and for secrecy, and proposes another app." in page


@pytest.mark.parametrize("ending", ["decline", "withdraw"])
def test_there_is_a_way_back_that_says_nothing_about_anybody(
    ending: str, escalation: Escalation, mara: User, otto: User
) -> None:
    """addons#15491: one could only confirm or reverse, and each said something about the person."""
    if ending == "decline":
        decline(escalation_id=escalation.pk, by=otto, reason=REASON)
    else:
        withdraw(escalation_id=escalation.pk, by=mara, reason=REASON)
    case = escalation.case
    case.refresh_from_db()
    assert case.state == Case.State.WAITING
    # No judgement was written in anybody's place: the one decision is Mara's, and the case waits for another.
    assert Decision.objects.count() == 1
    assert not Packet.objects.exists()


def test_only_what_a_person_revealed_is_said_to_have_been_viewed(
    case: Case, mara: User, otto: User, desk: Recipient
) -> None:
    """“viewed” was asserted of everything."""
    claim_and_read(case, mara, numbers=[3, 5])
    escalation = escalate(case_id=case.pk, by=mara, seen_revision=1, **asked(case, desk))
    referral = files_of(approved_by(escalation, otto))["data/referral.json"]
    assert [one["number"] for one in referral["viewed"]["messages"]] == [3, 5]


def test_nothing_is_confirmed_in_passing(escalation: Escalation, otto: User, browser_of: Browser) -> None:
    """coop#482: there was no confirmation. A click alone, and then a click with the password alone, do nothing."""
    client, url = browser_of(otto), reverse("referrals:approve", args=[escalation.pk])
    seen = {"packet_digest": seen_by(escalation, otto)}
    for typed in ({}, {"password": PASSWORD}):
        assert client.post(url, seen | typed).status_code == 409
        assert nothing_left(escalation)


def test_a_change_after_the_reading_is_said_in_words(
    escalation: Escalation, mara: User, otto: User, desk: Recipient, browser_of: Browser
) -> None:
    """An approval of something else is void, and the page says since when and why."""
    digest = seen_by(escalation, otto)
    return_escalation(escalation_id=escalation.pk, by=otto, reason=REASON)
    changed = asked(escalation.case, desk, evidence_numbers=[3, 5, 7])
    resubmit(escalation_id=escalation.pk, by=mara, seen_revision=1, **changed)
    page = browser_of(otto).get(reverse("referrals:escalation", args=[escalation.pk])).content.decode()
    assert "Since you last opened this packet version 2 was submitted." in page
    with pytest.raises(
        NotPossible, match=r"changed since you opened it: version 2 was submitted\. Read it again"
    ):
        approve_with(escalation, otto, digest)
    assert nothing_left(escalation)


def approve_with(escalation: Escalation, person: User, digest: str) -> Packet:
    return approve(
        escalation_id=escalation.pk,
        by=person,
        packet_digest=digest,
        typed_reference=escalation.case.reference,
        confirmed_at=timezone.now(),
    )
