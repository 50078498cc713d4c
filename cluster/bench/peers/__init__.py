"""The pool beside other pools: `cluster peers`.

system      the interface behind which each is measured
catalog     which there are, and which are installed
ours · stdlib · withloky · withjoblib · withmpire · withdask · withray · withipyparallel
            the pools; `bare` are processes without a pool
tasks       what the workers do
measures    what is measured of one pool, and how
links       a channel between two Ms beside a queue of multiprocessing, a hop beside ZeroMQ
child       the process in which one is measured for one round
rounds      all rounds, in random order
efficiency  of tasks by their length, and the length from which it is enough
comparison  figures and ratios of all samples, and as plain data
plot        the picture
"""
