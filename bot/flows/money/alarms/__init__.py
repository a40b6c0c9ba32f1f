"""What admins are warned of while it happens: runaway sessions, guardrail violations."""
