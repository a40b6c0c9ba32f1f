"""`python -m bot doctor`: checks everything that is set up outside, and says how to put right what is wrong.

The doctor only reads. It prints neither the text of an error nor a secret: it makes a finding from the kind of the
error alone. With `--live` (`live.py`) it also posts, and says what Slack and Devin said.
"""

from bot.doctor.run import doctor

__all__ = ["doctor"]
