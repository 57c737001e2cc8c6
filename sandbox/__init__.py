"""The outside world, simulated on the wire: Amadeus, Stripe and mail, a database each."""
