"""The pages of benchmarks/console.py: the queue at its beginning and its end, a case of 50 and of 5,000 messages."""

import os
import shutil
import socket
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import sessions
from accounts.models import User
from artemis_site.demo import web_command
from licensees.models import Licensee
from review.models import Case
from review.overview import PAGE, browse
from review.queue import URGENCY

try:
    from playwright.sync_api import Browser, Page, sync_playwright
except ImportError:
    sync_playwright = None  # type: ignore[assignment]

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
# What lies between two frames, and the tasks that kept one back, from now on.
WATCH_FRAMES = """() => {
  const told = { frames: [], long: [] };
  window.benchmark = told;
  new PerformanceObserver((list) => told.long.push(...list.getEntries().map((one) => one.duration)))
    .observe({ type: "long-animation-frame" });
  let before = performance.now();
  const frame = (now) => { told.frames.push(now - before); before = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""
WHEEL_PIXELS, WHEEL_TURNS, BETWEEN_WHEELS = 120, 600, 0.016
SLOW_FRAME = 1.5 / 60
TIMES = """() => {
  const told = performance.getEntriesByType("navigation")[0];
  return [told.domContentLoadedEventEnd - told.startTime, document.getElementsByTagName("*").length];
}"""


def seconds_alternately(*works: Callable[[], object], turns: int) -> list[float]:
    """The median of each, measured in turns, so that a busy machine slows all alike."""
    for work in works:
        work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(turns):
        for place, work in enumerate(works):
            began = time.perf_counter()
            work()
            taken[place].append(time.perf_counter() - began)
    return [statistics.median(times) for times in taken]


# --- The queue -----------------------------------------------------------------------------------


def queue_pages(licensees: list[Licensee], page: int, *, turns: int) -> list[float]:
    """Seconds of page 1 and of that page, whose keyset position is read from the table beforehand."""
    waiting = Case.objects.filter(licensee__in=licensees, state=Case.State.WAITING).order_by(*URGENCY)
    last = waiting[(page - 1) * PAGE - 1 : (page - 1) * PAGE].get()
    after = f"{last.lane_order}~{last.due_at.isoformat()}~{last.pk}"
    pages = [
        lambda: browse(licensees, state=Case.State.WAITING),
        lambda: browse(licensees, state=Case.State.WAITING, after=after),
    ]
    assert pages[1]().cases, "There is no such page."  # noqa: S101
    return seconds_alternately(*pages, turns=turns)


# --- A case on the server ------------------------------------------------------------------------


def signed_in(person: User) -> Client:
    client = Client(HTTP_HOST="localhost")
    client.force_login(person, backend="licensees.signed_in_backend.OneQuestionBackend")
    session = client.session
    sessions.begin(session, now=timezone.now())
    session.save()
    return client


def case_pages(pages: list[tuple[Client, str]], *, turns: int) -> list[dict[str, float]]:
    """Of each page: seconds on the server, bytes sent, queries."""
    times = seconds_alternately(*(_getter(*page) for page in pages), turns=turns)
    return [{"seconds": seconds, **_weight(*page)} for seconds, page in zip(times, pages, strict=True)]


def _getter(client: Client, url: str) -> Callable[[], object]:
    return lambda: client.get(url)


def _weight(client: Client, url: str) -> dict[str, float]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url)
    assert answer.status_code == 200, answer.status_code  # noqa: S101
    return {"bytes": len(answer.content), "queries": len(captured)}


# --- A case in a browser -------------------------------------------------------------------------


def in_browser(pages: list[tuple[Client, str]], *, turns: int) -> list[dict[str, float]]:
    """Of each page: seconds until it can be used, and elements; nothing where there is no Chromium."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None or sync_playwright is None:
        return []
    # Playwright keeps an event loop in this thread, which Django would take for an asynchronous view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with _web_server() as root, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        figures = [_opened(browser, root, client, url, turns) for client, url in pages]
        browser.close()
    return figures


def _opened(browser: "Browser", root: str, client: Client, url: str, turns: int) -> dict[str, float]:
    context = browser.new_context(base_url=root)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": root}])
    page = context.new_page()
    told: list[list[float]] = []
    for _ in range(turns + 1):
        page.goto(url, wait_until="load")
        told.append(page.evaluate(TIMES))
    scrolled = _scrolled(page)
    context.close()
    return {
        **scrolled,
        "interactive": statistics.median(one[0] for one in told[1:]) / 1e3,
        "elements": told[-1][1],
    }


def _scrolled(page: "Page") -> dict[str, float]:
    """The frames while a wheel goes down through many windows of the conversation, as fast as a hand turns it."""
    page.evaluate(WATCH_FRAMES)
    page.mouse.move(640, 600)
    for _ in range(WHEEL_TURNS):
        page.mouse.wheel(0, WHEEL_PIXELS)
        time.sleep(BETWEEN_WHEELS)
    told = page.evaluate(
        "() => ({ ...window.benchmark, turns: document.querySelectorAll('[data-turn]').length })"
    )
    frames = sorted(one / 1e3 for one in told["frames"][1:])
    return {
        "frame median": statistics.median(frames),
        "frame p99": frames[int(0.99 * len(frames))],
        "frames late": sum(one > SLOW_FRAME for one in frames) / len(frames),
        "frame longest": frames[-1],
        "turns scrolled": told["turns"],
    }


@contextmanager
def _web_server() -> Iterator[str]:
    """The web server of the demo, with the same settings, until the measuring is done."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([*web_command(port), "--chdir", str(settings.BASE_DIR)], **quiet)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(url: str) -> None:
    until = time.monotonic() + 180  # a busy machine takes its time
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  (our own server)
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The web server did not answer.")
