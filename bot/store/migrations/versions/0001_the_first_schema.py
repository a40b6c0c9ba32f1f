"""the first schema

A store without tables gets those of the code and is stamped, so this migration has nothing to do. See `migrate`.
"""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
