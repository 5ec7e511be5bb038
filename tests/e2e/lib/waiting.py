"""Waits for a condition instead of for a time."""
import time


def wait_until(seconds, test):
    """What `test` last said: true as soon as it is, or whatever it said when `seconds` were over."""
    end = time.monotonic() + seconds
    while True:
        value = test()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.05)  # between two looks at a condition, bounded by `seconds`
