"""What Prometheus and Alertmanager need to watch the platform: objectives, alerts, their routes, runbooks."""
