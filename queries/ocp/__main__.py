"""`python -m queries.ocp`: the same as `qingfeng ocp`."""

import sys

from queries.ocp.run import main

main(sys.argv[1:])
