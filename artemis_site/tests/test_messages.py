"""What the last act said stands where it moves nothing that a person is about to press."""

from django.contrib.messages import SUCCESS
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string

SAID = {"messages": [Message(SUCCESS, "The request was submitted.")]}


def test_beside_a_document_it_stands_above_that_and_not_above_the_button():
    html = render_to_string("layouts/reading.html", SAID)
    assert html.count('id="messages"') == html.count("The request was submitted.") == 1
    places = [
        html.index(words) for words in ('class="case__conversation"', 'id="messages"', 'class="case__rail')
    ]
    assert places == sorted(places)


def test_elsewhere_it_stands_above_the_page():
    html = render_to_string("layouts/page.html", SAID)
    assert html.count("The request was submitted.") == 1
    assert html.index('id="messages"') < html.index('id="content"')
