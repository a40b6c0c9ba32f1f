"""The answers that the bot itself gives to people: confirmations, refusals, questions and errors."""
