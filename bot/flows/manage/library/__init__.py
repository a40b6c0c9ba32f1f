"""Notes and playbooks at Devin."""
