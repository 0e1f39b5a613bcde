"""All tables of the store, of every part: importing this module declares them."""

from __future__ import annotations

import findings.access.models
import findings.audit.models
import findings.notify.models
import findings.schedule.models
import findings.store.models
import findings.store.revision  # noqa: F401 - declares its tables
from findings.store.base import Base

METADATA = Base.metadata
