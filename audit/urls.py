"""trail/…: what auditors read."""

from django.urls import path

from audit import views

app_name = "audit"
urlpatterns = [
    path("", views.trail, name="trail"),
    path("<uuid:event_id>/", views.event, name="event"),
]
