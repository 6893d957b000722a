"""What an operator watches: measured from real rows, told to Prometheus, drawn for an admin."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from licensees.models import Licensee
from licensees.rate_limits import redis_in_haste
from operations.figures import FIGURES, GROUPS, Level
from operations.measuring import measure
from operations.models import Sample
from operations.sampling import take_sample
from operations.views.standing import in_words
from referrals.models import Escalation
from review.models import Case, Pause
from tests.factories import make_case, make_conversation

BrowserOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-tests"


def measured() -> dict[str, float]:
    return {reading.key: reading.value for reading in measure()}


def test_nothing_is_wrong_where_nothing_is():
    found = measure()
    assert {reading.figure.name for reading in found} == set(FIGURES)
    quiet = {
        reading.key: reading.value for reading in found if not reading.key.startswith(("database_", "oldest"))
    }
    assert set(quiet.values()) == {0}
    assert {reading.level for reading in found} == {Level.FINE}


def test_what_waits_is_counted_with_its_age(northwind: Licensee, lakeside: Licensee, mara: User):
    urgent = make_case(northwind, external_id="urgent", probability=0.999)
    make_case(lakeside, external_id="usual")
    now = timezone.now()
    Case.objects.filter(pk=urgent.pk).update(
        opened_at=now - timedelta(hours=3), due_at=now - timedelta(hours=2)
    )
    make_conversation(northwind, external_id="unscored", scored_revision=0)
    Pause.objects.create(person=mara, began_at=now - timedelta(minutes=2), ends_at=now + timedelta(minutes=8))
    found = measured()
    assert (found["cases_waiting.imminent"], found["cases_waiting.standard"]) == (1, 1)
    assert found["case_age.imminent"] == pytest.approx(3 * 3_600, abs=60)
    assert (found["cases_overdue.imminent"], found["cases_overdue.standard"]) == (1, 0)
    assert found["conversations_unscored"] == 1
    assert (found["moderators_resting"], found["caps_hit"]) == (1, 1)
    assert found["entries_pending"] > 0
    levels = {reading.key: reading.level for reading in measure()}
    assert levels["case_age.imminent"] == levels["cases_overdue.imminent"] == Level.ALARM


def test_an_escalation_waits_by_its_exit(escalation: Escalation):
    found = measured()
    assert found["escalations_waiting.suspected_exploitation"] == 1
    assert found["escalations_waiting.imminent_threat"] == 0


def test_a_broker_that_is_away_is_said_and_holds_up_nothing(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_in_haste.cache_clear()
    try:
        assert measured()["broker_away"] == 1
    finally:
        redis_in_haste.cache_clear()


def test_prometheus_reads_them_with_the_token_alone(client: Client, northwind: Licensee, settings):
    make_case(northwind)
    assert client.get("/metrics").status_code == 404
    settings.ARTEMIS_METRICS_TOKEN = TOKEN
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    text = answer.content.decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert set(families) == {figure.metric for figure in FIGURES.values()}
    waiting = {sample.labels["lane"]: sample.value for sample in families["artemis_cases_waiting"].samples}
    assert waiting == {"imminent": 0, "standard": 1}
    case = Case.objects.get()
    assert not any(word in text for word in (northwind.name, northwind.slug, case.reference))


def test_a_process_is_ready_when_it_can_work(client: Client, settings, tmp_path: Path):
    assert client.get("/health/ready").json() == {"status": "ready", "missing": []}
    settings.ARTEMIS_KEYS = tmp_path
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["keys"])


def test_an_older_schema_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch):
    recorder = "django.db.migrations.recorder.MigrationRecorder.applied_migrations"
    monkeypatch.setattr(recorder, lambda _: {})
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["migrations"])


def test_one_sample_a_minute_for_two_days(northwind: Licensee):
    make_case(northwind)
    old = Sample.objects.create(at=timezone.now() - timedelta(days=2, minutes=2), values={})
    assert take_sample()
    assert not take_sample()
    sample = Sample.objects.get()
    assert sample.pk != old.pk and sample.values["cases_waiting.standard"] == 1


def test_an_admin_sees_what_presses_first_and_how_it_went(
    browser_of: BrowserOf, adam: User, northwind: Licensee
):
    urgent = make_case(northwind, probability=0.999)
    Case.objects.filter(pk=urgent.pk).update(due_at=timezone.now() - timedelta(hours=2))
    for minutes in range(40, 0, -10):
        at = timezone.now() - timedelta(minutes=minutes)
        Sample.objects.create(at=at, values={"cases_waiting.imminent": minutes})
    browser = browser_of(adam)
    page = browser.get("/operations/?hours=1").content.decode()
    assert "What needs somebody" in page and "Cases past their due time, imminent: 1" in page
    assert "40" in page and page.count("small-chart__line") == 1
    assert urgent.reference not in page and northwind.name not in page
    assert 'id="_figures"' in browser.get("/operations/figures?hours=48").content.decode()
    assert browser.get("/operations/?hours=nonsense").status_code == 200


def test_only_admins_see_it(browser_of: BrowserOf, mara: User, otto: User, june: User):
    assert {browser_of(person).get("/operations/").status_code for person in (mara, otto, june)} == {403}


def test_every_line_says_what_to_do_then():
    for figure in FIGURES.values():
        has_line = figure.look is not None or figure.alarm is not None
        assert has_line == bool(figure.then), figure.name
    assert len(FIGURES) == sum(len(group) for group in GROUPS.values())


def test_the_rules_and_the_dashboard_name_what_is_exposed():
    rules = yaml.safe_load((settings.BASE_DIR / "deploy/prometheus/artemis.rules.yml").read_text())
    metrics = {figure.metric for figure in FIGURES.values()}
    alerts = rules["groups"][0]["rules"]
    named = {alert["expr"].split(" ")[0].split("{")[0] for alert in alerts}
    assert named - {"up"} <= metrics and len(alerts) > 15
    assert len({alert["alert"] for alert in alerts}) == len(alerts)
    dashboard = json.loads((settings.BASE_DIR / "deploy/grafana/artemis.json").read_text())
    drawn = {target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])}
    assert drawn == metrics


def test_values_in_words():
    said = [in_words(90, FIGURES["scoring_lag"].unit), in_words(7_300, FIGURES["scoring_lag"].unit)]
    assert said == ["90 seconds", "2 hours"]
    assert in_words(2.5e9, FIGURES["database_size"].unit) == "2.5 GB"
