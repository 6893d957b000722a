"""licensees/…: what admins manage. No page here shows evidence, only counts."""

from django.urls import path

from licensees.views import assignments, keys, licensees, people, policy, proposals

app_name = "licensees"
urlpatterns = [
    path("", licensees.show_list, name="list"),
    path("new", licensees.create, name="create"),
    path("people/", people.show_list, name="people"),
    path("people/new", people.create, name="create_person"),
    path("people/<int:person_id>/", people.sign_in_of, name="sign_in_of"),
    path("people/<int:person_id>/end-sessions", people.end_sessions, name="end_sessions"),
    path("people/<int:person_id>/roles", people.change_roles, name="change_roles"),
    path("people/<int:person_id>/take-app-away", people.take_app_away, name="take_app_away"),
    path("people/<int:person_id>/new-password", people.new_password, name="new_password"),
    path("people/<int:person_id>/reactivate", people.reactivate, name="reactivate"),
    path("proposals/", proposals.show_list, name="proposals"),
    path("proposals/<int:proposal_id>/", proposals.show, name="proposal"),
    path("proposals/<int:proposal_id>/confirm", proposals.confirm, name="confirm_proposal"),
    path("proposals/<int:proposal_id>/decline", proposals.decline, name="decline_proposal"),
    path("proposals/<int:proposal_id>/withdraw", proposals.withdraw, name="withdraw_proposal"),
    path("<slug:slug>/", licensees.detail, name="detail"),
    path("<slug:slug>/go-live", licensees.go_live, name="go_live"),
    path("<slug:slug>/suspend", licensees.suspend, name="suspend"),
    path("<slug:slug>/resume", licensees.resume, name="resume"),
    path("<slug:slug>/policy", policy.set_policy, name="set_policy"),
    path("<slug:slug>/keys/new", keys.issue, name="issue_key"),
    path("<slug:slug>/keys/<int:key_id>/rotate", keys.rotate, name="rotate_key"),
    path("<slug:slug>/keys/<int:key_id>/revoke", keys.revoke, name="revoke_key"),
    path("<slug:slug>/assignments/new", assignments.assign, name="assign"),
    path("<slug:slug>/assignments/<slug:role>/<int:person_id>/end", assignments.end, name="end_assignment"),
]
