"""An imminent threat is told to every supervisor of the licensee at once, and stays on their pages until one acts."""

import re
import smtplib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from referrals.models import Escalation, Recipient, SupervisorNotice
from referrals.notices import send_notices
from referrals.pressing import about_pressing, pressing_in
from referrals.tests.conftest import GROUNDS, approved_by, ask, asked
from referrals.workflow import resubmit, return_escalation
from review.models import Case
from tests.factories import TEXTS
from tests.people import make_person

Browser = Callable[[User], Client]


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    settings.ARTEMIS_ADDRESS = "https://artemis.example.org"


@pytest.fixture
def threat(case: Case, mara: User, otto: User, ines: User, police: Recipient) -> Escalation:
    return ask(case, mara, police)


class AbsentServer(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("the server went away, and named an address")


def home_of(client: Client) -> str:
    return client.get(reverse("referrals:escalations")).content.decode()


def test_every_supervisor_of_the_licensee_is_told_and_nobody_else(
    threat: Escalation, otto: User, ines: User, lakeside: Licensee
) -> None:
    make_person("Lena", roles=[Role.SUPERVISOR], serving=lakeside)
    assert send_notices() == 2
    assert sorted(message.to[0] for message in mail.outbox) == [ines.email, otto.email]
    assert AuditEvent.objects.get(verb=Verb.SUPERVISORS_TO_BE_TOLD).payload["people"] == [ines.pk, otto.pk]
    assert AuditEvent.objects.filter(verb=Verb.SUPERVISOR_TOLD).count() == 2
    assert send_notices() == 0


def test_the_email_holds_ids_and_not_a_word_of_the_case(threat: Escalation) -> None:
    send_notices()
    message = mail.outbox[0]
    whole = message.subject + message.body
    assert f"https://artemis.example.org/escalations/{threat.pk}/" in message.body
    assert threat.case.reference in message.subject
    for word in (GROUNDS, *TEXTS, "threat", "Northwind", "Mara", "Account", "police"):
        assert word not in whole


def test_suspected_exploitation_goes_through_the_list_alone(escalation: Escalation, otto: User) -> None:
    assert not SupervisorNotice.objects.exists()
    assert pressing_in(about_pressing(otto)) == []


def test_a_mail_server_that_is_away_loses_nothing(threat: Escalation, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.AbsentServer"
    assert send_notices() == 0
    notice = SupervisorNotice.objects.first()
    assert notice is not None
    assert (notice.attempts, notice.emailed_at, notice.problem) == (1, None, "SMTPServerDisconnected")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_notices() == 0
    SupervisorNotice.objects.update(next_attempt_at=timezone.now())
    assert send_notices() == 2


def test_without_a_mail_server_the_page_says_so(
    threat: Escalation, otto: User, settings: Any, browser_of: Browser
) -> None:
    settings.EMAIL_HOST = ""
    assert send_notices() == 0
    page = browser_of(otto).get(reverse("referrals:escalation", args=[threat.pk])).content.decode()
    assert "this installation has no mail server: tell them yourself" in page


def test_nobody_is_called_to_what_is_answered(threat: Escalation, otto: User) -> None:
    return_escalation(escalation_id=threat.pk, by=otto, reason="Say when it began.")
    assert send_notices() == 0
    assert mail.outbox == []


def test_each_version_calls_anew(
    threat: Escalation, otto: User, mara: User, police: Recipient, case: Case
) -> None:
    send_notices()
    return_escalation(escalation_id=threat.pk, by=otto, reason="Say when it began.")
    resubmit(escalation_id=threat.pk, by=mara, seen_revision=1, **asked(case, police))
    assert send_notices() == 2


def test_it_stands_on_every_page_until_the_packet_was_taken(
    threat: Escalation, otto: User, mara: User, browser_of: Browser
) -> None:
    words = f"Imminent threat: {threat.case.reference}"
    client = browser_of(otto)
    assert words in strip_tags(home_of(client))
    assert words in strip_tags(client.get(reverse("review:overview")).content.decode())
    assert words not in strip_tags(home_of(browser_of(mara)))
    packet = approved_by(threat, otto)
    assert words in strip_tags(home_of(client))
    client.post(reverse("referrals:download", args=[packet.pk]))
    assert words not in strip_tags(home_of(client))


def test_what_is_overdue_is_on_the_list_and_on_the_overview(
    escalation: Escalation, otto: User, browser_of: Browser
) -> None:
    Escalation.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    client = browser_of(otto)
    overdue = client.get(reverse("referrals:escalations") + "?show=overdue").content.decode()
    assert escalation.case.reference in overdue
    assert re.search(r"5 min\w* late", overdue)
    assert re.search(
        r"1 escalation\s+past its due time", client.get(reverse("review:overview")).content.decode()
    )


def test_what_was_returned_becomes_overdue_too(escalation: Escalation, otto: User) -> None:
    return_escalation(escalation_id=escalation.pk, by=otto, reason="Say when it began.")
    Escalation.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    assert [one.escalation_id for one in pressing_in(about_pressing(otto))] == [escalation.pk]


def test_an_escalation_of_several_versions_counts_once_and_as_its_last(
    threat: Escalation, otto: User, mara: User, desk: Recipient, case: Case
) -> None:
    """It was asked as a threat and then as suspected exploitation: what counts is what is asked now."""
    return_escalation(escalation_id=threat.pk, by=otto, reason="Nobody is at risk right now.")
    resubmit(escalation_id=threat.pk, by=mara, seen_revision=1, **asked(case, desk))
    assert pressing_in(about_pressing(otto)) == []
    Escalation.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    assert [(one.escalation_id, one.is_threat) for one in pressing_in(about_pressing(otto))] == [
        (threat.pk, False)
    ]


def test_a_packet_that_nobody_brings_away_becomes_overdue(escalation: Escalation, otto: User) -> None:
    approved_by(escalation, otto)
    assert pressing_in(about_pressing(otto)) == []
    Escalation.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    assert [one.is_overdue for one in pressing_in(about_pressing(otto))] == [True]
