"""Exceptions by kind. Each says in one line what is wrong and what to do."""


class MinoError(Exception):
    """Something that Mino was asked for could not be done."""


class InputError(MinoError, ValueError):
    """What was given makes no sense: a file, a name, a setting, a query."""


class UnreachableError(MinoError, ConnectionError):
    """Store or browser are not reachable: try again, or look after them."""


class RunFailed(MinoError):
    """The run itself failed."""


class RunBusy(RunFailed):
    """Somebody else works on the run: wait, or try again when their lease has ended."""
