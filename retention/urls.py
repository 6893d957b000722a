"""retention/…: how long evidence is kept, and what accounts ask. No page here shows evidence, only counts and days."""

from django.urls import path

from retention.views import accounts, terms

app_name = "retention"
urlpatterns = [
    path("", terms.show_list, name="list"),
    path("<slug:slug>/", terms.show, name="terms"),
    path("<slug:slug>/change", terms.change, name="change"),
    path("<slug:slug>/accounts/", accounts.show_list, name="accounts"),
    path("<slug:slug>/accounts/<int:account_request_id>/", accounts.show, name="account"),
    path("<slug:slug>/accounts/<int:account_request_id>/file", accounts.download, name="account_file"),
    path("<slug:slug>/accounts/<int:account_request_id>/erase", accounts.erase, name="erase_account"),
    path("<slug:slug>/accounts/<int:account_request_id>/refuse", accounts.refuse, name="refuse_account"),
    path(
        "<slug:slug>/accounts/<int:account_request_id>/withdraw", accounts.withdraw, name="withdraw_account"
    ),
]
