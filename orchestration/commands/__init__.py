"""One module per command of `topaz`: its arguments, and what it prints.

Belongs here: text for people and exit codes. Does not belong here: the work itself. Every
command imports what it needs when it runs, so that `status` and `sql` start at once.
"""
