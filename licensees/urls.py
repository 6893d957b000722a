"""licensees/…: what admins manage. No page here shows evidence, only counts."""

from django.urls import path

from licensees.views import assignments, keys, licensees, people, policy

app_name = "licensees"
urlpatterns = [
    path("", licensees.show_list, name="list"),
    path("new", licensees.create, name="create"),
    path("people/", people.show_list, name="people"),
    path("people/new", people.create, name="create_person"),
    path("<slug:slug>/", licensees.detail, name="detail"),
    path("<slug:slug>/suspend", licensees.suspend, name="suspend"),
    path("<slug:slug>/resume", licensees.resume, name="resume"),
    path("<slug:slug>/policy", policy.set_policy, name="set_policy"),
    path("<slug:slug>/keys/new", keys.issue, name="issue_key"),
    path("<slug:slug>/keys/<int:key_id>/revoke", keys.revoke, name="revoke_key"),
    path("<slug:slug>/assignments/new", assignments.assign, name="assign"),
    path("<slug:slug>/assignments/<slug:role>/<int:person_id>/end", assignments.end, name="end_assignment"),
]
