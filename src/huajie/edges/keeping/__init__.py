"""
Keeping: back-ups, their restoring, the erasure record, keys on paper and on another disk, and the export of everything.

    folders.py    a folder that is whole or not there; hashes; what a manifest says
    backup.py     a consistent copy while everybody goes on working
    restore.py    an empty machine becomes what it was; what was erased since is erased again
    erasures.py   what was erased, without content, kept apart from the database
    keyfiles.py   the keys, sealed with a passphrase
    export.py     everything as JSONL and files, with its dictionary (dictionary.py)
"""
