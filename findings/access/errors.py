"""What access refuses, and why."""

from __future__ import annotations

from i18n import Problem


class AccessDenied(Problem):
    """Somebody was not authenticated. The message does not tell a stranger what exists."""


class AccessError(Problem):
    """A user, key, recusal or approval cannot be made or changed as asked."""
