"""operations/…: how the installation stands, for admins."""

from django.urls import path

from operations.views import standing

app_name = "operations"
urlpatterns = [
    path("", standing.standing, name="standing"),
    path("figures", standing.figures, name="figures"),
]
