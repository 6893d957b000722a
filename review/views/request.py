"""A request as the views of this app get it: @access has made sure that a person is signed in."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class PersonRequest(HttpRequest):
    user: User
    htmx: HtmxDetails
