"""A game day: things broken one at a time on a running, observed platform, to see who is told what, and when.

ground: a platform with gateways, devices, controllers, Prometheus, Alertmanager
breakages: eight ways to break it, each with its mend and the alert that has to tell it
watch: what Prometheus says fires, and what Alertmanager would tell people
play: break ─► its alert, in time ─► only it and its consequences ─► mend ─► silence again
"""
