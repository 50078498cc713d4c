"""What happened in a program, for people: pictures, words, and a file for trace viewers.

lanes     spans sorted into lanes, one per CPU core and one per M, and thinned until they can be drawn
ink       colours, text sizes and the few SVG elements of the pictures
cores     the multi-core picture: which M ran which goroutine on which core; and beside it the single-core one
chrome    spans and steps as a trace for Chrome and Perfetto
handoffs  calls that blocked an M, and what became of its P
timeline  Ps, Ms and goroutines over time, as text for a terminal
explain   steps in plain words, one line each, as they happen
story     the steps of one hand-off, or of some slices, picked out of a trace and told

Everything here is a function of Span and Step messages. Must never import: sockets, processes,
clocks, and cluster.cli, which calls it.
"""
