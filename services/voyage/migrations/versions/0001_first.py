"""Offers as suppliers made them, and the orders that were placed for bookings."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.execute("""
        CREATE TABLE offer (
            offer_id uuid PRIMARY KEY,
            document text NOT NULL,
            shown bytea NOT NULL,
            search jsonb NOT NULL,
            seats jsonb NOT NULL,
            departure date NOT NULL,
            traveller_count integer NOT NULL CHECK (traveller_count > 0),
            total_minor bigint NOT NULL CHECK (total_minor >= 0),
            currency text NOT NULL,
            priced boolean NOT NULL,
            expire_time timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX offer_expire_time ON offer (expire_time)")
    op.execute("""
        CREATE TABLE supplier_order (
            reference text PRIMARY KEY,
            offer_id uuid,
            state text NOT NULL
                CHECK (state IN ('ORDERING', 'CONFIRMED', 'REFUSED', 'CANCELLED')),
            attempt integer NOT NULL,
            attempt_time timestamptz NOT NULL,
            supplier_order_id text UNIQUE,
            record_locator text,
            total_minor bigint,
            currency text,
            refusal bytea,
            watch_until timestamptz,
            update_time timestamptz NOT NULL,
            CHECK (state = 'CANCELLED' OR offer_id IS NOT NULL),
            CHECK (state <> 'CONFIRMED' OR supplier_order_id IS NOT NULL),
            CHECK ((state = 'REFUSED') = (refusal IS NOT NULL))
        )
    """)
    op.execute("""
        CREATE INDEX supplier_order_watched ON supplier_order (watch_until)
            WHERE watch_until IS NOT NULL
    """)
