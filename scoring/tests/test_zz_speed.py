import time, cProfile, pstats
from datetime import UTC, datetime, timedelta
from django.db import connection
from django.test.utils import CaptureQueriesContext
import pytest
from scoring.incoming import *
from scoring.ingest import accept
from scoring.models import *
from tests.people import TESTS
import scoring.ingest
scoring.ingest.ring = lambda: None
AT = datetime(2026,3,3,20,tzinfo=UTC)
def conv(i, n, start=0):
    return IncomingConversation(id=f"c{i}", messages=tuple(IncomingMessage(id=f"m{k}", sender=f"u{k%2}", sent_at=AT+timedelta(seconds=k), text=f"hello there number {k} of a neutral chat, fine weather") for k in range(start,start+n)))
@pytest.mark.django_db(transaction=True)
def test_speed(northwind):
    accept(licensee=northwind, items=[conv("w", 3)], by=TESTS)
    for convs, n in ((1, 10000), (500, 20), (10, 10000), (500,1)):
        items=[conv(f"{convs}-{n}-{i}", n) for i in range(convs)]
        t=time.perf_counter(); r=accept(licensee=northwind, items=items, by=TESTS); d=time.perf_counter()-t
        print(convs, n, f"{d:.2f}s {convs*n/d:.0f}/s")
        t=time.perf_counter(); r=accept(licensee=northwind, items=items, by=TESTS); d=time.perf_counter()-t
        assert all(x.messages_accepted==0 for x in r)
        print("  again", f"{d:.2f}s {convs*n/d:.0f}/s")
        items=[conv(f"{convs}-{n}-{i}", n, start=n) for i in range(convs)]
        t=time.perf_counter(); r=accept(licensee=northwind, items=items, by=TESTS); d=time.perf_counter()-t
        print("  more", f"{d:.2f}s {convs*n/d:.0f}/s")
    items=[conv(f"p-{i}", 100) for i in range(100)]
    with cProfile.Profile() as p: accept(licensee=northwind, items=items, by=TESTS)
    pstats.Stats(p).sort_stats("tottime").print_stats(18)
    for n in (1,100):
        with CaptureQueriesContext(connection) as c: accept(licensee=northwind, items=[conv(f"q{n}",n)], by=TESTS)
        print(n, len(c))
