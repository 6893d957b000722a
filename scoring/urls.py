"""models/…: the registered models, which of them scores, and which is compared with it."""

from django.urls import path

from scoring.views import acts, drift, models, shadow

app_name = "scoring"
urlpatterns = [
    path("", models.models, name="models"),
    path("drift", drift.overview, name="drift"),
    path("drift/<slug:slug>", drift.of_licensee, name="drift_of_licensee"),
    path("<int:model_id>/comparison", shadow.comparison, name="comparison"),
    path("<int:model_id>/evaluations/<int:evaluation_id>", models.evaluation, name="evaluation"),
    path("<int:model_id>/promote", acts.promote, name="promote"),
    path("<int:model_id>/roll-back", acts.roll_back, name="roll_back"),
    path("<int:model_id>/name-challenger", acts.name_challenger, name="name_challenger"),
    path("<int:model_id>/withdraw", acts.withdraw_challenger, name="withdraw_challenger"),
]
