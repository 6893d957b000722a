"""What a case's platform did, and licensees/<slug>/webhooks/…"""

from django.urls import path

from platforms.views import acts, panel, webhooks

app_name = "platforms"
HOOK = "licensees/<slug:slug>/webhooks/<int:webhook_id>"
urlpatterns = [
    path("cases/<str:reference>/platform", panel.panel, name="panel"),
    path("cases/<str:reference>/platform/notes/<int:confirmation_id>", panel.note, name="note"),
    path("licensees/<slug:slug>/webhooks/", webhooks.show_list, name="webhooks"),
    path("licensees/<slug:slug>/webhooks/new", webhooks.add, name="add_webhook"),
    path(f"{HOOK}/", webhooks.show, name="webhook"),
    path(f"{HOOK}/test", acts.test, name="test_webhook"),
    path(f"{HOOK}/rotate", acts.rotate, name="rotate_webhook"),
    path(f"{HOOK}/end-former-secret", acts.end_former, name="end_former_secret"),
    path(f"{HOOK}/disable", acts.disable, name="disable_webhook"),
    path(f"{HOOK}/enable", acts.enable, name="enable_webhook"),
    path(f"{HOOK}/send-again", acts.replay_failed, name="replay_failed"),
    path(f"{HOOK}/events/<int:event_delivery_id>/", webhooks.delivery, name="delivery"),
    path(f"{HOOK}/events/<int:event_delivery_id>/send-again", acts.replay, name="replay"),
]
