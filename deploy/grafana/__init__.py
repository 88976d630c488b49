"""Dashboards for Grafana: their definitions, and the JSON made from them."""
