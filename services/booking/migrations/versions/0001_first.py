"""Bookings with their saga, their history, and the edges a booking may take."""

from alembic import op

from mesh import idempotency, outbox
from services.booking.domain import EDGES, FIRST

revision = "0001"
down_revision = None

_BOOKING = """
    CREATE TABLE booking (
        booking_id uuid PRIMARY KEY,
        user_id text NOT NULL,
        state text NOT NULL REFERENCES booking_state,
        version integer NOT NULL CHECK (version > 0),
        total_minor bigint NOT NULL CHECK (total_minor >= 0),
        currency text NOT NULL CHECK (length(currency) = 3),
        items jsonb NOT NULL CHECK (jsonb_array_length(items) > 0),
        travellers jsonb NOT NULL CHECK (jsonb_array_length(travellers) > 0),
        reason text NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        expire_time timestamptz NOT NULL CHECK (expire_time > create_time),
        cancel_requested boolean NOT NULL DEFAULT false,
        next_run timestamptz,
        attempt integer NOT NULL DEFAULT 0,
        fencing_token bigint NOT NULL DEFAULT 0,
        lease_owner text,
        lease_until timestamptz,
        CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
    )
"""

_HISTORY = """
    CREATE TABLE booking_history (
        booking_id uuid NOT NULL REFERENCES booking,
        version integer NOT NULL,
        state text NOT NULL REFERENCES booking_state,
        reason text NOT NULL,
        time timestamptz NOT NULL,
        PRIMARY KEY (booking_id, version)
    )
"""

# It fires for every statement that sets the state, so standing still is not a transition either.
_TRIGGER_FUNCTION = f"""
    CREATE FUNCTION booking_keeps_to_its_edges() RETURNS trigger
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF TG_OP = 'INSERT' AND (NEW.state <> '{FIRST}' OR NEW.version <> 1) THEN
            RAISE EXCEPTION 'a booking begins as {FIRST}, not as %', NEW.state
                USING ERRCODE = 'check_violation';
        ELSIF TG_OP = 'UPDATE' AND (
            NEW.version <> OLD.version + 1
            OR NOT EXISTS (
                SELECT FROM booking_edge
                WHERE from_state = OLD.state AND to_state = NEW.state
            )
        ) THEN
            RAISE EXCEPTION 'a booking may not go from % (%) to % (%)',
                OLD.state, OLD.version, NEW.state, NEW.version
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
"""  # noqa: S608 - our own names

_TRIGGER = """
    CREATE TRIGGER booking_keeps_to_its_edges
    BEFORE INSERT OR UPDATE OF state, version ON booking
    FOR EACH ROW EXECUTE FUNCTION booking_keeps_to_its_edges()
"""


def upgrade() -> None:
    """Create everything; the edges are those of the domain."""
    op.execute("CREATE TABLE booking_state (state text PRIMARY KEY)")
    op.execute(
        "CREATE TABLE booking_edge ("
        "from_state text REFERENCES booking_state, to_state text REFERENCES booking_state, "
        "PRIMARY KEY (from_state, to_state))"
    )
    states = ", ".join(f"('{state}')" for state in EDGES)
    pairs = ", ".join(f"('{one}', '{other}')" for one in EDGES for other in sorted(EDGES[one]))
    op.execute(f"INSERT INTO booking_state VALUES {states}")  # noqa: S608 - our own names
    op.execute(f"INSERT INTO booking_edge VALUES {pairs}")  # noqa: S608 - our own names
    op.execute(_BOOKING)
    op.execute(_HISTORY)
    op.execute(_TRIGGER_FUNCTION)
    op.execute(_TRIGGER)
    op.execute("CREATE INDEX booking_of_user ON booking (user_id, booking_id DESC)")
    op.execute("CREATE INDEX booking_due ON booking (next_run) WHERE next_run IS NOT NULL")
    outbox.create_tables()
    idempotency.create_table()
