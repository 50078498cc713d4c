"""The protocol: what processes say to each other, and how it becomes bytes.

messages    every message there is, one union per direction
pooling     the messages about tasks of pools
inquiry     those about one goroutine: cluster why
results     how results of tasks share a message
parts       what messages are made of
links       one end of a link: frames numbered, acknowledged, sent again, taken once
codec       messages to frames and back, with every field checked against its type
nameless    what a client has by name and others would not find by it
strikes     bad frames, counted by peer
security    who may enter: addresses, keys, the answer at the door
byvalue     functions without a name; loaded on first need
pickling    goroutines and values that cross an M, with runtime objects sent by name
moving      started goroutines as bytes, and back
reducing    how what they hold is written that pickle cannot write
rebuilding  what is called when that is read
apart       large values beside the frames that tell of them
coderef     code by name, with proof that it is the same
sharing     what a goroutine that moves shares with those that stay
refusal     which variable keeps a goroutine where it is
frame       the frames of suspended coroutines: _frame.c, if it could be built, and its self-test

Imports cluster.model and cluster.kernel. Never a socket.
"""
