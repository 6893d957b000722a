"""The whole site map on one screen. Every view declares its access; tests/test_architecture.py walks this map."""

from django.urls import include, path

from artemis_site import views
from artemis_site.views import doors, entering, leaving
from licensees.views import apply
from operations.views import metrics

urlpatterns = [
    path("", views.home, name="home"),
    path("health", views.health, name="health"),
    path("sign-in", doors.sign_in, name="sign_in"),
    path("sign-in/code", doors.second_step, name="second_step"),
    path("sign-in/set-up", doors.set_up, name="set_up"),
    path("enter", entering.enter, name="enter"),
    path("enter/<str:secret>", entering.enter_by_link, name="enter_by_link"),
    path("sign-out", doors.sign_out, name="sign_out"),
    path("your-sign-in", doors.own_doors, name="own_doors"),
    path("your-sign-in/password", entering.change_password, name="change_password"),
    path("your-sign-in/app", doors.replace_app, name="replace_app"),
    path("your-sign-in/recovery-codes", doors.new_recovery_codes, name="new_recovery_codes"),
    path("your-sign-in/keys/new", doors.add_security_key, name="add_security_key"),
    path("your-sign-in/keys/<int:key_id>/remove", doors.remove_security_key, name="remove_security_key"),
    path("your-sign-in/stay", doors.stay, name="stay"),
    path("your-sign-in/end", doors.end_own_sessions, name="end_own_sessions"),
    path("preferences", views.preferences, name="preferences"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("api/v1/", include("platforms.api.urls")),
    path("apply/", apply.apply, name="apply"),
    path("apply/agreement", apply.show_agreement, name="apply_agreement"),
    path("apply/confirm/<str:token>", apply.confirm, name="apply_confirm"),
    path("api/v1/", include("scoring.api.urls")),
    path("", include("scoring.urls")),  # models/, jobs/
    path("", include("review.urls")),  # queue/, overview/, cases/<reference>/…
    path("", include("referrals.urls")),  # cases/<reference>/escalate, escalations/, packets/, recipients/
    path("", include("platforms.urls")),  # cases/<reference>/platform, licensees/<slug>/webhooks/
    path("metrics", metrics.metrics, name="metrics"),
    path("health/ready", metrics.ready, name="ready"),
    path("operations/", include("operations.urls")),
    path("retention/", include("retention.urls")),
    path("trail/", include("audit.urls")),
    path("licensees/people/<int:person_id>/deactivate", leaving.deactivate, name="deactivate"),
    path("licensees/", include("licensees.urls")),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
