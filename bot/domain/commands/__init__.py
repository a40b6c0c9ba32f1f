"""The commands of the bot, each declared once in `registry`, and the parsers of what people type."""
