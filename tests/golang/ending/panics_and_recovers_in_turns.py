"""Panics inside of deferred calls of panics, each recovered where it was raised: the first one goes on."""

from cluster import Panic, panic


def inner():
    try:
        panic("inner")
    except Panic as p:
        print("recovered", p)


def middle():
    try:
        try:
            panic("middle")
        except Panic as p:
            print("recovered", p)
            inner()
    finally:
        inner()


async def main():
    try:
        try:
            panic("outer")
        finally:
            inner()
    finally:
        middle()
