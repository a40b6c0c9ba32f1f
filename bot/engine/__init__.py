"""The engine: calls the work on a lane and the ticks when they are due. It stores nothing."""
