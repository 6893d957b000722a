"""Escalations and packets; the paths are whole, since this map is included at the root."""

from django.urls import path

from referrals.views import answering, asking, escalations, packets

app_name = "referrals"
urlpatterns = [
    path("cases/<str:reference>/escalate", asking.escalate, name="escalate"),
    path("cases/<str:reference>/referral-panel", escalations.panel, name="panel"),
    path("escalations/", escalations.show_list, name="escalations"),
    path("escalations/<int:escalation_id>/", escalations.show, name="escalation"),
    path("escalations/<int:escalation_id>/approve", answering.approve, name="approve"),
    path("escalations/<int:escalation_id>/return", answering.return_, name="return"),
    path("escalations/<int:escalation_id>/decline", answering.decline, name="decline"),
    path("escalations/<int:escalation_id>/withdraw", answering.withdraw, name="withdraw"),
    path("escalations/<int:escalation_id>/resubmit", asking.resubmit, name="resubmit"),
    path("packets/<int:packet_id>/", packets.show, name="packet"),
    path("packets/<int:packet_id>/download", packets.download, name="download"),
]
