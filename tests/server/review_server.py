"""Starts transcript editors that can be killed: forks one for each line of standard input, and prints its pid and address.

`python -m tests.server.review_server ROOT PORT`; forking is faster than starting Python for each.
"""

import os
import signal
import sys
from pathlib import Path

from tests.server.review_desk import serve_desk


def main():
    root, port = Path(sys.argv[1]), int(sys.argv[2])
    for _ in sys.stdin:
        read_end, write_end = os.pipe()
        pid = os.fork()
        if not pid:
            with serve_desk(root, port=port) as address:
                os.write(write_end, address.encode())
                os.close(write_end)
                signal.pause()
        os.close(write_end)
        print(pid, os.read(read_end, 100).decode(), flush=True)
        os.close(read_end)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
