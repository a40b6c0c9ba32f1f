"""Exactly once: create something at Devin, which has no idempotency key, or change something that is there.

A row of the inbox asks for one thing: a session, a message, a note or another thing that has a `Creation`; or for the
`Change` of one, such as of a note or a schedule. It is done like this:

1. The intent is stored; with that of a change, what is there `before` it, for the audit row.
2. The epoch of the lane is checked.
3. Devin is asked.
4. The outcome is stored, in the transaction that closes the row.

A crash between 1 and 4 leaves the intent. The next try looks at Devin before it asks again. Something would be created
twice; a change may be repeated.

    outcome of a creation            what is known           what happens
    -------------------------------  ----------------------  -------------------------------------------------
    of the call:
      2xx                            created                 adopted: stored, and the row is closed
      2xx without a readable id      created, not which one  the row is marked as `accepted`; look-up in 5 s
      4xx but 408 and 429 (refused)  not created             asked in another form if there is one, else the
                                                             refusal is announced and the row is closed
      429, no connection, a refusal
      that Devin may take back       not created             the intent is cleared; the row goes back
      408, 5xx but 504               no request is under way one look-up: found is adopted, not found counts as
                                                             not created, anything else leaves the intent
      no answer, 504, an answer that
      no status explains, a crash    nothing                 the intent stays; look-up in 5 s
    of the look-up of a later try:
      found                          created                 adopted
      not found, accepted            created, not which one  the row goes back; never asked for again
      not found, within 30 s         nothing                 look-up in 5 s
      not found, after that          not created             the intent is cleared; asked for again, but marked dead
                                                             where the row has waited for as long as an outage may last
      a row that cannot be read,
      or no look-up                  nothing                 the row goes back; not asked for again

    outcome of a change              what is known           what happens
    -------------------------------  ----------------------  -------------------------------------------------
    of the reading before a call:
      gone, or as it is not to be
      changed: there already, or
      somebody else's                nothing was changed     left alone: announced, and the row is closed
      as the change makes it, with
      an intent                      changed                 stored with its audit row, and the row is closed
      anything else                  not changed             the intent is stored unless it is, and Devin is asked
    of the call:
      2xx                            changed                 stored with its audit row, and the row is closed
      404                            gone                    changed if it was to be deleted, else left alone
    of either:
      another 4xx but 408 and 429    refused                 the refusal is announced and the row is closed
      429, no connection, 408, 5xx,
      no answer, an answer that no
      status explains, a crash       nothing                 the row goes back, with its intent; a kind with less
                                                             `patience` says that it was not done, or, with an
                                                             intent, that nobody knows

    a row that is marked dead (`is_unknown`):
      with an intent                 nothing                 "we do not know whether" is announced
      without                        not done                "was not" is announced

30 s are the time limit of a request and a margin (`Timing.unknown_after`), counted from the intent.
"""
