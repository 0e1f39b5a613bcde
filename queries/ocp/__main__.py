"""`python -m queries.ocp`: the same as `qingfeng ocp`."""

from queries.ocp.command import app

app(prog_name="qingfeng ocp")
