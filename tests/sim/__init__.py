"""The real coordinator and real Ms on fake links, under a seed.

cluster     the world: processes, links, time, and who may move next
mesh        Ms that only talk to each other: smaller worlds, and many more of them
programs    what the programs of these tests run; every M imports it anew, as it would a user's file
"""
