"""What the inspections say: rates of violations and yields of referrals, with what is left open about them."""
