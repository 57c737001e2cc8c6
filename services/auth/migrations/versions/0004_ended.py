"""Sessions of erased accounts, whose access tokens are refused until they expire by themselves."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table. A session's identifier alone leads to nobody."""
    op.execute("""
        CREATE TABLE ended_session (
            session_id text PRIMARY KEY,
            end_time timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX ended_session_by_time ON ended_session (end_time)")
