"""Escalations and packets; the paths are whole, since this map is included at the root."""

from django.urls import path

from referrals.views import answering, asking, deliveries, escalations, following, packets, recipients

app_name = "referrals"
urlpatterns = [
    path("cases/<str:reference>/escalate", asking.escalate, name="escalate"),
    path("cases/<str:reference>/referral-panel", escalations.panel, name="panel"),
    path("escalations/", escalations.show_list, name="escalations"),
    path("escalations/<int:escalation_id>/", escalations.show, name="escalation"),
    path("escalations/<int:escalation_id>/approve", answering.approve, name="approve"),
    path("escalations/<int:escalation_id>/return", answering.return_, name="return"),
    path("escalations/<int:escalation_id>/decline", answering.decline, name="decline"),
    path("escalations/<int:escalation_id>/owner", answering.reassign, name="reassign"),
    path("escalations/<int:escalation_id>/withdraw", answering.withdraw, name="withdraw"),
    path("escalations/<int:escalation_id>/resubmit", asking.resubmit, name="resubmit"),
    path("requests/<int:request_id>/answer", answering.answer_request, name="answer_request"),
    path("packets/<int:packet_id>/", packets.show, name="packet"),
    path("packets/<int:packet_id>/download", packets.download, name="download"),
    path("packets/<int:packet_id>/download-encrypted", packets.download_encrypted, name="download_encrypted"),
    path("packets/<int:packet_id>/release", deliveries.release, name="release"),
    path("packets/<int:packet_id>/supplement", following.supplement, name="supplement"),
    path("packets/<int:packet_id>/retract", following.retract, name="retract"),
    path("packets/<int:packet_id>/custody", packets.custody, name="custody"),
    path("deliveries/", deliveries.show_list, name="deliveries"),
    path("deliveries/<int:delivery_id>/", deliveries.show, name="delivery"),
    path("deliveries/<int:delivery_id>/progress", deliveries.progress, name="delivery_progress"),
    path("deliveries/<int:delivery_id>/go-on", deliveries.go_on, name="go_on"),
    path("deliveries/<int:delivery_id>/start-anew", deliveries.start_anew, name="start_anew"),
    path("deliveries/<int:delivery_id>/arrived", deliveries.mark_arrived, name="mark_arrived"),
    path("deliveries/<int:delivery_id>/give-up", deliveries.give_up, name="give_up"),
    path("deliveries/<int:delivery_id>/check", deliveries.check, name="check"),
    path("deliveries/<int:delivery_id>/feedback", deliveries.hear, name="feedback"),
    path("deliveries/<int:delivery_id>/keep-longer", deliveries.keep_longer, name="keep_longer"),
    path("recipients/", recipients.show_list, name="recipients"),
    path("recipients/new", recipients.add, name="add_recipient"),
    path("recipients/<int:recipient_id>/", recipients.show, name="recipient"),
    path("recipients/<int:recipient_id>/change", recipients.change, name="change_recipient"),
]
