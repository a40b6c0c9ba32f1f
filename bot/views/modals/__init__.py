"""The modals: pure functions that return views of Slack's (https://docs.slack.dev/reference/views/modal-views).

`parts` has what all of them are made of; a form of its own is a module here.
"""
