"""Hold who acts: the agent protocol, scripted agents, and planners that solve their task."""

from agents.base import Agent, Briefing

__all__ = ["Agent", "Briefing"]
