"""Payments, the bookings that may not be paid any more, and the provider's events."""

from alembic import op

from mesh import outbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    outbox.create_tables()
    op.execute("""
        CREATE TABLE booking_account (
            booking_id uuid PRIMARY KEY,
            closed boolean NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE payment (
            payment_id uuid PRIMARY KEY,
            booking_id uuid NOT NULL REFERENCES booking_account,
            user_id text NOT NULL,
            client_key text NOT NULL,
            request_hash bytea NOT NULL,
            payment_method text NOT NULL,
            amount bigint NOT NULL CHECK (amount > 0),
            currency text NOT NULL,
            state text NOT NULL CHECK (state IN (
                'CREATED', 'REQUIRES_ACTION', 'AUTHORIZED', 'CAPTURING', 'CAPTURED',
                'RETURNING', 'FAILED', 'RELEASED', 'REFUNDED'
            )),
            captured bigint NOT NULL DEFAULT 0,
            refunded bigint NOT NULL DEFAULT 0,
            intent_id text UNIQUE,
            client_secret text NOT NULL DEFAULT '',
            failure text NOT NULL DEFAULT '',
            decline_code text NOT NULL DEFAULT '',
            cancel_due boolean NOT NULL DEFAULT false,
            key_version integer NOT NULL DEFAULT 1,
            step_time timestamptz NOT NULL,
            lease_until timestamptz NOT NULL,
            create_time timestamptz NOT NULL,
            update_time timestamptz NOT NULL,
            UNIQUE (user_id, client_key),
            CHECK (0 <= refunded AND refunded <= captured AND captured <= amount),
            CHECK (state NOT IN ('AUTHORIZED', 'CAPTURING', 'CAPTURED', 'REFUNDED')
                OR intent_id IS NOT NULL),
            CHECK (state NOT IN ('CAPTURED', 'REFUNDED') OR captured > 0),
            CHECK (state <> 'REFUNDED' OR refunded = captured)
        )
    """)
    op.execute("""
        CREATE UNIQUE INDEX payment_active ON payment (booking_id)
            WHERE state NOT IN ('FAILED', 'RELEASED', 'REFUNDED')
    """)
    op.execute("CREATE INDEX payment_of_booking ON payment (booking_id, payment_id)")
    op.execute("CREATE INDEX payment_of_user ON payment (user_id, payment_id)")
    op.execute("""
        CREATE INDEX payment_unsettled ON payment (lease_until)
            WHERE state IN ('CREATED', 'REQUIRES_ACTION', 'CAPTURING', 'RETURNING') OR cancel_due
    """)
    op.execute("""
        CREATE TABLE provider_event (
            event_id text PRIMARY KEY,
            type text NOT NULL,
            intent_id text NOT NULL,
            attempt integer NOT NULL DEFAULT 0,
            receive_time timestamptz NOT NULL,
            due_time timestamptz NOT NULL,
            done_time timestamptz
        )
    """)
    op.execute(
        "CREATE INDEX provider_event_due ON provider_event (due_time) WHERE done_time IS NULL"
    )
