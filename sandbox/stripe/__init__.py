"""Stripe's v1 API as its SDK sees it: payment intents, refunds, events and signed webhooks."""
