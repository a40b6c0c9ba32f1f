"""The types and rules of the bot as pure code: no module here reads a clock, a file or the network."""
