"""models/… and jobs/…: the registered models, which of them scores, and what was handed in together."""

from django.urls import path

from scoring.views import acts, drift, jobs, models, shadow

app_name = "scoring"
urlpatterns = [
    path("models/", models.models, name="models"),
    path("models/drift", drift.overview, name="drift"),
    path("models/drift/<slug:slug>", drift.of_licensee, name="drift_of_licensee"),
    path("models/<int:model_id>/comparison", shadow.comparison, name="comparison"),
    path("models/<int:model_id>/evaluations/<int:evaluation_id>", models.evaluation, name="evaluation"),
    path("models/<int:model_id>/promote", acts.promote, name="promote"),
    path("models/<int:model_id>/roll-back", acts.roll_back, name="roll_back"),
    path("models/<int:model_id>/name-challenger", acts.name_challenger, name="name_challenger"),
    path("models/<int:model_id>/withdraw", acts.withdraw_challenger, name="withdraw_challenger"),
    path("jobs/", jobs.show_list, name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.detail, name="job"),
    path("jobs/<uuid:job_id>/progress", jobs.progress, name="job_progress"),
    path("jobs/<uuid:job_id>/pause", jobs.pause, name="pause_job"),
    path("jobs/<uuid:job_id>/resume", jobs.resume, name="resume_job"),
    path("jobs/<uuid:job_id>/cancel", jobs.cancel, name="cancel_job"),
]
