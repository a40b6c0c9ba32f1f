"""What keeps the store in order by the clock: sweep, heartbeat, retention, erasure, admins."""
