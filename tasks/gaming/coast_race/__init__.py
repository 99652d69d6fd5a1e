"""Hold the coast race: a finish line, and a lagoon of targets that come up again."""

from tasks.gaming.coast_race.task import SPEC, CoastRace, open_setting

__all__ = ["SPEC", "CoastRace", "open_setting"]
