"""Keeps what was measured each minute, and forgets what is older than two days."""

from django.utils import timezone

from operations.measuring import measure
from operations.models import Sample
from operations.models.sample import KEPT_FOR


def take_sample() -> bool:
    """One a minute, however many workers hear of it; answers whether it was this one."""
    minute = timezone.now().replace(second=0, microsecond=0)
    if Sample.objects.filter(at=minute).exists():
        return False
    values = {reading.key: round(reading.value, 1) for reading in measure()}
    _, is_mine = Sample.objects.get_or_create(at=minute, defaults={"values": values})
    Sample.objects.filter(at__lt=minute - KEPT_FOR).delete()
    return is_mine
