"""Why the machine rated a case so, on its page: from what is stored, in words, and never with a word of the text."""

import re
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from accounts.models import User
from licensees.models import Licensee
from review.models import Case
from review.queue import claim
from review.tests.acts import rescored
from review.views.case_file import Part, read_part
from review.views.marks import RAISED, marks_on
from review.views.reasons import reasons
from review.views.window import Window
from scoring import outbox
from scoring.evidence import open_texts, seal_state
from scoring.explanation import Explanation, explain
from scoring.explanation_words import DEMONSTRATION, WITHOUT_EVALUATION
from scoring.models import (
    Conversation,
    ConversationState,
    MessageRating,
    ModelEvaluation,
    ModelVersion,
    Score,
)
from scoring.pipeline import Model, Turn
from scoring.registry import model_of
from tests.factories import TEXTS, make_case, make_conversation

BrowserOf = Callable[[User], Client]


def part_of(case: Case) -> Part:
    return read_part(case, User(pk=0), Window(1))


def shown(case: Case, *, start: int = 1) -> dict:
    conversation = Conversation.objects.select_related("data_key").get(pk=case.conversation_id)
    case.conversation = conversation
    found = reasons(case, part_of(case), start=start)
    assert found is not None
    return plain(found)


def plain(value: Any) -> Any:
    """With the blanks that one types."""
    if isinstance(value, dict):
        return {key: plain(own) for key, own in value.items()}
    if isinstance(value, list):
        return [plain(own) for own in value]
    return value.replace("\N{NO-BREAK SPACE}", " ") if isinstance(value, str) else value


def test_the_turns_that_raised_it_most_with_their_share(case: Case):
    assert shown(case)["turns"] == [
        {"number": 3, "url": "#m-3", "share": "33 %", "named": "Asks about age (strong)"},
        {"number": 5, "url": "#m-5", "share": "33 %", "named": "Asks for secrecy (strong)"},
        {"number": 7, "url": "#m-7", "share": "33 %", "named": "Moves elsewhere (clear)"},
    ]


def test_a_case_in_short_and_what_spoke_against_it(case: Case):
    why = shown(case)
    assert why["about"] == ""
    assert why["summary"] == (
        "Probability 0.91. 3 of 8 messages gave 100 % of what raised it. "
        "Clearest: “Asks for secrecy”, “Asks about age”, “Moves elsewhere”."
    )
    assert why["against"] == [
        "5 messages lowered the score; together they took back 11 % of what raised it.",
        "Every conversation starts low; that took back 22 % of what raised it.",
    ]


def test_how_sure_by_what_is_stored_of_the_model(case: Case):
    Score.objects.update(threshold=0.85)
    ModelVersion.objects.update(card={"heads": {}})
    sure = shown(case)["sure"]
    assert sure[:4] == [
        WITHOUT_EVALUATION,
        DEMONSTRATION,
        "The probability lies 0.06 over the threshold for a flag, 0.85; a few messages may move it across.",
        "The conversation is short: 8 messages.",
    ]
    assert sure[4].startswith("The model was not trained to rate 28 of 28 characteristics: “First contact”, ")


def test_the_newest_evaluation_of_the_model_says_how_often_the_number_comes_true(case: Case):
    model = ModelVersion.objects.get()
    for share in (0.2, 0.97):
        ModelEvaluation.objects.create(
            model=model, corpus_digest="ab" * 32, created_by="test", card=card_with(share, scope="all")
        )
    assert shown(case)["sure"][0] == (
        "Of 100 conversations that got about this number in the evaluation, about 97 were positive "
        "(93 to 99, from 312 conversations). There 97 % of all were; where fewer are, the number comes true less often."
    )


def card_with(share: float, *, scope: str) -> dict:
    positive = {"value": share, "lower": 0.93, "upper": 0.99}
    bins = [{"predicted": 0.95, "conversations": 312, "positive": positive}]
    return {"scopes": [{"calibration": {"bins": []}}, {"key": scope, "calibration": {"bins": bins}}]}


def test_the_explanation_of_what_the_worker_stored_is_that_of_the_fresh_score(
    northwind: Licensee, champion: ModelVersion
):
    case = worked(northwind)
    model, turns = model_and_turns(case)
    keep_state(case, model, turns)
    fresh = explain(model, model.score(turns), turns)
    why = shown(case)
    assert why["summary"] == fresh.summary
    assert [turn["number"] for turn in why["turns"]] == [reason.number for reason in fresh.reasons[:5]]
    assert tuple(why["course"]) == fresh.course
    assert any("the model knows" in sentence.lower() for sentence in why["sure"])
    assert set(against_of_messages(fresh)) <= set(why["against"])


def against_of_messages(fresh: Explanation) -> list[str]:
    """Those that do not rest on how the base is made up, which is not stored."""
    return [sentence for sentence in fresh.against if "spoke against" not in sentence]


def worked(licensee: Licensee) -> Case:
    """A case whose newest score the worker gave."""
    case = make_case(licensee, texts=TEXTS * 3)
    Conversation.objects.filter(pk=case.conversation_id).update(revision=2)
    assert outbox.score_pending() == 1
    return case


def model_and_turns(case: Case) -> tuple[Model, list[Turn]]:
    score = Score.objects.newest_judged(case.conversation.pk)
    assert score is not None
    assert score.model_id is not None
    model = model_of(score.model_id)
    assert model is not None
    messages = list(case.conversation.messages.select_related("sender").order_by("number"))
    texts = open_texts(case.conversation, messages)
    turns = [
        Turn(message.external_id, str(message.sender.position), message.sent_at, texts[message.pk])
        for message in messages
    ]
    return model, turns


def keep_state(case: Case, model: Model, turns: list[Turn]) -> None:
    score = Score.objects.newest_judged(case.conversation.pk)
    assert score is not None
    assert score.model_id is not None
    sealed = seal_state(case.conversation, model_id=score.model_id, state=model.read(turns).state.to_bytes())
    ConversationState.objects.update_or_create(
        conversation=case.conversation,
        model_id=score.model_id,
        defaults={"revision": score.revision, "messages": len(turns), "data": sealed},
    )


def test_a_state_that_cannot_be_read_leaves_only_its_sentences_out(case: Case):
    before = shown(case)
    ConversationState.objects.create(
        conversation=case.conversation,
        model=ModelVersion.objects.get(),
        revision=1,
        messages=8,
        data=b"\0" * 60,
    )
    assert shown(case) == before


def test_after_an_abstention_the_page_says_which_rating_it_explains(case: Case):
    Score.objects.create(
        conversation=case.conversation,
        revision=2,
        message_count=8,
        abstained="too_short",
        threshold=0.7,
        imminent_threshold=0.9,
    )
    assert shown(case)["about"] == "This is the rating at revision 1. The newest could not be judged."


def test_messages_that_came_since_are_counted(case: Case):
    Conversation.objects.update(message_count=11)
    assert shown(case)["about"] == "This is the rating of the first 8 messages; 3 more came since."


def test_without_a_judged_score_there_is_nothing_to_explain(case: Case):
    Score.objects.update(probability=None, flagged=False, band="", abstained="too_short")
    assert reasons(case, part_of(case), start=1) is None


def test_turns_outside_the_window_are_linked_by_their_own(case: Case):
    urls = [turn["url"] for turn in shown(case, start=201)["turns"]]
    assert urls[0] == reverse("review:case", args=[case.reference]) + "#m-3"


# --- On the page ---------------------------------------------------------------------------------


def test_the_page_shows_it_folded_with_its_key_and_without_a_word_of_the_text(
    case: Case, mara: User, browser_of: BrowserOf
):
    claim(case_id=case.pk, by=mara)
    page = browser_of(mara).get(reverse("review:case", args=[case.reference])).content.decode()
    panel = re.search(r'<details id="why".*?</details>', page, re.DOTALL)
    assert panel is not None
    assert '<summary data-key="w" aria-keyshortcuts="w">' in panel[0]
    assert '<a href="#m-5">Turn 5</a>' in panel[0]
    assert "Every conversation starts low; that took back 22 % of what raised it." in plain(panel[0])
    assert not any(escape(text) in page for text in TEXTS)


def test_the_newest_score_is_explained(case: Case, mara: User, browser_of: BrowserOf):
    rescored(case.conversation, probability=0.42)
    page = browser_of(mara).get(reverse("review:case", args=[case.reference])).content.decode()
    assert "Probability 0.42. " in page


def test_a_weighty_turn_without_a_named_characteristic_is_marked_too(
    northwind: Licensee, champion: ModelVersion
):
    make_conversation(northwind, texts=TEXTS * 3)
    outbox.score_pending()
    MessageRating.objects.update(ratings={})
    text = TEXTS[4]
    marks = marks_on(text, [], MessageRating.objects.get(message__number=5))
    assert marks
    assert {mark.label for mark in marks} == {RAISED}
