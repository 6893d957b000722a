"""What the styleguide shows: mild, invented, complete. Nothing here is read from anywhere."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms

from scoring.charts import bars, bin_labels, line

DAY = datetime(2031, 3, 3, 21, 2, tzinfo=UTC)


class SampleForm(forms.Form):
    reason = forms.ChoiceField(
        label="Reason",
        choices=[("", "Choose one"), ("context", "Known from context"), ("game", "Talk inside a game")],
        help_text="Leaves with the decision; the platform sees it.",
    )
    note = forms.CharField(label="Private note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    until = forms.DateField(label="Monitor until", widget=forms.DateInput(attrs={"type": "date"}))
    level = forms.ChoiceField(
        label="How sure are you?",
        choices=[("sure", "Sure"), ("rather", "Rather sure"), ("unsure", "Unsure")],
        widget=forms.RadioSelect,
    )
    read = forms.BooleanField(label="I have read the packet as it will be", required=False)


def samples() -> dict[str, Any]:
    """Once for each theme, since ids and turn numbers may stand on a page only once."""
    return {"light": _samples(theme="light", offset=0), "dark": _samples(theme="dark", offset=100)}


def _samples(*, theme: str, offset: int) -> dict[str, Any]:
    return {
        "theme": theme,
        "now": DAY,
        "form": SampleForm(auto_id=f"{theme}_empty_%s"),
        "wrong_form": SampleForm(
            {"note": "Seen before, same two accounts.", "until": ""}, auto_id=f"{theme}_wrong_%s"
        ),
        "messages": _messages(offset),
        "bars": _bars(),
        "ratings": [
            {
                "label": "secrecy request",
                "percent": 78,
                "level": "high",
                "reason": "Turns 16 and 23 ask that nobody is told.",
            },
            {
                "label": "platform migration",
                "percent": 52,
                "level": "medium",
                "reason": "Turn 18 proposes another app.",
            },
            {"label": "age probe", "percent": 44, "level": "medium", "reason": "Turn 14 asks for the age."},
            {"label": "gifts and incentives", "percent": 12, "level": "low", "reason": ""},
        ],
        "facts": [
            {"label": "Platform", "value": "Northwind chat"},
            {"label": "Span", "value": "3 to 9 March", "note": "6 days"},
            {"label": "Language", "value": "English"},
            {"label": "Region", "value": ""},
        ],
        "chart": bars(bin_labels([0, 0.1, 0.3, 0.5, 0.7, 1]), [610, 190, 90, 70, 40], [800, 120, 40, 25, 15]),
        "course": line(["5 Oct", "23 Nov"], [0.02, 0.03, None, 0.05, 0.14, 0.31], [0.1, 0.25]),
        "columns": [
            {"label": "Licensee"},
            {"label": "Cases a day", "numeric": True},
            {"label": "Precision", "numeric": True},
        ],
        "rows": [["Northwind", "38", "0.41 (0.33–0.49)"], ["Harbour Games", "7", "0.29 (0.14–0.50)"]],
        "tabs": [
            {"label": "Ratings", "url": "#tabs", "current": True},
            {"label": "Notes", "url": "#tabs", "count": 2},
            {"label": "History", "url": "#tabs"},
        ],
        "crumbs": [
            {"label": "Queue", "url": "#crumbs"},
            {"label": "Northwind", "url": "#crumbs"},
            {"label": "NW-2031-7"},
        ],
        "counts": {
            "conversation": "4,120",
            "score": "4,120",
            "case": "38",
            "decision": "31",
            "escalation": "4",
            "approval": "3",
            "packet": "3",
        },
    }


def _messages(offset: int) -> list[dict[str, Any]]:
    subject = {"sender": "Account A", "role": "subject", "role_detail": "adult, 3 days"}
    minor = {"sender": "Account B", "role": "minor", "role_detail": "13–15"}
    first = {
        "pk": 14,
        "number": offset + 14,
        "sent_at": DAY,
        **subject,
        "is_revealed": False,
        "length": "long",
        "reveal_url": "#reveal",
        "contribution": {"percent": 38, "value": "+0.6", "level": "medium"},
        "characteristics": [{"label": "age probe"}],
    }
    second = {
        "pk": 15,
        "number": offset + 15,
        "sent_at": DAY,
        **minor,
        "is_revealed": False,
        "length": "short",
        "reveal_url": "#reveal",
    }
    third = {
        "pk": 16,
        "number": offset + 16,
        "sent_at": DAY + timedelta(minutes=41),
        **subject,
        "is_revealed": True,
        "parts": [
            {"text": "That was a good round today. "},
            {"text": "Best keep it between us", "level": "high", "label": "secrecy request"},
            {"text": ", the others need not know that we play so late."},
        ],
        "contribution": {"percent": 92, "value": "+1.4", "level": "high"},
        "characteristics": [{"label": "secrecy request"}, {"label": "exclusivity"}],
        "reason": "Asks that something stays between the two, for the second time in three days.",
        "annotations": [
            {"label": "secrecy request", "note": "repeated", "by": "Mara", "at": DAY + timedelta(hours=14)},
            {
                "label": "isolation",
                "note": "",
                "by": "Mara",
                "at": DAY + timedelta(hours=13),
                "superseded": True,
            },
        ],
    }
    fourth = {
        "pk": 17,
        "number": offset + 17,
        "sent_at": DAY + timedelta(minutes=42),
        **minor,
        "is_revealed": True,
        "parts": [{"text": "ok. i have school tomorrow, going soon"}],
        "is_edited": True,
        "characteristics": [],
    }
    fifth = {
        "pk": 18,
        "number": offset + 18,
        "sent_at": DAY + timedelta(minutes=44),
        **subject,
        "is_revealed": True,
        "parts": [
            {"text": "Sure. "},
            {"text": "Do you have the other app?", "level": "medium", "label": "platform migration"},
            {"text": " It is easier to write there than in the game."},
        ],
        "contribution": {"percent": 61, "value": "+0.9", "level": "medium"},
        "characteristics": [{"label": "platform migration"}],
    }
    sixth = {
        "pk": 19,
        "number": offset + 19,
        "sent_at": DAY + timedelta(minutes=45),
        **minor,
        "is_revealed": True,
        "is_deleted": True,
        "parts": [{"text": "not sure, i have to ask at home"}],
    }
    return [first, second, third, fourth, fifth, sixth]


def _bars() -> list[dict[str, Any]]:
    marked = {7: 20, 14: 38, 16: 92, 18: 61, 21: 30, 23: 84, 24: 88, 28: 44}
    heights = {number: marked.get(number, 4 + number * 5 % 11) for number in range(1, 31)}
    return [
        {
            "number": number,
            "percent": height,
            "level": "high" if height > 75 else "medium" if height > 35 else "low" if height > 18 else "none",
            "label": f"Turn {number}",
        }
        for number, height in heights.items()
    ]
