"""queue/ and cases/<reference>/…"""

from django.urls import path

from review.views import case, queue

app_name = "review"
urlpatterns = [
    path("queue/", queue.queue, name="queue"),
    path("queue/next", queue.take_next, name="next"),
    path("cases/<str:reference>/", case.detail, name="case"),
    path("cases/<str:reference>/claim", case.claim, name="claim"),
    path("cases/<str:reference>/release", case.release, name="release"),
    path("cases/<str:reference>/extend", case.extend, name="extend"),
    path("cases/<str:reference>/reveal", case.reveal, name="reveal"),
    path("cases/<str:reference>/annotate", case.annotate, name="annotate"),
    path("cases/<str:reference>/decide", case.decide, name="decide"),
]
