"""What test_model.py has Spin look at in idle.pml."""

# Where the first thing comes from, and how many workers there are. Who sleeps for
# ever though something is to be done is an end that is none.
SCOPES = {
    "thread": "BY_THREAD",
    "three": "WORKERS=3",
}

PROMISES = {
    "poller": "ALL_RUN",
}

# One rule is broken, and in which scope that shows.
FLAWS = {
    # Who sleeps looks round first, and announces itself then.
    "look-early": "BY_THREAD",
    # Stores that others see after the next load.
    "inject-late": "BY_THREAD",
    "polling-late": "BY_THREAD",
    "notify-late": "BY_THREAD",
    # Who waits in the poller is woken as if it was in a futex.
    "futex-only": "BY_THREAD",
    # Who goes to sleep for long says so after it looked who is awake.
    "long-late": "",
    # Sleep is as long where others are awake.
    "never-short": "",
    # Who gets up and computes wakes nobody.
    "no-lookout": "",
    # It does so only if nobody was woken lately.
    "lookout-by-time": "WORKERS=3",
}
