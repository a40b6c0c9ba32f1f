"""`python -m bot doctor`: checks everything that is set up outside, and says how to put right what is wrong.

One file for each thing that is checked. The doctor only reads. It prints no error's text and no secret: a finding is
made from the kind of error alone.
"""

from bot.doctor.run import doctor

__all__ = ["doctor"]
