"""The whole site map on one screen. Every view declares its access; tests/test_architecture.py walks this map."""

from django.urls import include, path

from artemis_site import views

urlpatterns = [
    path("", views.home, name="home"),
    path("health", views.health, name="health"),
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("preferences", views.preferences, name="preferences"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("api/v1/", include("scoring.api.urls")),
    path("models/", include("scoring.urls")),
    path("", include("review.urls")),  # queue/, overview/, cases/<reference>/…
    path("", include("referrals.urls")),  # cases/<reference>/escalate, escalations/, packets/, recipients/
    path("trail/", include("audit.urls")),
    path("licensees/", include("licensees.urls")),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
