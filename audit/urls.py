"""trail/…: what auditors read."""

from django.urls import path

from audit import views

app_name = "audit"
urlpatterns = [
    path("", views.trail, name="trail"),
    path("export", views.export, name="export"),
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("<uuid:event_id>/", views.event, name="event"),
]
