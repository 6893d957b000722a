"""From an application to a licensee that is live: each step in its order, recorded, and refused out of it."""

from hashlib import sha256

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees import agreement, applications, onboarding, two_admins, vetting
from licensees.models import ApiKey, Licensee, Signature, VettingNote
from licensees.onboarding import create_licensee, issue_key
from licensees.samples import bring_live, bring_to_test
from tests.joining import apply
from tests.people import TESTS

pytestmark = pytest.mark.django_db
WHY = "Looked at with the register beside it."
State = Licensee.State
DIGEST = "8ba4a76ad2a9e60f7a13e4d6fce6a86d8a4e366e320c8cbb84e5a348366d8efa"


@pytest.fixture
def harbour() -> Licensee:
    return create_licensee(
        name="Harbour", slug="harbour", code="HB", jurisdiction="IE", contact_email="h@h.example", by=TESTS
    )


def settle(licensee: Licensee, by: User, *, but: str = "") -> None:
    for item in vetting.items():
        if item != but:
            vetting.note_item(licensee_id=licensee.pk, item=item, outcome="done", note=WHY, by=by)


def state_of(licensee: Licensee) -> str:
    return Licensee.objects.get(pk=licensee.pk).state


def sign(licensee: Licensee, by: User, **other: object) -> Signature:
    said = {
        "version": agreement.current().version,
        "signed_by_name": "Robin",
        "signed_by_function": "Managing director",
        "signed_on": timezone.localdate(),
        **other,
    }
    return agreement.record_signature(licensee_id=licensee.pk, by=by, recorded_by=by, **said)


def test_it_is_not_accepted_before_every_item_is_settled(harbour: Licensee, adam: User) -> None:
    settle(harbour, adam, but="called_back")
    with pytest.raises(NotPossible, match=r"1 of the list are still open: The contact was called back\."):
        vetting.vet(licensee_id=harbour.pk, by=adam, reason=WHY)
    assert state_of(harbour) == State.APPLIED
    vetting.note_item(licensee_id=harbour.pk, item="called_back", outcome="not_applicable", note=WHY, by=adam)
    vetting.vet(licensee_id=harbour.pk, by=adam, reason=WHY)
    assert state_of(harbour) == State.VETTED


def test_an_item_can_be_opened_again_and_its_notes_stay(harbour: Licensee, adam: User) -> None:
    settle(harbour, adam)
    vetting.note_item(licensee_id=harbour.pk, item="size", outcome="open", note="It was bought.", by=adam)
    with pytest.raises(NotPossible, match="Size and eligibility"):
        vetting.vet(licensee_id=harbour.pk, by=adam, reason=WHY)
    notes = VettingNote.objects.filter(item="size")
    assert notes.count() == 2
    with pytest.raises(DatabaseError), transaction.atomic():
        notes._raw_delete("default")


@pytest.mark.parametrize(("item", "note"), [("no such item", WHY), ("size", " ")])
def test_a_note_says_what_and_how(harbour: Licensee, adam: User, item: str, note: str) -> None:
    with pytest.raises(NotPossible):
        vetting.note_item(licensee_id=harbour.pk, item=item, outcome="done", note=note, by=adam)
    assert not VettingNote.objects.exists()


def test_it_signs_after_vetting_and_each_version_once(harbour: Licensee, adam: User) -> None:
    with pytest.raises(NotPossible, match="is vetted first"):
        sign(harbour, adam)
    settle(harbour, adam)
    vetting.vet(licensee_id=harbour.pk, by=adam, reason=WHY)
    with pytest.raises(NotPossible, match="newer version"):
        sign(harbour, adam, version="2020-01")
    signature = sign(harbour, adam, document=b"%PDF-1.7 signed")
    assert state_of(harbour) == State.AGREED
    assert signature.document_digest == sha256(b"%PDF-1.7 signed").hexdigest()
    with pytest.raises(NotPossible, match="already"):
        sign(harbour, adam)
    event = AuditEvent.objects.get(verb=Verb.AGREEMENT_SIGNED)
    assert event.payload["text_digest"] == agreement.current().digest


def test_a_published_version_is_never_edited() -> None:
    """A signature is bound to these words: write another version instead."""
    digests = {one.version: one.digest for one in agreement.versions()}
    assert digests == {"2026-12": DIGEST}


def test_a_new_version_is_due_and_stops_nothing(harbour: Licensee, adam: User, monkeypatch) -> None:
    bring_live(harbour, by=TESTS, why=WHY)
    newer = agreement.Agreement("2027-06", "# Another text")
    monkeypatch.setattr(agreement, "versions", lambda: (newer,))
    licensee = Licensee.objects.get(pk=harbour.pk)
    assert agreement.is_due(licensee, list(licensee.signatures.all()))
    assert licensee.accepts
    sign(harbour, adam, version="2027-06")
    assert not agreement.is_due(licensee, list(licensee.signatures.all()))
    assert state_of(harbour) == State.LIVE


def test_no_step_can_be_left_out(harbour: Licensee, adam: User) -> None:
    with pytest.raises(NotPossible):
        onboarding.begin_test(licensee_id=harbour.pk, by=adam, reason=WHY)
    with pytest.raises(NotPossible):
        onboarding.go_live(licensee_id=harbour.pk, by=adam, reason=WHY)
    with pytest.raises(NotPossible):
        two_admins.propose_going_live(licensee=harbour, by=adam, reason=WHY)
    with pytest.raises(NotPossible):
        onboarding.suspend(licensee_id=harbour.pk, by=adam, reason=WHY)
    assert state_of(harbour) == State.APPLIED


def test_from_test_it_is_suspended_and_comes_back_to_test(harbour: Licensee, adam: User) -> None:
    bring_to_test(harbour, by=TESTS, why=WHY)
    onboarding.suspend(licensee_id=harbour.pk, by=adam, reason=WHY)
    assert state_of(harbour) == State.SUSPENDED
    onboarding.resume(licensee_id=harbour.pk, by=adam, reason=WHY)
    assert state_of(harbour) == State.TEST


def test_ending_revokes_its_keys_and_nothing_else(harbour: Licensee, adam: User) -> None:
    bring_live(harbour, by=TESTS, why=WHY)
    key, _ = issue_key(licensee=harbour, label="Chat", scopes=[], by=adam)
    with pytest.raises(NotPossible):
        onboarding.end(licensee_id=harbour.pk, by=adam, reason=WHY)
    onboarding.suspend(licensee_id=harbour.pk, by=adam, reason=WHY)
    onboarding.end(licensee_id=harbour.pk, by=adam, reason=WHY)
    assert state_of(harbour) == State.ENDED
    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None
    with pytest.raises(NotPossible, match="no licensee any more"):
        issue_key(licensee=Licensee.objects.get(pk=harbour.pk), label="Late", scopes=[], by=adam)
    with pytest.raises(NotPossible):
        onboarding.resume(licensee_id=harbour.pk, by=adam, reason=WHY)


def test_the_database_knows_no_live_licensee_that_never_went_live(harbour: Licensee) -> None:
    with pytest.raises(DatabaseError, match="licensee_live_since"), transaction.atomic():
        Licensee.objects.filter(pk=harbour.pk).update(state="live")


def test_an_application_becomes_a_licensee_once(adam: User) -> None:
    made = apply()
    licensee = applications.take_up(
        application_id=made.pk, name="Harbour", slug="harbour", code="HB", by=adam
    )
    assert (licensee.state, licensee.jurisdiction, licensee.is_interpersonal_in_eu) == ("applied", "IE", True)
    with pytest.raises(NotPossible):
        applications.take_up(application_id=made.pk, name="Two", slug="two", code="TW", by=adam)
    with pytest.raises(NotPossible):
        applications.decline(application_id=made.pk, by=adam, reason=WHY)
    assert Licensee.objects.filter(application=made).count() == 1


def test_letters_that_another_one_has_are_refused_and_nothing_moves(harbour: Licensee, adam: User) -> None:
    made = apply()
    with pytest.raises(NotPossible, match="belong to another licensee"):
        applications.take_up(application_id=made.pk, name="Two", slug="two", code="HB", by=adam)
    made.refresh_from_db()
    assert (made.state, Licensee.objects.count()) == ("open", 1)


def test_an_admin_walks_it_by_pages(adams_browser: Client, adam: User) -> None:
    made = apply()
    page = adams_browser.get(f"/licensees/applications/{made.pk}/").content.decode()
    assert "Players write to each other" in page
    form = {"name": "Harbour", "slug": "harbour", "code": "hb"}
    answer = adams_browser.post(f"/licensees/applications/{made.pk}/take-up", form)
    assert answer["Location"] == "/licensees/harbour/vetting"
    for item in vetting.items():
        note = {"item": item, "outcome": "done", "note": WHY}
        assert adams_browser.post("/licensees/harbour/vetting", note).status_code == 302
    adams_browser.post("/licensees/harbour/vet", {"reason_text": WHY})
    signed = {
        "version": agreement.current().version,
        "signed_by_name": "Robin",
        "signed_by_function": "Managing director",
        "signed_on": timezone.localdate().isoformat(),
    }
    assert adams_browser.post("/licensees/harbour/agreement", signed).status_code == 302
    assert adams_browser.post("/licensees/harbour/begin-test", {"reason_text": WHY}).status_code == 302
    licensee = Licensee.objects.get(slug="harbour")
    assert licensee.state == State.TEST
    assert list(licensee.vetting_notes.values_list("noted_by", flat=True).distinct()) == [adam.pk]
    page = adams_browser.get("/licensees/harbour/")
    assert page.context["next_act"].label == "Issue a test key"
