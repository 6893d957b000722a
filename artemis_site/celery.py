"""The Celery app and its beat schedule: doorbells and sweeps, never truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artemis_site.settings")

app = Celery("artemis")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "accounts",
        "audit",
        "licensees",
        "scoring",
        "review",
        "referrals",
        "retention",
        "platforms",
        "operations",
    ]
)

# `expires`: a doorbell that nobody heard for a few periods is worthless, so the queue cannot grow.
app.conf.beat_schedule = {
    "score what was left behind": {
        "task": "scoring.tasks.score_pending",
        "schedule": 5.0,
        "options": {"expires": 15},
    },
    "open cases for flagged scores": {
        "task": "review.tasks.open_cases",
        "schedule": 2.0,
        "options": {"expires": 15},
    },
    "take in what was handed in together": {
        "task": "scoring.tasks.run_jobs",
        "schedule": 5.0,
        "options": {"expires": 15},
    },
    "forget jobs that were abandoned": {
        "task": "scoring.tasks.forget_jobs",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "return expired claims to the queue": {
        "task": "review.tasks.expire_claims",
        "schedule": 15.0,
        "options": {"expires": 60},
    },
    "tell supervisors of what waits": {
        "task": "referrals.tasks.send_notices",
        "schedule": 10.0,
        "options": {"expires": 30},
    },
    "carry out what people released": {
        "task": "referrals.tasks.send_released",
        "schedule": 10.0,
        "options": {"expires": 20},
    },
    "give checkpoints to third parties": {
        "task": "audit.tasks.send_checkpoints",
        "schedule": 10.0,
        "options": {"expires": 20},
    },
    "tell platforms what is asked of them": {
        "task": "platforms.tasks.write_events",
        "schedule": 2.0,
        "options": {"expires": 15},
    },
    "send events to webhooks": {
        "task": "platforms.tasks.send_events",
        "schedule": 5.0,
        "options": {"expires": 15},
    },
    "erase what is due": {
        "task": "retention.tasks.erase_what_is_due",
        "schedule": 60.0,
        "options": {"expires": 120},
    },
    "measure how it stands": {
        "task": "operations.tasks.take_sample",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "notice drift": {
        "task": "scoring.tasks.watch_drift",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "forget what models left": {
        "task": "scoring.tasks.forget_leftovers",
        "schedule": 86_400.0,
        "options": {"expires": 86_400},
    },
    "forget sessions that have expired": {
        "task": "accounts.tasks.forget_sessions",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "end assignments by their day, forget applications that nobody confirmed": {
        "task": "licensees.tasks.sweep",
        "schedule": 60.0,
        "options": {"expires": 120},
    },
    "forget old idempotency keys": {
        "task": "scoring.tasks.forget_idempotency_keys",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}
