"""The report opens, is PDF/A-3 with its fonts inside, and survives whatever people type."""

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import replace

import pypdfium2
import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdfium2 import raw

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from referrals.formats import glyphs, report, typesetting
from referrals.formats.printed import (
    MOST_TURNS,
    TABLE_CHARACTERS,
    Press,
    evidence_rows,
    printed_messages,
    transcript_rows,
)
from referrals.formats.report import referral_pdf
from referrals.formats.typesetting import CannotBeSet, TookTooLong, typeset
from referrals.models import Escalation, Packet
from referrals.packet_content import EarlierVersion, PacketContent, Redaction
from referrals.tests.conftest import seen_by
from referrals.tests.packets import BEGAN_AT, CONTENT, message
from referrals.workflow import approve

ODD_TEXTS = (
    "Schönes Spiel, à bientôt",
    "مرحبا، كيف كانت المباراة يوم السبت؟",
    "שלום, מתי האימון הבא?",
    "今天的比赛怎么样？我们周六见。",
    "오늘 경기 어땠어?",
    "नमस्ते, मैच कैसा था?",
    "\N{GRINNING FACE} \N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4} see you",
    "goal" * 100,
    "two\nlines\r\nand\tmore",
    "Z" + "\u0301" * 60,
    "seen \u202eneht\u202c hidden\u200b",
    "half \ud83d and \0",
    "",
)


def content_of(texts: tuple[str, ...], *, evidence: int = 1) -> PacketContent:
    messages = (message(n, text=text, is_evidence=n == evidence) for n, text in enumerate(texts, start=1))
    return replace(CONTENT, messages=tuple(messages))


def pages_of(pdf: bytes) -> list[str]:
    """The words of each page, in reading order, without the places to break."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return [page.replace("\u200b", "").replace("\ufffe", "").replace("\r\n", "\n") for page in pages]


def one_line(pdf: bytes) -> str:
    return " ".join(" ".join(pages_of(pdf)).split())


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return referral_pdf(CONTENT, {"data/transcript.json": b"x"})


def test_it_says_that_it_is_pdf_a_3(pdf: bytes) -> None:
    assert pdf.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"/OutputIntent" in pdf and b"/StructTreeRoot" in pdf


def test_every_font_is_inside(pdf: bytes) -> None:
    with pypdfium2.PdfDocument(pdf) as document:
        embedded = list(_fonts_embedded(document))
    assert embedded and all(embedded)


def _fonts_embedded(document: pypdfium2.PdfDocument) -> Iterator[bool]:
    for page in document:
        for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            yield raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(item.raw)) == 1


def test_it_says_who_what_why_and_when(pdf: bytes) -> None:
    words = one_line(pdf)
    for expected in (
        "Referral NW-2031-7",
        "nobody acts on this packet",
        "Northwind (NW, GB), safety@northwind.example",
        "Neither is a finding about a person",
        "Suspected exploitation",
        "2026-03-03 20:00:00 UTC",
        "The account asks for secrecy.",
        "=Let us keep this chat between the two of us",
        "Keep this chat between the two of us",
        "It is not a finding",
        hashlib.sha256(b"x").hexdigest(),
    ):
        assert expected in words


def test_the_same_content_gives_the_same_bytes(pdf: bytes) -> None:
    said = report.said(CONTENT, {"data/transcript.json": b"x"}, Press())
    at = int(CONTENT.submitted_at.timestamp())
    assert typeset(report.template(), said=said, at=at) == pdf


def test_what_looks_like_markup_is_only_text() -> None:
    text = '#read("/etc/passwd") *bold* $x^2$ <label> @ref `code` \\ #import "@preview/cetz:0.3.0"'
    grounds = "= Not a heading\n- not a list"
    words = one_line(referral_pdf(replace(content_of((text,)), grounds=grounds), {}))
    assert text in words
    assert "= Not a heading - not a list" in words


def test_odd_texts_are_all_printed_without_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    set_once: list[dict[str, object]] = []

    def counting(source: bytes, *, said: dict[str, object], at: int) -> bytes:
        set_once.append(said)
        return typeset(source, said=said, at=at)

    monkeypatch.setattr(report, "typeset", counting)
    words = one_line(referral_pdf(content_of(ODD_TEXTS), {}))
    assert len(set_once) == 1
    assert "Schönes Spiel, à bientôt" in words
    assert "今天的比赛怎么样" in words
    assert "[57 more marks]" in words
    assert "seen [U+202E]neht[U+202C] hidden[U+200B]" in words
    assert r"half \ud83d and \u0000" in words
    assert "goal" * 100 in words.replace(" ", "")


def test_what_the_fonts_cannot_set_together_is_printed_as_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should Typst refuse a mixture, the report is still made, and says so character by character."""

    def refusing(source: bytes, *, said: dict[str, object], at: int) -> bytes:
        if "ö" in json.dumps(said, ensure_ascii=False):
            raise CannotBeSet("as if")
        return typeset(source, said=said, at=at)

    monkeypatch.setattr(report, "typeset", refusing)
    assert "Sch[U+00F6]nes Spiel" in one_line(referral_pdf(content_of(ODD_TEXTS), {}))


def test_a_source_that_is_no_document_is_refused_without_quoting_it() -> None:
    with pytest.raises(CannotBeSet, match=r"^The report could not be set\.$"):
        typeset(b'#panic("words of a message")', said={}, at=0)
    with pytest.raises(CannotBeSet):
        typeset(b'#read("/etc/hostname")', said={}, at=0)


def test_a_redacted_turn_shows_the_reason_and_the_digest() -> None:
    content = replace(
        content_of(("Hi", "My cousin moves to the lake house")),
        redactions=(Redaction(2, "about a person who has no part in this"),),
    )
    words = one_line(referral_pdf(content, {}))
    assert "cousin" not in words
    assert "Redacted about a person who has no part in this" in words
    assert hashlib.sha256(b"My cousin moves to the lake house").hexdigest() in words


def test_turns_that_are_not_there_are_counted() -> None:
    messages = (message(3, text="Hi", is_evidence=True), message(9, text="Bye"))
    assert "5 turns are not printed here" in one_line(referral_pdf(replace(CONTENT, messages=messages), {}))


def test_a_very_long_text_ends_with_where_the_rest_is() -> None:
    words = one_line(referral_pdf(content_of(("so " * 20_000,)), {}))
    assert "56,000 more characters are in data/transcript.json." in words


def test_a_text_never_leaves_its_page() -> None:
    """Many lines, or codes that are longer than what they stand for: all of it is printed, in both tables."""
    words = one_line(referral_pdf(content_of(("so\n" * 400, "\u202e" * 700), evidence=1), {}))
    assert words.count("so so") >= 2 * 190
    assert words.replace(" ", "").count("[U+202E]") >= 700
    first, second = transcript_rows(content_of(("so\n" * 400, "Hi")), Press())
    assert first["breaks"] and not second["breaks"]


def test_a_packet_of_very_many_turns_prints_evidence_and_what_is_near() -> None:
    evidence = range(13, 5000, 25)
    messages = tuple(message(n, text=f"Turn {n}", is_evidence=n in evidence) for n in range(1, 5001))
    content = replace(CONTENT, context=12, messages=messages)
    printed = [one.number for one in printed_messages(content)]
    assert set(evidence) <= set(printed)
    assert len(printed) <= MOST_TURNS
    rows = transcript_rows(content, Press())
    assert sum("gap" in row for row in rows) == len(evidence)
    assert (
        "4,000 of the 5,000 turns of this packet are only there"
        in report.said(content, {}, Press())["transcript_means"]
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_mixture_of_all_that_can_be_drawn_is_set(seed: int) -> None:
    chance = random.Random(seed)
    every = sorted(glyphs.drawable())
    texts = tuple("".join(chr(chance.choice(every)) for _ in range(60)) for _ in range(30))
    assert len(pages_of(referral_pdf(content_of(texts), {}))) >= 2


@settings(max_examples=300)
@given(st.text(st.characters(codec=None), max_size=300))
def test_only_what_a_font_draws_is_left(text: str) -> None:
    shown = glyphs.visible(text)
    assert {ord(one) for one in shown} - {0x0A, 0x200B} <= glyphs.drawable()
    assert glyphs.visible(text, ascii_only=True).replace("\u200b", "").replace("\n", "").isascii()


def test_direction_follows_the_first_letter() -> None:
    assert glyphs.is_right_to_left("12 שלום hello")
    assert not glyphs.is_right_to_left("hello שלום")
    assert not glyphs.is_right_to_left("今天 שלום")
    assert not glyphs.is_right_to_left("123 !")


def test_its_pages_hold_nothing_outside_their_margins() -> None:
    """Looked at as an image: every page has ink, and none in its outermost 5 mm, however long a word is."""
    with pypdfium2.PdfDocument(referral_pdf(content_of(ODD_TEXTS), {})) as document:
        for page in document:
            picture = page.render(scale=1, grayscale=True).to_numpy().squeeze()
            edge = 14
            middle = picture[edge:-edge, edge:-edge]
            assert middle.min() < 128
            assert (picture < 250).sum() == (middle < 250).sum()


def test_a_report_that_cannot_be_made_stops_the_approval(
    escalation: Escalation, otto: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing moves, and the sentence says what to do; nothing of the document is in it."""

    def refusing(source: bytes, *, said: dict[str, object], at: int) -> bytes:
        raise CannotBeSet("as if")

    digest = seen_by(escalation, otto)
    monkeypatch.setattr(report, "typeset", refusing)
    before = AuditEvent.objects.count()
    with pytest.raises(NotPossible, match=r"report could not be made.*Tell the operator which case"):
        approve(
            escalation_id=escalation.pk,
            by=otto,
            packet_digest=digest,
            typed_reference=escalation.case.reference,
            confirmed_at=timezone.now(),
        )
    escalation.refresh_from_db()
    assert escalation.state == Escalation.State.REQUESTED
    assert not Packet.objects.exists() and AuditEvent.objects.count() == before


def test_very_much_text_is_shared_out_and_evidence_keeps_its_own_table() -> None:
    long = "so " * 2_000
    earlier = tuple(
        EarlierVersion(version=n, text=f"Version {n}", edited_at=None, received_at=BEGAN_AT)
        for n in range(1, 9)
    )
    messages = [message(n, text=long, is_evidence=n % 5 == 1) for n in range(1, 501)]
    messages[0] = replace(message(1, text=long, earlier=earlier), is_evidence=True)
    content = replace(CONTENT, messages=tuple(messages))
    evidence, transcript = evidence_rows(content, Press()), transcript_rows(content, Press())
    assert sum(len(row["words"]["text"].replace("\u200b", "")) for row in evidence) <= TABLE_CHARACTERS
    assert sum(len(row["words"]["text"].replace("\u200b", "")) for row in transcript) <= TABLE_CHARACTERS
    assert evidence[0]["words"]["more"] == "4,000 more characters are in data/transcript.json."
    assert len(evidence[0]["earlier"]) == 5
    assert "3 more earlier versions are in data/transcript.json" in evidence[0]["notes"]


def test_a_report_that_takes_too_long_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def slow(source: bytes, *, said: dict[str, object], at: int) -> bytes:
        tries.append(at)
        raise TookTooLong("as if")

    monkeypatch.setattr(report, "typeset", slow)
    with pytest.raises(TookTooLong):
        referral_pdf(CONTENT, {})
    assert len(tries) == 1
    monkeypatch.undo()
    monkeypatch.setattr(typesetting, "LONGEST_SECONDS", 0.01)
    with pytest.raises(TookTooLong, match=r"took more than 0\.01 s"):
        typesetting.typeset(b"Hello", said={}, at=0)
