"""retention/…: how long evidence is kept. No page here shows evidence, only counts and days."""

from django.urls import path

from retention.views import terms

app_name = "retention"
urlpatterns = [
    path("", terms.show_list, name="list"),
    path("<slug:slug>/", terms.show, name="terms"),
    path("<slug:slug>/change", terms.change, name="change"),
]
