"""Alerts that weigh no vehicle: of a light, a sensor, a port's month, a train. They have neither odds nor evidence."""

from schemas.records import Alert, AlertKind, ImageReference, Light, ListKind, MatchKind, OperatingMode, Severity


def unweighed_alert(
    kind: AlertKind,
    incident_id: str,
    revision: int,
    severity: Severity,
    summary: str,
    raised_at: int,
    port_code: str,
    operating_mode: OperatingMode,
    lane_id: str = "",
    passage_id: str = "",
    passage_number: int = 0,
    light: Light = Light.UNKNOWN,
    images: tuple[ImageReference, ...] = (),
) -> Alert:
    """One revision of an incident; `raised_at` in microseconds UTC. Its id is the incident's with the revision."""
    return Alert(
        alert_id=f"{incident_id}:{revision}",
        incident_id=incident_id,
        passage_id=passage_id,
        lane_id=lane_id,
        port_code=port_code,
        passage_number=passage_number,
        revision=revision,
        kind=kind,
        severity=severity,
        raised_at=raised_at,
        operating_mode=operating_mode,
        light=light,
        summary=summary,
        images=images,
        match=MatchKind.NONE,
        list_kind=ListKind.UNKNOWN,
        confirmation_required=False,
        prior_log_odds=0.0,
        log_odds=0.0,
        probability=0.0,
        rule_set_version="",
    )
