"""The real coordinator and real Ms on fake links, under a seed.

cluster     the world: processes, links, time, and who may move next
programs    what the programs of these tests run; every M imports it anew, as it would a user's file
"""
