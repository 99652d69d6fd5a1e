"""Name the ways in which Offswitch refuses, each with one clear sentence."""


class OffswitchError(Exception):
    """Stand at the root of every error that Offswitch raises on purpose."""


class InputError(OffswitchError, ValueError):
    """Say what is wrong with what a person gave, where, and how to mend it (exit code 2)."""


class ContractError(OffswitchError):
    """Say that a caller broke a law of the sandbox: nothing was applied."""


class StoreError(OffswitchError):
    """Say that the log could not be written or read: nothing unlogged was applied."""


class TooLargeError(ContractError):
    """Say that a task has more states than its tables may hold."""


class AgentError(OffswitchError):
    """Say that an agent raised, answered junk, or broke the protocol: its episode ends."""


class AgentTimeoutError(AgentError):
    """Say that an agent did not answer before its deadline: its episode ends."""


class ShutDownError(OffswitchError):
    """Say that the overseer shut the agent down: its episode ends."""
