"""Events, idempotency keys and one table of effects."""

from alembic import op

from mesh import idempotency, outbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    outbox.create_tables()
    idempotency.create_table()
    op.execute("CREATE TABLE effect (name text NOT NULL)")
