"""`border rail`: where each train stands, what people tell of it, and the audit of what was signed off.

consists, tags, scans ─► border.rail.readings.v1 ─► TRAINS ─► border.rail.coverage.v1 ─► status, watch --rail
people: arrive, inspect, release ─┘                              └► audit: the same, folded again from the readings
"""

from cyclopts import App

from deploy.commands.rail_audit import audit_train
from deploy.commands.rail_load import decode_tags, load_consist, load_scans
from deploy.commands.rail_people import arrive, inspect, release
from deploy.commands.rail_status import status

app = App(name="rail", help="Trains: where each stands, what people tell of them, release, and the audit.")
app.command(status)
app.command(arrive)
app.command(inspect)
app.command(release)
app.command(audit_train, name="audit")
app.command(load_consist)
app.command(load_scans)
app.command(decode_tags)
