"""Decisions become labels: whose act it is, what stands, what the file holds, and that training reads it."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from referrals.models import Recipient
from referrals.named_accounts import named_accounts
from referrals.tests.conftest import approved_by, ask, edit_message
from referrals.workflow import decline
from review import labels
from review.intake import open_cases
from review.label_meanings import MEANINGS
from review.labels import export_labels
from review.models import Case, Decision
from review.queue import claim
from review.tests.acts import dismiss, in_days, rescored, revision_of
from review.workflow import annotate, decide, reveal, supersede_annotation
from scoring.corpora import read_records
from scoring.incoming import IncomingConversation, IncomingMessage
from scoring.ingest import accept
from scoring.key_providers import EvidenceUnreadable
from scoring.models import DataKey, Message, ModelVersion
from scoring.sample_corpus import generate
from tests.factories import TEXTS, later, make_case
from tests.people import TESTS

pytestmark = pytest.mark.django_db

WHY = "Training of the second model"


@pytest.fixture
def exported(northwind: Licensee, otto: User, tmp_path: Path):
    """Otto exports; answers the records of the file, as training reads them."""
    number = iter(range(100))

    def export(**named: Any) -> list[dict[str, Any]]:
        output = named.pop("output", tmp_path / f"labels-{next(number)}.jsonl")
        everything = {"licensee": northwind, "by": otto, "reason": WHY, "roles_of": named_accounts}
        export_labels(output=output, **(everything | named))
        return list(read_records(output)) if output.stat().st_size else []

    return export


def decided(case: Case, by: User, disposition: str, **more: Any) -> Decision:
    claim(case_id=case.pk, by=by)
    return decide(case_id=case.pk, by=by, disposition=disposition, seen_revision=revision_of(case), **more)


def marked(case: Case, by: User, *marks: tuple[int, str, str]) -> list[int]:
    """Claim, read and annotate (turn, characteristic, words)."""
    claim(case_id=case.pk, by=by)
    reveal(case_id=case.pk, numbers=range(1, 9), by=by)
    return [
        annotate(case_id=case.pk, by=by, number=number, characteristic=key, words=words).pk
        for number, key, words in marks
    ]


# --- What a decision says ------------------------------------------------------------------------


def test_every_disposition_has_a_meaning():
    assert set(MEANINGS) == set(Decision.Disposition.values)
    assert {str(one): MEANINGS[one].label for one in MEANINGS} == {
        "escalate": 1,
        "platform_action": None,
        "monitor": None,
        "no_action": 0,
    }


@pytest.mark.parametrize(
    ("disposition", "more", "label"),
    [
        ("no_action", {"reason": "peers"}, 0),
        ("monitor", {"monitor_until": in_days(7)}, None),
        ("platform_action", {"platform_action": "block", "subjects": [0]}, None),
    ],
)
def test_a_decision_of_one_person_is_benign_or_says_nothing(
    exported, case: Case, mara: User, disposition: str, more: dict[str, str], label: int | None
):
    decided(case, mara, disposition, **more)
    (record,) = exported()
    assert record["label"] == label
    assert "authors" not in record


def test_a_referral_that_two_people_made_is_positive_with_its_roles(
    exported, case: Case, mara: User, otto: User, desk: Recipient
):
    approved_by(ask(case, mara, desk), otto)
    (record,) = exported()
    assert record["label"] == 1
    first, second = (message["sender"] for message in record["messages"][:2])
    assert record["authors"] == {first: "subject", second: "possible_minor"}


def test_an_escalation_without_an_answer_or_declined_says_nothing(
    exported, case: Case, mara: User, otto: User, desk: Recipient
):
    escalation = ask(case, mara, desk)
    assert exported() == []
    decline(escalation_id=escalation.pk, by=otto, reason="There is too little in it.")
    assert exported() == []
    dismiss(Case.objects.get(pk=case.pk), mara)
    assert [record["label"] for record in exported()] == [0]


def test_a_decision_on_which_a_later_case_is_open_says_nothing(exported, northwind: Licensee, mara: User):
    case = make_case(northwind, probability=0.7)
    dismiss(case, mara)
    assert len(exported()) == 1
    rescored(case.conversation, probability=0.99)
    assert open_cases() == 1
    assert exported() == []


def test_an_erased_conversation_is_left_out(exported, case: Case, mara: User):
    dismiss(case, mara)
    DataKey.objects.filter(pk=case.conversation.data_key_id).update(wrapped=None, destroyed_at=timezone.now())
    assert exported() == []


def test_only_what_was_decided_since_then_is_taken(exported, case: Case, mara: User):
    dismiss(case, mara)
    assert len(exported(since=later(hours=-1))) == 1
    assert exported(since=later(hours=1)) == []


# --- What the file holds -------------------------------------------------------------------------


def test_the_record_holds_the_talk_without_anybodys_name(exported, case: Case, mara: User):
    dismiss(case, mara)
    (record,) = exported()
    assert [message["text"] for message in record["messages"]] == list(TEXTS)
    assert record["messages"][0]["sent_at"] == "2026-03-03T20:00:00+00:00"
    assert record["source"] == "artemis-decisions"
    names = {record["id"], *(message["sender"] for message in record["messages"])}
    assert len(names) == 3
    assert not names & {"c1", "u0", "u1"}
    first, second = (message["sender"] for message in record["messages"][:2])
    assert record["groups"] == {first: {"age_band": "adult"}, second: {"age_band": "13_15"}}


def test_an_account_has_the_same_name_in_every_export_and_another_elsewhere(
    exported, northwind: Licensee, lakeside: Licensee, mara: User, otto: User, kai: User
):
    dismiss(make_case(northwind, external_id="one"), mara)
    dismiss(make_case(northwind, external_id="two"), mara)
    one, two = exported()
    assert {message["sender"] for message in one["messages"]} == {
        message["sender"] for message in two["messages"]
    }
    assert one["id"] != two["id"]
    assert exported() == [one, two]
    names = labels.Pseudonyms(northwind.pk), labels.Pseudonyms(lakeside.pk)
    assert names[0].account("u0") != names[1].account("u0")


def test_annotations_that_stand_are_spans(exported, case: Case, mara: User):
    words, _, taken_back = marked(
        case, mara, (3, "age_probe", "How old are you"), (5, "secrecy_request", ""), (7, "isolation", "")
    )
    supersede_annotation(case_id=case.pk, by=mara, annotation_id=taken_back)
    supersede_annotation(
        case_id=case.pk, by=mara, annotation_id=words, characteristic="personal_info_probe", words="old"
    )
    decide(case_id=case.pk, by=mara, disposition="no_action", reason="peers", seen_revision=revision_of(case))
    (record,) = exported()
    assert record["spans"] == [
        {"message": f"{record['id']}:3", "start": 4, "end": 7, "characteristic": "personal_info_probe"},
        {
            "message": f"{record['id']}:5",
            "start": 0,
            "end": len(TEXTS[4]),
            "characteristic": "secrecy_request",
        },
    ]


def test_without_annotations_nothing_is_said_of_messages(exported, case: Case, mara: User):
    dismiss(case, mara)
    (record,) = exported()
    assert "spans" not in record


def test_the_text_is_that_which_was_judged(exported, case: Case, mara: User):
    dismiss(case, mara)
    before = exported()
    edit_message(case, 3, text="Something else was written here later")
    added = IncomingMessage(id="m9", sender="u0", sent_at=timezone.now(), text="And this")
    with transaction.atomic():
        accept(
            licensee=case.licensee,
            items=[IncomingConversation(id=case.conversation.external_id, messages=(added,))],
            by=TESTS,
        )
    assert case.conversation.messages.count() == 9
    assert exported() == before


def test_a_span_whose_message_was_edited_after_it_is_the_whole_message(exported, case: Case, mara: User):
    marked(case, mara, (3, "age_probe", "How old are you"))
    edit_message(case, 3, text="Changed since")
    decide(case_id=case.pk, by=mara, disposition="no_action", reason="peers", seen_revision=revision_of(case))
    (record,) = exported()
    assert [(span["start"], span["end"]) for span in record["spans"]] == [(0, len("Changed since"))]


def test_the_file_is_readable_by_its_owner_only_and_lies_alone(
    exported, case: Case, mara: User, tmp_path: Path
):
    dismiss(case, mara)
    exported()
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


# --- Whose act it is -----------------------------------------------------------------------------


def test_it_is_recorded_with_its_reason_and_counts(exported, case: Case, mara: User, otto: User):
    dismiss(case, mara)
    exported()
    event = AuditEvent.objects.get(verb=Verb.LABELS_EXPORTED)
    assert (event.actor, event.reason, event.object_type) == (otto.actor_name, WHY, "licensee")
    assert event.payload == {
        "since": None,
        "positive_conversations": 0,
        "benign_conversations": 1,
        "unlabelled_conversations": 0,
        "cases": [case.pk],
    }


@pytest.mark.parametrize("who", ["mara", "kai", "june", "adam"])
def test_nobody_but_a_supervisor_of_the_licensee_exports(
    exported, case: Case, mara: User, who: str, request: pytest.FixtureRequest, tmp_path: Path
):
    dismiss(case, mara)
    with pytest.raises(NotAllowed) as refusal:
        exported(by=request.getfixturevalue(who))
    assert refusal.value.sentence == (
        "Only a supervisor of Northwind may export its decisions as labels. Ask one of them."
    )
    assert not list(tmp_path.iterdir())
    assert not AuditEvent.objects.filter(verb=Verb.LABELS_EXPORTED).exists()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_without_a_reason_nothing_is_exported(exported, reason: str, tmp_path: Path):
    with pytest.raises(NotPossible) as refusal:
        exported(reason=reason)
    assert refusal.value.sentence == (
        "Say in at most 300 characters what the labels are for. Nothing was exported."
    )
    assert not list(tmp_path.iterdir())
    assert not AuditEvent.objects.filter(verb=Verb.LABELS_EXPORTED).exists()


def test_it_is_recorded_before_anything_is_decrypted_and_leaves_no_half_file(
    exported, northwind: Licensee, mara: User, tmp_path: Path
):
    for name in ("one", "two"):
        dismiss(make_case(northwind, external_id=name), mara)
    message = Message.objects.filter(conversation__external_id="two").first()
    Message.objects.filter(pk=message.pk).update(text_sealed=bytes(message.text_sealed)[:-1] + b"x")
    with pytest.raises(EvidenceUnreadable):
        exported()
    assert not list(tmp_path.iterdir())
    assert AuditEvent.objects.filter(verb=Verb.LABELS_EXPORTED).count() == 1


def test_a_file_that_is_there_is_not_overwritten(exported, case: Case, mara: User, tmp_path: Path):
    (tmp_path / "labels-0.jsonl").write_text("mine")
    with pytest.raises(NotPossible) as refusal:
        exported()
    assert refusal.value.sentence == (
        f"{tmp_path / 'labels-0.jsonl'} exists already. Choose another name; evidence overwrites nothing."
    )
    assert (tmp_path / "labels-0.jsonl").read_text() == "mine"
    assert not AuditEvent.objects.filter(verb=Verb.LABELS_EXPORTED).exists()


def test_a_place_that_cannot_be_written_is_named(exported, tmp_path: Path):
    with pytest.raises(NotPossible) as refusal:
        exported(output=tmp_path / "nowhere" / "labels.jsonl")
    assert refusal.value.sentence == (
        f"{tmp_path / 'nowhere' / 'labels.jsonl'} cannot be written: No such file or directory. "
        "Choose another place."
    )
    assert not AuditEvent.objects.filter(verb=Verb.LABELS_EXPORTED).exists()


# --- The command ---------------------------------------------------------------------------------


def run(tmp_path: Path, by: str, **more: str) -> Path:
    output = tmp_path / "labels.jsonl"
    call_command("export_labels", licensee="northwind", by=by, reason=WHY, output=output, **more)
    return output


def test_the_command_says_what_it_wrote(case: Case, mara: User, otto: User, tmp_path: Path, capsys):
    dismiss(case, mara)
    output = run(tmp_path, otto.email)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"1 conversation in {output}: 0 positive, 1 benign, 0 unlabelled."
    assert printed[1].startswith("SHA-256 ")


def test_the_command_records_an_attempt_that_was_refused(case: Case, adam: User, tmp_path: Path):
    with pytest.raises(CommandError, match="Only a supervisor of Northwind"):
        run(tmp_path, adam.email)
    assert AuditEvent.objects.filter(verb=Verb.ATTEMPT_REFUSED, actor=adam.actor_name).count() == 1


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({"by": "nobody@example.org"}, "Nobody signs in as nobody@example.org."),
        ({"licensee": "atlantis"}, "There is no licensee “atlantis”."),
    ],
)
def test_the_command_names_what_it_does_not_know(
    otto: User, tmp_path: Path, named: dict[str, str], sentence: str
):
    options = {"licensee": "northwind", "by": otto.email, "reason": WHY, "output": tmp_path / "x"} | named
    with pytest.raises(CommandError, match=sentence):
        call_command("export_labels", **options)


def test_what_was_exported_is_trained_on(case: Case, mara: User, otto: User, tmp_path: Path):
    dismiss(case, mara)
    output = run(tmp_path, otto.email)
    corpus = tmp_path / "brought.jsonl"
    records = generate(seed=5, count=160, share_positive=0.5, split="train")
    corpus.write_text("".join(json.dumps(record) + "\n" for record in records))
    call_command("train_model", "--corpus", str(corpus), str(output), "--seed", "3")
    assert ModelVersion.objects.get(name="brought").card["corpus"]["conversations"] == 161
