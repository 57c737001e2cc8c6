"""What is announced."""

from alembic import op

from mesh.outbox import create_tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the outbox, and what finds the events in it that are old."""
    create_tables()
    op.execute("""
        CREATE INDEX outbox_published ON outbox (publish_time) WHERE publish_time IS NOT NULL
    """)
