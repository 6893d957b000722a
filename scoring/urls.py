"""models/…: the registered models, and which of them scores."""

from django.urls import path

from scoring import views

app_name = "scoring"
urlpatterns = [
    path("", views.models, name="models"),
    path("<int:model_id>/promote", views.promote, name="promote"),
]
