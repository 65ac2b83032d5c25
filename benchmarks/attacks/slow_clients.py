"""Open connections that send a few bytes and wait; measure what an honest client still gets.

python -m benchmarks.attacks.slow_clients [--clients 200] [--requests 100]
"""

import argparse
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.dashboard_process import DashboardProcess
from benchmarks.synthetic import RUN, synthetic_project


@dataclass(frozen=True)
class Served:
    """What an honest client was given beside the slow ones."""

    clients: int
    requests: int
    failed: int
    median_alone: float  # milliseconds, before the slow clients came
    median_beside: float
    p95_beside: float


def attack(folder: Path, clients: int, requests: int) -> Served:
    """Ask for pages while slow clients hold their connections.

    Args:
        folder: An empty folder for the project.
        clients: Number of connections that stay open in the middle of a request; half of them have announced a body.
        requests: Number of pages that the honest client asks for, before and beside them.
    """
    project = synthetic_project(folder / "slow", num_images=4_000)
    server, sockets = DashboardProcess(project.path, folder / "home"), list[socket.socket]()
    path, failed = f"/winnow/{project.key}/runs/{RUN}/page?count=48", 0
    server.start()
    try:
        server.request("GET", path)
        alone = [_milliseconds(server, path) for _ in range(requests)]
        for number in range(clients):
            sockets.append(_hanging(server, project.key, has_body=number % 2 == 0))
        beside = []
        for _ in range(requests):
            try:
                beside.append(_milliseconds(server, path))
            except OSError:
                failed += 1
    finally:
        for held in sockets:
            held.close()
        server.stop()
    return Served(clients, requests, failed, median(alone), median(beside), quantiles(beside, n=20)[-1])


def _milliseconds(server: DashboardProcess, path: str) -> float:
    begin = time.perf_counter()
    status, _ = server.request("GET", path, timeout=10)
    if status != 200:
        raise ConnectionError(f"status {status}")
    return 1000 * (time.perf_counter() - begin)


def _hanging(server: DashboardProcess, key: str, has_body: bool) -> socket.socket:
    """Open a connection and send the beginning of a request."""
    held = socket.create_connection(("127.0.0.1", server.port), 10)
    head = f"POST /winnow/{key}/runs/{RUN}/commands HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    head += f"Cookie: winnow-{server.port}={server.token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
    held.sendall((head + '\r\n{"commands": [' if has_body else head).encode())
    return held


def main() -> None:
    """Attack and print what was served."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--requests", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(attack(Path(folder), options.clients, options.requests))


if __name__ == "__main__":
    main()
