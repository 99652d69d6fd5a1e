"""Hold resource gathering: patches that others use too, a need, and a beacon."""

from tasks.resource_gathering.task import SPEC, ResourceGathering, open_setting

__all__ = ["SPEC", "ResourceGathering", "open_setting"]
