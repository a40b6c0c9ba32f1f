"""Words and rules, pure: nothing here talks to anybody."""
