"""Destinations with those that there are from the start, their reviews, and what flights cost.

A migration runs once, so what an administrator changes or removes stays changed or removed.
"""

from alembic import op
from sqlalchemy import text

from mesh.outbox import create_tables
from services.destination.seed import airports, destinations
from services.destination.store import ADD, row_of

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything, and fill in what there is from the start."""
    # Drawn for each change: a destination that is made anew never has an etag of before.
    op.execute("CREATE SEQUENCE destination_version")
    op.execute("""
        CREATE TABLE destination (
            destination_id text PRIMARY KEY,
            kind text NOT NULL CHECK (kind IN ('COUNTRY', 'CITY', 'POINT_OF_INTEREST')),
            parent_id text,
            parent_kind text GENERATED ALWAYS AS (
                CASE kind WHEN 'CITY' THEN 'COUNTRY' WHEN 'POINT_OF_INTEREST' THEN 'CITY' END
            ) STORED,
            country_code text NOT NULL,
            latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
            longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
            time_zone text NOT NULL,
            currency text NOT NULL,
            popularity integer NOT NULL CHECK (popularity >= 0),
            name_en text NOT NULL CHECK (name_en <> ''),
            description_en text NOT NULL,
            name_fr text NOT NULL,
            description_fr text NOT NULL,
            names text[] NOT NULL,
            search tsvector NOT NULL,
            rating_sum integer NOT NULL DEFAULT 0,
            review_count integer NOT NULL DEFAULT 0 CHECK (review_count >= 0),
            version bigint NOT NULL DEFAULT nextval('destination_version'),
            CONSTRAINT destination_place UNIQUE (destination_id, kind),
            CONSTRAINT destination_lies_in FOREIGN KEY (parent_id, parent_kind)
                REFERENCES destination (destination_id, kind),
            CONSTRAINT destination_parent CHECK ((kind = 'COUNTRY') = (parent_id IS NULL)),
            CONSTRAINT destination_time_zone CHECK (kind = 'CITY' OR time_zone = ''),
            CONSTRAINT destination_rating CHECK (
                rating_sum BETWEEN review_count AND 5 * review_count
            )
        )
    """)
    op.execute("CREATE INDEX destination_popular ON destination ((-popularity), destination_id)")
    op.execute("CREATE INDEX destination_in_country ON destination (country_code)")
    op.execute("CREATE INDEX destination_inside ON destination (parent_id)")
    op.execute("CREATE INDEX destination_search ON destination USING gin (search)")
    _reviews()
    _prices()
    connection = op.get_bind()
    for each in destinations():
        connection.execute(text(ADD), row_of(each))
    connection.execute(
        text("INSERT INTO airport VALUES (:code, :city)"),
        [{"code": code, "city": city} for code, city in airports().items()],
    )


def _reviews() -> None:
    op.execute("""
        CREATE TABLE review (
            review_id uuid PRIMARY KEY,
            destination_id text NOT NULL,
            user_id text NOT NULL,
            rating integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
            text text NOT NULL,
            time timestamptz NOT NULL,
            CONSTRAINT review_once UNIQUE (destination_id, user_id),
            CONSTRAINT review_of FOREIGN KEY (destination_id)
                REFERENCES destination ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX review_newest ON review (destination_id, time, review_id)")
    op.execute("CREATE INDEX review_by_user ON review (user_id)")
    # Kept by the database itself: whatever adds, changes or removes a review, by however many at
    # once, the sums are those of the reviews there are.
    op.execute("""
        CREATE FUNCTION review_is_counted() RETURNS trigger
        LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            UPDATE destination SET
                rating_sum = rating_sum + coalesce(NEW.rating, 0) - coalesce(OLD.rating, 0),
                review_count = review_count
                    + (TG_OP = 'INSERT')::integer - (TG_OP = 'DELETE')::integer
            WHERE destination_id = coalesce(NEW.destination_id, OLD.destination_id);
            RETURN NULL;
        END
        $$
    """)
    op.execute("""
        CREATE TRIGGER review_is_counted AFTER INSERT OR UPDATE OR DELETE ON review
        FOR EACH ROW EXECUTE FUNCTION review_is_counted()
    """)
    op.execute("CREATE TABLE erased (user_digest bytea PRIMARY KEY)")


def _prices() -> None:
    op.execute("""
        CREATE TABLE airport (
            code text PRIMARY KEY,
            destination_id text NOT NULL REFERENCES destination ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX airport_of ON airport (destination_id)")
    op.execute("""
        CREATE TABLE price (
            destination_id text NOT NULL REFERENCES destination ON DELETE CASCADE,
            currency text NOT NULL,
            day date NOT NULL,
            total_minor bigint NOT NULL CHECK (total_minor >= 0),
            lowest_minor bigint NOT NULL CHECK (lowest_minor >= 0),
            searches integer NOT NULL CHECK (searches > 0),
            PRIMARY KEY (destination_id, currency, day)
        )
    """)
    create_tables()
    op.execute("CREATE INDEX inbox_by_time ON inbox (create_time)")
