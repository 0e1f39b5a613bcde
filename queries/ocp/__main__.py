"""`python -m queries.ocp`: the same as `qingfeng ocp`."""

import sys

from queries.ocp.run import run

sys.exit(run(sys.argv[1:]))
