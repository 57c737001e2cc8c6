"""Preferences, wishes, history, pictures, and what proves that somebody was erased."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of what belongs to a profile, then those of erasures."""
    op.execute("""
        ALTER TABLE profile
            ADD avatar_key text,
            ADD wishes integer NOT NULL DEFAULT 0 CHECK (wishes BETWEEN 0 AND 500)
    """)
    # Not unique: then a change of it would lock out whoever adds what hangs on the profile.
    op.execute("CREATE INDEX profile_avatar ON profile (avatar_key) WHERE avatar_key IS NOT NULL")
    op.execute("""
        CREATE TABLE travel_preference (
            user_id text PRIMARY KEY REFERENCES profile ON DELETE CASCADE,
            categories text[] NOT NULL,
            home_airport text NOT NULL,
            cabin text NOT NULL,
            seat text NOT NULL,
            airlines text[] NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE notification_preference (
            user_id text NOT NULL REFERENCES profile ON DELETE CASCADE,
            kind text NOT NULL CHECK (kind IN ('BOOKING', 'PAYMENT', 'INSPIRATION')),
            email boolean NOT NULL,
            sms boolean NOT NULL,
            in_app boolean NOT NULL,
            PRIMARY KEY (user_id, kind)
        )
    """)
    op.execute("""
        CREATE TABLE wish (
            user_id text NOT NULL REFERENCES profile ON DELETE CASCADE,
            destination_id text NOT NULL,
            create_time timestamptz NOT NULL,
            PRIMARY KEY (user_id, destination_id)
        )
    """)
    op.execute("CREATE INDEX wish_newest ON wish (user_id, create_time, destination_id)")
    # No reference to the profile: a booking may end before the news of its account arrives.
    op.execute("""
        CREATE TABLE past_booking (
            booking_id text PRIMARY KEY,
            user_id text NOT NULL,
            version integer NOT NULL,
            outcome text NOT NULL CHECK (outcome IN ('CONFIRMED', 'CANCELLED')),
            time timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX past_booking_newest ON past_booking (user_id, time, booking_id)")
    op.execute("""
        CREATE TABLE avatar (
            key text PRIMARY KEY,
            user_id text,
            create_time timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX avatar_oldest ON avatar (create_time)")
    op.execute("CREATE INDEX avatar_of_user ON avatar (user_id)")
    _erasures()


def _erasures() -> None:
    # Whoever is erased is known by name only until that is done.
    op.execute("""
        CREATE TABLE erasure (
            erasure_id uuid PRIMARY KEY,
            user_digest bytea NOT NULL,
            user_id text,
            create_time timestamptz NOT NULL,
            complete_time timestamptz,
            next_run timestamptz,
            attempt integer NOT NULL DEFAULT 0,
            fencing_token bigint NOT NULL DEFAULT 0,
            lease_until timestamptz,
            CONSTRAINT erasure_once UNIQUE (user_digest),
            CHECK ((complete_time IS NULL) = (user_id IS NOT NULL)),
            CHECK ((complete_time IS NULL) = (next_run IS NOT NULL))
        )
    """)
    op.execute("CREATE INDEX erasure_due ON erasure (next_run) WHERE next_run IS NOT NULL")
    op.execute("""
        CREATE TABLE erasure_part (
            erasure_id uuid NOT NULL REFERENCES erasure,
            service text NOT NULL,
            erased integer NOT NULL CHECK (erased >= 0),
            time timestamptz NOT NULL,
            PRIMARY KEY (erasure_id, service)
        )
    """)
