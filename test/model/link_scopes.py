"""What test_model.py has Spin look at in link.pml."""

# How many links, unlinks and watches each of the two tries; TRAP: both trap
# exits, else the end of one ends the other.
SCOPES = {
    "links": "LINKS=2",
    "links-trapped": "LINKS=2 TRAP",
    "unlinks": "LINKS=1 UNLINKS=1 TRAP",
    "links-again": "LINKS=2 UNLINKS=1",
    "watches": "LINKS=0 WATCHES=1",
    "all": "LINKS=1 WATCHES=1 TRAP",
}

PROMISES = {}

# One rule is broken, and in which scope that shows.
FLAWS = {
    # A link is a link, whoever wished it: taking one wish back takes both.
    "no-references": "LINKS=1 UNLINKS=1 TRAP",
    # What the other end wished before is not looked at before one wishes.
    "no-look": "LINKS=2 UNLINKS=1 TRAP",
    # Of two records of the same link, an end frees one.
    "exit-twice": "LINKS=1 TRAP",
    # What came to one that has ended is thrown away.
    "refuse-nothing": "LINKS=1 TRAP",
    # Who links with one that is gone hears nothing.
    "gone-untold": "LINKS=1 TRAP",
    # A notice is believed without its record.
    "tell-always": "LINKS=0 WATCHES=1",
    # Who watched ends, and the other one keeps its record.
    "keep-watching": "LINKS=0 WATCHES=1",
    # The record that became a signal is freed as well.
    "free-twice": "LINKS=1 UNLINKS=1 TRAP",
}
