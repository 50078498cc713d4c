"""What users call to run programs. The objects of goroutines (Chan, WaitGroup …) are the kernel's own.

outcome    how a program ended, as an exception or a value
source     where a program's code is found
session    one run of one program, with its output
cluster    Cluster, and run

Must never import: worker, coordinator.
"""
