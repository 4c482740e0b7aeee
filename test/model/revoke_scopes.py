"""What test_model.py has Spin look at in revoke.pml."""

# What the cells, and fate, may do; see revoke.pml for each word.
SCOPES = {
    "two-revokes": "TWO OTHER",
    "crash": "CRASHES=1 OTHER",
    "crash-twice": "CRASHES=2 THIRD",
    "hide": "PARK BLOCK HIDE THIRD",
    "hide-both": "HIDE PASS_CLIENT",
    "pass": "PARK BLOCK THIRD PASS_CLIENT KEEP",
    "through-manager": "VIA_MANAGER PASS_CLIENT",
    "lost-worker": "LOSE_WORKER TWO HIDE",
}

# What must happen at last, if everybody who can go on does so at last.
PROMISES = {
    "answered": "ANSWERED TWO",
    "answered-crash": "ANSWERED CRASHES=1",
    "answered-hide": "ANSWERED HIDE PASS_CLIENT",
    "answered-park": "ANSWERED PARK THIRD",
    "thawed": "THAWED CRASHES=1",
    "thawed-lost-worker": "THAWED LOSE_WORKER",
    "started": "STARTED OTHER CRASHES=1",
}

# One rule is broken, and in which scope that shows.
FLAWS = {
    # The slot is marked when all is found, not before.
    "mark-after-sweep": "",
    # An open is checked in one turn and handed over in the next.
    "check-early": "",
    # The report is believed, and the weak reference is not asked.
    "no-proof": "",
    # Cells run while they are searched.
    "no-freeze": "",
    # A dead channel is taken for an empty one.
    "no-drain": "",
    # So is one of which the search has found nothing.
    "drained-unseen": "",
    # The provider's outgoing queue is not looked into,
    "forget-queue": "CRASHES=1",
    # or is thrown away with its pair when the provider has crashed,
    "forget-renew": "CRASHES=1 OTHER",
    # or those of cells that do not run are not looked into.
    "other-queues": "VIA_MANAGER PASS_CLIENT",
    # A report is acted upon before the requests that came earlier are read.
    "judge-early": "VIA_MANAGER PASS_CLIENT CRASHES=1",
    # "All were searched" is believed though a cell has begun to run meanwhile,
    # or an end went through the manager.
    "whole-too-early": "CRASHES=2 THIRD",
    # Searching goes on for ever; nobody is killed.
    "no-last-resort": "ANSWERED HIDE PASS_CLIENT",
    # A lost worker leaves frozen what it froze.
    "no-guard": "THAWED LOSE_WORKER",
}
