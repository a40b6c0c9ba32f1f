"""Spans for OpenTelemetry, by the extra `tracing`: one trace from what Slack sends to the calls to Devin to the posts.

What works on one request does so at different times and in different processes, and all that they share is the
reference in the rows. So the trace is derived from that reference, and nothing more is stored for it.
"""
