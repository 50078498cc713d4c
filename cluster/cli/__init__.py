"""The `cluster` command: one file per subcommand, imported when it is called.

entry      the group, exit codes, errors
run        cluster run FILE.py
status     cluster status
stop       cluster stop
why        cluster why GOID
switch     cluster switch
peers      cluster peers
demo       cluster demo [NAME]
stories    what `cluster demo handoff` and `cluster demo preempt` show
tour       what `cluster demo` shows without a name

Data to stdout, words to stderr.
"""
