"""What a command tells a person when it cannot go on."""


class UserError(Exception):
    """Printed as one line, `border: <message>`, without a traceback; the message says what is wrong and what to do."""
