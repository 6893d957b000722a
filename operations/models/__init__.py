"""What was measured, for two days."""

from operations.models.sample import Sample

__all__ = ["Sample"]
