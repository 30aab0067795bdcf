"""`curate view RUN`: serves the pages on this machine's loopback address, until it is stopped."""

from __future__ import annotations

import secrets
import socket

import uvicorn

from curate.looking.browser.app import app
from curate.store.run_folder import Run
from curate.terminal.progress import say
from filters.errors import UserError

ADDRESS = "127.0.0.1"
"""nobody else's machine can reach it"""


def serve(run: Run, port: int = 0, browser: bool = False) -> None:
    """`port` 0: any that is free. Prints the address, token and all, when the run is read."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((ADDRESS, port))
        except OSError as error:
            raise UserError(
                f"port {port} cannot be had ({error.strerror}); leave out --port"
            ) from None
        port = listener.getsockname()[1]
        token = secrets.token_urlsafe(16)
        pages = app(run, token, [f"{ADDRESS}:{port}", f"localhost:{port}"])
        address = f"http://{ADDRESS}:{port}/{token}/"
        listener.listen()
        print(address, flush=True)
        say("open this address in a browser; Ctrl-C ends it")
        if browser:
            import webbrowser

            webbrowser.open(address)
        config = uvicorn.Config(
            pages, lifespan="off", log_level="warning", access_log=False, server_header=False
        )
        uvicorn.Server(config).run(sockets=[listener])
