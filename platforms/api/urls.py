"""What platforms are asked, and answer; a part of the platforms' API, version 1."""

from django.urls import path

from platforms.api.events import confirmation, events

app_name = "platforms_api"
urlpatterns = [
    path("events", events, name="events"),
    path("events/<str:public_id>/confirmation", confirmation, name="confirmation"),
]
