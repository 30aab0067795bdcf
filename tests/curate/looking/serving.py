"""The browser's pages, served as `curate view` serves them."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from curate.store.run_folder import Run


@contextlib.contextmanager
def served(run: Run) -> Iterator[str]:
    """The address of the pages, as `curate view` serves them."""
    import uvicorn

    from curate.looking.browser.app import app

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        pages = app(run, "token", [f"127.0.0.1:{port}"])
        server = uvicorn.Server(uvicorn.Config(pages, lifespan="off", log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}/token"
        finally:
            server.should_exit = True
            thread.join()
