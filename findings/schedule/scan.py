"""`python -m findings.schedule.scan JOB`: the scan of a scheduled job, in a process of its own.

Its memory is given back when it ends, and a crash in it leaves the scheduler standing. The last line of its output is
JSON: the run and its counts, or the problem.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

import orjson

from findings.runs import run_scan_and_store
from findings.schedule.jobs import Job, read_schedule
from findings.settings import Settings, read_settings
from i18n import Problem, Text
from queries.profiles import configure, read_profile
from queries.registry import choose


def scan(settings: Settings, job: Job) -> dict[str, Any]:
    """Run the scan of a job; `{"run": …, "counts": …}`, or `{"problem": key, "said": {zh, en}}`."""
    try:
        chosen = configure(choose(job.families, job.detectors), read_profile(settings.profile), {})
        diff = run_scan_and_store(settings, chosen, changed_only=job.changed_only, trigger="schedule", actor="schedule")
    except Problem as problem:
        return {"problem": problem.key, "said": problem.text.as_dict()}
    except Exception as error:
        said = getattr(error, "text", None)
        text = said if isinstance(said, Text) else Text(zh=type(error).__name__, en=type(error).__name__)
        return {"problem": type(error).__name__, "said": text.as_dict()}
    return {"run": diff.after, "counts": diff.counts}


def main(name: str) -> int:
    """Run the scan of the job of this name; 0 where it was recorded."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # the run is closed on the way out
    settings = read_settings()
    outcome = scan(settings, read_schedule(settings).jobs[name])
    sys.stdout.buffer.write(orjson.dumps(outcome) + b"\n")
    sys.stdout.buffer.flush()
    return 1 if "problem" in outcome else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
