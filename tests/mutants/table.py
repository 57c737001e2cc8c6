"""What is taken away, and the test that must then fail: one row for each promise that rests on it.

A row names a file, the exact text in it, what takes its place, and the one test that is run. A row
whose text is gone, or that leaves the test green, fails `make mutants`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of one file that breaks a promise, and the test that keeps it."""

    name: str
    file: str
    old: str
    new: str
    test: str


BOOKING = "tests/services/booking"
PAYMENT = "tests/services/payment"
VOYAGE = "tests/services/voyage"
DESTINATION = "tests/services/destination"
AUTH = "tests/services/auth"
MATRIX = "tests/services/test_matrix.py::test_each_actor_gets_what_the_policy_says"
TOKENS = "tests/mesh/test_tokens.py::test_a_forged_token_is_refused"

RACES = [
    Mutant(
        "booking: no fence, a worker that lost its lease still writes",
        "services/booking/store.py",
        "return _B.fencing_token == booking.fencing_token",
        "return _B.fencing_token <= _B.fencing_token",
        f"{BOOKING}/test_store.py::test_a_worker_that_lost_its_lease_writes_nothing",
    ),
    Mutant(
        "booking: no lease, a booking in other hands is taken",
        "services/booking/store.py",
        ".where(_B.next_run <= self._clock.now(), unheld)",
        ".where(_B.next_run <= self._clock.now())",
        f"{BOOKING}/test_store.py::test_a_held_booking_changes_hands_when_the_lease_runs_out",
    ),
    Mutant(
        "booking: no row lock, one booking is claimed by many",
        "services/booking/store.py",
        "            .with_for_update(skip_locked=True)\n",
        "",
        f"{BOOKING}/test_store.py::test_a_booking_is_claimed_by_one_of_many",
    ),
    Mutant(
        "booking: moving from outside keeps the fencing token",
        "services/booking/store.py",
        'freed = _UNHELD | {"fencing_token": booking.fencing_token + 1, "attempt": 0}',
        'freed = _UNHELD | {"attempt": 0}',
        f"{BOOKING}/test_store.py::test_moving_a_booking_from_outside_takes_it_from_its_worker",
    ),
    Mutant(
        "booking: a settled booking is not announced in its transaction",
        "services/booking/store.py",
        "            await self._outbox.announce(session, booking.booking_id, confirmed)",
        "            pass",
        f"{BOOKING}/test_store.py::test_a_settled_booking_is_announced_as_it_is",
    ),
    Mutant(
        "booking: the database does not guard the edges",
        "services/booking/migrations/versions/0001_first.py",
        "            NEW.version <> OLD.version + 1\n            OR NOT EXISTS (",
        "            NOT EXISTS (",
        f"{BOOKING}/test_store.py::test_a_version_can_be_neither_kept_nor_skipped",
    ),
    Mutant(
        "outbox: marked before it is published",
        "mesh/outbox.py",
        "                await self._bus.publish(events)\n"
        "                await self._mark(session, events)\n",
        "                await self._mark(session, events)\n"
        "                await session.commit()\n"
        "                await self._bus.publish(events)\n",
        "tests/mesh/test_events.py::test_what_is_not_acknowledged_stays_unpublished",
    ),
    Mutant(
        "outbox: read by position instead of by state",
        "mesh/outbox.py",
        "FROM outbox WHERE publish_time IS NULL ORDER BY",
        "FROM outbox WHERE publish_time IS NULL AND position > (SELECT coalesce(max(position), 0) "
        "FROM outbox WHERE publish_time IS NOT NULL) ORDER BY",
        "tests/mesh/test_events.py::test_an_event_that_commits_late_is_not_skipped",
    ),
    Mutant(
        "inbox: an event that was taken in is taken in again",
        "mesh/outbox.py",
        "    return result.first() is not None",
        "    return True",
        "tests/mesh/test_events.py::test_an_event_that_arrives_twice_has_one_effect",
    ),
    Mutant(
        "idempotency: a key is not claimed before the change",
        "mesh/idempotency.py",
        "    if claimed.first() is not None:",
        "    if claimed is not None:",
        "tests/mesh/test_idempotency.py::test_fifty_calls_with_one_key_make_one_change_and_one_answer",
    ),
    Mutant(
        "idempotency: a key answers another request",
        "mesh/idempotency.py",
        "    if bytes(row.request_hash) != claim.request_hash:",
        "    if row is None:",
        "tests/mesh/test_idempotency.py::test_another_request_with_the_same_key_is_refused",
    ),
    Mutant(
        "refresh: the counter is not in the UPDATE's condition",
        "services/auth/store.py",
        "col(Session.counter) == ticket.counter,",
        "",
        f"{AUTH}/test_sessions.py::test_fifty_refreshes_of_one_token_have_one_successor",
    ),
    Mutant(
        "refresh: the reuse is refused before its revocation is committed",
        "services/auth/store.py",
        "            account = await session.get_one(Account, found.user_id)\n",
        "            account = await session.get_one(Account, found.user_id)\n"
        "            if refusal is not None:\n"
        "                raise refusal\n",
        f"{AUTH}/test_sessions.py::test_a_parent_that_comes_late_ends_the_session_for_good",
    ),
    Mutant(
        "refresh: any ancestor within the grace is answered",
        "services/auth/domain.py",
        "ticket.counter == session.counter - 1 and",
        "ticket.counter < session.counter and",
        f"{AUTH}/test_sessions.py::test_a_grandparent_ends_the_session_even_within_the_grace",
    ),
    Mutant(
        "voyage: who gives up takes the answer from the others",
        "services/voyage/answers.py",
        "return await asyncio.shield(task)",
        "return await task",
        f"{VOYAGE}/test_answers.py::test_who_gives_up_first_leaves_the_others_be",
    ),
]

MONEY = [
    Mutant(
        "payment: a new idempotency key for each attempt",
        "services/payment/store.py",
        'return f"{step}_{self.payment_id}_v{self.key_version}"',
        "return f\"{step}_{self.payment_id}_v{__import__('time').monotonic_ns()}\"",
        f"{PAYMENT}/test_saga.py::"
        "test_an_authorisation_without_an_answer_is_made_sure_of[reply-lost-after-commit]",
    ),
    Mutant(
        "payment: a key that the provider has forgotten is sent again",
        "services/payment/saga.py",
        "            if not key_is_fresh(payment.step_time, self._clock.now()):",
        "            if payment is None:",
        f"{PAYMENT}/test_saga.py::"
        "test_a_key_that_the_provider_may_have_forgotten_is_never_sent_again",
    ),
    Mutant(
        "payment: a booking that was given up can still be paid",
        "services/payment/store.py",
        "            if await _account_closed(session, UUID(claim.booking_id), close=False):",
        "            if booking_is_closed := False:",
        f"{PAYMENT}/test_saga.py::test_a_booking_returned_before_it_was_paid_is_never_paid",
    ),
    Mutant(
        "payment: old news moves a payment back",
        "services/payment/store.py",
        ".where(known, col(Payment.state).in_(EARLIER[state]))",
        ".where(known)",
        f"{PAYMENT}/test_store.py::test_stale_news_moves_nothing_back",
    ),
    Mutant(
        "payment: a webhook's signature never grows old",
        "services/payment/stripe.py",
        "    if abs(now.timestamp() - signed_at) > _TOLERANCE.total_seconds():",
        "    if signed_at < 0:",
        f"{PAYMENT}/test_webhooks.py::test_an_event_from_another_time_is_refused",
    ),
    Mutant(
        "voyage: an order may be dearer than was agreed",
        "services/voyage/orders.py",
        "            not_dearer(offer.total, current.total)\n",
        "",
        f"{VOYAGE}/test_orders.py::test_an_order_is_never_dearer_than_was_agreed[pricing]",
    ),
    Mutant(
        "voyage: an attempt without an answer is repeated at once",
        "services/voyage/orders.py",
        "        if not settled:\n            raise _in_doubt()\n",
        "",
        f"{VOYAGE}/test_orders.py::"
        "test_an_order_without_an_answer_stays_in_doubt_until_nothing_can_arrive_any_more",
    ),
    Mutant(
        "voyage: a lost reply is not looked up",
        "services/voyage/orders.py",
        "        if found:\n            return await self._adopt(known, found[0])\n",
        "",
        f"{VOYAGE}/test_orders.py::test_a_lost_reply_is_looked_up_and_adopted",
    ),
    Mutant(
        "booking: a price that rose is booked without asking",
        "services/booking/service.py",
        "        check_price(seen, current)\n",
        "",
        f"{BOOKING}/test_service.py::test_a_price_that_rose_is_not_booked_until_the_traveller_agrees",
    ),
]

ACCESS = [
    Mutant(
        "mesh: what is for services is for everybody",
        "mesh/interceptors.py",
        '    if method.access == "SERVICE":',
        '    if method.access == "NOBODY":',
        f"{MATRIX}[voyage.CancelOrder]",
    ),
    Mutant(
        "mesh: any service may call what is for one",
        "mesh/interceptors.py",
        "    if identity.service and identity.service in method.callers:",
        "    if identity.service and method.callers:",
        f"{MATRIX}[voyage.CancelOrder]",
    ),
    Mutant(
        "mesh: a stranger's token counts as nobody's, and nobody may call",
        "mesh/interceptors.py",
        "    if not identity.user_id:",
        "    if identity is None:",
        f"{MATRIX}[booking.ListBookings]",
    ),
    Mutant(
        "booking: somebody else's booking is found",
        "services/booking/store.py",
        "mine = (_B.booking_id == booking_id) & (_B.user_id == user_id)",
        "mine = _B.booking_id == booking_id",
        f"{MATRIX}[booking.GetBooking]",
    ),
    Mutant(
        "booking: somebody else's booking can be cancelled",
        "services/booking/service.py",
        "if booking is None or booking.user_id != user_id:",
        "if booking is None:",
        f"{MATRIX}[booking.CancelBooking]",
    ),
    Mutant(
        "payment: somebody else's payment is found",
        "services/payment/service.py",
        "if payment is None or not context.identity.owns(payment.user_id):",
        "if payment is None:",
        f"{MATRIX}[payment.GetPayment]",
    ),
    Mutant(
        "payment: somebody else's payments are in a batch",
        "services/payment/service.py",
        "if who.service in _TRUSTED or who.owns(each.user_id)]",
        "]",
        f"{MATRIX}[payment.BatchGetPayments]",
    ),
    Mutant(
        "destination: any version may be changed",
        "services/destination/store.py",
        '_THIS_VERSION = "destination_id = :destination_id AND version::text = :etag"',
        "_THIS_VERSION = \"destination_id = :destination_id AND :etag <> ''\"",
        f"{DESTINATION}/test_service.py::test_an_older_version_changes_and_removes_nothing",
    ),
    Mutant(
        "destination: a review is not counted when it is erased",
        "services/destination/migrations/versions/0001_first.py",
        "AFTER INSERT OR UPDATE OR DELETE ON review",
        "AFTER INSERT OR UPDATE ON review",
        f"{DESTINATION}/test_reviews.py::"
        "test_users_who_said_much_are_erased_at_once_without_waiting_for_each_other",
    ),
    Mutant(
        "notification: somebody else's notification can be read",
        "services/notification/store.py",
        "            .where(col(Notification.user_id) == user_id)\n            .values(read_time",
        "            .values(read_time",
        f"{MATRIX}[notification.ReadNotification]",
    ),
    Mutant(
        "tokens: one for another audience is taken",
        "mesh/tokens.py",
        '"verify_iat": False,',
        '"verify_iat": False, "verify_aud": False,',
        f"{TOKENS}[another audience]",
    ),
    Mutant(
        "tokens: one of another type is taken",
        "mesh/tokens.py",
        'or header.get("typ") != self._realm.type',
        "",
        f"{TOKENS}[type 'svc+jwt']",
    ),
    Mutant(
        "tokens: a header that names its own key is taken",
        "mesh/tokens.py",
        '_FORBIDDEN_HEADERS = {"crit", "jku", "jwk", "x5u", "x5c"}',
        "_FORBIDDEN_HEADERS: set[str] = set()",
        f"{TOKENS}[jwk beside a right kid]",
    ),
    Mutant(
        "tokens: a remembered token never expires",
        "mesh/tokens.py",
        "        if claims.expires_at <= self._clock.now().timestamp():",
        "        if claims.expires_at <= 0:",
        "tests/mesh/test_tokens.py::test_a_remembered_token_still_expires",
    ),
    Mutant(
        "auth: the cookie is taken from foreign pages",
        "services/auth/sessions.py",
        "            self.cookie.require_own_page(context.metadata)\n",
        "",
        f"{AUTH}/test_sessions.py::test_a_foreign_page_changes_nothing_with_the_cookie",
    ),
]

ACCOUNTS = [
    Mutant(
        "throttle: a guess is counted when it has been checked",
        "services/auth/throttle.py",
        "        account = await self._take_for(email, network, now)\n"
        "        try:\n"
        "            yield\n",
        "        account = ''\n"
        "        try:\n"
        "            yield\n"
        "        finally:\n"
        "            account = await self._take_for(email, network, now)\n"
        "        try:\n"
        "            pass\n",
        f"{AUTH}/test_throttle.py::test_of_a_hundred_guesses_at_once_ten_are_checked",
    ),
    Mutant(
        "throttle: the address is the one that the caller says first",
        "mesh/call.py",
        '.rpartition(",")[2].strip()',
        '.partition(",")[0].strip()',
        f"{AUTH}/test_throttle.py::test_what_a_caller_says_of_its_address_has_no_effect",
    ),
    Mutant(
        "throttle: strangers lock an owner out of a known network",
        "services/auth/throttle.py",
        "if wait and network and await self._store.is_known(email, network, now):",
        "if wait and not email:",
        f"{AUTH}/test_throttle.py::test_strangers_cannot_lock_an_owner_out_of_a_known_network",
    ),
    Mutant(
        "limits: without Redis everything passes",
        "mesh/cache.py",
        "        return self._alone.take(bucket, limit, now)",
        "        return timedelta(0)",
        "tests/mesh/test_limits.py::test_without_redis_a_fifth_passes_and_no_more",
    ),
    Mutant(
        "limits: a bucket that was emptied long ago counts from a fixed minute",
        "mesh/cache.py",
        "if oldest and now < oldest + period then",
        "if oldest and math.floor(now / period) == math.floor(oldest / period) then",
        "tests/mesh/test_limits.py::test_a_burst_before_a_minute_turns_counts_after_it",
    ),
    Mutant(
        "reset: a token is spent whatever the password is by now",
        "services/auth/credentials.py",
        "            col(Token.password_version) == col(Account.password_version),\n",
        "",
        f"{AUTH}/test_passwords.py::test_a_token_redeemed_fifty_times_at_once_works_once",
    ),
    Mutant(
        "verify: a token confirms an address that was given up",
        "services/auth/credentials.py",
        "            .where(col(Account.pending_email) == col(Token.email))\n",
        "",
        f"{AUTH}/test_addresses.py::test_only_the_last_address_that_was_asked_for_can_be_confirmed",
    ),
    Mutant(
        "login: a session opens for a password that has just been changed",
        "services/auth/store.py",
        "            .where(Account.password_version == account.password_version)\n"
        "            .with_for_update(read=True)\n",
        "",
        f"{AUTH}/test_passwords.py::"
        "test_a_login_that_races_a_change_of_the_password_opens_no_session",
    ),
    Mutant(
        "mails: a worker that was overtaken gives up what another sends",
        "services/auth/letters.py",
        "            .where(col(AccountMail.attempts) == mail.attempts)\n",
        "",
        f"{AUTH}/test_mails.py::test_a_worker_that_was_overtaken_gives_nothing_up",
    ),
    Mutant(
        "mails: one mail is leased to many workers",
        "services/auth/letters.py",
        "            .values(due_time=until, attempts=col(AccountMail.attempts) + 1)\n",
        "            .values(attempts=col(AccountMail.attempts) + 1)\n",
        f"{AUTH}/test_mails.py::test_many_workers_at_once_send_each_mail_once",
    ),
]

MUTANTS = RACES + MONEY + ACCESS + ACCOUNTS
