"""`python -m bot doctor`: checks everything that is set up outside, and says how to put right what is wrong.

Each thing that is checked has a file of its own. The doctor only reads. It prints neither the text of an error nor a
secret: it makes a finding from the kind of the error alone.
"""

from bot.doctor.run import doctor

__all__ = ["doctor"]
