"""What other agencies may be told, as pure functions: agreements, the rows made of records, blinded answers."""
