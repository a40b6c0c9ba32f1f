"""Simulated Slack and Devin on loopback: the test peers, and a place to try the bot without an account.

- slack/, devin/: the two services, each with an API to move it by;
- the terminal: `show` starts everything and prints, `screen` follows Slack, `plain` draws it, `script` is the example;
- the process: `child` keeps the bot, `ahead` runs it with its clock put ahead, `clock` is the time that all go by,
  `stage` sets up what the bot talks to;
- the bench: `bench` does what the page asks for beside Slack and Devin, `books` bills the days, `counters` counts;
- the doors: `options` and `ports` of the start, `orders`, `shapes` and `crosssite` for what is sent; `trouble` is told;
- `news`: what changed, for all who wait and for the page;
- page/: the workspace in a browser.
"""
