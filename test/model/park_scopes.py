"""What test_model.py has Spin look at in park.pml."""

# Who is there. PAIR: a sender of two messages; OTHER: one of one message; LATE:
# one to the next owner of the place. WAKE, WAKE_TWICE: wakers. ENDS: the process
# may end, and the place is taken again.
SCOPES = {
    "senders": "PAIR OTHER",
    "wake": "PAIR WAKE",
    "wake-twice": "OTHER WAKE WAKE_TWICE",
    "reuse": "PAIR LATE ENDS",
    "reuse-wake": "OTHER LATE WAKE ENDS",
}

PROMISES = {}

# One rule is broken, and in which scope that shows.
FLAWS = {
    # The word is swapped though its generation is another one by now.
    "no-generation": "PAIR LATE ENDS",
    # PARKED is read and then written, not swapped.
    "plain-store": "PAIR OTHER",
    # Who finds it notified already does not swap the word: what was stored
    # before may not be visible yet.
    "skip-notified": "WAKE WAKE_TWICE",
    # The owner makes it runnable before its message is in the private queue.
    "queue-early": "PAIR",
    # The stack of messages is not turned round.
    "no-turn": "PAIR",
    # A notification does not keep it from parking.
    "park-blindly": "WAKE",
    # It looks at what it waits for, and forgets notifications after that.
    "look-first": "WAKE",
    # It is parked while it is still on its stack.
    "park-on-stack": "PAIR",
    # The mailbox is emptied, and gets its next generation later.
    "generation-late": "PAIR LATE ENDS",
    # The place is given back while its last owner is still on its stack.
    "free-early": "PAIR LATE ENDS",
}
